"""Builders for the domain's tests: small real-looking instruments, fills and holdings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from trading.domain.exit_plan import ExitView, Prices
from trading.domain.grid import InstrumentRules
from trading.domain.order_state import OrderState
from trading.domain.position import FillView, Position, from_fills
from trading.domain.take_profit import LegHolding, RestingTarget
from trading.domain.vocabulary import MarketKind, PositionSide, Side

D = Decimal
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

BTC = InstrumentRules(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    kind=MarketKind.SPOT,
    tick_size=D("0.01"),
    lot_step=D("0.00001"),
    min_qty=D("0.00001"),
    max_qty=D(9000),
    min_notional=D(5),
    contract_size=D(1),
    maker_fee=D("0.001"),
    taker_fee=D("0.001"),
    max_open_orders=200,
)
COARSE = replace(BTC, symbol="TOY/USDT", base="TOY", tick_size=D("0.1"), lot_step=D(1), min_qty=D(2), min_notional=D(0))
FREE = replace(COARSE, taker_fee=D(0))
# Without fees break-even is the average entry.
PERP = replace(BTC, symbol="BTC/USDT:USDT", kind=MarketKind.LINEAR)


def fill(side: Side, qty: str | Decimal, price: str | Decimal, **more: Any) -> FillView:
    """A fill without fee at noon; `after` seconds later."""
    at = NOON + timedelta(seconds=more.pop("after", 0))
    return FillView(side, D(qty), D(price), **{"fee": D(0), "fee_currency": "USDT", "at": at, **more})


def holding(index: int, net: str | Decimal, **more: Any) -> LegHolding:
    """A filled leg; its id is 10 + index."""
    base = LegHolding(10 + index, index, 0, D(net), D(net), D(0), D(101))
    return replace(base, **more)


def resting(
    qty: str | Decimal, *, price: str | Decimal = "101", state: OrderState = OrderState.OPEN, order_id: int = 7
) -> RestingTarget:
    """A target on the book."""
    return RestingTarget(order_id, D(qty), D(price), state)


def held(
    qty: str | Decimal,
    price: str | Decimal = 100,
    *,
    side: PositionSide = PositionSide.LONG,
    rules: InstrumentRules = FREE,
) -> Position:
    """A position of one fill, without fees."""
    return from_fills([fill(side.entry_side, qty, price)], side=side, rules=rules)


def view(
    qty: str | Decimal, price: str | Decimal = 100, *, side: PositionSide = PositionSide.LONG, **more: Any
) -> ExitView:
    """A group of one filled leg with its target 1 away."""
    leg = holding(0, qty, target_price=D(price) + side.sign)
    return replace(ExitView(side, (leg,), held(qty, price, side=side), opened_at=NOON), **more)


def at(price: str | Decimal, *, spread: str = "0", mark: str | None = None) -> Prices:
    """Prices around a last price."""
    half = D(spread) / 2
    return Prices(D(price) - half, D(price) + half, D(price), None if mark is None else D(mark))
