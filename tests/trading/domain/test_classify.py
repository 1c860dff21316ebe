"""Every cell of the classification table, from the alert's side: what was sent, what is open, what it means."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.intent import Action, MarketPosition
from trading.domain.classify import TABLE, Classification, Meaning, NoMeaning, Open, Row, Wanted, classify, row_of
from trading.domain.vocabulary import PositionSide

D = Decimal
A, M, P = Action, MarketPosition, PositionSide
OPEN = {"nothing": frozenset(), "long": frozenset({P.LONG}), "short": frozenset({P.SHORT}), "both": frozenset(P)}


def said(found: Classification) -> str:
    """A verdict in words: what, which side, what closes, how much, why not."""
    parts = (found.meaning.lower(), found.side, found.exits and f"closing {found.exits}", found.ratio, found.code)
    return " ".join(str(part) for part in parts if part is not None)


def meaning(wanted: Wanted, opened: str, *, derivative: bool = True, reverse: bool = False) -> str:
    return said(classify(wanted, open_sides=OPEN[opened], derivative=derivative, reverse_on_opposite=reverse))


NO_EXIT = "none NOTHING_TO_EXIT"
NO_REDUCE = "none NOTHING_TO_REDUCE"
WHICH = "none AMBIGUOUS_SIDE"
COLUMNS = ("nothing", "long", "short", "both")
DERIVATIVE = [
    # alert                                  nothing        long                         short                        both
    (Wanted(A.BUY),                         ("entry LONG",  "pyramid LONG",              "exit closing SHORT",          WHICH)),
    (Wanted(A.BUY, M.LONG),                 ("entry LONG",  "pyramid LONG",              "reverse LONG closing SHORT",  "pyramid LONG")),
    (Wanted(A.BUY, M.SHORT),                (NO_EXIT,       NO_EXIT,                     "exit closing SHORT",          "exit closing SHORT")),
    (Wanted(A.BUY, M.FLAT),                 (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit closing SHORT")),
    (Wanted(A.SELL),                        ("entry SHORT", "exit closing LONG",         "pyramid SHORT",               WHICH)),
    (Wanted(A.SELL, M.SHORT),               ("entry SHORT", "reverse SHORT closing LONG", "pyramid SHORT",              "pyramid SHORT")),
    (Wanted(A.SELL, M.LONG),                (NO_EXIT,       "exit closing LONG",         NO_EXIT,                       "exit closing LONG")),
    (Wanted(A.SELL, M.FLAT),                (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit closing LONG")),
    (Wanted(A.EXIT),                        (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit")),
    (Wanted(A.EXIT, M.FLAT),                (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit")),
    (Wanted(A.EXIT, M.LONG),                (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit")),
    (Wanted(A.EXIT, M.SHORT),               (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit")),
    (Wanted(A.EXIT, M.FLAT, M.LONG),        (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit closing LONG")),
    (Wanted(A.EXIT, M.FLAT, M.SHORT),       (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit closing SHORT")),
    (Wanted(A.EXIT, side=M.LONG),           (NO_EXIT,       "exit closing LONG",         NO_EXIT,                       "exit closing LONG")),
    (Wanted(A.EXIT, side=M.SHORT),          (NO_EXIT,       NO_EXIT,                     "exit closing SHORT",          "exit closing SHORT")),
    (Wanted(A.SELL, M.FLAT, side=M.SHORT),  (NO_EXIT,       NO_EXIT,                     "exit closing SHORT",          "exit closing SHORT")),
    (Wanted(None, M.FLAT),                  (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit")),
    (Wanted(None),                          ("none ACTION_MISSING",) * 4),
    (Wanted(None, M.LONG),                  ("none ACTION_MISSING",) * 4),
    (Wanted(None, M.SHORT),                 ("none ACTION_MISSING",) * 4),
    (Wanted(A.REDUCE),                      (NO_REDUCE,     "reduce LONG",               "reduce SHORT",                WHICH)),
    (Wanted(A.REDUCE, M.LONG),              (NO_REDUCE,     "reduce LONG",               NO_REDUCE,                     "reduce LONG")),
    (Wanted(A.REDUCE, side=M.SHORT),        (NO_REDUCE,     NO_REDUCE,                   "reduce SHORT",                "reduce SHORT")),
    (Wanted(A.REDUCE, M.FLAT),              (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit")),
    (Wanted(A.REVERSE),                     ("none SIDE_MISSING", "reverse SHORT closing LONG", "reverse LONG closing SHORT", WHICH)),
    (Wanted(A.REVERSE, M.LONG),             ("entry LONG",  "none ALREADY_ON_SIDE",      "reverse LONG closing SHORT",  "exit closing SHORT")),
    (Wanted(A.REVERSE, side=M.SHORT),       ("entry SHORT", "reverse SHORT closing LONG", "none ALREADY_ON_SIDE",       "exit closing LONG")),
    (Wanted(A.REVERSE, M.FLAT),             (NO_EXIT,       "exit closing LONG",         "exit closing SHORT",          "exit")),
    (Wanted(A.SELL, side=M.LONG),           (NO_EXIT,       "exit closing LONG",         NO_EXIT,                       "exit closing LONG")),
    (Wanted(A.BUY, side=M.SHORT),           (NO_EXIT,       NO_EXIT,                     "exit closing SHORT",          "exit closing SHORT")),
    (Wanted(A.BUY, side=M.LONG),            ("entry LONG",  "pyramid LONG",              "exit closing SHORT",          WHICH)),
    (Wanted(A.SELL, side=M.SHORT),          ("entry SHORT", "exit closing LONG",         "pyramid SHORT",               WHICH)),
    (Wanted(A.SELL, M.SHORT, side=M.LONG),  ("entry SHORT", "reverse SHORT closing LONG", "pyramid SHORT",              "pyramid SHORT")),
]  # fmt: skip
SPOT = [
    # alert                                  nothing        long
    (Wanted(A.BUY),                         ("entry LONG",  "pyramid LONG")),
    (Wanted(A.BUY, M.LONG),                 ("entry LONG",  "pyramid LONG")),
    (Wanted(A.SELL),                        (NO_EXIT,       "exit closing LONG")),
    (Wanted(A.SELL, M.SHORT),               (NO_EXIT,       "exit closing LONG")),
    (Wanted(A.SELL, M.FLAT),                (NO_EXIT,       "exit closing LONG")),
    (Wanted(A.EXIT),                        (NO_EXIT,       "exit closing LONG")),
    (Wanted(A.REVERSE),                     (NO_EXIT,       "exit closing LONG")),
    (Wanted(A.REVERSE, M.SHORT),            (NO_EXIT,       "exit closing LONG")),
    (Wanted(A.REVERSE, M.LONG),             ("entry LONG",  "none ALREADY_ON_SIDE")),
    (Wanted(A.SELL, side=M.LONG),           (NO_EXIT,       "exit closing LONG")),
    (Wanted(A.BUY, side=M.SHORT),           (NO_EXIT,       NO_EXIT)),
    (Wanted(A.BUY, side=M.LONG),            ("entry LONG",  "pyramid LONG")),
]  # fmt: skip
CELLS = [
    (wanted, derivative, column, expected)
    for table, derivative in ((DERIVATIVE, True), (SPOT, False))
    for wanted, cells in table
    for column, expected in zip(COLUMNS, cells)  # noqa: B905 - spot has the first two columns only
]


@pytest.mark.parametrize(("wanted", "derivative", "opened", "expected"), CELLS)
def test_every_cell(wanted: Wanted, derivative: bool, opened: str, expected: str) -> None:
    assert meaning(wanted, opened, derivative=derivative) == expected


def test_every_row_and_column_has_a_cell_and_every_row_is_reached() -> None:
    assert set(TABLE) == {(row, column) for row in Row for column in Open}
    reached = {
        row_of(w, derivative=d, reverse_on_opposite=False) for t, d in ((DERIVATIVE, True), (SPOT, False)) for w, _ in t
    }
    assert reached == set(Row)


@pytest.mark.parametrize(
    ("action", "opened", "expected"),
    [
        (A.BUY, "short", "reverse LONG closing SHORT"),
        (A.SELL, "long", "reverse SHORT closing LONG"),
        (A.BUY, "both", "pyramid LONG"),
        (A.EXIT, "long", "exit closing LONG"),
    ],
)
def test_a_source_may_reverse_on_the_opposite_alert(action: Action, opened: str, expected: str) -> None:
    assert meaning(Wanted(action), opened, reverse=True) == expected


@pytest.mark.parametrize(("action", "side"), [(A.SELL, M.LONG), (A.BUY, M.SHORT)])
@pytest.mark.parametrize("opened", ["long", "short"])
def test_a_reversing_source_turns_nothing_round_by_closing_the_side_it_names(
    action: Action, side: MarketPosition, opened: str
) -> None:
    closes = f"exit closing {side.upper()}" if opened == side else NO_EXIT
    assert meaning(Wanted(action, side=side), opened, reverse=True) == closes


def test_a_reversing_source_cannot_make_spot_short() -> None:
    assert meaning(Wanted(A.SELL), "long", derivative=False, reverse=True) == "exit closing LONG"


def test_a_short_on_spot_is_named() -> None:
    assert meaning(Wanted(A.REVERSE), "short", derivative=False) == f"none {NoMeaning.SHORT_ON_SPOT}"


@pytest.mark.parametrize(
    ("wanted", "opened", "expected"),
    [
        # 3 of 4 stay: (4 − 3) ÷ 4
        (Wanted(A.SELL, M.LONG, M.LONG, D(3), D(4)), "long", "reduce LONG 0.25"),
        (Wanted(A.SELL, M.LONG, None, D(3), D(4)), "long", "reduce LONG 0.25"),
        (Wanted(A.BUY, M.SHORT, M.SHORT, D(-1), D(-2)), "short", "reduce SHORT 0.5"),  # signed as sent
        (Wanted(A.REDUCE, M.SHORT, M.SHORT, D(1), D(2)), "both", "reduce SHORT 0.5"),
        (Wanted(None, M.LONG, M.LONG, D(1), D(2)), "long", "reduce LONG 0.5"),
        (Wanted(A.SELL, M.LONG, M.LONG, D(3), D(4)), "nothing", NO_REDUCE),
        (Wanted(A.SELL, M.LONG, M.LONG, D(3), D(4)), "short", NO_REDUCE),
        (Wanted(A.BUY, M.LONG, M.LONG, D(5), D(4)), "long", "pyramid LONG"),  # it grew
        (Wanted(A.BUY, M.LONG, M.LONG, D(4), D(4)), "long", "pyramid LONG"),  # it stayed
        (Wanted(A.BUY, M.LONG, M.SHORT, D(1), D(2)), "short", "reverse LONG closing SHORT"),  # another side before
        # the side says as much as market_position
        (Wanted(A.SELL, None, None, D(3), D(4), side=M.LONG), "long", "reduce LONG 0.25"),
        (Wanted(A.SELL, None, M.LONG, D(3), D(4), side=M.LONG), "long", "reduce LONG 0.25"),
        (Wanted(A.BUY, None, None, D(1), D(4), side=M.SHORT), "short", "reduce SHORT 0.75"),
        (Wanted(A.BUY, None, None, D(1), D(4), side=M.SHORT), "long", NO_REDUCE),
        (Wanted(A.REDUCE, None, M.LONG, D(3), D(4), side=M.LONG), "long", "reduce LONG 0.25"),
        (Wanted(A.SELL, M.FLAT, M.LONG, D(0), D(2)), "long", "exit closing LONG"),
        (Wanted(A.EXIT, M.LONG, M.LONG, D(1), D(2)), "long", "exit closing LONG"),  # exit means all of it
    ],
)
def test_a_smaller_size_on_the_same_side_reduces(wanted: Wanted, opened: str, expected: str) -> None:
    assert meaning(wanted, opened) == expected


SIZES = st.none() | st.decimals(-100, 100, places=3)
WANTED = st.builds(
    Wanted,
    action=st.none() | st.sampled_from(A),
    market_position=st.none() | st.sampled_from(M),
    prev_market_position=st.none() | st.sampled_from(M),
    position_size=SIZES,
    prev_position_size=SIZES,
    side=st.sampled_from([None, M.LONG, M.SHORT]),
)


@given(WANTED, st.sampled_from(COLUMNS), st.booleans(), st.booleans())
def test_any_alert_has_one_meaning_that_fits_what_is_open(
    wanted: Wanted, opened: str, derivative: bool, reverse: bool
) -> None:
    found = classify(wanted, open_sides=OPEN[opened], derivative=derivative, reverse_on_opposite=reverse)
    closes = {found.exits} - {None}
    assert closes <= OPEN[opened]
    assert (found.meaning is Meaning.NONE) == (found.code is not None)
    assert found.meaning not in (Meaning.PYRAMID, Meaning.REDUCE) or found.side in OPEN[opened]
    assert found.meaning is not Meaning.ENTRY or found.side not in OPEN[opened]
    assert found.ratio is None or 0 < found.ratio <= 1


@given(WANTED, st.sampled_from(["nothing", "long"]), st.booleans())
def test_spot_is_never_short(wanted: Wanted, opened: str, reverse: bool) -> None:
    found = classify(wanted, open_sides=OPEN[opened], derivative=False, reverse_on_opposite=reverse)
    assert P.SHORT not in (found.side, found.exits)


HEDGED = [
    # alert                                nothing        long           short           both
    (Wanted(A.BUY, side=M.LONG),          ("entry LONG",  "pyramid LONG", "entry LONG",    "pyramid LONG")),
    (Wanted(A.SELL, side=M.SHORT),        ("entry SHORT", "entry SHORT",  "pyramid SHORT", "pyramid SHORT")),
    (Wanted(A.SELL, side=M.LONG),         (NO_EXIT,       "exit closing LONG", NO_EXIT,    "exit closing LONG")),
    (Wanted(A.BUY, side=M.SHORT),         (NO_EXIT,       NO_EXIT,        "exit closing SHORT", "exit closing SHORT")),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "row"), HEDGED)
@pytest.mark.parametrize("column", range(4))
def test_in_hedge_mode_an_alert_that_names_its_side_is_about_that_side_alone(
    wanted: Wanted, row: tuple[str, ...], column: int
) -> None:
    found = classify(wanted, open_sides=OPEN[COLUMNS[column]], derivative=True, reverse_on_opposite=False, hedge=True)
    assert said(found) == row[column]


def test_in_hedge_mode_a_strategy_that_turns_round_still_reverses() -> None:
    wanted = Wanted(A.SELL, market_position=M.SHORT)
    found = classify(wanted, open_sides=OPEN["long"], derivative=True, reverse_on_opposite=False, hedge=True)
    assert said(found) == "reverse SHORT closing LONG"


def test_in_hedge_mode_an_alert_that_names_two_sides_is_no_entry() -> None:
    wanted = Wanted(A.BUY, side=M.LONG, market_position=M.FLAT)
    found = classify(wanted, open_sides=frozenset(), derivative=True, reverse_on_opposite=False, hedge=True)
    assert said(found) == NO_EXIT
