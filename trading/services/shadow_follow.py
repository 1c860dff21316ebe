"""Following a paper position: what the prices fill, which targets rest, what a stop or a time exit ends.

The same functions decide as for real groups; only the venue is missing.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from trading.domain import shadow
from trading.domain.exit_plan import ExitDecision, PlaceAggregate, PlaceRung, Prices, desired
from trading.domain.group_status import status, withdraws_entries
from trading.domain.ladder import EntryAction, PlaceLeg, Replace, WithdrawLeg, entries
from trading.domain.money import floor_to, total
from trading.domain.take_profit import Cancel, Place, Remainder, open_remainder, remainder
from trading.domain.vocabulary import GroupStatus, OrderType, Purpose, Side
from trading.models import ShadowGroup, ShadowLeg, ShadowOrder
from trading.services import levels
from trading.services.shadow_book import Book, State

ROUNDS = 5
# One look may fill an entry, then its target: more than a few rounds only if prices crossed themselves.
TARGETS_TAKEN = "TARGETS_TAKEN"
NEVER_FILLED = "NEVER_FILLED"


def follow(group_id: int, *, prices: Prices | None, now: datetime) -> None:
    """One look at a group. Without prices nothing fills and nothing fires."""
    if prices is None:
        return
    with transaction.atomic():
        book = opened(group_id)
        if book is None:
            return
        rounds = 0
        while rounds < ROUNDS and book.group.closed_at is None and _look(book, prices, now):
            rounds += 1
        settle(book)


def opened(group_id: int) -> Book | None:
    """The group, locked and read; None when it has closed."""
    rows = ShadowGroup.objects.select_for_update(no_key=True, of=("self",)).select_related("instrument")
    group = rows.filter(pk=group_id, closed_at=None).first()
    return None if group is None else Book.of(group)


def settle(book: Book) -> None:
    """Write the figures; what still rests has been looked at, so from now on it is a maker."""
    group, position = book.group, book.position
    group.qty, group.cost, group.entry_qty = position.qty, position.cost, position.entry_qty
    group.average_entry, group.realised_pnl, group.fees_quote = (
        position.average_entry,
        position.realised_pnl,
        position.fees_quote,
    )
    group.average_exit = _average_exit(book)
    group.save()
    ShadowOrder.objects.filter(group=group, state=State.OPEN, looked_at=False).update(looked_at=True)


def _average_exit(book: Book) -> Decimal | None:
    out = [fill for fill in book.fills if fill.side == book.side.exit_side]
    qty = total(fill.qty for fill in out)
    return total(fill.qty * fill.price for fill in out) / qty if qty else None


# one look ----------------------------------------------------------------------------------------


def _look(book: Book, prices: Prices, now: datetime) -> bool:
    """Fill, fire, tend; whether another round may find more."""
    filled = [order for order in book.open_orders if fill(book, order, prices, now)]
    chosen, decision = book.chosen, _decision(book, prices, now)
    book.group.peak = decision.new_peak
    if decision.fired is not None:
        close(book, reason=decision.fired.reason, prices=prices, now=now)
    elif _withdraws(book, prices, keep_ladder=chosen.grid.keep_ladder):
        close(book, reason=TARGETS_TAKEN, prices=prices, now=now)
    elif _ended(book, prices, keep_ladder=chosen.grid.keep_ladder):
        _end(book, TARGETS_TAKEN if book.fills else NEVER_FILLED, now)
    else:
        return any([bool(filled), _act(book, decision, now), _climb(book, prices, now)])
    return False


def _decision(book: Book, prices: Prices, now: datetime) -> ExitDecision:
    known, exits = levels.kept(book.group), book.chosen.exits
    return desired(book.view(), settings=exits, rules=book.rules, prices=prices, now=now, levels=known)


def fill(book: Book, order: ShadowOrder, prices: Prices, now: datetime) -> bool:
    """Fill an order where the prices do; whether they did."""
    got = shadow.fill(
        side=Side(order.side),
        type=OrderType(order.type),
        qty=order.qty,
        price=order.price,
        rested=order.looked_at,
        prices=prices,
        rules=book.rules,
    )
    if got is None:
        return False
    order.state, order.filled_at = State.FILLED, now
    order.filled_price, order.fee, order.fee_currency = got.price, got.fee, got.fee_currency
    order.save()
    return True


def _left(book: Book, prices: Prices) -> Remainder:
    return open_remainder(book.holdings, qty=book.position.qty, price=prices.last, rules=book.rules)


def _withdraws(book: Book, prices: Prices, *, keep_ladder: bool) -> bool:
    """Every filled leg is closed: the unfilled ones go too."""
    exited, left = book.position.exit_qty > 0, _left(book, prices)
    gone = withdraws_entries(legs=book.progress, left=left, keep_ladder=keep_ladder, exited=exited)
    return gone and not book.exits_rest


def _ended(book: Book, prices: Prices, *, keep_ladder: bool) -> bool:
    to: GroupStatus = status(
        legs=book.progress,
        left=_left(book, prices),
        closing=False,
        exits_working=book.exits_rest,
        keep_ladder=keep_ladder,
        exited=book.position.exit_qty > 0,
    )
    return to.ended


def _act(book: Book, decision: ExitDecision, now: datetime) -> bool:
    """Take back the targets that no longer fit, rest those that are missing."""
    by_id = {order.pk: order for order in book.orders}
    for action in decision.actions:
        if isinstance(action, Cancel):
            cancel(by_id[action.order_id], code=action.reason)
        else:
            _target(book, action, now)
    return bool(decision.actions)


def _target(book: Book, action: Place | PlaceAggregate | PlaceRung, now: datetime) -> None:
    leg_id = action.leg_id if isinstance(action, Place) else None
    rung = action.number if isinstance(action, PlaceRung) else None
    side, kind = book.side.exit_side, OrderType.LIMIT
    at = {"qty": action.qty, "price": action.price}
    book.place(purpose=Purpose.TARGET, side=side, kind=kind, leg_id=leg_id, rung=rung, now=now, **at)


# the ladder --------------------------------------------------------------------------------------


def _climb(book: Book, prices: Prices, now: datetime) -> bool:
    """Move, withdraw and place entry legs so that the right ones rest."""
    grid, rules, side = book.chosen.grid, book.rules, book.side
    actions = entries(book.ladder, settings=grid, price=prices.last, now=now, rules=rules, side=side)
    for action in actions:
        _step(book, action, now)
    return bool(actions)


def _step(book: Book, action: EntryAction, now: datetime) -> None:
    if isinstance(action, Replace):
        return _replace(book, action)
    leg = next(leg for leg in book.legs if leg.pk == action.leg_id)
    return _withdraw(book, leg, action) if isinstance(action, WithdrawLeg) else _rest(book, action, now)


def _replace(book: Book, action: Replace) -> None:
    """Hang a pyramid from its first fill."""
    plans = {leg.leg_id: leg for leg in action.legs}
    for leg in (leg for leg in book.legs if leg.pyramid_index == action.pyramid_index):
        leg.base_price = action.base_price
        if plan := plans.get(leg.pk):
            leg.price, leg.qty, leg.target_price = plan.price, plan.qty, plan.target_price
        leg.save()


def _withdraw(book: Book, leg: ShadowLeg, action: WithdrawLeg) -> None:
    if action.reason.final:
        leg.ended = True
        leg.save(update_fields=["ended"])
    for order in book.open_orders:
        if order.leg_id == leg.pk and order.purpose == Purpose.ENTRY:
            cancel(order, code=action.reason)


def _rest(book: Book, action: PlaceLeg, now: datetime) -> None:
    side, kind, leg_id = book.side.entry_side, OrderType.LIMIT, action.leg_id
    book.place(purpose=Purpose.ENTRY, side=side, kind=kind, qty=action.qty, price=action.price, leg_id=leg_id, now=now)


# the end -----------------------------------------------------------------------------------------


def cancel(order: ShadowOrder, *, code: str) -> None:
    """Take a resting order back."""
    order.state, order.code = State.CANCELED, code
    order.save(update_fields=["state", "code"])


def close(book: Book, *, reason: str, prices: Prices, now: datetime) -> None:
    """Cancel what rests, sell what is held at market, and end the group."""
    for order in book.open_orders:
        cancel(order, code="GROUP_CLOSING")
    held = book.position.qty
    if remainder(held, price=prices.last, rules=book.rules) is Remainder.SELLABLE:
        sell(book, floor_to(held, book.rules.lot_step), purpose=Purpose.EXIT, prices=prices, now=now)
    _end(book, reason if book.fills else NEVER_FILLED, now)


def sell(book: Book, qty: Decimal, *, purpose: Purpose, prices: Prices, now: datetime) -> None:
    """A market order that shrinks the position."""
    side, kind = book.side.exit_side, OrderType.MARKET
    order = book.place(purpose=purpose, side=side, kind=kind, qty=qty, price=None, leg_id=None, now=now)
    fill(book, order, prices, now)


def make_room(orders: Sequence[ShadowOrder]) -> None:
    """Targets are taken back before a part is sold; the next look rests what fits what is left."""
    for order in orders:
        if order.purpose == Purpose.TARGET:
            cancel(order, code="RESIZED")


def _end(book: Book, reason: str, now: datetime) -> None:
    for order in book.open_orders:
        cancel(order, code="GROUP_CLOSING")
    book.group.closed_at, book.group.close_reason = now, reason[:40]
