"""The grid against a slow, plain calculation in fractions, which nothing rounds but the steps themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.trading.domain.build import BTC, COARSE, PERP
from trading.domain.grid import GridPlan, InstrumentRules, LegSpec, PlannedLeg, plan
from trading.domain.refusal import Refusal
from trading.domain.settings_rows_entry import LEGS
from trading.domain.vocabulary import MarketKind, PositionSide

D, F = Decimal, Fraction
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


@dataclass(frozen=True)
class Asked:
    """Everything a plan is made from."""

    side: PositionSide
    base_price: Decimal
    capital: Decimal
    legs: tuple[LegSpec, ...]
    rules: InstrumentRules
    merge_small: bool = True


@dataclass(frozen=True)
class Row:
    """A leg of the reference, all in fractions."""

    index: int
    price: Fraction
    target: Fraction
    weight: Fraction
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Reference:
    """The same rules, said once more, as slowly as they come."""

    asked: Asked

    def rows(self) -> list[Row]:
        rows = []
        for index, spec in enumerate(self.asked.legs):
            price = self.on_tick(F(self.asked.base_price), F(spec.gap_pct), favour=False)
            target = self.on_tick(price, F(spec.take_profit_pct), favour=True)
            rows.append(Row(index, price, target, F(spec.weight_pct)))
        return rows

    def on_tick(self, price: Fraction, pct: Fraction, *, favour: bool) -> Fraction:
        """LONG pays less and sells dearer; SHORT the other way round."""
        moved = price * (1 + self.asked.side.sign * pct / 100)
        rounded = ceil if favour == (self.asked.side is LONG) else floor
        return rounded(moved / F(self.asked.rules.tick_size)) * F(self.asked.rules.tick_size)

    @property
    def keep(self) -> Fraction:
        rules = self.asked.rules
        pays_in_base = rules.kind is MarketKind.SPOT and self.asked.side is LONG
        return 1 - max(F(0), F(rules.maker_fee), F(rules.taker_fee)) if pays_in_base else F(1)

    def lots(self, row: Row) -> tuple[int, int]:
        """Whole lots in, and out again."""
        rules = self.asked.rules
        bought = floor(
            F(self.asked.capital) * row.weight / 100 / row.price / F(rules.contract_size) / F(rules.lot_step)
        )
        return bought, floor(bought * self.keep)

    def worth(self, lots: int, price: Fraction) -> Fraction:
        return lots * F(self.asked.rules.lot_step) * price * F(self.asked.rules.contract_size)

    def stands(self, lots: int, price: Fraction) -> bool:
        rules = self.asked.rules
        large = lots > 0 and lots * F(rules.lot_step) >= F(rules.min_qty)
        return large and self.worth(lots, price) >= F(rules.min_notional)

    def fits(self, row: Row) -> bool:
        bought, left = self.lots(row)
        return self.stands(bought, row.price) and self.stands(left, row.target)

    def merged(self, rows: Sequence[Row]) -> list[Row]:
        rows = list(rows)
        while len(rows) > 1 and not all(map(self.fits, rows)):
            first = next(place for place, row in enumerate(rows) if not self.fits(row))
            place = first if first < len(rows) - 1 else first - 1
            upper, deeper = rows[place : place + 2]
            parts = (upper.parts or (upper.index,)) + (deeper.parts or (deeper.index,))
            rows[place : place + 2] = [replace(upper, weight=upper.weight + deeper.weight, parts=parts)]
        return rows

    def least_lots(self, row: Row) -> int:
        """The fewest lots that stand as an entry and whose rest stands as an exit."""
        leaving = next(n for n in self.from_near(row.target) if self.stands(n, row.target))
        entering = next(n for n in self.from_near(row.price) if self.stands(n, row.price))
        return max(entering, ceil(leaving / self.keep))

    def from_near(self, price: Fraction) -> range:
        """Numbers of lots worth trying: the largest one stands for certain."""
        rules = self.asked.rules
        enough = max(F(rules.min_qty) / F(rules.lot_step), F(rules.min_notional) / self.worth(1, price))
        return range(max(floor(enough) - 1, 0), ceil(enough) + 2)

    def least_capital(self, row: Row) -> Fraction:
        share = self.worth(self.least_lots(row), row.price) * 100 / row.weight
        return F(ceil(share * 10**8), 10**8)

    def outcome(self) -> tuple[Any, ...]:
        """What plan() should say, reduced to numbers."""
        rows, rules = self.rows(), self.asked.rules
        if any(row.price <= 0 or row.target <= 0 for row in rows):
            return ("PRICE_NOT_POSITIVE", "base_price", F(self.asked.base_price), F(rules.tick_size))
        fitted = self.merged(rows) if self.asked.merge_small else rows
        small = [row for row in fitted if not self.fits(row)]
        if small and len(fitted) == 1:
            return ("CAPITAL_TOO_SMALL", "capital", F(self.asked.capital), self.least_capital(fitted[0]))
        if small:
            share, least = F(self.asked.capital) * small[0].weight / 100, self.least_lots(small[0])
            return ("LEG_BELOW_MINIMUM", f"leg {small[0].index}", share, self.worth(least, small[0].price))
        return self.too_large(fitted) or tuple(self.leg(row) for row in fitted)

    def too_large(self, rows: Sequence[Row]) -> tuple[Any, ...] | None:
        rules = self.asked.rules
        lots, index = max(((self.lots(row)[0], row.index) for row in rows), key=lambda pair: (pair[0], -pair[1]))
        if rules.max_qty is not None and lots * F(rules.lot_step) > F(rules.max_qty):
            return ("QTY_ABOVE_MAXIMUM", f"leg {index}", lots * F(rules.lot_step), F(rules.max_qty))
        if rules.max_open_orders is not None and len(rows) > rules.max_open_orders:
            return ("OPEN_ORDER_CAP", "legs", len(rows), rules.max_open_orders)
        return None

    def leg(self, row: Row) -> tuple[Any, ...]:
        bought, left = self.lots(row)
        step, spec = F(self.asked.rules.lot_step), self.asked.legs[row.index]
        worth = self.worth(bought, row.price)
        taken = F(spec.take_profit_pct)
        return (row.index, row.price, bought * step, worth, left * step, row.target, row.weight, taken, row.parts)


def numbers(found: GridPlan | Refusal) -> tuple[Any, ...]:
    """A plan or a refusal in the reference's form."""
    return tuple(map(leg_numbers, found.legs)) if isinstance(found, GridPlan) else refusal_numbers(found)


def leg_numbers(leg: PlannedLeg) -> tuple[Any, ...]:
    exact = (leg.price, leg.qty, leg.notional, leg.exit_qty, leg.target_price, leg.weight_pct, leg.take_profit_pct)
    return (leg.index, *map(F, exact), leg.merged_from)


def refusal_numbers(refusal: Refusal) -> tuple[Any, ...]:
    return (refusal.code, refusal.field, F(str(refusal.value)), F(str(refusal.limit)))


def found(asked: Asked) -> GridPlan | Refusal:
    return plan(
        side=asked.side,
        base_price=asked.base_price,
        capital=asked.capital,
        legs=asked.legs,
        rules=asked.rules,
        merge_small=asked.merge_small,
    )


FIVE = Asked(LONG, D(50000), D(100), LEGS, BTC)
CASES = {
    "PLANNED": FIVE,
    "MERGED": replace(FIVE, capital=D(20)),
    "CAPITAL_TOO_SMALL": replace(FIVE, capital=D("5.4")),
    "LEG_BELOW_MINIMUM": replace(FIVE, capital=D(20), merge_small=False),
    "PRICE_NOT_POSITIVE": replace(FIVE, base_price=D("0.004")),
    "QTY_ABOVE_MAXIMUM": replace(FIVE, capital=D(10**9), rules=replace(BTC, max_qty=D(9))),
    "OPEN_ORDER_CAP": replace(FIVE, side=SHORT, rules=replace(PERP, max_open_orders=4)),
}

CENTS = st.decimals(1, 90000, places=2)
SPECS = st.tuples(st.decimals(-90, 3, places=2), st.integers(1, 9), st.decimals("0.01", 120, places=2))
RULES = st.builds(
    replace,
    st.sampled_from([BTC, COARSE, PERP]),
    tick_size=st.sampled_from([D("0.01"), D("0.05"), D("0.3"), D(1), D("0.0001")]),
    lot_step=st.sampled_from([D("0.00001"), D("0.001"), D("0.3"), D(1)]),
    min_qty=st.sampled_from([D(0), D("0.0005"), D(2)]),
    max_qty=st.sampled_from([None, D(3), D(9000)]),
    min_notional=st.sampled_from([D(0), D(5), D(10)]),
    contract_size=st.sampled_from([D(1), D("0.01"), D("0.003")]),
    maker_fee=st.sampled_from([D("-0.0001"), D(0), D("0.001")]),
    taker_fee=st.sampled_from([D(0), D("0.00075"), D("0.006")]),
    max_open_orders=st.sampled_from([None, 3, 200]),
)


def ladder(rows: list[tuple[Decimal, int, Decimal]]) -> tuple[LegSpec, ...]:
    """Weights of any size, in hundredths of a percent, the first one takes what is missing to 100."""
    whole = sum(weight for _, weight, _ in rows)
    shares = [D(10000 * weight // whole) / 100 for _, weight, _ in rows]
    shares[0] += 100 - sum(shares)
    return tuple(LegSpec(gap, share, taken) for (gap, _, taken), share in zip(rows, shares, strict=True))


ASKED = st.builds(
    Asked,
    side=st.sampled_from(PositionSide),
    base_price=st.one_of(CENTS, st.decimals("0.0001", 2, places=4)),
    capital=st.one_of(CENTS, st.decimals("0.01", 60, places=2), st.decimals(1, 10**9, places=18)),
    legs=st.lists(SPECS, min_size=1, max_size=7).map(ladder),
    rules=RULES,
    merge_small=st.booleans(),
)


@pytest.mark.parametrize("name", CASES)
def test_the_cases_are_what_they_are_called(name: str) -> None:
    """So that the comparison below has met every outcome."""
    said = found(CASES[name])
    merged = isinstance(said, GridPlan) and len(said.legs) < len(LEGS)
    assert (said.code if isinstance(said, Refusal) else "MERGED" if merged else "PLANNED") == name


@given(ASKED)
@example(CASES["PLANNED"])
@example(CASES["MERGED"])
@example(CASES["CAPITAL_TOO_SMALL"])
@example(CASES["LEG_BELOW_MINIMUM"])
@example(CASES["PRICE_NOT_POSITIVE"])
@example(CASES["QTY_ABOVE_MAXIMUM"])
@example(CASES["OPEN_ORDER_CAP"])
@settings(max_examples=300, deadline=None)
def test_the_plan_is_what_plain_fractions_say(asked: Asked) -> None:
    said = found(asked)
    assert numbers(said) == Reference(asked).outcome()
    legs = said.legs if isinstance(said, GridPlan) else ()
    assert sum(F(leg.notional) for leg in legs) == F(getattr(said, "cost", 0))
