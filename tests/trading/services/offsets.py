"""Scenes for offsets: a loser, winners, and the sweep as its worker runs it."""

from decimal import Decimal

from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import chosen
from trading.models import OffsetRun, OffsetStep, Order, PositionGroup
from trading.services import offset
from trading.services.offset_books import Books

AT_ONCE = {
    "legs": [["0", "100", "30"]],
    "capital_per_pyramid": "500 USDT",
    "emergency_stop_pct": "60",
    "max_pyramids": 1,
    "post_full_wait_minutes": 0,
    "timer_start": "after_all_dca_filled",
    "stale_price_secs": 300,
    "max_consecutive_losses": 1000,
}
# One leg of 500 USDT with a target far away, offset as soon as it loses 5 %.
ENOUGH = 30


def scene(desk: Desk, *winners: str, **settings: object) -> Desk:
    """BTC bought at 60 000 stands at 56 000; each winner ("ETHUSDT", "SOLUSDT") has risen by 10 %."""
    chosen(desk, **AT_ONCE | settings)
    for symbol, price in (("BTCUSDT", "60100"), ("ETHUSDT", "3010"), ("SOLUSDT", "151")):
        if symbol in (*winners, "BTCUSDT"):
            desk.buy(symbol, price)
    for symbol, price in (("BTCUSDT", "56000"), ("ETHUSDT", "3300"), ("SOLUSDT", "165")):
        if symbol in (*winners, "BTCUSDT"):
            desk.paper.price(symbol, price)
    desk.refresh()
    return desk


def group(base: str) -> PositionGroup:
    return PositionGroup.objects.select_related("account", "instrument").get(instrument__base=base)


def sweep(desk: Desk) -> int | None:
    """The sweep, as its task runs it."""
    return offset.sweep(desk.account.pk, gateway=desk.gateway, clock=timezone.now)


def carried_out(desk: Desk) -> OffsetRun:
    """Begin, and let sweep and workers take turns until the run has ended."""
    sweep(desk)
    return ended(desk)


def ended(desk: Desk) -> OffsetRun:
    """Let sweep and workers take turns until the last run has ended."""
    for _ in range(ENOUGH):
        run = OffsetRun.objects.first()
        assert run is not None, "no offset has begun"
        if run.ended_at is not None:
            return run
        desk.settle()
        sweep(desk)
    raise AssertionError(f"offset {run.pk} does not end: {run.state} {run.code} {run.words}")


def read(desk: Desk, base: str = "BTC") -> Books:
    return offset.books_for(group(base), gateway=desk.gateway, clock=timezone.now)


def steps() -> list[tuple[str, str, str]]:
    """Kind, pair and state of the last run's steps."""
    rows = OffsetStep.objects.filter(run=OffsetRun.objects.first()).select_related("group__instrument").order_by("id")
    return [(row.kind, row.group.instrument.base, row.state) for row in rows]


def sales(base: str) -> list[Decimal]:
    """Quantities of the market orders by which a group shrank."""
    rows = Order.objects.filter(group__instrument__base=base, purpose__in=("REDUCE", "EXIT")).order_by("id")
    return [row.filled_qty for row in rows if row.filled_qty]


def realised(*bases: str) -> Decimal:
    """What groups have earned, quote."""
    found: list[Decimal] = [group(base).realised_pnl for base in bases]
    return sum(found, Decimal(0))
