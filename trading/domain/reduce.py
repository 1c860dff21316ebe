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
    reserved_qty: Decimal = ZERO,
) -> Reduction | Refusal:
    """The reduction by a ratio (0–1) of the position or by a quantity, at a price (quote), or why there is none.

    reserved_qty: what earlier reductions that are decided and not filled will take; this one comes on top of them.
    """
    left = max(position.qty - reserved_qty, ZERO)
    held = floor_to(left, rules.lot_step)
    if not rules.sellable(held, price):
        advice = "What is held is below the venue's minimums; it is written off when the group closes."
        return Refusal("NOTHING_TO_REDUCE", "held quantity", left, _least(price, rules), advice, rules.base)
    wanted = _wanted(left, ratio=ratio, qty=qty)
    if wanted is None or wanted <= 0:
        advice = "Send a quantity or a ratio above 0, or the size before and after."
        return Refusal("REDUCTION_UNKNOWN", "size", wanted, "above 0", advice)
    return _in_lots(min(floor_to(wanted, rules.lot_step), held), left=left, rules=rules, price=price)


def reduction_by_size(
    position: Position,
    request: SizeRequest,
    *,
    rules: InstrumentRules,
    price: Decimal,
    equity: Decimal | None = None,
    free: Decimal | None = None,
    reserved_qty: Decimal = ZERO,
    taken_qty: Decimal = ZERO,
) -> Reduction | Refusal | Denial:
    """The reduction that a written size asks for: base and contracts as they are, percent of the position, else quote.

    equity and free (balance) are quote; a size that needs one that is None denies with DATA_MISSING. taken_qty: what
    other positions give of the same size; a percentage of the position is of each by itself.
    """
    qty = _asked_qty(position, request, rules=rules, price=price, equity=equity, free=free)
    if isinstance(qty, Denial):
        return qty
    left = qty if request.kind is SizeKind.PCT_POSITION else _less(qty, taken_qty)
    return reduction(position, qty=left, rules=rules, price=price, reserved_qty=reserved_qty)


@exact
def _less(qty: Decimal, taken_qty: Decimal) -> Decimal:
    return qty - taken_qty


@exact
def _asked_qty(
    position: Position,
    request: SizeRequest,
    *,
    rules: InstrumentRules,
    price: Decimal,
    equity: Decimal | None,
    free: Decimal | None,
) -> Decimal | Denial:
    """A written size in the units that the market's orders count."""
    exactly = {
        SizeKind.BASE: request.value / rules.contract_size,
        SizeKind.CONTRACTS: request.value,
        SizeKind.PCT_POSITION: position.qty * request.value / HUNDRED,
    }
    if request.kind in exactly:
        return exactly[request.kind]
    worth = in_quote(request, equity=equity, free=free, price=price, base=rules.base, quote=rules.quote)
    return worth if isinstance(worth, Denial) else worth / rules.notional(ONE, price)


def _wanted(left: Decimal, *, ratio: Decimal | None, qty: Decimal | None) -> Decimal | None:
    """What is asked for, before lots; a ratio above 1 is everything."""
    return qty if ratio is None else left * min(ratio, ONE)


def _in_lots(lots: Decimal, *, left: Decimal, rules: InstrumentRules, price: Decimal) -> Reduction | Refusal:
    """Whole when what stays could not be closed later; refused when what goes is too small for an order."""
    if remainder(left - lots, price=price, rules=rules) is not Remainder.SELLABLE:
        return Reduction(floor_to(left, rules.lot_step), whole=True)
    if not rules.sellable(lots, price):
        advice = "Reduce by more, or exit."
        return Refusal("REDUCTION_TOO_SMALL", "quantity", lots, _least(price, rules), advice, rules.base)
    return Reduction(lots, whole=False)


def _least(price: Decimal, rules: InstrumentRules) -> Decimal:
    """The smallest order that shrinks a position, base or contracts."""
    return max(rules.min_qty, rules.lot_step) if rules.kind.derivative else least_qty(price, rules)


@dataclass(frozen=True, slots=True)
class Due:
    """What of a decided reduction is sent now, and what stays reserved because targets still promise it."""

    send_qty: Decimal
    reserved_qty: Decimal


@exact
def due(
    reserved_qty: Decimal,
    *,
    held_qty: Decimal,
    promised_qty: Decimal,
    rules: InstrumentRules,
    price: Decimal,
    most: Decimal | None = None,
) -> Due:
    """What becomes of a reserved quantity now; held_qty is the position, promised_qty what working exits may sell.

    most: the largest order that the venue takes; what is beyond it stays reserved and goes by the next.

    While targets make room, one of them may still fill: then there is less to reduce than was decided. What can no
    longer be sold by itself is forgotten and goes back to the targets, what would leave dust takes the dust along.
    """
    wanted = min(reserved_qty, floor_to(max(held_qty, ZERO), rules.lot_step))
    if remainder(held_qty - wanted, price=price, rules=rules) is Remainder.DUST:
        wanted = floor_to(held_qty, rules.lot_step)
    if not rules.sellable(wanted, price) or reserved_qty <= 0:
        return Due(ZERO, ZERO)
    if held_qty - promised_qty < wanted:
        return Due(ZERO, wanted)
    sent = min(wanted, most or wanted)
    return Due(sent, wanted - sent)
