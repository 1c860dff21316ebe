"""A pyramid's DCA legs, quantized and proven placeable before anything is sent. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.domain.money import HUNDRED, ONE, ZERO, ceil_to, exact, floor_to, pct_of, total
from trading.domain.refusal import Refusal, plain
from trading.domain.vocabulary import MarketKind, PositionSide

CENT = Decimal("1E-8")
# Suggested capitals are rounded up to this many quote units.


@dataclass(frozen=True, slots=True)
class LegSpec:
    """One DCA leg as configured, percent. gap_pct ≤ 0 is written as for LONG; a SHORT mirrors it."""

    gap_pct: Decimal
    weight_pct: Decimal
    take_profit_pct: Decimal


@dataclass(frozen=True, slots=True)
class InstrumentRules:
    """What a venue accepts on a market. Fees are ratios; quantities base or contracts; None = no such limit."""

    symbol: str
    base: str
    quote: str
    kind: MarketKind
    tick_size: Decimal
    lot_step: Decimal
    min_qty: Decimal
    max_qty: Decimal | None
    min_notional: Decimal
    contract_size: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    max_open_orders: int | None

    @property
    def worst_fee(self) -> Decimal:
        """The larger of maker and taker fee, never below 0, ratio."""
        return max(self.maker_fee, self.taker_fee, ZERO)

    @exact
    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """Value of a quantity at a price, quote."""
        return qty * price * self.contract_size

    def sellable(self, qty: Decimal, price: Decimal) -> bool:
        """Whether an order of this quantity at this price stands above the venue's minimums."""
        return qty > 0 and qty >= self.min_qty and self.notional(qty, price) >= self.min_notional

    def fees_come_out_of_base(self, side: PositionSide) -> bool:
        """True where the venue takes an entry's fee out of what was bought."""
        return self.kind == MarketKind.SPOT and side == PositionSide.LONG


@dataclass(frozen=True, slots=True)
class PlannedLeg:
    """A leg as it can be placed. exit_qty is what its target may sell after the worst fee; merged_from the legs in it."""

    index: int
    price: Decimal
    qty: Decimal
    notional: Decimal
    exit_qty: Decimal
    target_price: Decimal
    weight_pct: Decimal
    take_profit_pct: Decimal
    merged_from: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GridPlan:
    """The quantized legs we intend, shallowest first; cost is the sum of their notionals, quote."""

    side: PositionSide
    base_price: Decimal
    capital: Decimal
    legs: tuple[PlannedLeg, ...]
    cost: Decimal


@dataclass(frozen=True, slots=True)
class _Level:
    """A leg before its quantity: where it stands and how much of the capital it carries."""

    index: int
    price: Decimal
    target_price: Decimal
    weight_pct: Decimal
    take_profit_pct: Decimal
    merged_from: tuple[int, ...] = ()


def plan(
    *,
    side: PositionSide,
    base_price: Decimal,
    capital: Decimal,
    legs: Sequence[LegSpec],
    rules: InstrumentRules,
    merge_small: bool = True,
) -> GridPlan | Refusal:
    """The grid that capital (quote) buys around base_price, or why it cannot be placed.

    A leg below a minimum, its exit included, is merged: the shallowest such leg takes over the weight of the next
    deeper one and keeps its own price and target; the deepest is taken over by its shallower neighbour. Repeated
    until all stand above the minimums or one leg is left. merge_small off: such a plan is refused instead.
    """
    refused = _refuse_inputs(base_price=base_price, capital=capital, legs=legs)
    if refused is not None:
        return refused
    levels = tuple(
        _level(index, spec, side=side, base_price=base_price, rules=rules) for index, spec in enumerate(legs)
    )
    if any(level.price <= 0 or level.target_price <= 0 for level in levels):
        return _price_refused(base_price, rules)
    fitted = _merged(levels, side=side, capital=capital, rules=rules) if merge_small else levels
    return _checked(fitted, levels, side=side, base_price=base_price, capital=capital, rules=rules)


@exact
def entry_price(*, side: PositionSide, base_price: Decimal, gap_pct: Decimal, rules: InstrumentRules) -> Decimal:
    """A leg's limit price: base moved by its gap, on the tick that is never worse than asked."""
    raw = base_price + side.sign * pct_of(base_price, gap_pct)
    return floor_to(raw, rules.tick_size) if side == PositionSide.LONG else ceil_to(raw, rules.tick_size)


@exact
def target_price(*, side: PositionSide, price: Decimal, take_profit_pct: Decimal, rules: InstrumentRules) -> Decimal:
    """Where a leg entered at price takes its profit, on the tick that is in our favour."""
    raw = price + side.sign * pct_of(price, take_profit_pct)
    return ceil_to(raw, rules.tick_size) if side == PositionSide.LONG else floor_to(raw, rules.tick_size)


@exact
def exit_qty(*, side: PositionSide, qty: Decimal, rules: InstrumentRules) -> Decimal:
    """What is left to close of an entry: on spot the worst fee may come out of the base, then down to the lot."""
    fee = rules.worst_fee if rules.fees_come_out_of_base(side) else ZERO
    return floor_to(qty * (ONE - fee), rules.lot_step)


@exact
def sufficient_capital(
    *, side: PositionSide, base_price: Decimal, legs: Sequence[LegSpec], rules: InstrumentRules
) -> Decimal:
    """The least capital, quote, with which every leg stands alone above the minimums, its exit included."""
    levels = [_level(index, spec, side=side, base_price=base_price, rules=rules) for index, spec in enumerate(legs)]
    return max(_capital_for(level, side=side, rules=rules) for level in levels)


def _refuse_inputs(*, base_price: Decimal, capital: Decimal, legs: Sequence[LegSpec]) -> Refusal | None:
    """What is wrong before any arithmetic."""
    if base_price <= 0:
        return Refusal("PRICE_NOT_POSITIVE", "base_price", base_price, ZERO, "The price must be above 0.")
    if capital <= 0:
        return Refusal("CAPITAL_TOO_SMALL", "capital", capital, ZERO, "Raise the capital per pyramid or free funds.")
    if not legs:
        return Refusal("NO_LEGS", "legs", 0, 1, "Configure at least one leg under Settings, grid.")
    return None


def _price_refused(base_price: Decimal, rules: InstrumentRules) -> Refusal:
    advice = f"A leg or its target falls below one tick of {plain(rules.tick_size)}; use smaller gaps."
    return Refusal("PRICE_NOT_POSITIVE", "base_price", base_price, rules.tick_size, advice, rules.quote)


def _level(index: int, spec: LegSpec, *, side: PositionSide, base_price: Decimal, rules: InstrumentRules) -> _Level:
    """Where a configured leg stands on the venue's ticks."""
    price = entry_price(side=side, base_price=base_price, gap_pct=spec.gap_pct, rules=rules)
    target = target_price(side=side, price=price, take_profit_pct=spec.take_profit_pct, rules=rules)
    return _Level(index, price, target, spec.weight_pct, spec.take_profit_pct)


@exact
def _qty(level: _Level, *, capital: Decimal, rules: InstrumentRules) -> Decimal:
    """What a level's share of the capital buys, down to the lot."""
    return floor_to(pct_of(capital, level.weight_pct) / rules.notional(ONE, level.price), rules.lot_step)


def _fits(level: _Level, *, side: PositionSide, capital: Decimal, rules: InstrumentRules) -> bool:
    """Whether both the entry and its exit at the target stand above the minimums."""
    qty = _qty(level, capital=capital, rules=rules)
    leaving = exit_qty(side=side, qty=qty, rules=rules)
    return rules.sellable(qty, level.price) and rules.sellable(leaving, level.target_price)


def _merged(
    levels: tuple[_Level, ...], *, side: PositionSide, capital: Decimal, rules: InstrumentRules
) -> tuple[_Level, ...]:
    """Levels after merging; more than one only when all of them fit."""
    fits = [_fits(level, side=side, capital=capital, rules=rules) for level in levels]
    if all(fits) or len(levels) == 1:
        return levels
    upper = min(fits.index(False), len(levels) - 2)  # the deepest leg has only a shallower neighbour
    joined = _joined(levels[upper], levels[upper + 1])
    return _merged((*levels[:upper], joined, *levels[upper + 2 :]), side=side, capital=capital, rules=rules)


@exact
def _joined(upper: _Level, deeper: _Level) -> _Level:
    """The shallower leg with both weights."""
    parts = (upper.merged_from or (upper.index,)) + (deeper.merged_from or (deeper.index,))
    return replace(upper, weight_pct=upper.weight_pct + deeper.weight_pct, merged_from=parts)


def _checked(
    fitted: tuple[_Level, ...],
    asked: tuple[_Level, ...],
    *,
    side: PositionSide,
    base_price: Decimal,
    capital: Decimal,
    rules: InstrumentRules,
) -> GridPlan | Refusal:
    """The plan, or the first venue limit that it breaks."""
    small = next((lv for lv in fitted if not _fits(lv, side=side, capital=capital, rules=rules)), None)
    if small is not None:
        return _too_small(small, fitted, asked, side=side, capital=capital, rules=rules)
    legs = tuple(_planned(level, side=side, capital=capital, rules=rules) for level in fitted)
    too_large = _refuse_large(legs, rules)
    return too_large or GridPlan(side, base_price, capital, legs, total(leg.notional for leg in legs))


def _planned(level: _Level, *, side: PositionSide, capital: Decimal, rules: InstrumentRules) -> PlannedLeg:
    """A level with its quantities."""
    qty = _qty(level, capital=capital, rules=rules)
    return PlannedLeg(
        index=level.index,
        price=level.price,
        qty=qty,
        notional=rules.notional(qty, level.price),
        exit_qty=exit_qty(side=side, qty=qty, rules=rules),
        target_price=level.target_price,
        weight_pct=level.weight_pct,
        take_profit_pct=level.take_profit_pct,
        merged_from=level.merged_from,
    )


def _too_small(
    small: _Level,
    fitted: tuple[_Level, ...],
    asked: tuple[_Level, ...],
    *,
    side: PositionSide,
    capital: Decimal,
    rules: InstrumentRules,
) -> Refusal:
    """CAPITAL_TOO_SMALL when even one leg with everything is below a minimum, else LEG_BELOW_MINIMUM; with numbers."""
    enough = max(_capital_for(level, side=side, rules=rules) for level in fitted)
    every = max(_capital_for(level, side=side, rules=rules) for level in asked)
    venue = f"{rules.symbol} wants at least {plain(rules.min_qty)} {rules.base} and {plain(rules.min_notional)}"
    advice = f"{venue} {rules.quote} per order; {plain(every)} {rules.quote} would place all {len(asked)} legs."
    if len(fitted) == 1:
        return Refusal("CAPITAL_TOO_SMALL", "capital", capital, enough, advice, rules.quote)
    share, least = pct_of(capital, small.weight_pct), _leg_share(small, side=side, rules=rules)
    return Refusal("LEG_BELOW_MINIMUM", f"leg {small.index}", share, least, advice, rules.quote)


@exact
def _leg_share(level: _Level, *, side: PositionSide, rules: InstrumentRules) -> Decimal:
    """The least notional, quote, with which a level and its exit stand above the minimums."""
    fee = rules.worst_fee if rules.fees_come_out_of_base(side) else ZERO
    leaving = least_qty(level.target_price, rules)
    entering = max(least_qty(level.price, rules), ceil_to(leaving / (ONE - fee), rules.lot_step))
    return rules.notional(entering, level.price)


@exact
def least_qty(price: Decimal, rules: InstrumentRules) -> Decimal:
    """The smallest quantity in lots that a venue takes at a price."""
    by_notional = rules.min_notional / rules.notional(ONE, price)
    return max(ceil_to(max(by_notional, rules.min_qty), rules.lot_step), rules.lot_step)


@exact
def _capital_for(level: _Level, *, side: PositionSide, rules: InstrumentRules) -> Decimal:
    """The capital whose share at this level is just enough, rounded up."""
    return ceil_to(_leg_share(level, side=side, rules=rules) * HUNDRED / level.weight_pct, CENT)


def _refuse_large(legs: tuple[PlannedLeg, ...], rules: InstrumentRules) -> Refusal | None:
    """The first upper limit of the venue that the legs break."""
    largest = max(legs, key=lambda leg: leg.qty)
    if rules.max_qty is not None and largest.qty > rules.max_qty:
        advice = "Lower the capital per pyramid or spread it over more legs."
        return Refusal("QTY_ABOVE_MAXIMUM", f"leg {largest.index}", largest.qty, rules.max_qty, advice, rules.base)
    if rules.max_open_orders is not None and len(legs) > rules.max_open_orders:
        advice = f"{rules.symbol} takes no more open orders at once; use fewer legs or a smaller active window."
        return Refusal("OPEN_ORDER_CAP", "legs", len(legs), rules.max_open_orders, advice, "orders")
    return None
