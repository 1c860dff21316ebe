"""States as words."""

from decimal import Decimal as Dec

import pytest

from dashboard import words
from dashboard.words import OrderLine
from trading.domain.admission import QueueRule
from trading.domain.exit_view import ExitReason
from trading.domain.order_state import OrderState as S
from trading.domain.vocabulary import GroupStatus, Purpose


def order(purpose: Purpose, state: S, filled: str = "0", code: str = "") -> OrderLine:
    return OrderLine(purpose, state, Dec(2), Dec(filled), code)


FILLED = order(Purpose.ENTRY, S.FILLED, "2")


def target(state: S, filled: str = "0") -> OrderLine:
    return order(Purpose.TARGET, state, filled)


@pytest.mark.parametrize(
    ("orders", "ended", "said", "mark"),
    [
        ([], False, "planned", ""),
        ([order(Purpose.ENTRY, S.NEW)], False, "waiting to be sent", ""),
        ([order(Purpose.ENTRY, S.OPEN)], False, "resting", ""),
        ([order(Purpose.ENTRY, S.UNKNOWN)], False, "unknown, being looked up", ""),
        ([order(Purpose.ENTRY, S.REJECTED, code="INSUFFICIENT_FUNDS")], False, "rejected", ""),
        ([order(Purpose.ENTRY, S.PARTIALLY_FILLED, "0.500")], False, "filled 0.5 of 2, no target yet", "f"),
        ([FILLED], False, "filled, no target yet", "f"),
        ([FILLED, target(S.NEW)], False, "filled, target waiting to be sent", "f"),
        ([FILLED, target(S.OPEN)], False, "filled, target resting", "f"),
        ([FILLED, target(S.PARTIALLY_FILLED, "1")], False, "filled, target partly taken", "f"),
        ([FILLED, target(S.FILLED, "2")], False, "target taken", "t"),
        ([FILLED, target(S.CANCELED), target(S.FILLED, "2")], True, "target taken", "t"),
        ([FILLED, target(S.FILLED, "1"), target(S.OPEN)], False, "filled, target resting", "t"),
        ([FILLED, target(S.NEEDS_HUMAN), target(S.OPEN)], False, "filled, target needs a person", "f"),
        ([FILLED, target(S.CANCELED)], True, "closed", "s"),
    ],
)
def test_a_leg_in_words(orders: list[OrderLine], ended: bool, said: str, mark: str) -> None:
    assert (words.leg_words(orders, ended=ended), words.leg_mark(orders, ended=ended)) == (said, mark)


@pytest.mark.parametrize(
    ("orders", "code"),
    [
        ([], ""),
        ([order(Purpose.ENTRY, S.CANCELED, code="GROUP_CLOSING")], "GROUP_CLOSING"),
        ([order(Purpose.ENTRY, S.REJECTED, code="X"), order(Purpose.ENTRY, S.OPEN)], ""),  # the last entry counts
        ([order(Purpose.ENTRY, S.CANCELED, "1", code="GROUP_CLOSING")], ""),  # what filled says what became of it
    ],
)
def test_why_a_leg_is_as_it_is(orders: list[OrderLine], code: str) -> None:
    assert words.leg_code(orders) == code


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ([FILLED], "filled, in the group's target"),
        ([FILLED, target(S.CANCELED)], "filled, in the group's target"),
        ([FILLED, target(S.OPEN)], "filled, target resting"),
        ([order(Purpose.ENTRY, S.OPEN)], "resting"),
    ],
)
def test_a_leg_whose_group_has_one_target(orders: list[OrderLine], said: str) -> None:
    assert words.leg_words(orders, ended=False, shared=True) == said


@pytest.mark.parametrize("state", S)
def test_every_order_state_has_words(state: S) -> None:
    assert words.order_words(state) == words.ORDER_WORDS[state]


@pytest.mark.parametrize("status", GroupStatus)
def test_every_group_status_has_words(status: GroupStatus) -> None:
    assert words.group_words(status) == words.GROUP_WORDS[status]


@pytest.mark.parametrize(
    ("code", "detail", "said"),
    [
        ("KEYS_REFUSED", "", "the venue refused the keys"),
        ("KEYS_REFUSED", "binance says: IP not allowed", "binance says: IP not allowed"),
        ("SOMETHING_NEW", "", "something new"),
    ],
)
def test_what_ails_an_account(code: str, detail: str, said: str) -> None:
    assert words.health_words(code, detail) == said


def test_why_a_group_closed() -> None:
    assert [words.close_words(code) for code in ("TARGETS_TAKEN", "TIME_EXIT", "")] == [
        "targets taken",
        "time exit",
        "",
    ]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("BY_HAND mira", "by hand, mira"),
        ("STOP_TRAILING", "trailing stop"),
        ("STOPPED_AT_VENUE", "stop at the venue"),
        ("AGGREGATE_TARGET", "aggregate target"),
        ("SOMETHING_ELSE", "something else"),
        ("KILL", "the kill switch"),
        ("OFFSET_PAID", "paid for a loser (offset)"),
        ("OFFSET_PARTLY 85.20", "offset, winners paid partly, about 85.20 of it from the loss budget"),
        ("", ""),
    ],
)
def test_a_close_reason_in_words(reason: str, said: str) -> None:
    assert words.close_words(reason) == said


@pytest.mark.parametrize("kind", list(ExitReason))
def test_every_watched_exit_has_its_words(kind: ExitReason) -> None:
    assert kind in words.WATCH_WORDS


@pytest.mark.parametrize("rule", list(QueueRule))
def test_every_rule_of_the_queue_has_its_words(rule: QueueRule) -> None:
    assert words.rank_words(rule, ahead_of=2).startswith("before 2: it")
