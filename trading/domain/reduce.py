"""How much of a position a reduction closes: in lots, never more than held, never leaving dust. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from risk.domain.denial import Denial
from risk.domain.sizing import SizeRequest, in_quote
from signals.intent import SizeKind
from trading.domain.grid import InstrumentRules, least_qty
from trading.domain.money import HUNDRED, ONE, ZERO, exact, floor_to
from trading.domain.position import Position
from trading.domain.refusal import Refusal
from trading.domain.take_profit import Remainder, remainder


@dataclass(frozen=True, slots=True)
class Reduction:
    """What to close, base or contracts. whole: the group exits, because all was asked for or only dust would stay."""

    qty: Decimal
    whole: bool


@exact
def reduction(
    position: Position,
    *,
    rules: InstrumentRules,
    price: Decimal,
    ratio: Decimal | None = None,
    qty: Decimal | None = None,
) -> Reduction | Refusal:
    """The reduction by a ratio (0–1) of the position or by a quantity, at a price (quote), or why there is none."""
    held = floor_to(max(position.qty, ZERO), rules.lot_step)
    if not rules.sellable(held, price):
        advice = "What is held is below the venue's minimums; it is written off when the group closes."
        return Refusal("NOTHING_TO_REDUCE", "held quantity", position.qty, least_qty(price, rules), advice, rules.base)
    wanted = _wanted(position, ratio=ratio, qty=qty)
    if wanted is None or wanted <= 0:
        advice = "Send a quantity or a ratio above 0, or the size before and after."
        return Refusal("REDUCTION_UNKNOWN", "size", wanted, "above 0", advice)
    return _in_lots(min(floor_to(wanted, rules.lot_step), held), position=position, rules=rules, price=price, held=held)


def reduction_by_size(
    position: Position,
    request: SizeRequest,
    *,
    rules: InstrumentRules,
    price: Decimal,
    equity: Decimal | None = None,
    free: Decimal | None = None,
) -> Reduction | Refusal | Denial:
    """The reduction that a written size asks for: base and contracts as they are, percent of the position, else quote."""
    if request.kind is SizeKind.PCT_POSITION:
        return reduction(position, ratio=request.value / HUNDRED, rules=rules, price=price)
    if request.kind in (SizeKind.BASE, SizeKind.CONTRACTS):
        return reduction(position, qty=_units(request, rules), rules=rules, price=price)
    worth = in_quote(
        request,
        equity=equity,
        free=free,
        position=rules.notional(position.qty, price),
        price=price,
        base=rules.base,
        quote=rules.quote,
        contract_size=rules.contract_size,
    )
    if isinstance(worth, Denial):
        return worth
    return reduction(position, qty=_bought(worth, price=price, rules=rules), rules=rules, price=price)


def _wanted(position: Position, *, ratio: Decimal | None, qty: Decimal | None) -> Decimal | None:
    """What is asked for, before lots; a ratio above 1 is everything."""
    return qty if ratio is None else position.qty * min(ratio, ONE)


@exact
def _units(request: SizeRequest, rules: InstrumentRules) -> Decimal:
    """A size in base or contracts, in the units that the market's orders count."""
    return request.value if request.kind is SizeKind.CONTRACTS else request.value / rules.contract_size


@exact
def _bought(worth: Decimal, *, price: Decimal, rules: InstrumentRules) -> Decimal:
    """What an amount of quote is in units of the market."""
    return worth / rules.notional(ONE, price)


def _in_lots(
    lots: Decimal, *, position: Position, rules: InstrumentRules, price: Decimal, held: Decimal
) -> Reduction | Refusal:
    """Whole when what stays could not be closed later; refused when what goes is too small for an order."""
    if remainder(position.qty - lots, price=price, rules=rules) is not Remainder.SELLABLE:
        return Reduction(held, whole=True)
    if not rules.sellable(lots, price):
        advice = "Reduce by more, or exit."
        return Refusal("REDUCTION_TOO_SMALL", "quantity", lots, least_qty(price, rules), advice, rules.base)
    return Reduction(lots, whole=False)
