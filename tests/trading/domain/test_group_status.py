"""A group's status, for every shape it can be in."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.group_status import LegProgress, status, withdraws_entries
from trading.domain.take_profit import Remainder
from trading.domain.vocabulary import GroupStatus as G

D = Decimal
R = Remainder

RESTS = LegProgress(D(10), D(0), done=False)
FILLING = LegProgress(D(10), D(4), done=False)
FILLED = LegProgress(D(10), D(10), done=True)
REPORTED = LegProgress(D(10), D(10), done=False)  # whole, but its order's end was not seen yet
WITHDRAWN = LegProgress(D(10), D(0), done=True)
CUT = LegProgress(D(10), D(4), done=True)
SLIVER = LegProgress(D(10), D("0.5"), done=False)


@pytest.mark.parametrize(
    ("legs", "left", "more", "expected"),
    [
        ([RESTS, RESTS], R.NOTHING, {}, G.LIVE),
        ([RESTS], R.NOTHING, {"queued": True}, G.WAITING),
        ([RESTS, WITHDRAWN], R.NOTHING, {"closing": True}, G.CLOSING),
        ([WITHDRAWN, WITHDRAWN], R.NOTHING, {}, G.FAILED),
        ([], R.NOTHING, {}, G.FAILED),
        ([WITHDRAWN], R.NOTHING, {"closing": True}, G.FAILED),
        ([FILLING, RESTS], R.SELLABLE, {}, G.PARTIALLY_FILLED),
        ([SLIVER], R.SELLABLE, {}, G.PARTIALLY_FILLED),
        ([FILLED, RESTS], R.SELLABLE, {"exits_working": True}, G.PARTIALLY_FILLED),
        ([FILLED, REPORTED], R.SELLABLE, {}, G.ACTIVE),
        ([FILLED, WITHDRAWN], R.SELLABLE, {}, G.ACTIVE),
        ([FILLED, CUT], R.SELLABLE, {}, G.ACTIVE),
        ([FILLED], R.SELLABLE, {"closing": True}, G.CLOSING),
        ([FILLED, RESTS], R.NOTHING, {}, G.CLOSING),  # all filled legs are closed: the ladder goes
        ([FILLED, RESTS], R.NOTHING, {"keep_ladder": True}, G.PARTIALLY_FILLED),
        ([FILLED, WITHDRAWN], R.NOTHING, {"keep_ladder": True}, G.CLOSED),
        ([FILLED, WITHDRAWN], R.NOTHING, {}, G.CLOSED),
        ([FILLED, WITHDRAWN], R.DUST, {}, G.DUST_CLOSED),
        ([FILLED], R.DUST, {"closing": True}, G.DUST_CLOSED),
        ([FILLED], R.NOTHING, {"closing": True, "exits_working": True}, G.CLOSING),
        ([FILLED], R.DUST, {"exits_working": True}, G.ACTIVE),  # a target's rest is on the book
        ([FILLING, RESTS], R.DUST, {}, G.PARTIALLY_FILLED),  # the first crumbs of a fill are no end
        ([FILLING, RESTS], R.DUST, {"exited": True}, G.PARTIALLY_FILLED),
        ([FILLING, RESTS], R.NOTHING, {"exited": True}, G.CLOSING),  # what came in was sold again
        ([FILLING, RESTS], R.NOTHING, {"exited": False}, G.PARTIALLY_FILLED),
        ([CUT, RESTS], R.DUST, {"exited": False}, G.PARTIALLY_FILLED),  # it waits for the next leg
        ([CUT, RESTS], R.DUST, {"exited": True}, G.CLOSING),
    ],
)
def test_status(legs: list[LegProgress], left: Remainder, more: dict[str, bool], expected: G) -> None:
    assert status(legs=legs, left=left, **{"closing": False, **more}) is expected


@pytest.mark.parametrize(
    ("legs", "left", "withdraws"),
    [
        ([RESTS], R.NOTHING, False),  # nothing came in: nothing was closed
        ([FILLED, RESTS], R.NOTHING, True),
        ([REPORTED, RESTS], R.NOTHING, True),  # whole is not filling
        ([FILLING, RESTS], R.NOTHING, False),
        ([SLIVER, RESTS], R.NOTHING, False),
        ([CUT, LegProgress(D(1), D("0.5"), done=True), RESTS], R.NOTHING, True),
        ([LegProgress(D(1), D("0.5"), done=True), RESTS], R.NOTHING, True),
    ],
)
def test_the_ladder_goes_when_what_came_in_is_closed(legs: list[LegProgress], left: Remainder, withdraws: bool) -> None:
    assert withdraws_entries(legs=legs, left=left, keep_ladder=False) is withdraws


LEGS = st.lists(st.sampled_from([RESTS, FILLING, FILLED, REPORTED, WITHDRAWN, CUT]), max_size=5)
EXITED = st.sampled_from([None, False, True])


@given(LEGS, st.sampled_from(R), st.booleans(), st.booleans(), EXITED)
def test_a_group_never_ends_while_an_order_may_still_fill(
    legs: list[LegProgress], left: Remainder, closing: bool, exits_working: bool, exited: bool | None
) -> None:
    found = status(legs=legs, left=left, closing=closing, exits_working=exits_working, exited=exited)
    working = exits_working or any(not leg.done for leg in legs)
    assert not (found.ended and working)
    assert not (found.ended and left is R.SELLABLE and any(leg.filled_qty for leg in legs))


@given(LEGS, st.sampled_from(R), st.booleans(), EXITED)
def test_entries_are_withdrawn_only_when_nothing_is_held(
    legs: list[LegProgress], left: Remainder, keep: bool, exited: bool | None
) -> None:
    withdraws = withdraws_entries(legs=legs, left=left, keep_ladder=keep, exited=exited)
    assert not withdraws or (left is not R.SELLABLE and not keep and any(not leg.done for leg in legs))
