"""What ccxt says, as our reports: Decimals, aware times, our enums. Pure but for ccxt's own exceptions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import ccxt

from signals.market.bars import Bar
from signals.market.venues import Venue
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import PositionSide, Side
from trading.gateways.base import (
    BookReport,
    FillReport,
    FundingReport,
    InstrumentReport,
    OrderReport,
    PositionReport,
    RestingReport,
    TickerReport,
    TradeReport,
)

Raw = Mapping[str, Any]

STATUS = {
    "open": VenueStatus.OPEN,
    "closed": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELED,
    "canceling": VenueStatus.OPEN,
    "expired": VenueStatus.EXPIRED,
    "rejected": VenueStatus.REJECTED,
}


def rate(value: Any) -> Decimal:
    """A fee ratio; ccxt keeps its static fee tables as floats, whose shortest text is the rate itself."""
    return Decimal(str(value or 0))


def decimal(value: Any) -> Decimal:
    """A number from ccxt, exact. Raises TypeError for a float: it has already lost something."""
    if isinstance(value, float):
        raise TypeError(f"float {value!r} in a report: client.number must be str")
    return Decimal(0) if value is None else Decimal(value)


def when(milliseconds: Any) -> datetime:
    """A venue's time in ms as an aware datetime; ccxt gives text or int."""
    return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)


def plain(value: Decimal) -> str:
    """A number as venues take it: no exponent, no trailing zeros."""
    return format(value.normalize(), "f")


def order_report(raw: Raw, *, conditional: bool = False) -> OrderReport:
    """Ccxt's order as ours; a conditional one has no order id before it triggers.

    Raises BadResponse without the venue's id: what cannot be named is not found either.
    """
    if not raw.get("id"):
        raise ccxt.BadResponse("the venue's answer carries no order id")
    given = str(raw["id"])
    return OrderReport(
        client_order_id=raw.get("clientOrderId") or "",
        venue_order_id="" if conditional else given,
        status=STATUS[raw.get("status") or "open"],
        filled_qty=decimal(raw.get("filled")),
        at=when(raw["timestamp"]) if raw.get("timestamp") else None,
        venue_algo_id=given if conditional else "",
        qty=decimal(raw.get("amount")) or None,
        side=Side(raw["side"].upper()) if raw.get("side") else None,
    )


def resting_report(raw: Raw, *, conditional: bool) -> RestingReport:
    """Ccxt's open order with what a person wants to see of it."""
    price = raw.get("price") or raw.get("triggerPrice")
    return RestingReport(
        order=order_report(raw, conditional=conditional),
        symbol=raw["symbol"],
        side=Side(raw["side"].upper()),
        type=(raw.get("type") or "").upper(),
        price=price_or_none(price),
        qty=decimal(raw.get("amount")),
    )


def position_report(raw: Raw) -> PositionReport:
    """Ccxt's position as ours."""
    return PositionReport(
        symbol=raw["symbol"],
        side=PositionSide((raw.get("side") or "long").upper()),
        qty=abs(decimal(raw.get("contracts"))),
        entry_price=price_or_none(raw.get("entryPrice")),
        mark_price=price_or_none(raw.get("markPrice")),
        liquidation_price=price_or_none(raw.get("liquidationPrice")),
        hedged=hedged(raw),
    )


def hedged(raw: Raw) -> bool | None:
    """Whether a position is one of two sides: ccxt's word, else the venue's own (Binance, KuCoin; Bybit by number)."""
    info = raw.get("info") or {}
    if raw.get("hedged") is not None:
        return bool(raw["hedged"])
    if info.get("positionSide"):
        return str(info["positionSide"]).upper() != "BOTH"
    return str(info["positionIdx"]) != "0" if info.get("positionIdx") is not None else None


def price_or_none(value: Any) -> Decimal | None:
    """A price; None where the venue gives none, which it often writes as 0."""
    return decimal(value) if value and decimal(value) else None


def funding_report(raw: Raw) -> FundingReport:
    """Ccxt's funding payment as ours."""
    return FundingReport(raw["symbol"], str(raw["id"]), decimal(raw["amount"]), when(raw["timestamp"]))


def fill_report(raw: Raw) -> FillReport:
    """Ccxt's trade as ours."""
    fee = raw.get("fee") or {}
    info = raw.get("info") or {}
    price, qty = decimal(raw["price"]), decimal(raw["amount"])
    return FillReport(
        venue_order_id=str(raw["order"]),
        venue_trade_id=str(raw["id"]),
        side=Side(raw["side"].upper()),
        price=price,
        qty=qty,
        cost=decimal(raw["cost"]) if raw.get("cost") else price * qty,
        fee=decimal(fee.get("cost")),
        fee_currency=fee.get("currency") or "",
        maker={"maker": True, "taker": False}.get(raw.get("takerOrMaker") or ""),
        at=when(raw["timestamp"]),
        realised=decimal(info.get("realizedPnl") or info.get("execPnl") or None),
        position_side=str(info.get("positionSide") or "").replace("BOTH", ""),
    )


def ticker_report(raw: Raw, mark: Raw | None = None) -> TickerReport | None:
    """Ccxt's ticker as ours; None when a price is missing."""
    prices = [raw.get(field) for field in ("bid", "ask", "last")]
    if not all(prices):
        return None
    bid, ask, last = (decimal(price) for price in prices)
    return TickerReport(raw["symbol"], bid, ask, last, price_or_none((mark or {}).get("markPrice")))


def bar(row: Sequence[Any]) -> Bar:
    """Ccxt's candle as ours."""
    opened_ms, *numbers = row
    return Bar(when(opened_ms), *(decimal(number) for number in numbers[:5]))


def exact_level(read: Callable[..., Any]) -> Callable[..., list[Decimal | None]]:
    """What a book's level is parsed by, in place of ccxt's own, which makes floats of it whatever `number` says.

    read: ccxt's safe_string. An unreadable number is None and fails in book_report.
    """

    def level(raw: Any, price_key: Any = 0, qty_key: Any = 1, _: Any = 2) -> list[Decimal | None]:
        texts = (read(raw, price_key), read(raw, qty_key))
        return [None if text is None else decimal(text) for text in texts]

    return level


def book_report(raw: Raw) -> BookReport:
    """Ccxt's order book as ours, best first; levels that are empty are left out."""
    if any(None in row[:2] for side in ("bids", "asks") for row in raw[side]):
        raise ValueError("a level of the order book lacks its price or quantity")
    bids, asks = ([(row[0], row[1]) for row in raw[side] if row[1]] for side in ("bids", "asks"))
    return BookReport(raw["symbol"], tuple(sorted(bids, reverse=True)), tuple(sorted(asks)))


def instrument_report(market: Raw, venue: Venue) -> InstrumentReport:
    """Ccxt's market as ours; precision comes as tick size (ccxt's TICK_SIZE mode)."""
    limits, precision = market["limits"], market["precision"]
    max_qty = limits["amount"].get("max")
    return InstrumentReport(
        symbol=market["symbol"],
        venue_symbol=market["id"],
        kind="SPOT" if market["spot"] else "LINEAR",
        base=market["base"],
        quote=market["quote"],
        active=bool(market["active"]),
        tick_size=decimal(precision["price"]),
        lot_step=decimal(precision["amount"]),
        min_qty=decimal(limits["amount"].get("min")),
        max_qty=decimal(max_qty) if max_qty else None,
        min_notional=decimal((limits.get("cost") or {}).get("min")),
        contract_size=decimal(market.get("contractSize")) or Decimal(1),
        maker_fee=rate(market.get("maker")),
        taker_fee=rate(market.get("taker")),
        max_open_orders=venue.max_open_orders,
        status=market_status(market),
        max_market_qty=_most_at_market(market),
    )


def fits(market: Raw, *, prices: Sequence[Decimal | None], qty: Decimal) -> bool:
    """Whether ccxt would send these numbers as they are: to the steps that it knows it rounds all others."""
    tick, step = (decimal(market["precision"][name]) for name in ("price", "amount"))
    return not (tick and any(price % tick for price in prices if price)) and not (step and qty % step)


def _most_at_market(market: Raw) -> Decimal | None:
    """The largest market order: ccxt's limit, else the venue's own word (Bybit, KuCoin), which ccxt leaves where it is."""
    info = market.get("info") or {}
    lots = info.get("lotSizeFilter") or {}
    words = (lots.get("maxMktOrderQty"), lots.get("maxMarketOrderQty"), info.get("marketMaxOrderQty"))
    said = ((market["limits"].get("market") or {}).get("max"), *words)
    return next((price_or_none(str(word)) for word in said if word), None)


def market_status(market: Raw) -> str:
    """What the venue itself calls the state of a market, in capitals; empty where it says nothing."""
    raw = market.get("info") or {}
    return str(raw.get("status") or raw.get("contractStatus") or "").upper()[:30]


def trade_report(raw: Raw) -> TradeReport:
    """Ccxt's public trade as ours."""
    return TradeReport(
        at=when(raw["timestamp"]),
        side=Side(raw["side"].upper()),
        price=decimal(raw["price"]),
        qty=decimal(raw["amount"]),
    )
