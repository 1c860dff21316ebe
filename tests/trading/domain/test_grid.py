"""Grid plans: quantized, placeable, exits too; or refused with numbers that help."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.trading.domain.build import BTC, COARSE, PERP
from trading.domain.grid import (
    GridPlan,
    InstrumentRules,
    LegSpec,
    entry_price,
    exit_qty,
    plan,
    target_price,
)
from trading.domain.refusal import Refusal, plain
from trading.domain.settings_rows_entry import LEGS
from trading.domain.vocabulary import MarketKind, PositionSide

D = Decimal
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def spec(gap: str, weight: str, target: str) -> LegSpec:
    return LegSpec(D(gap), D(weight), D(target))


def test_five_legs_of_a_hundred_at_fifty_thousand() -> None:
    """100 × 20 % = 20 USDT a leg; 20 ÷ 50 000 = 0.0004 BTC; the fee takes 0.1 % of it: 0.0003996 → 0.00039."""
    found = plan(side=LONG, base_price=D(50000), capital=D(100), legs=LEGS, rules=BTC)
    assert isinstance(found, GridPlan)
    rows = [(leg.price, leg.qty, leg.exit_qty, leg.target_price) for leg in found.legs]
    assert rows == [
        (D("50000.00"), D("0.00040"), D("0.00039"), D("50500.00")),
        (D("49750.00"), D("0.00040"), D("0.00039"), D("49998.75")),
        (D("49500.00"), D("0.00040"), D("0.00039"), D("49747.50")),
        (D("49250.00"), D("0.00040"), D("0.00039"), D("49496.25")),
        (D("49000.00"), D("0.00040"), D("0.00039"), D("49245.00")),
    ]
    # 0.0004 × (50 000 + 49 750 + 49 500 + 49 250 + 49 000) = 0.0004 × 247 500
    assert found.cost == D("99.00")
    assert [leg.merged_from for leg in found.legs] == [()] * 5


def test_a_short_mirrors_the_ladder_and_keeps_its_whole_quantity() -> None:
    """Legs step up, targets down; futures fees come out of the margin."""
    legs = (spec("0", "50", "1"), spec("-2", "50", "0.5"))
    found = plan(side=SHORT, base_price=D(50000), capital=D(1000), legs=legs, rules=PERP)
    assert isinstance(found, GridPlan)
    assert [(leg.price, leg.target_price) for leg in found.legs] == [
        (D(50000), D(49500)),
        (D(51000), D(50745)),  # 51 000 × 0.995
    ]
    assert all(leg.exit_qty == leg.qty for leg in found.legs)


@pytest.mark.parametrize(
    ("side", "price", "target"),
    [
        # base 100.05, gap −1 % = 99.0495; tick 0.1. LONG pays no more, sells no lower.
        (LONG, "99.0", "100.0"),  # 99.0 × 1.01 = 99.99 → up
        (SHORT, "101.1", "100.0"),  # 101.0505 → up; 101.1 × 0.99 = 100.089 → down
    ],
)
def test_prices_round_in_our_favour(side: PositionSide, price: str, target: str) -> None:
    entry = entry_price(side=side, base_price=D("100.05"), gap_pct=D(-1), rules=COARSE)
    assert entry == D(price)
    assert target_price(side=side, price=entry, take_profit_pct=D(1), rules=COARSE) == D(target)


@pytest.mark.parametrize(
    ("rules", "side", "left"),
    [
        (COARSE, LONG, "99"),  # 100 × 0.999 = 99.9 → 99 lots
        (replace(COARSE, maker_fee=D("-0.001"), taker_fee=D("-0.001")), LONG, "100"),  # rebates are not counted on
        (replace(COARSE, maker_fee=D(0), taker_fee=D("0.02")), LONG, "98"),  # the worse of both
        (replace(COARSE, kind=MarketKind.LINEAR), LONG, "100"),
        (COARSE, SHORT, "100"),
    ],
)
def test_what_is_left_to_close(rules: InstrumentRules, side: PositionSide, left: str) -> None:
    assert exit_qty(side=side, qty=D(100), rules=rules) == D(left)


@pytest.mark.parametrize(
    ("capital", "shape"),
    [
        # min notional 5, 20 % each; the fee needs a little more than 5 per leg
        ("30", [(0, "20", ()), (1, "20", ()), (2, "20", ()), (3, "20", ()), (4, "20", ())]),
        # 4 a leg: 0+1 = 8, 2+3 = 8, and 4 has only its shallower neighbour: 2+3+4 = 12
        ("20", [(0, "40", (0, 1)), (2, "60", (2, 3, 4))]),
        ("10.2", [(0, "100", (0, 1, 2, 3, 4))]),  # 10.2 × 40 % = 4.08 is still too little
        ("6", [(0, "100", (0, 1, 2, 3, 4))]),
    ],
)
def test_small_legs_are_merged_into_their_neighbours(
    capital: str, shape: list[tuple[int, str, tuple[int, ...]]]
) -> None:
    found = plan(side=LONG, base_price=D(50000), capital=D(capital), legs=LEGS, rules=BTC)
    assert isinstance(found, GridPlan)
    assert [(leg.index, leg.weight_pct, leg.merged_from) for leg in found.legs] == [
        (index, D(weight), parts) for index, weight, parts in shape
    ]


def test_the_refusal_says_what_would_be_enough() -> None:
    """One leg: its exit at 50 500 needs 0.0001 BTC (5.05), its entry with the fee 0.00011: × 50 000 = 5.5.

    All five: leg 1's exit at 49 998.75 needs 0.00011, its entry 0.00012: × 49 750 = 5.97, ÷ 20 % = 29.85.
    """
    found = plan(side=LONG, base_price=D(50000), capital=D("5.4"), legs=LEGS, rules=BTC)
    assert found == Refusal(
        "CAPITAL_TOO_SMALL",
        "capital",
        D("5.4"),
        D("5.5"),
        "BTC/USDT wants at least 0.00001 BTC and 5 USDT per order; 29.85 USDT would place all 5 legs.",
        "USDT",
    )
    assert found.sentence().startswith("capital is 5.4 USDT, the limit is 5.5 USDT. BTC/USDT wants at least")


def test_without_merging_the_small_leg_is_named() -> None:
    legs = (spec("0", "80", "1"), spec("-1", "20", "1"))
    found = plan(side=LONG, base_price=D(50000), capital=D(20), legs=legs, rules=BTC, merge_small=False)
    assert isinstance(found, Refusal)
    # 20 × 20 % = 4 USDT; 0.00012 BTC at 49 500 = 5.94 would do (its exit: 0.00011 at 49 995 = 5.49)
    assert (found.code, found.field, found.value, found.limit) == ("LEG_BELOW_MINIMUM", "leg 1", D(4), D("5.94"))


@pytest.mark.parametrize(
    ("changed", "code", "value", "limit"),
    [
        ({"base_price": D(0)}, "PRICE_NOT_POSITIVE", D(0), D(0)),
        ({"base_price": D("0.05")}, "PRICE_NOT_POSITIVE", D("0.05"), D("0.1")),  # half a tick
        ({"capital": D(0)}, "CAPITAL_TOO_SMALL", D(0), D(0)),
        ({"legs": ()}, "NO_LEGS", 0, 1),
        ({"rules": replace(COARSE, max_qty=D(9))}, "QTY_ABOVE_MAXIMUM", D(10), D(9)),
        ({"rules": replace(COARSE, max_open_orders=1)}, "OPEN_ORDER_CAP", 2, 1),
    ],
)
def test_what_no_venue_would_take_is_refused(
    changed: dict[str, object], code: str, value: object, limit: object
) -> None:
    legs = (spec("0", "50", "1"), spec("-1", "50", "1"))
    asked = {"side": LONG, "base_price": D(100), "capital": D(2000), "legs": legs, "rules": COARSE, **changed}
    found = plan(**asked)
    assert isinstance(found, Refusal)
    assert (found.code, found.value, found.limit) == (code, value, limit)
    assert found.advice


@pytest.mark.parametrize(("at_market", "refused"), [(True, True), (False, False)])
def test_a_market_entry_may_be_smaller_than_a_limit_one(at_market: bool, refused: bool) -> None:
    legs = (spec("0", "50", "1"), spec("-1", "50", "1"))
    rules = replace(COARSE, max_market_qty=D("9.5"))  # down to the lot: 9
    found = plan(side=LONG, base_price=D(100), capital=D(2000), legs=legs, rules=rules, at_market=at_market)
    assert isinstance(found, Refusal) is refused
    assert getattr(found, "limit", D(9)) == D(9)


def test_without_caps_nothing_is_too_large() -> None:
    rules = replace(COARSE, max_qty=None, max_open_orders=None)
    found = plan(side=LONG, base_price=D(100), capital=D(10**12), legs=LEGS, rules=rules)
    assert isinstance(found, GridPlan)


def test_contracts_are_counted_by_their_size() -> None:
    """A contract is 0.001 BTC: 1000 ÷ (50 000 × 0.001) = 20 contracts."""
    rules = replace(PERP, contract_size=D("0.001"), lot_step=D(1), min_qty=D(1))
    found = plan(side=LONG, base_price=D(50000), capital=D(1000), legs=(spec("0", "100", "1"),), rules=rules)
    assert isinstance(found, GridPlan)
    assert (found.legs[0].qty, found.cost) == (D(20), D(1000))


def test_numbers_are_shown_without_noise() -> None:
    shown = [plain(value) for value in (D("5.500"), D("1E+3"), D("0E-8"), 7, None, "x")]
    assert shown == ["5.5", "1000", "0", "7", "–", "x"]


GAPS = st.lists(st.decimals(-40, 0, places=2), min_size=1, max_size=6, unique=True)
RULES = st.builds(
    InstrumentRules,
    symbol=st.just("TOY/USDT"),
    base=st.just("TOY"),
    quote=st.just("USDT"),
    kind=st.sampled_from(MarketKind),
    tick_size=st.sampled_from([D("0.01"), D("0.05"), D("0.1"), D("0.0001")]),
    lot_step=st.sampled_from([D("0.00001"), D("0.001"), D("0.3"), D(1)]),
    min_qty=st.sampled_from([D(0), D("0.001"), D(2)]),
    max_qty=st.none(),
    min_notional=st.sampled_from([D(0), D(5), D(10)]),
    contract_size=st.sampled_from([D(1), D("0.01")]),
    maker_fee=st.sampled_from([D("-0.0001"), D(0), D("0.001")]),
    taker_fee=st.sampled_from([D(0), D("0.001"), D("0.006")]),
    max_open_orders=st.none(),
)


def ladder(gaps: list[Decimal]) -> tuple[LegSpec, ...]:
    """Equal whole weights, the first one takes what is missing to 100."""
    share = D(100 // len(gaps))
    first = D(100) - share * (len(gaps) - 1)
    return tuple(LegSpec(gap, share if n else first, D("0.7")) for n, gap in enumerate(sorted(gaps, reverse=True)))


@given(st.sampled_from(PositionSide), st.decimals(1, 90000, places=2), st.decimals(1, 50000, places=2), GAPS, RULES)
def test_whatever_is_planned_can_be_placed_and_closed(
    side: PositionSide, base_price: Decimal, capital: Decimal, gaps: list[Decimal], rules: InstrumentRules
) -> None:
    legs = ladder(gaps)
    found = plan(side=side, base_price=base_price, capital=capital, legs=legs, rules=rules)
    assume(isinstance(found, GridPlan))
    assert isinstance(found, GridPlan)
    assert found.cost <= capital
    assert sum(leg.weight_pct for leg in found.legs) == 100
    for leg in found.legs:
        asked = base_price * (1 + side.sign * legs[leg.index].gap_pct / 100)
        assert leg.price % rules.tick_size == 0
        assert leg.target_price % rules.tick_size == 0
        assert leg.qty % rules.lot_step == 0
        assert leg.exit_qty % rules.lot_step == 0
        assert 0 <= side.sign * (asked - leg.price) < rules.tick_size
        assert side.sign * (leg.target_price - leg.price) >= 0
        assert leg.exit_qty <= leg.qty
        assert rules.sellable(leg.qty, leg.price)
        assert rules.sellable(leg.exit_qty, leg.target_price)


@given(st.sampled_from(PositionSide), st.decimals(1, 90000, places=2), GAPS, RULES)
def test_the_suggested_capital_is_enough_and_a_lot_less_is_not(
    side: PositionSide, base_price: Decimal, gaps: list[Decimal], rules: InstrumentRules
) -> None:
    legs = ladder(gaps)
    probe = plan(side=side, base_price=base_price, capital=D("1E-8"), legs=legs, rules=rules)
    assume(isinstance(probe, Refusal) and probe.code == "CAPITAL_TOO_SMALL")
    assert isinstance(probe, Refusal)
    enough = D(probe.advice.partition("; ")[2].split()[0])  # "…; 12.5 USDT would place all 5 legs."
    whole = plan(side=side, base_price=base_price, capital=enough, legs=legs, rules=rules)
    assert isinstance(whole, GridPlan)
    assert len(whole.legs) == len(legs)
    assert isinstance(probe.limit, Decimal)
    assert isinstance(plan(side=side, base_price=base_price, capital=probe.limit, legs=legs, rules=rules), GridPlan)
    less = probe.limit * D("0.999") - D("1E-8")
    refused = plan(side=side, base_price=base_price, capital=less, legs=legs, rules=rules)
    assert less <= 0 or isinstance(refused, Refusal)
