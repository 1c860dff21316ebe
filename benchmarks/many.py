"""A long past, made where it lies: closed groups with their orders and fills, by the hundred thousand, in one statement each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import psycopg
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from benchmarks.lab import OWNER_URL
from benchmarks.rows import Desk
from project.journal.models import JournalEntry
from signals.models import Alert, Instrument, Signal
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import GroupStatus, OrderType, PositionSide, Purpose, Side
from trading.models import Fill, Leg, Order, PnlPoint, PositionGroup, Pyramid, Slot

FILLS_EACH = 5
YEARS = 3
OPEN_LEGS = 5


@dataclass(frozen=True, slots=True)
class Pattern:
    """A group with one of everything, which is copied."""

    group: PositionGroup
    pyramid: Pyramid
    leg: Leg
    entry: Order
    exit: Order
    fill: Fill


def open_groups(desk: Desk, symbols: list[str], number: int) -> None:
    """Open groups of five legs: one filled with its target resting, the others on the book."""
    now, markets = timezone.now(), {row.symbol: row for row in Instrument.objects.filter(symbol__in=symbols)}
    for place in range(number):
        group = _group(desk, markets[symbols[place % len(symbols)]], 60 * (place + 1))
        Slot.objects.create(account=desk.account, number=place + 1, group=group, pool_size=number, taken_at=now)
        pyramid = Pyramid.objects.create(group=group, index=0, base_price=100, capital=500, created_at=now)
        legs = Leg.objects.bulk_create(_leg(pyramid, index) for index in range(OPEN_LEGS))
        orders = Order.objects.bulk_create(_order(group, leg, Purpose.ENTRY, leg.index == 0) for leg in legs)
        Order.objects.bulk_create([_order(group, legs[0], Purpose.TARGET, False)])
        Fill.objects.create(**_execution(orders[0]))


def _group(desk: Desk, market: Instrument, timeframe_secs: int) -> PositionGroup:
    held = {"qty": 1, "cost": 100, "average_entry": 100, "status": GroupStatus.PARTIALLY_FILLED}
    return PositionGroup.objects.create(
        account=desk.account,
        instrument=market,
        timeframe_secs=timeframe_secs,
        side=PositionSide.LONG,
        settings={"max_pyramids": "5"},
        opened_at=timezone.now(),
        **held,
    )


def _leg(pyramid: Pyramid, index: int) -> Leg:
    price = Decimal(100 - index)
    return Leg(
        pyramid=pyramid, index=index, price=price, qty=1, weight_pct=20, take_profit_pct=1, target_price=price + 1
    )


def _order(group: PositionGroup, leg: Leg, purpose: Purpose, filled: bool) -> Order:
    name = f"{group.pk}:{leg.pk}:{purpose}"
    return Order(
        account=group.account,
        instrument=group.instrument,
        group=group,
        leg=leg,
        purpose=purpose,
        side=Side.BUY if purpose is Purpose.ENTRY else Side.SELL,
        type=OrderType.LIMIT,
        price=leg.price,
        reference_price=leg.price,
        qty=1,
        filled_qty=int(filled),
        filled_cost=leg.price * filled,
        state=OrderState.FILLED if filled else OrderState.OPEN,
        intent_key=name,
        client_order_id=f"o{name}",
        created_at=timezone.now(),
    )


def _execution(order: Order) -> dict[str, object]:
    return {
        "account": order.account,
        "instrument": order.instrument,
        "order": order,
        "venue_order_id": str(order.pk),
        "venue_trade_id": str(order.pk),
        "side": order.side,
        "price": order.reference_price,
        "qty": 1,
        "cost": order.reference_price,
        "fee": Decimal("0.1"),
        "fee_currency": order.instrument.quote,
        "maker": True,
        "at": timezone.now(),
    }


def pattern(desk: Desk, symbol: str) -> Pattern:
    """The group that is copied, closed long ago."""
    group = _group(desk, Instrument.objects.get(symbol=symbol), 1)
    long_ago = timezone.now() - timedelta(days=366 * YEARS)
    PositionGroup.objects.filter(pk=group.pk).update(
        closed_at=long_ago, status=GroupStatus.CLOSED, close_reason="TARGETS_TAKEN", qty=0, cost=0
    )
    signal = Signal.objects.create(account=desk.account, meaning="ENTRY", symbol=symbol, alert=_alert(desk))
    pyramid = Pyramid.objects.create(
        group=group, index=0, base_price=100, capital=500, created_at=long_ago, signal=signal
    )
    leg = Leg.objects.bulk_create([_leg(pyramid, 0)])[0]
    entry, closing = Order.objects.bulk_create([_order(group, leg, Purpose.ENTRY, True), _exit(group, leg)])
    return Pattern(group, pyramid, leg, entry, closing, Fill.objects.create(**_execution(entry)))


def _exit(group: PositionGroup, leg: Leg) -> Order:
    order = _order(group, leg, Purpose.EXIT, True)
    order.type = OrderType.MARKET
    return order


def _alert(desk: Desk) -> Alert:
    return Alert.objects.create(
        source=desk.source, account=desk.account, endpoint="tradingview", format="windlass", raw="{}", body_hash=b"",
        dedupe_key="pattern", received_at=timezone.now(), outcome="ENTERED",
    )  # fmt: skip


def closed_groups(of: Pattern, *, first: int, number: int) -> None:
    """Closed groups from number `first` on, evenly over three years until now, each with two orders and five fills."""
    ago = f"now() - interval '{YEARS} years' * (({first + number} - n)::float8 / {first + number})"
    result = "(mod(n * 7919::bigint, 2000) - 950) / 100.0"
    market = "(SELECT min(id) FROM signals_instrument) + mod(n, (SELECT count(*)::int FROM signals_instrument))"
    here = {"id": f"{BASE} + n"}
    _copy(of.group, first, number, **here, instrument_id=market, closed_at=ago, opened_at=f"{ago} - interval '3 hours'",
          realised_pnl=result, fees_quote="0.2", timeframe_secs="900 * (1 + mod(n, 5))")  # fmt: skip
    _copy(of.pyramid, first, number, **here, group_id=f"{BASE} + n")
    _copy(of.leg, first, number, **here, pyramid_id=f"{BASE} + n")
    for place, order in enumerate((of.entry, of.exit)):
        _copy(order, first, number, id=f"{BASE} + 2 * n + {place}", group_id=f"{BASE} + n", leg_id=f"{BASE} + n",
              intent_key=f"'{place}:' || n", client_order_id=f"'c{place}:' || n", created_at=ago,
              filled_cost="filled_cost * 1.001")  # fmt: skip
    for place in range(FILLS_EACH):
        _copy(of.fill, first, number, id=f"{BASE} + {FILLS_EACH} * n + {place}", order_id=f"{BASE} + 2 * n",
              venue_trade_id=f"'t{place}:' || n", at=ago, recorded_at=ago)  # fmt: skip


BASE = 1_000_000_000
# Numbers of copies begin here, so that none meets one that the engine gives.


def past(desk: Desk, *, points: int, entries: int) -> None:
    """The curve's points, and the journal's entries."""
    at = f"now() - interval '{YEARS} years' * (n::float8 / {points})"
    template = PnlPoint.objects.create(
        account=desk.account, at=timezone.now(), equity=10_000, realised_pnl=0, unrealised_pnl=0, open_groups=1
    )
    _copy(template, 1, points, id=f"{BASE} + n", at=at, realised_pnl=f"({points} - n) / 100.0")
    JournalEntry.objects.create(
        kind="order.state", subject="order:1", payload={"to": "OPEN"}, account_id=desk.account.pk
    )
    row = JournalEntry.objects.order_by("id").last()
    if row is not None:
        _copy(row, 1, entries, id=f"{row.pk} + n", subject="'order:' || n", at="now()")


def _copy(row: Model, first: int, number: int, **changed: str) -> None:
    """So many copies of a row; `changed` are expressions of n by column."""
    columns = [field.column for field in row._meta.concrete_fields]
    told: Mapping[str, str] = changed
    values = ", ".join(told.get(str(column), f'old."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({names}) SELECT {values} FROM {row._meta.db_table} old, "
            f"generate_series({first}, {first + number - 1}) n WHERE old.id = {row.pk}"
        )


def settle() -> None:
    """What autovacuum does within a minute; the engine's own role may not."""
    with psycopg.connect(os.environ[OWNER_URL], autocommit=True) as own:
        own.execute("ANALYZE")
