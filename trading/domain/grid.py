"""A pyramid's DCA legs, quantized and proven placeable before anything is sent. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from trading.domain.money import HUNDRED, ONE, ZERO, ceil_to, exact, floor_to, pct_of, step_down, step_up, total
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
    max_market_qty: Decimal | None = None

    @property
    def most_at_market(self) -> Decimal | None:
        """The largest market order, base or contracts: often far smaller than what may rest; None without a limit."""
        most = min((most for most in (self.max_qty, self.max_market_qty) if most), default=None)
        return (floor_to(most, self.lot_step) or None) if most else None

    @property
    def most_at_rest(self) -> Decimal | None:
        """The largest order with a price, base or contracts; None without a limit."""
        return (floor_to(self.max_qty, self.lot_step) or None) if self.max_qty else None

    @property
    def worst_fee(self) -> Decimal:
        """The larger of maker and taker fee, never below 0, ratio."""
        return max(self.maker_fee, self.taker_fee, ZERO)

    @exact
    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """Value of a quantity at a price, quote."""
        return qty * price * self.contract_size

    def enterable(self, qty: Decimal, price: Decimal) -> bool:
        """Whether an order that opens or adds stands above the venue's minimums."""
        return qty > 0 and qty >= self.min_qty and self.notional(qty, price) >= self.min_notional

    def sellable(self, qty: Decimal, price: Decimal) -> bool:
        """Whether an order that shrinks a position does: on futures it needs no least value, on any venue we know."""
        return qty > 0 and qty >= self.min_qty and (self.kind.derivative or self.enterable(qty, price))

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


class _Way(NamedTuple):
    """What a side makes of a leg: its percent, signed, and how its prices meet the ticks. Inside exact functions only."""

    one_pct: Decimal
    round_entry: Callable[[Decimal, Decimal], Decimal]
    round_target: Callable[[Decimal, Decimal], Decimal]

    def entry(self, base_price: Decimal, gap_pct: Decimal, tick: Decimal) -> Decimal:
        """A leg's limit price: base moved by its gap, on the tick that is never worse than asked."""
        return self.round_entry(base_price + base_price * gap_pct * self.one_pct, tick)

    def target(self, price: Decimal, take_profit_pct: Decimal, tick: Decimal) -> Decimal:
        """Where a leg entered at price takes its profit, on the tick that is in our favour."""
        return self.round_target(price + price * take_profit_pct * self.one_pct, tick)


_WAYS: Mapping[PositionSide, _Way] = MappingProxyType(
    {
        PositionSide.LONG: _Way(Decimal("0.01"), round_entry=step_down, round_target=step_up),
        PositionSide.SHORT: _Way(Decimal("-0.01"), round_entry=step_up, round_target=step_down),
    }
)


class _Buyer(NamedTuple):
    """What a capital buys on a market, worked out once for all legs of a plan. Inside exact functions only."""

    capital: Decimal
    keep: Decimal  # what the worst fee leaves of a quantity bought, ratio
    lot_step: Decimal
    contract_size: Decimal
    lot_value_pct: Decimal  # one lot at a price of 1, times 100: capital × weight_pct ÷ (price × this) counts lots
    least_exit: Decimal  # the smallest quantity that can leave, always more than nothing
    min_notional: Decimal

    def leg(
        self,
        index: int,
        price: Decimal,
        target: Decimal,
        weight_pct: Decimal,
        take_profit_pct: Decimal,
        merged_from: tuple[int, ...] = (),
    ) -> PlannedLeg:
        """The whole lots that a share of the capital buys, and those of them that the exit may sell."""
        lots = self.capital * weight_pct // (price * self.lot_value_pct)
        qty, leaving = lots * self.lot_step, lots * self.keep // ONE * self.lot_step
        notional = qty * price * self.contract_size
        return PlannedLeg(index, price, qty, notional, leaving, target, weight_pct, take_profit_pct, merged_from)

    def fits(self, leg: PlannedLeg) -> bool:
        """Whether a leg and its exit, which is never larger, stand above the minimums."""
        if leg.exit_qty < self.least_exit or leg.notional < self.min_notional:
            return False
        return leg.exit_qty * leg.target_price * self.contract_size >= self.min_notional


@exact
def plan(
    *,
    side: PositionSide,
    base_price: Decimal,
    capital: Decimal,
    legs: Sequence[LegSpec],
    rules: InstrumentRules,
    merge_small: bool = True,
    at_market: bool = False,
) -> GridPlan | Refusal:
    """The grid that capital (quote) buys around base_price, or why it cannot be placed.

    A leg below a minimum, its exit included, is merged: the shallowest such leg takes over the weight of the next
    deeper one and keeps its own price and target; the deepest is taken over by its shallower neighbour. Repeated
    until all stand above the minimums or one leg is left. merge_small off: such a plan is refused instead.
    at_market: leg 0 goes by a market order, of which a venue may take less.
    """
    refused = _refuse_inputs(base_price=base_price, capital=capital, legs=legs)
    if refused is not None:
        return refused
    buyer = _buyer(side, capital, rules)
    asked = _legs(legs, _WAYS[side], base_price, rules.tick_size, buyer)
    if asked is None:
        return _price_refused(base_price, rules)
    fitted, small = _fitted(asked, buyer, merge_small=merge_small)
    if small is not None:
        return _too_small(small, fitted, asked, side=side, capital=capital, rules=rules)
    too_large = _refuse_large(fitted, rules, at_market=at_market)
    return too_large or GridPlan(side, base_price, capital, fitted, total(leg.notional for leg in fitted))


@exact
def entry_price(*, side: PositionSide, base_price: Decimal, gap_pct: Decimal, rules: InstrumentRules) -> Decimal:
    """A leg's limit price: base moved by its gap, on the tick that is never worse than asked."""
    return _WAYS[side].entry(base_price, gap_pct, rules.tick_size)


@exact
def target_price(*, side: PositionSide, price: Decimal, take_profit_pct: Decimal, rules: InstrumentRules) -> Decimal:
    """Where a leg entered at price takes its profit, on the tick that is in our favour."""
    return _WAYS[side].target(price, take_profit_pct, rules.tick_size)


@exact
def least_target(*, side: PositionSide, price: Decimal, rules: InstrumentRules) -> Decimal:
    """The nearest target of what was entered at price that still earns both taker fees, on the tick in our favour."""
    return target_price(side=side, price=price, take_profit_pct=2 * rules.taker_fee * HUNDRED, rules=rules)


@exact
def exit_qty(*, side: PositionSide, qty: Decimal, rules: InstrumentRules) -> Decimal:
    """What is left to close of an entry: on spot the worst fee may come out of the base, then down to the lot."""
    return floor_to(qty * _keep(side, rules), rules.lot_step)


def _keep(side: PositionSide, rules: InstrumentRules) -> Decimal:
    """What the worst fee leaves of a quantity bought, ratio."""
    return ONE - rules.worst_fee if rules.fees_come_out_of_base(side) else ONE


def _refuse_inputs(*, base_price: Decimal, capital: Decimal, legs: Sequence[LegSpec]) -> Refusal | None:
    """What is wrong before any arithmetic."""
    if base_price <= ZERO:
        return Refusal("PRICE_NOT_POSITIVE", "base_price", base_price, ZERO, "The price must be above 0.")
    if capital <= ZERO:
        return Refusal("CAPITAL_TOO_SMALL", "capital", capital, ZERO, "Raise the capital per pyramid or free funds.")
    if not legs:
        return Refusal("NO_LEGS", "legs", 0, 1, "Configure at least one leg under Settings, grid.")
    return None


def _price_refused(base_price: Decimal, rules: InstrumentRules) -> Refusal:
    advice = f"A leg or its target falls below one tick of {plain(rules.tick_size)}; use smaller gaps."
    return Refusal("PRICE_NOT_POSITIVE", "base_price", base_price, rules.tick_size, advice, rules.quote)


def _buyer(side: PositionSide, capital: Decimal, rules: InstrumentRules) -> _Buyer:
    return _Buyer(
        capital,
        keep=_keep(side, rules),
        lot_step=rules.lot_step,
        contract_size=rules.contract_size,
        lot_value_pct=rules.lot_step * rules.contract_size * HUNDRED,
        least_exit=max(rules.min_qty, rules.lot_step),
        min_notional=rules.min_notional,
    )


def _legs(
    specs: Sequence[LegSpec], way: _Way, base_price: Decimal, tick: Decimal, buyer: _Buyer
) -> tuple[PlannedLeg, ...] | None:
    """The legs as configured, small ones too; None when a price falls below one tick."""
    legs = []
    for index, spec in enumerate(specs):
        price = way.entry(base_price, spec.gap_pct, tick)
        target = way.target(price, spec.take_profit_pct, tick)
        if price <= ZERO or target <= ZERO:
            return None
        legs.append(buyer.leg(index, price, target, spec.weight_pct, spec.take_profit_pct))
    return tuple(legs)


def _fitted(
    legs: tuple[PlannedLeg, ...], buyer: _Buyer, *, merge_small: bool
) -> tuple[tuple[PlannedLeg, ...], PlannedLeg | None]:
    """The legs, merged where they must be and may, and the first that is still too small."""
    place, small = next(((place, leg) for place, leg in enumerate(legs) if not buyer.fits(leg)), (0, None))
    if small is None or len(legs) == 1 or not merge_small:
        return legs, small
    upper = min(place, len(legs) - 2)  # the deepest leg has only a shallower neighbour
    joined = _joined(legs[upper], legs[upper + 1], buyer)
    return _fitted((*legs[:upper], joined, *legs[upper + 2 :]), buyer, merge_small=True)


def _joined(upper: PlannedLeg, deeper: PlannedLeg, buyer: _Buyer) -> PlannedLeg:
    """The shallower leg with both weights."""
    parts = (upper.merged_from or (upper.index,)) + (deeper.merged_from or (deeper.index,))
    weight_pct = upper.weight_pct + deeper.weight_pct
    return buyer.leg(upper.index, upper.price, upper.target_price, weight_pct, upper.take_profit_pct, parts)


def _too_small(
    small: PlannedLeg,
    fitted: Sequence[PlannedLeg],
    asked: Sequence[PlannedLeg],
    *,
    side: PositionSide,
    capital: Decimal,
    rules: InstrumentRules,
) -> Refusal:
    """CAPITAL_TOO_SMALL when even one leg with everything is below a minimum, else LEG_BELOW_MINIMUM; with numbers."""
    enough, every = (
        max(_capital_for(leg.price, leg.target_price, leg.weight_pct, side=side, rules=rules) for leg in legs)
        for legs in (fitted, asked)
    )
    venue = f"{rules.symbol} wants at least {plain(rules.min_qty)} {rules.base} and {plain(rules.min_notional)}"
    advice = f"{venue} {rules.quote} per order; {plain(every)} {rules.quote} would place all {len(asked)} legs."
    if len(fitted) == 1:
        return Refusal("CAPITAL_TOO_SMALL", "capital", capital, enough, advice, rules.quote)
    share, least = (
        pct_of(capital, small.weight_pct),
        _leg_share(small.price, small.target_price, side=side, rules=rules),
    )
    return Refusal("LEG_BELOW_MINIMUM", f"leg {small.index}", share, least, advice, rules.quote)


@exact
def _leg_share(price: Decimal, target: Decimal, *, side: PositionSide, rules: InstrumentRules) -> Decimal:
    """The least notional, quote, with which a leg and its exit stand above the minimums."""
    leaving = least_qty(target, rules)
    entering = max(least_qty(price, rules), ceil_to(leaving / _keep(side, rules), rules.lot_step))
    return rules.notional(entering, price)


@exact
def least_qty(price: Decimal, rules: InstrumentRules) -> Decimal:
    """The smallest quantity in lots that a venue takes at a price."""
    by_notional = rules.min_notional / rules.notional(ONE, price)
    return max(ceil_to(max(by_notional, rules.min_qty), rules.lot_step), rules.lot_step)


@exact
def _capital_for(
    price: Decimal, target: Decimal, weight_pct: Decimal, *, side: PositionSide, rules: InstrumentRules
) -> Decimal:
    """The capital whose share at this price is just enough, rounded up."""
    return ceil_to(_leg_share(price, target, side=side, rules=rules) * HUNDRED / weight_pct, CENT)


def _refuse_large(legs: tuple[PlannedLeg, ...], rules: InstrumentRules, *, at_market: bool) -> Refusal | None:
    """The first upper limit of the venue that the legs break."""
    largest = max(legs, key=attrgetter("qty"))
    if rules.max_qty is not None and largest.qty > rules.max_qty:
        advice = "Lower the capital per pyramid or spread it over more legs."
        return Refusal("QTY_ABOVE_MAXIMUM", f"leg {largest.index}", largest.qty, rules.max_qty, advice, rules.base)
    most = rules.most_at_market
    if at_market and most is not None and legs[0].qty > most:
        advice = "Enter with a limit order, lower the capital per pyramid or spread it over more legs."
        return Refusal("QTY_ABOVE_MAXIMUM", "leg 0 at market", legs[0].qty, most, advice, rules.base)
    if rules.max_open_orders is not None and len(legs) > rules.max_open_orders:
        advice = f"{rules.symbol} takes no more open orders at once; use fewer legs or a smaller active window."
        return Refusal("OPEN_ORDER_CAP", "legs", len(legs), rules.max_open_orders, advice, "orders")
    return None
