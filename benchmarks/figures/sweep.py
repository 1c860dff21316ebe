"""One exits sweep over 50 open groups of 5 pyramids of 5 legs, in which nothing has changed."""

import time
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from benchmarks import rows
from benchmarks.bench import Bench
from benchmarks.figure import Figure, agree, at_most, figure, percentile
from benchmarks.rows import Desk
from signals.models import Instrument
from trading.domain import settings
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import GroupStatus, OrderType, Purpose, Side
from trading.models import Fill, Leg, Order, PositionGroup, Pyramid, Slot
from trading.services import exits_sweep

PYRAMIDS, LEGS, FILLED = 5, 5, 2
ZERO, FEE = Decimal(0), Decimal("0.001")
PLAIN = """
SELECT count(*) FROM trading_positiongroup AS g
JOIN trading_pyramid AS p ON p.group_id = g.id JOIN trading_leg AS l ON l.pyramid_id = p.id
JOIN trading_order AS o ON o.leg_id = l.id LEFT JOIN trading_fill AS f ON f.order_id = o.id
WHERE g.closed_at IS NULL
"""
READ = "reading the same groups, legs, orders and fills with one query"
JOURNAL = "SELECT count(*) FROM journal_journalentry"


def measure(bench: Bench) -> list[Figure]:
    """The median of five sweeps, after one that put everything right."""
    groups = bench.size(50, 5)
    desk = rows.desks(bench, 1, max_open_groups=200)[0]
    symbols = rows.markets(groups)
    for number, symbol in enumerate(symbols, 1):
        _group(desk, Instrument.objects.get(symbol=symbol), number)
    settled = _settle(desk, groups)
    samples = [_sweep(desk) for _ in range(5)]
    agree("journal rows before and after sweeps in which nothing changed", settled, rows.count(JOURNAL))
    return [
        figure(
            f"one exits sweep: {groups} groups × {PYRAMIDS} pyramids × {LEGS} legs",
            percentile(samples, 50),
            "ms",
            baseline=_plain(),
            against=READ,
            goal=at_most(500),
            note=f"{FILLED} legs of each pyramid filled with their targets on the book, the others resting",
        )
    ]


def _settle(desk: Desk, groups: int) -> int:
    """Sweep until the targets of all filled legs stand, and put them on the book; how many journal rows there are."""
    for _ in range(2):
        agree("groups", groups, exits_sweep.sweep(desk.account.pk, now=timezone.now()))
        Order.objects.filter(state=OrderState.NEW).update(state=OrderState.OPEN)
    targets = Order.objects.filter(purpose=Purpose.TARGET, state=OrderState.OPEN).count()
    agree("filled legs and targets", groups * PYRAMIDS * FILLED, targets)
    return rows.count(JOURNAL)


def _sweep(desk: Desk) -> float:
    """Milliseconds of a sweep."""
    started = time.perf_counter()
    exits_sweep.sweep(desk.account.pk, now=timezone.now())
    return (time.perf_counter() - started) * 1000


def _plain() -> float:
    samples = []
    with rows.connect() as connection:
        for _ in range(5):
            started = time.perf_counter()
            connection.execute(PLAIN.replace("count(*)", "*").encode()).fetchall()
            samples.append((time.perf_counter() - started) * 1000)
    return percentile(samples, 50)


# a group as an afternoon leaves it -----------------------------------------------------------------


def _group(desk: Desk, instrument: Instrument, number: int) -> None:
    now = timezone.now()
    group = PositionGroup.objects.create(
        account=desk.account,
        instrument=instrument,
        timeframe_secs=3600,
        side="LONG",
        status=GroupStatus.LIVE,
        settings=settings.dump(settings.resolve([])),
        opened_at=now,
    )
    Slot.objects.create(account=desk.account, number=number, group=group, pool_size=200, taken_at=now)
    for index in range(PYRAMIDS):
        _pyramid(group, index, now - timedelta(hours=PYRAMIDS - index))


def _pyramid(group: PositionGroup, index: int, at: datetime) -> None:
    base = Decimal(102 - index)
    pyramid = Pyramid.objects.create(group=group, index=index, base_price=base, capital=1000, created_at=at)
    legs = Leg.objects.bulk_create(_leg(pyramid, base, number) for number in range(LEGS))
    orders = Order.objects.bulk_create(_order(group, leg, at) for leg in legs)
    Fill.objects.bulk_create(_fill(order, at) for order in orders[:FILLED])


def _leg(pyramid: Pyramid, base: Decimal, number: int) -> Leg:
    price = base - Decimal("0.5") * number
    return Leg(
        pyramid=pyramid,
        index=number,
        price=price,
        qty=Decimal(2),
        weight_pct=20,
        take_profit_pct=4,
        target_price=price + 4,
    )


def _order(group: PositionGroup, leg: Leg, at: datetime) -> Order:
    filled = leg.index < FILLED
    return Order(
        account=group.account,
        instrument=group.instrument,
        group=group,
        leg=leg,
        purpose=Purpose.ENTRY,
        intent_key=f"group:{group.pk}/leg:{leg.pk}/entry:0",
        side=Side.BUY,
        type=OrderType.LIMIT,
        price=leg.price,
        reference_price=leg.price,
        qty=leg.qty,
        client_order_id=f"w{leg.pk}",
        venue_order_id=str(leg.pk),
        state=OrderState.FILLED if filled else OrderState.OPEN,
        reported_qty=leg.qty if filled else ZERO,
        filled_qty=leg.qty if filled else ZERO,
        filled_cost=leg.qty * leg.price if filled else ZERO,
        created_at=at,
        acknowledged_at=at,
    )


def _fill(order: Order, at: datetime) -> Fill:
    price: Decimal = order.price or ZERO
    return Fill(
        account=order.account,
        instrument=order.instrument,
        order=order,
        venue_order_id=order.venue_order_id,
        venue_trade_id=order.venue_order_id,
        side=Side.BUY,
        price=price,
        qty=order.qty,
        cost=order.qty * price,
        fee=order.qty * price * FEE,
        fee_currency="USDT",
        at=at,
    )
