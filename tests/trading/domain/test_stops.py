"""Stops stand on the losing side, follow profits only, and the tightest fires."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.intent import Level, LevelKind
from tests.trading.domain.build import COARSE
from trading.domain import stops
from trading.domain.refusal import Refusal
from trading.domain.stops import Stop, StopKind, Trail
from trading.domain.vocabulary import PositionSide

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        # 100.1 less 5 % = 95.095, on the tick that loses less
        (LONG, "95.1"),
        (SHORT, "105.1"),  # 105.105
    ],
)
def test_a_fixed_stop_is_a_percentage_from_the_average(side: PositionSide, expected: str) -> None:
    at = {"side": side, "average_entry": D("100.1"), "pct": D(5), "rules": COARSE}
    assert stops.fixed(**at) == Stop(StopKind.FIXED, D(expected))
    assert stops.emergency(**at) == Stop(StopKind.EMERGENCY, D(expected))


def test_an_atr_stop_stands_so_many_ranges_away() -> None:
    """Two ranges of 1.5 from 100."""
    found = stops.atr(side=LONG, average_entry=D(100), atr_quote=D("1.5"), multiplier=D(2), rules=COARSE)
    assert found == Stop(StopKind.ATR, D(97))


@pytest.mark.parametrize(
    ("price", "closed", "after", "expected"),
    [
        (D("100.15"), 1, 1, Stop(StopKind.BREAK_EVEN, D("100.2"))),
        (D("100.15"), 3, 1, Stop(StopKind.BREAK_EVEN, D("100.2"))),
        (D("100.15"), 0, 1, None),
        (D("100.15"), 5, 0, None),  # 0 = never
        (None, 1, 1, None),  # nothing is open
    ],
)
def test_break_even_after_the_first_target(
    price: Decimal | None, closed: int, after: int, expected: Stop | None
) -> None:
    found = stops.break_even(
        side=LONG, break_even_price=price, targets_closed=closed, after_targets=after, rules=COARSE
    )
    assert found == expected


def follow(side: PositionSide, prices: list[str]) -> Trail:
    """A trail from an entry at 100, armed at 2 %."""
    state = Trail()
    for price in prices:
        state = stops.trail(state, side=side, average_entry=D(100), price=D(price), activation_pct=D(2))
    return state


@pytest.mark.parametrize(
    ("side", "prices", "stop"),
    [
        (LONG, [], None),
        (LONG, ["101.9", "99"], None),  # not armed yet
        (LONG, ["102"], "101"),  # 102 × 0.99 = 100.98
        (LONG, ["102", "110", "104"], "108.9"),  # 110 × 0.99, and it stays
        (SHORT, ["98.5"], None),
        (SHORT, ["98", "90", "95"], "90.9"),  # 90 × 1.01
    ],
)
def test_a_trailing_stop_follows_the_best_price(side: PositionSide, prices: list[str], stop: str | None) -> None:
    found = stops.trailing(follow(side, prices), side=side, distance_pct=D(1), rules=COARSE)
    assert found == (stop and Stop(StopKind.TRAILING, D(stop)))


@given(st.sampled_from(PositionSide), st.lists(st.decimals(50, 150, places=1), min_size=1))
def test_a_trailing_stop_never_goes_back(side: PositionSide, prices: list[Decimal]) -> None:
    texts = [str(price) for price in prices]
    levels = [
        stops.trailing(follow(side, texts[:n]), side=side, distance_pct=D(1), rules=COARSE)
        for n in range(1, len(texts) + 1)
    ]
    standing = [side.sign * level.price for level in levels if level is not None]
    assert standing == sorted(standing)


FIXED, TRAILED = Stop(StopKind.FIXED, D(95)), Stop(StopKind.TRAILING, D(97))


@pytest.mark.parametrize(
    ("stop", "side", "price", "fires"),
    [
        (FIXED, LONG, "95.1", False),
        (FIXED, LONG, "95", True),
        (FIXED, LONG, "80", True),
        (FIXED, SHORT, "94.9", False),
        (FIXED, SHORT, "95", True),
        (None, LONG, "1", False),
    ],
)
def test_a_stop_fires_when_the_price_reaches_it(stop: Stop | None, side: PositionSide, price: str, fires: bool) -> None:
    assert stops.fired(stop, side=side, price=D(price)) is fires


@pytest.mark.parametrize(
    ("side", "kind", "value", "price"),
    [
        (LONG, LevelKind.PRICE, "97.55", "97.6"),  # on the tick that loses less
        (LONG, LevelKind.PCT, "3", "97"),
        (LONG, LevelKind.OFFSET, "4", "96"),
        (SHORT, LevelKind.PRICE, "102.45", "102.4"),
        (SHORT, LevelKind.PCT, "3", "103"),
        (SHORT, LevelKind.OFFSET, "4", "104"),
    ],
)
def test_an_alerts_own_stop(side: PositionSide, kind: LevelKind, value: str, price: str) -> None:
    found = stops.own(side=side, average_entry=D(100), level=Level(kind, D(value)), rules=COARSE)
    assert found == Stop(StopKind.ALERT, D(price))


@pytest.mark.parametrize(("kind", "price"), [(LevelKind.PRICE, "4"), (LevelKind.PCT, "48"), (LevelKind.OFFSET, "46")])
def test_a_percentage_is_no_distance(kind: LevelKind, price: str) -> None:
    """4 of an entry at 50: at 4, 4 % = 2 below, 4 below."""
    found = stops.own(side=LONG, average_entry=D(50), level=Level(kind, D(4)), rules=COARSE)
    assert found.price == D(price)


def distance(**more: object) -> Decimal | Refusal:
    facts = {"side": LONG, "entry": D(100), "kinds": (), "fixed_pct": D(5), "emergency_pct": D(10), "rules": COARSE}
    return stops.distance(**{**facts, **more})


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "10"),  # the emergency stop is always there
        ({"side": SHORT}, "10"),
        ({"kinds": (StopKind.FIXED,)}, "5"),
        ({"kinds": (StopKind.TRAILING,)}, "10"),  # not armed at the entry
        ({"kinds": (StopKind.ATR,), "atr_multiplier": D(2)}, "10"),  # not known
        ({"kinds": (StopKind.ATR, StopKind.FIXED), "atr_quote": D("1.5"), "atr_multiplier": D(2)}, "3"),
        ({"atr_quote": D("1.5"), "atr_multiplier": D(2)}, "10"),  # known, but nobody asked for it
        ({"kinds": (StopKind.SUPPORT,), "support_price": D("96.55")}, "3.4"),  # on the tick that loses less
        ({"kinds": (StopKind.SUPPORT, StopKind.FIXED), "support_price": D(94)}, "5"),
        ({"kinds": (StopKind.SUPPORT,), "support_price": D(101)}, "10"),  # a later pyramid has passed it
        ({"kinds": (StopKind.SUPPORT,), "support_price": D(103), "side": SHORT}, "3"),
        ({"support_price": D(99)}, "10"),  # known, but nobody asked for it
        ({"kinds": (StopKind.SUPPORT,)}, "10"),  # none was found
        ({"entry": D("0.5"), "emergency_pct": D(20)}, "0.1"),
        ({"level": Level(LevelKind.PRICE, D(98))}, "2"),
        ({"level": Level(LevelKind.PRICE, D(102)), "side": SHORT}, "2"),
        ({"level": Level(LevelKind.PCT, D(40)), "kinds": (StopKind.FIXED,)}, "5"),  # the tightest counts
    ],
)
def test_the_distance_of_the_first_stop(more: dict[str, object], expected: str) -> None:
    assert distance(**more) == D(expected)


@pytest.mark.parametrize("entry", ["0", "-1"])
def test_without_an_entry_price_there_is_no_distance(entry: str) -> None:
    found = distance(entry=D(entry))
    assert isinstance(found, Refusal)
    assert (found.code, found.value, found.limit) == ("PRICE_NOT_POSITIVE", D(entry), 0)


@pytest.mark.parametrize(
    ("side", "price", "where"),
    [
        (LONG, "100", "below"),
        (LONG, "101", "below"),
        (LONG, "1000", "below"),
        (SHORT, "99", "above"),
        (SHORT, "10", "above"),
        (SHORT, "200", "above"),
    ],
)
def test_a_stop_on_the_wrong_side_is_refused(side: PositionSide, price: str, where: str) -> None:
    found = distance(side=side, level=Level(LevelKind.PRICE, D(price)))
    assert isinstance(found, Refusal)
    assert (found.code, found.value, found.limit) == ("STOP_WRONG_SIDE", D(price), D(100))
    assert f"of a {side} stands {where} its entry" in found.sentence()


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("price", ["0", "2", "9.99", "1000.1"])
@pytest.mark.parametrize("kinds", [(), (StopKind.FIXED,)])
def test_a_stop_that_can_be_no_price_of_the_entry_is_refused(
    side: PositionSide, price: str, kinds: tuple[StopKind, ...]
) -> None:
    found = distance(side=side, level=Level(LevelKind.PRICE, D(price)), kinds=kinds)
    assert isinstance(found, Refusal)
    assert (found.code, found.value, found.limit) == ("STOP_FAR_OFF", D(price), D(100))
    assert found.sentence() == (
        f"The alert's stop at {price} USDT can be no price of an entry at 100. "
        'Send a price near it, or a distance with its sign, such as "2%".'
    )
