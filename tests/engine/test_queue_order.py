"""The queue on real rows: any rules in any order over any waiting signals, and the pool that lets them in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signals.models import Ticker
from tests.engine.stage import ROUNDS, fresh_desk, truncate
from tests.engine.states import told
from tests.support.factories import PRICES, Desk
from tests.support.levers import chosen
from tests.support.paper import PaperExchange
from trading.domain.admission import QueueRule
from trading.models import QueuedSignal, Slot
from trading.services import queue
from trading.services.desk import Desk as Books

pytestmark = pytest.mark.django_db
# Examples run in transactions that are rolled back.

SYMBOLS = tuple(sorted(PRICES))
INTERVALS = ("5", "15", "30")
PAIRS = [(symbol, interval) for symbol in SYMBOLS for interval in INTERVALS]
patient = settings(
    max_examples=max(20, ROUNDS), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@dataclass(frozen=True, slots=True)
class Said:
    """One entry that found no slot: its price in percent of the market's, when it came, and what replaced it."""

    symbol: str
    interval: str
    price_pct: Decimal
    minutes_ago: int
    replacements: int

    @property
    def price(self) -> Decimal:
        return (Decimal(PRICES[self.symbol]) * self.price_pct / 100).quantize(Decimal("0.01"))

    @property
    def discount(self) -> Decimal:
        """How far the market is below its price, percent."""
        return (self.price - Decimal(PRICES[self.symbol])) / self.price * 100


@st.composite
def crowds(draw: st.DrawFn) -> list[Said]:
    """Up to six who wait, in pairs of their own; few different values, so that rules often tie."""
    pairs = draw(st.lists(st.sampled_from(PAIRS), min_size=2, max_size=6, unique=True))
    # From 0.3 below the market (within the price guard of 0.5) to 2 above it.
    prices = st.sampled_from([Decimal(text) for text in ("99.7", "100", "100.5", "102")])
    return [
        Said(symbol, interval, draw(prices), draw(st.sampled_from([1, 5, 30])), draw(st.integers(0, 2)))
        for symbol, interval in pairs
    ]


RULES = st.lists(st.sampled_from(list(QueueRule)), unique=True).map(tuple)
# Any of them on, in any order; none is first in, first out.


@pytest.fixture(scope="module")
def full(django_db_setup: None, django_db_blocker: object, exchange: PaperExchange) -> Iterator[Desk]:
    """A desk whose only slot is taken."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        made = fresh_desk(exchange)
        chosen(made, max_open_groups=1, legs=[["0", "100", "1"]])
        assert told(made, action="buy", price="59900") == "ENTERED"
        yield made
        truncate()


def wait(desk: Desk, crowd: list[Said]) -> dict[int, Said]:
    """Let them come and be replaced, on the real path; then set the time of their first coming."""
    now, waiting = timezone.now(), {}
    for said in crowd:
        for _ in range(said.replacements + 1):
            desk.alert(symbol=said.symbol, action="buy", interval=said.interval, price=str(said.price))
    Ticker.objects.update(at=now)
    desk.decide()
    for said in crowd:
        row = _row(said)
        row.queued_at = now - timedelta(minutes=said.minutes_ago)
        row.save()
        waiting[row.pk] = said
    return waiting


def _row(said: Said) -> QueuedSignal:
    return QueuedSignal.objects.get(
        instrument__venue_symbol=said.symbol, timeframe_secs=int(said.interval) * 60, state="WAITING"
    )


KEYS: Mapping[QueueRule, Callable[[Said], object]] = {
    QueueRule.CONTINUATION: lambda said: 0,  # nobody here continues an open group
    QueueRule.DEEPEST_LOSS: lambda said: -said.discount,
    QueueRule.REPLACEMENTS: lambda said: -said.replacements,
    QueueRule.FIRST_IN: lambda said: -said.minutes_ago,
}


def in_order(waiting: Mapping[int, Said], rules: tuple[QueueRule, ...]) -> list[int]:
    """What product.md asks for, written down a second time: rule by rule, then the oldest, then the first row."""
    return sorted(waiting, key=lambda pk: (*(KEYS[rule](waiting[pk]) for rule in rules), -waiting[pk].minutes_ago, pk))


@patient
@given(crowd=crowds(), rules=RULES)
def test_they_stand_in_the_order_of_the_rules(full: Desk, crowd: list[Said], rules: tuple[QueueRule, ...]) -> None:
    with transaction.atomic():
        chosen(full, rules=[rule.value for rule in rules])
        waiting = wait(full, crowd)
        assert [row.replacement_count for row in queue.waiting(full.account.pk)] == [
            waiting[row.pk].replacements for row in queue.waiting(full.account.pk)
        ]
        assert [row.pk for row in queue.ranked(Books(full.account, timezone.now()))] == in_order(waiting, rules)
        transaction.set_rollback(True)


@patient
@given(crowd=crowds(), rules=RULES, room=st.integers(1, 4))
def test_as_many_go_in_as_there_is_room_and_the_best_first(
    full: Desk, crowd: list[Said], rules: tuple[QueueRule, ...], room: int
) -> None:
    with transaction.atomic():
        chosen(full, rules=[rule.value for rule in rules])
        waiting = wait(full, crowd)
        best = in_order(waiting, rules)[:room]
        chosen(full, max_open_groups=1 + room)
        assert queue.promote(full.account.pk, now=timezone.now()) == len(best)
        promoted = QueuedSignal.objects.filter(state="PROMOTED")
        assert set(promoted.values_list("id", flat=True)) == set(best)
        assert Slot.objects.filter(released_at=None).count() == 1 + len(best)
        by_slot = promoted.order_by("group__slots__number").values_list("id", flat=True)
        assert list(by_slot) == best
        transaction.set_rollback(True)
