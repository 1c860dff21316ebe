"""A position computed from its fills and nothing else. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from trading.domain.grid import InstrumentRules
from trading.domain.money import HUNDRED, ONE, ZERO, exact, to_atom, total
from trading.domain.vocabulary import MarketKind, PositionSide, Side


@dataclass(frozen=True, slots=True)
class FillView:
    """One execution. fee > 0 was paid, < 0 is a rebate, in fee_currency; leg_id None where it belongs to no leg.

    fee_price: quote per unit of a third fee currency, as it was recorded; None where none was known, or none is needed.
    """

    side: Side
    qty: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    at: datetime
    leg_id: int | None = None
    fee_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """What the fills add up to. Money is quote, quantities base (or contracts), after fees taken in base.

    qty = entry_qty − exit_qty; below 0 more was sold than entered, which is a finding, not a short position.
    cost: what the open quantity cost; entry_cost: what all entries cost, the basis of percentages.
    average_entry: cost per unit of the open quantity, of all entries once nothing is open, None before any entry.
    break_even: where closing the rest at the taker fee makes the net PnL 0; None when nothing is open.
    realised_pnl is net of fees_quote and includes funding; unpriced_fees had no price when they were recorded and have
    none yet: they are in no other figure.
    """

    side: PositionSide
    qty: Decimal
    entry_qty: Decimal
    exit_qty: Decimal
    cost: Decimal
    entry_cost: Decimal
    average_entry: Decimal | None
    break_even: Decimal | None
    realised_pnl: Decimal
    fees_quote: Decimal
    fees_base: Decimal
    unpriced_fees: tuple[tuple[str, Decimal], ...]
    contract_size: Decimal = ONE


@dataclass(frozen=True, slots=True)
class _Ledger:
    """The running state of one pass over the fills."""

    held: Decimal = ZERO
    entry_qty: Decimal = ZERO
    exit_qty: Decimal = ZERO
    cost: Decimal = ZERO
    entry_cost: Decimal = ZERO
    gross_pnl: Decimal = ZERO
    fees_base: Decimal = ZERO
    fees_quote: Decimal = ZERO
    unpriced: Mapping[str, Decimal] = field(default_factory=dict)


@exact
def from_fills(
    fills: Iterable[FillView],
    *,
    side: PositionSide,
    rules: InstrumentRules,
    funding: Decimal = ZERO,
) -> Position:
    """The position after these fills, at moving average cost.

    Fills are taken by time, entries before exits at the same instant, so the order in which they were recorded does
    not matter. funding: received minus paid, quote.
    """
    ledger = _Ledger()
    for fill in sorted(fills, key=lambda f: _order(f, side)):
        charged = _charged(ledger, fill, rules=rules)
        book = _entered if fill.side == side.entry_side else _left
        ledger = book(charged, fill, _moved(fill, rules), rules)
    return _position(ledger, side=side, rules=rules, funding=funding)


@exact
def open_profit(*, side: PositionSide, qty: Decimal, cost: Decimal, price: Decimal, unit: Decimal) -> Decimal:
    """Profit of an open quantity at a price before exit fees, quote; unit: the contract size, 1 on spot."""
    return side.sign * (qty * price * unit - cost)


def unrealised(position: Position, price: Decimal) -> Decimal:
    """Profit of the open quantity at a price before exit fees, quote."""
    return open_profit(
        side=position.side, qty=position.qty, cost=position.cost, price=price, unit=position.contract_size
    )


@exact
def pnl_pct(position: Position, price: Decimal) -> Decimal:
    """Realised and unrealised profit at a price, percent of what all entries cost; 0 before any entry."""
    if position.entry_cost == 0:
        return ZERO
    return (position.realised_pnl + unrealised(position, price)) / position.entry_cost * HUNDRED


@exact
def leg_qty(fills: Iterable[FillView], *, side: PositionSide, rules: InstrumentRules) -> Decimal:
    """What entries brought in after base fees, base: the net_qty of a leg holding."""
    return total(_moved(fill, rules) for fill in fills if fill.side == side.entry_side)


def _order(fill: FillView, side: PositionSide) -> tuple[object, ...]:
    """Time, then entries, then every other field: a total order, so that equal sets give equal positions."""
    leg = -1 if fill.leg_id is None else fill.leg_id
    worth = ZERO if fill.fee_price is None else fill.fee_price
    return (fill.at, fill.side != side.entry_side, fill.price, fill.qty, fill.fee, fill.fee_currency, leg, worth)


def _fee_in_base(fill: FillView, rules: InstrumentRules) -> bool:
    """Spot only: on futures a fee comes out of the margin and leaves the position alone."""
    return rules.kind == MarketKind.SPOT and fill.fee_currency == rules.base


def _moved(fill: FillView, rules: InstrumentRules) -> Decimal:
    """What a fill moves in or out, with its base fee: a purchase brings less, a sale takes more."""
    if not _fee_in_base(fill, rules):
        return fill.qty
    return fill.qty - fill.fee if fill.side == Side.BUY else fill.qty + fill.fee


def _charged(ledger: _Ledger, fill: FillView, *, rules: InstrumentRules) -> _Ledger:
    """Book the fee where it belongs: quantity, quote, valued in quote, or named as unpriced."""
    if fill.fee == 0:
        return ledger
    if _fee_in_base(fill, rules):
        return replace(ledger, fees_base=ledger.fees_base + fill.fee)
    price = {rules.base: fill.price, rules.quote: ONE}.get(fill.fee_currency, fill.fee_price)
    if price is not None:
        return replace(ledger, fees_quote=ledger.fees_quote + to_atom(fill.fee * price))
    owed = ledger.unpriced.get(fill.fee_currency, ZERO) + fill.fee
    return replace(ledger, unpriced={**ledger.unpriced, fill.fee_currency: owed})


def _entered(ledger: _Ledger, fill: FillView, moved: Decimal, rules: InstrumentRules) -> _Ledger:
    """An entry: quantity and cost rise."""
    spent = rules.notional(fill.qty, fill.price)
    return replace(
        ledger,
        held=ledger.held + moved,
        entry_qty=ledger.entry_qty + moved,
        cost=ledger.cost + spent,
        entry_cost=ledger.entry_cost + spent,
    )


def _left(ledger: _Ledger, fill: FillView, moved: Decimal, rules: InstrumentRules) -> _Ledger:
    """An exit: the covered part takes its share of the cost along; what exceeds the holding earns nothing."""
    covered = min(moved, ledger.held)
    gone = ledger.cost if covered == ledger.held else to_atom(ledger.cost * covered / ledger.held)
    received = rules.notional(fill.qty, fill.price)
    counted = received if covered == moved else to_atom(received * covered / moved)
    return replace(
        ledger,
        held=ledger.held - covered,
        exit_qty=ledger.exit_qty + moved,
        cost=ledger.cost - gone,
        gross_pnl=ledger.gross_pnl + (counted - gone if fill.side == Side.SELL else gone - counted),
    )


def _position(ledger: _Ledger, *, side: PositionSide, rules: InstrumentRules, funding: Decimal) -> Position:
    """The ledger as a position."""
    realised = ledger.gross_pnl - ledger.fees_quote + funding
    return Position(
        side=side,
        qty=ledger.entry_qty - ledger.exit_qty,
        entry_qty=ledger.entry_qty,
        exit_qty=ledger.exit_qty,
        cost=ledger.cost,
        entry_cost=ledger.entry_cost,
        average_entry=_average(ledger, rules),
        break_even=_break_even(ledger, realised, side=side, rules=rules),
        realised_pnl=realised,
        fees_quote=ledger.fees_quote,
        fees_base=ledger.fees_base,
        unpriced_fees=tuple(sorted(ledger.unpriced.items())),
        contract_size=rules.contract_size,
    )


def _average(ledger: _Ledger, rules: InstrumentRules) -> Decimal | None:
    """Cost per unit: of what is open, else of everything that was entered."""
    pairs: Sequence[tuple[Decimal, Decimal]] = ((ledger.cost, ledger.held), (ledger.entry_cost, ledger.entry_qty))
    return next((to_atom(cost / (qty * rules.contract_size)) for cost, qty in pairs if qty > 0), None)


def _break_even(ledger: _Ledger, realised: Decimal, *, side: PositionSide, rules: InstrumentRules) -> Decimal | None:
    """Solve realised + sign × (proceeds − cost) − taker fee on the proceeds = 0 for the price; never below 0.

    LONG: (cost − realised) ÷ (qty × (1 − fee)); SHORT: (cost + realised) ÷ (qty × (1 + fee)).
    """
    if ledger.held <= 0:
        return None
    needed = ledger.cost - side.sign * realised
    per_unit = ledger.held * rules.contract_size * (ONE - side.sign * rules.taker_fee)
    return max(to_atom(needed / per_unit), ZERO)
