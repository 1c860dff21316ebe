"""Balances, fees and the account's standing."""

from typing import Any

from trading.paper.core.atoms import SCALE, show
from trading.paper.core.fees import BPS
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.errors import missing
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.server.exchange import Exchange


def account(exchange: Exchange, name: str, params: Params) -> Any:
    """GET account."""
    holder = exchange.state.accounts[name]
    maker, taker = _bps(exchange, name)
    return {
        "makerCommission": maker,
        "takerCommission": taker,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": _rates(exchange, name),
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": holder.updated_ms,
        "accountType": "SPOT",
        "balances": _balances(exchange, name, omit_zero=params.get("omitZeroBalances") == "true"),
        "permissions": ["SPOT"],
        "uid": 1 + list(exchange.state.accounts).index(name),
    }


def _balances(exchange: Exchange, name: str, *, omit_zero: bool) -> list[dict[str, str]]:
    held = exchange.state.accounts[name].balances
    assets = list(held) if omit_zero else sorted(set(held) | set(_assets(exchange)))
    rows = ((asset, held.get(asset)) for asset in assets)
    return [
        {"asset": asset, "free": show(found.free if found else 0), "locked": show(found.locked if found else 0)}
        for asset, found in rows
        if not omit_zero or (found and (found.free or found.locked))
    ]


def _assets(exchange: Exchange) -> list[str]:
    instruments = [market.instrument for market in exchange.state.markets.values()]
    return [asset for one in instruments for asset in (one.base, one.quote)]


def _bps(exchange: Exchange, name: str) -> tuple[int, int]:
    fees = exchange.state.rates(name, now_ms=exchange.now_ms())
    return fees.maker // BPS, fees.taker // BPS


def _rates(exchange: Exchange, name: str) -> dict[str, str]:
    fees = exchange.state.rates(name, now_ms=exchange.now_ms())
    return {"maker": show(fees.maker), "taker": show(fees.taker), "buyer": show(0), "seller": show(0)}


def restrictions(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET sapi account/apiRestrictions: what the account's key may do."""
    rights = exchange.keys.rights(name)
    return {
        "ipRestrict": "bound" in rights,
        "createTime": 1_600_000_000_000,
        "enableReading": True,
        "enableSpotAndMarginTrading": "trade" in rights,
        "enableWithdrawals": "withdraw" in rights,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": "trade" in rights,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
    }


def commission(exchange: Exchange, name: str, params: Params) -> Any:
    """GET account/commission."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    none = {"maker": show(0), "taker": show(0), "buyer": show(0), "seller": show(0)}
    return {
        "symbol": symbol,
        "standardCommission": _rates(exchange, name),
        "specialCommission": none,
        "taxCommission": none,
        "discount": _discount(exchange, name),
    }


def _discount(exchange: Exchange, name: str) -> dict[str, Any]:
    """The coin fees may be paid with, and the part of a fee that is then paid."""
    offered = exchange.state.discount
    return {
        "enabledForAccount": exchange.state.accounts[name].burns,
        "enabledForSymbol": offered is not None,
        "discountAsset": offered.asset if offered else "BNB",
        "discount": show(offered.of(SCALE) if offered else 0),
    }


def burn(exchange: Exchange, name: str, params: Params) -> Any:
    """POST sapi bnbBurn: pay fees with the discount coin, or no longer."""
    wished = params.get("spotBNBBurn", "")
    if wished not in ("true", "false"):
        raise missing("spotBNBBurn")
    exchange.set_discount(name, on=wished == "true")
    return burning(exchange, name, params)


def burning(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET sapi bnbBurn."""
    return {"spotBNBBurn": exchange.state.accounts[name].burns, "interestBNBBurn": False}


def trade_fee(exchange: Exchange, name: str, params: Params) -> Any:
    """GET sapi asset/tradeFee, of one symbol or of all."""
    wanted = params.get("symbol", "")
    symbols = [wanted] if wanted else list(exchange.state.markets)
    rates = _rates(exchange, name)
    return [
        {
            "symbol": exchange.state.market(symbol).instrument.symbol,
            "makerCommission": rates["maker"],
            "takerCommission": rates["taker"],
        }
        for symbol in symbols
    ]


def coins(exchange: Exchange, name: str, _params: Params) -> Any:
    """GET sapi capital/config/getall: every asset, with no network to move it over."""
    held = exchange.state.accounts[name].balances
    return [
        {
            "coin": asset,
            "name": asset,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "trading": True,
            "isLegalMoney": False,
            "free": show(held[asset].free if asset in held else 0),
            "locked": show(held[asset].locked if asset in held else 0),
            "networkList": [],
        }
        for asset in sorted(set(_assets(exchange)))
    ]


def nothing(_exchange: Exchange, _name: str, _params: Params) -> Any:
    """An empty list: margin pairs, which spot has none of; deposits and withdrawals, for nothing moves in or out."""
    return []


def no_transfers(_exchange: Exchange, _name: str, _params: Params) -> Any:
    """GET sapi asset/transfer: nothing moves between wallets."""
    return {"total": 0, "rows": []}
