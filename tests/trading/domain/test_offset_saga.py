"""The offset saga's next step from every state its rows can be found in, and what closes have brought."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from tests.trading.domain.build import NOON, PERP, fill
from trading.domain.offset_saga import (
    AGAIN_AFTER,
    CLOSE_WITHIN,
    SEND_WITHIN,
    Deed,
    Next,
    RunState,
    RunView,
    StepKind,
    StepState,
    StepView,
    brought,
    cost,
    limit_price,
    next_deed,
    unsent,
    within,
)
from trading.domain.vocabulary import PositionSide, Side

D = Decimal
MINUTE = timedelta(minutes=1)
FRESH = StepView(
    id=1,
    kind=StepKind.WINNER,
    state=StepState.PLANNED,
    started_at=None,
    closing=False,
    closed=False,
    blocked=False,
    unsent=False,
    working=False,
)
LOSER = replace(FRESH, id=9, kind=StepKind.LOSER)
WORKING = {"state": StepState.WORKING, "started_at": NOON}
DONE, LEFT = {"state": StepState.DONE}, {"state": StepState.LEFT}
CLOSED = {"closing": True, "closed": True}


def run(*winners: dict[str, Any], loser: dict[str, Any] | None = None, **more: Any) -> RunView:
    steps = [replace(FRESH, id=number, **changed) for number, changed in enumerate(winners, 1)]
    base = RunView(RunState.RESERVED, NOON, None, (*steps, replace(LOSER, **loser or {})))
    return replace(base, **more)


def waits(view: RunView, *, after: timedelta = timedelta()) -> Next:
    return next_deed(view, now=NOON + after)


@pytest.mark.parametrize(
    ("view", "found"),
    [
        # winners one by one
        (run({}, {}), Next(Deed.SELL, 1)),
        (run(WORKING | {"unsent": True}, {}), Next(Deed.WAIT)),
        (run(WORKING | {"working": True}, {}), Next(Deed.WAIT)),
        (run(WORKING | {"fees_due": True}, {}), Next(Deed.WAIT)),
        (run(WORKING, {}), Next(Deed.SETTLE, 1)),
        (run(DONE, {}), Next(Deed.SELL, 2)),
        (run(LEFT, WORKING), Next(Deed.SETTLE, 2)),
        (run(WORKING | {"closing": True}), Next(Deed.WAIT)),  # its group is on its way out
        (run(WORKING | CLOSED), Next(Deed.SETTLE, 1)),
        (run(WORKING | {"closed": True}), Next(Deed.SETTLE, 1)),  # it gave everything
        # others were there first
        (run({"closing": True}), Next(Deed.LEAVE, 1, "GROUP_CLOSING")),
        (run(CLOSED), Next(Deed.LEAVE, 1, "GROUP_CLOSING")),
        (run({"blocked": True}), Next(Deed.LEAVE, 1, "GROUP_BLOCKED")),
        (run({}, loser={"closing": True}), Next(Deed.LEAVE, 1, "LOSER_CLOSED_ELSEWHERE")),
        (run({}, loser={"blocked": True}), Next(Deed.LEAVE, 1, "GROUP_BLOCKED")),
        (run({}, halted="MODE"), Next(Deed.LEAVE, 1, "MODE")),
        (run(WORKING | {"unsent": True}, loser=CLOSED), Next(Deed.RELEASE, 1)),
        (run(WORKING | {"working": True}, loser=CLOSED), Next(Deed.WAIT)),
        (run(WORKING, loser=CLOSED), Next(Deed.SETTLE, 1)),
        (run(DONE, LEFT, loser=CLOSED), Next(Deed.FINISH, code="LOSER_CLOSED_ELSEWHERE")),
        (run(LEFT, halted="MODE"), Next(Deed.FINISH, code="MODE")),
        # the loser
        (run(DONE, LEFT), Next(Deed.CLOSE, 9)),
        (run(LEFT, LEFT), Next(Deed.FINISH, code="NOBODY_PAID")),
        (run(), Next(Deed.CLOSE, 9)),  # earned in an earlier run
        (run(DONE, loser=WORKING), Next(Deed.WAIT)),
        (run(DONE, loser=WORKING | {"closing": True}), Next(Deed.WAIT)),
        (run(DONE, loser=WORKING | CLOSED | {"fees_due": True}), Next(Deed.WAIT)),
        (run(DONE, loser=WORKING | CLOSED), Next(Deed.SETTLE, 9)),
        (run(DONE, loser=WORKING | CLOSED, halted="MODE"), Next(Deed.SETTLE, 9)),
        (run(DONE, loser=DONE | CLOSED), Next(Deed.FINISH, code="OFFSET")),
    ],
)
def test_the_next_deed(view: RunView, found: Next) -> None:
    assert waits(view) == found


@pytest.mark.parametrize(
    ("view", "after", "deed"),
    [
        (run(WORKING | {"unsent": True}), SEND_WITHIN, Deed.WAIT),
        (run(WORKING | {"unsent": True}), SEND_WITHIN + timedelta(seconds=1), Deed.RELEASE),
        (run(WORKING | {"working": True}), timedelta(days=1), Deed.WAIT),  # sent: it is waited for
        (run(DONE, covered_at=NOON), CLOSE_WITHIN, Deed.CLOSE),
        (run(DONE, covered_at=NOON), CLOSE_WITHIN + timedelta(seconds=1), Deed.FINISH),
        (run(), CLOSE_WITHIN + timedelta(seconds=1), Deed.FINISH),
        (run(DONE, loser=WORKING), timedelta(days=1), Deed.WAIT),  # closing goes on for ever
    ],
)
def test_what_has_its_time(view: RunView, after: timedelta, deed: Deed) -> None:
    assert waits(view, after=after).deed is deed


def test_how_long_is_waited() -> None:
    """A group rests after a run in vain; a winner's part and the loser have their time."""
    assert (AGAIN_AFTER, SEND_WITHIN, CLOSE_WITHIN) == (MINUTE, 2 * MINUTE, 5 * MINUTE)


def test_what_is_over() -> None:
    assert [state for state in RunState if state.ended] == [RunState.DONE, RunState.BROKEN_OFF]
    assert [state for state in StepState if state.ended] == [StepState.DONE, StepState.LEFT]


@pytest.mark.parametrize(
    ("loss", "credit", "fits"),
    # cover 100, uncovered 10, bound 2: at most 112 may be lost
    [("112", "0", True), ("112.01", "0", False), ("90", "0", True), ("120", "8", True), ("120", "7.9", False)],
)
def test_a_loss_within_what_was_agreed(loss: str, credit: str, fits: bool) -> None:
    agreed = {"cover": D(100), "uncovered": D(10), "bound": D(2)}
    assert within(loss_now=D(loss), credit=D(credit), **agreed) is fits


@pytest.mark.parametrize(
    ("result", "credit", "taken"), [("5", "0", "0"), ("-5", "0", "5"), ("-5", "3", "2"), ("-5", "9", "0")]
)
def test_what_a_run_takes_out_of_the_budget(result: str, credit: str, taken: str) -> None:
    assert cost(result=D(result), credit=D(credit)) == D(taken)


@pytest.mark.parametrize(
    ("side", "worst", "cost", "bps", "found"),
    [
        # LONG, fee 0.1 %: 120 less 30 bps = 119.64; cost 100 ÷ 0.999 = 100.1001 lies below
        (PositionSide.LONG, "120", "100", "30", "119.64"),
        (PositionSide.LONG, "120", "119.8", "30", "119.92"),  # 119.8 ÷ 0.999 = 119.9199…, up to the tick
        (PositionSide.SHORT, "80", "100", "30", "80.24"),
        (PositionSide.SHORT, "80", "80.2", "30", "80.11"),  # 80.2 ÷ 1.001 = 80.1198…, down to the tick
        (PositionSide.LONG, "120", "100", "0", "120"),
        (PositionSide.LONG, "100000", "1", "10", "99900"),
    ],
)
def test_no_lot_goes_for_less_than_was_agreed_or_than_it_cost(
    side: PositionSide, worst: str, cost: str, bps: str, found: str
) -> None:
    prices = {"worst_price": D(worst), "unit_cost": D(cost), "slippage_bps": D(bps)}
    assert limit_price(side=side, rules=PERP, **prices) == D(found)


@pytest.mark.parametrize(
    ("reserved", "sent", "waiting", "left"),
    [
        ("5", "0", "5", "5"),
        ("5", "0", "7", "5"),  # 2 of it are a signal's
        ("5", "5", "2", "0"),  # all that waits is a signal's
        ("5", "7", "0", "0"),  # both went in one order
        ("5", "3", "4", "2"),  # as much as the venue takes at once: the part goes first
        ("5", "0", "3", "3"),
        ("5", "0", "0", "0"),
        ("0", "0", "4", "0"),
    ],
)
def test_of_what_waits_in_a_group_only_the_parts_own_is_the_parts(
    reserved: str, sent: str, waiting: str, left: str
) -> None:
    assert unsent(D(reserved), sent_qty=D(sent), waiting_qty=D(waiting)) == D(left)


FILLS = [
    (fill(Side.BUY, "2", "100"), False),
    (fill(Side.SELL, "1", "110", after=1), False),  # a target: + 10
    (fill(Side.SELL, "0.5", "120", after=2, fee=D("0.06")), True),  # 0.5 × 20 − 0.06
    (fill(Side.BUY, "0.5", "130", after=3), False),  # the average is 115 now
    (fill(Side.SELL, "0.4", "125", after=4, fee=D("0.05")), True),  # 0.4 × 10 − 0.05
]


def test_what_the_marked_exits_brought_whatever_others_did_between() -> None:
    assert brought(FILLS, side=PositionSide.LONG, rules=PERP) == (D("0.9"), D("9.94") + D("3.95"))


def test_the_order_in_which_fills_were_recorded_does_not_matter() -> None:
    recorded = [FILLS[4], FILLS[2], FILLS[0], FILLS[3], FILLS[1]]
    assert brought(recorded, side=PositionSide.LONG, rules=PERP) == (D("0.9"), D("9.94") + D("3.95"))


def test_at_one_instant_entries_come_before_exits() -> None:
    """2 at 100 and 1 at 130 are an average of 110: the sale of 1 at 120 in the same instant brings 10."""
    fills = [
        (fill(Side.BUY, 2, 100), False),
        (fill(Side.SELL, 1, 120, after=1), True),
        (fill(Side.BUY, 1, 130, after=1), False),
    ]
    assert brought(fills, side=PositionSide.LONG, rules=PERP) == (1, 10)


def test_nothing_marked_brought_nothing() -> None:
    assert brought([(one, False) for one, _ in FILLS], side=PositionSide.LONG, rules=PERP) == (0, 0)


@pytest.mark.parametrize("words", [RunState, StepKind, StepState, Deed])
def test_rows_keep_these_words(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == [word.name for word in words]
