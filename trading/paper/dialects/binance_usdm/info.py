"""exchangeInfo: the contracts with Binance's filters."""

from typing import Any

from trading.paper.core.perps.contract import Contract
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_usdm.numbers import places, plain
from trading.paper.server.exchange import Exchange

ORDER_TYPES = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]

RATE_LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
]

PERPETUAL_UNTIL_MS = 4_133_404_800_000
# The delivery date Binance gives contracts that are never delivered.

ONBOARD_MS = 1_569_398_400_000


def exchange_info(exchange: Exchange, _params: Params) -> Any:
    """GET exchangeInfo."""
    return {
        "timezone": "UTC",
        "serverTime": exchange.now_ms(),
        "futuresType": "U_MARGINED",
        "rateLimits": RATE_LIMITS,
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_symbol(contract) for contract in exchange.state.perps.contracts.values()],
    }


def _symbol(one: Contract) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "pair": one.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL_UNTIL_MS,
        "onboardDate": ONBOARD_MS,
        "status": "TRADING" if one.trading else "PENDING_TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": one.base,
        "quoteAsset": one.quote,
        "marginAsset": one.quote,
        "pricePrecision": places(one.tick_size),
        "quantityPrecision": places(one.lot_step),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": f"{one.liquidation_rate / 10**8:.6f}",
        "marketTakeBound": f"{one.band_bps / 10_000:g}",
        "maxMoveOrderLimit": 10_000,
        "filters": _filters(one),
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }


def _filters(one: Contract) -> list[dict[str, Any]]:
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": plain(one.min_price),
            "maxPrice": plain(one.max_price),
            "tickSize": plain(one.tick_size),
        },
        _lot_size("LOT_SIZE", one, one.max_qty),
        _lot_size("MARKET_LOT_SIZE", one, one.max_market_qty),
        {"filterType": "MAX_NUM_ORDERS", "limit": one.max_open_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": one.max_algo_orders},
        {"filterType": "MIN_NOTIONAL", "notional": plain(one.min_notional)},
        _percent_price(one),
    ]


def _lot_size(name: str, one: Contract, most: int) -> dict[str, Any]:
    return {
        "filterType": name,
        "minQty": plain(one.min_qty),
        "maxQty": plain(most),
        "stepSize": plain(one.lot_step),
    }


def _percent_price(one: Contract) -> dict[str, Any]:
    return {
        "filterType": "PERCENT_PRICE",
        "multiplierUp": f"{(10_000 + one.band_bps) / 10_000:.4f}",
        "multiplierDown": f"{(10_000 - one.band_bps) / 10_000:.4f}",
        "multiplierDecimal": "4",
    }
