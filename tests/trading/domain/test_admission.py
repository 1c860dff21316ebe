"""Slots, expiry and the order of the queue."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain import admission
from trading.domain.admission import QueueRule, Waiting
from trading.domain.vocabulary import PositionSide

D = Decimal
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
ALL = tuple(QueueRule)


def waiting(number: int = 1, **more: object) -> Waiting:
    values = {"queued_at": NOON, "replacement_count": 0, "discount_pct": D(0), **more}
    return Waiting(number, **values)


def waitings() -> st.SearchStrategy[Waiting]:
    return st.builds(
        Waiting,
        id=st.integers(1, 10**6),
        queued_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9), timezones=st.just(UTC)),  # noqa: DTZ001
        replacement_count=st.integers(0, 9),
        discount_pct=st.decimals(-50, 50, places=2),
        continues=st.booleans(),
    )


@pytest.mark.parametrize(
    ("taken", "size", "free"),
    [
        (set(), 3, 1),
        ({1, 2}, 3, 3),
        ({2, 3}, 3, 1),
        ({1, 3}, 3, 2),
        ({1, 2, 3}, 3, None),
        ({3}, 2, 1),  # the pool was lowered: slot 3 drains, one of two is left
        ({2, 3}, 2, None),  # two groups are open: the pool of two is full although number 1 is free
        (set(), 1, 1),
    ],
)
def test_the_lowest_free_slot(taken: set[int], size: int, free: int | None) -> None:
    assert admission.free_slot(taken, size) == free


@given(st.sets(st.integers(1, 30)), st.integers(1, 20))
def test_a_slot_is_free_within_the_pool_and_only_while_it_has_room(taken: set[int], size: int) -> None:
    free = admission.free_slot(taken, size)
    assert (free is None) == (len(taken) >= size)
    assert free is None or (free not in taken and 1 <= free <= size)


@pytest.mark.parametrize(
    ("waited", "kept"),
    [
        (timedelta(hours=23, minutes=59), True),  # 1 min left
        (timedelta(hours=24), True),  # exactly the limit stays
        (timedelta(hours=24, seconds=1), False),
    ],
)
def test_a_signal_expires_after_its_limit(waited: timedelta, kept: bool) -> None:
    signal = waiting(queued_at=NOON - waited)
    assert (admission.expired([signal], now=NOON, max_age=DAY) == []) is kept


@given(st.lists(waitings()), st.datetimes(timezones=st.just(UTC)))
def test_expiry_never_touches_the_young_and_keeps_order(signals: list[Waiting], now: datetime) -> None:
    gone = admission.expired(signals, now=now, max_age=DAY)
    assert all(now - w.queued_at > DAY for w in gone)
    assert [w.queued_at for w in gone] == sorted(w.queued_at for w in gone)


@pytest.mark.parametrize(
    ("side", "price", "discount"),
    [
        (PositionSide.LONG, "95", "5"),  # (100 − 95) ÷ 100
        (PositionSide.LONG, "102", "-2"),
        (PositionSide.SHORT, "95", "-5"),
        (PositionSide.SHORT, "102", "2"),
    ],
)
def test_discount_is_against_the_alerts_price(side: PositionSide, price: str, discount: str) -> None:
    assert admission.discount_pct(side=side, alert_price=D(100), price=D(price)) == D(discount)


CONTINUES = waiting(4, continues=True, queued_at=NOON + DAY)
DEEPEST = waiting(3, discount_pct=D(7), queued_at=NOON + DAY / 2)
REPLACED = waiting(2, discount_pct=D(2), replacement_count=9, queued_at=NOON + DAY / 3)
FIRST = waiting(1, discount_pct=D(2))
QUEUE = [FIRST, REPLACED, DEEPEST, CONTINUES]


@pytest.mark.parametrize(
    ("rules", "order"),
    [
        (ALL, [4, 3, 2, 1]),
        (ALL[1:], [3, 2, 1, 4]),  # continuation off: no discount comes last
        ((QueueRule.REPLACEMENTS, QueueRule.DEEPEST_LOSS), [2, 3, 1, 4]),
        ((QueueRule.FIRST_IN,), [1, 2, 3, 4]),
        ((), [1, 2, 3, 4]),  # all rules off: the oldest
    ],
)
def test_the_rules_order_the_queue(rules: tuple[QueueRule, ...], order: list[int]) -> None:
    assert [w.id for w in admission.rank(QUEUE, rules=rules)] == order


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        (CONTINUES, DEEPEST, QueueRule.CONTINUATION),
        (DEEPEST, REPLACED, QueueRule.DEEPEST_LOSS),
        (REPLACED, FIRST, QueueRule.REPLACEMENTS),
        (waiting(1), waiting(2, queued_at=NOON + DAY), QueueRule.FIRST_IN),
        (waiting(1), waiting(2), QueueRule.FIRST_IN),  # equal in everything: the id decides
    ],
)
def test_the_page_can_say_why(first: Waiting, second: Waiting, rule: QueueRule) -> None:
    assert admission.deciding_rule(first, second, rules=ALL) is rule


@given(st.lists(waitings(), unique_by=lambda w: w.id), st.permutations(ALL), st.randoms())
def test_rank_does_not_depend_on_the_order_of_arrival_in_the_list(
    signals: list[Waiting], rules: list[QueueRule], chance: object
) -> None:
    shuffled = list(signals)
    chance.shuffle(shuffled)
    assert admission.rank(shuffled, rules=rules) == admission.rank(signals, rules=rules)
