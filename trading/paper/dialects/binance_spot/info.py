"""exchangeInfo: the instruments with Binance's filters."""

from typing import Any

from trading.paper.core.atoms import PLACES, show
from trading.paper.core.conditional import MAX_WAITING
from trading.paper.core.filters import MOST_ICEBERG_PARTS
from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import SelfTrade
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.server.exchange import Exchange

ORDER_TYPES = [
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
]
RATE_LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200000},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
]


def exchange_info(exchange: Exchange, params: Params) -> Any:
    """GET exchangeInfo, of the symbols asked for or of all."""
    wanted = read.symbols(params)
    markets = exchange.state.markets
    symbols = list(markets) if wanted is None else wanted
    return {
        "timezone": "UTC",
        "serverTime": exchange.now_ms(),
        "rateLimits": RATE_LIMITS,
        "exchangeFilters": [],
        "symbols": [_symbol(exchange.state.market(symbol).instrument) for symbol in symbols],
    }


def no_coin_futures(exchange: Exchange, _params: Params) -> Any:
    """GET dapi exchangeInfo: there are no coin-margined contracts here, and clients ask all the same."""
    return {"timezone": "UTC", "serverTime": exchange.now_ms(), "rateLimits": [], "exchangeFilters": [], "symbols": []}


def _symbol(one: Instrument) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "status": "TRADING" if one.trading else "BREAK",
        "baseAsset": one.base,
        "baseAssetPrecision": PLACES,
        "quoteAsset": one.quote,
        "quotePrecision": PLACES,
        "quoteAssetPrecision": PLACES,
        "baseCommissionPrecision": PLACES,
        "quoteCommissionPrecision": PLACES,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(one),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": [mode.value for mode in SelfTrade],
    }


def _filters(one: Instrument) -> list[dict[str, Any]]:
    return [
        _price_filter(one),
        _lot_size("LOT_SIZE", one, most=one.max_qty, step=one.lot_step),
        {"filterType": "ICEBERG_PARTS", "limit": MOST_ICEBERG_PARTS},
        _lot_size("MARKET_LOT_SIZE", one, most=one.max_market_qty, step=0),
        _trailing_delta(),
        _percent_price(one),
        _notional(one),
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": one.max_open_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MAX_WAITING},
    ]


def _price_filter(one: Instrument) -> dict[str, Any]:
    return {
        "filterType": "PRICE_FILTER",
        "minPrice": show(one.min_price),
        "maxPrice": show(one.max_price),
        "tickSize": show(one.tick_size),
    }


def _lot_size(name: str, one: Instrument, *, most: int, step: int) -> dict[str, Any]:
    least = one.min_qty if step else 0
    return {"filterType": name, "minQty": show(least), "maxQty": show(most), "stepSize": show(step)}


def _trailing_delta() -> dict[str, Any]:
    return {
        "filterType": "TRAILING_DELTA",
        "minTrailingAboveDelta": 10,
        "maxTrailingAboveDelta": 2000,
        "minTrailingBelowDelta": 10,
        "maxTrailingBelowDelta": 2000,
    }


def _percent_price(one: Instrument) -> dict[str, Any]:
    up, down = str(one.price_multiplier_up), f"{1 / one.price_divisor_down:g}"
    return {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": up,
        "bidMultiplierDown": down,
        "askMultiplierUp": up,
        "askMultiplierDown": down,
        "avgPriceMins": 5,
    }


def _notional(one: Instrument) -> dict[str, Any]:
    return {
        "filterType": "NOTIONAL",
        "minNotional": show(one.min_notional),
        "applyMinToMarket": True,
        "maxNotional": show(one.max_notional),
        "applyMaxToMarket": False,
        "avgPriceMins": 5,
    }
