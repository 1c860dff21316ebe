"""The offset saga: one journalled deed a transaction, found again from the rows after a crash anywhere.

Winners are reduced and the loser is closed by the machinery of all exits: targets make room, orders happen once.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from project import failpoints
from project.accounts import mode
from project.journal.record import record
from risk.domain.offset import closed
from risk.domain.offset_words import NotNow, OffsetCode, done_words
from signals.market.instruments import facts
from trading import locks, selectors
from trading.domain.money import ZERO, total
from trading.domain.offset_saga import (
    AGAIN_AFTER,
    Deed,
    Next,
    RunState,
    RunView,
    StepKind,
    StepState,
    StepView,
    brought,
    cost,
    limit_price,
    next_deed,
    own_share,
    unsent,
    within,
)
from trading.domain.order_state import OrderState
from trading.domain.reduce import Reduction, reduction
from trading.domain.vocabulary import PositionSide, Purpose
from trading.gateways.base import Gateway
from trading.models import Fill, OffsetRun, OffsetStep, OffsetWatch, Order, PositionGroup
from trading.selectors import GroupPicture
from trading.services import exits, fee_prices, groups, offset_books, offset_facts, reports
from trading.services.desk import Desk
from trading.services.offset_books import Book

Clock = Callable[[], datetime]

LOSER_REASON, LOSER_PARTLY = "OFFSET", "OFFSET_PARTLY"  # the second with what winners do not pay, quote
# Why the loser closed; a winner that gave everything was reduced to nothing.
AT_ONCE = 40
# Deeds of one call; a run has fewer.


def live(account_id: int) -> OffsetRun | None:
    """The account's offset that is under way."""
    return OffsetRun.objects.filter(account_id=account_id, ended_at=None).select_related("account").first()


def advance(account_id: int, *, gateway: Gateway, clock: Clock) -> None:
    """Do what can be done of the account's run now, deed by deed. Books are asked for between transactions."""
    book: Book | None = None
    for _ in range(AT_ONCE):
        did = do_next(account_id, book, now=clock())
        if did is not Deed.CLOSE or book is not None:
            book = None
        else:
            book = _book(account_id, gateway=gateway, clock=clock)
            did = Deed.WAIT if book is None else did
        if did is Deed.WAIT:
            return


def _book(account_id: int, *, gateway: Gateway, clock: Clock) -> Book | None:
    """The loser's book as it is now."""
    run = live(account_id)
    if run is None:
        return None
    instrument = run.group.instrument
    with failpoints.span("offset.book"):
        return offset_books.read([instrument], gateway=gateway, clock=clock).get(instrument.pk)


def do_next(account_id: int, book: Book | None, *, now: datetime) -> Deed:
    """One deed in one transaction; which. CLOSE without a book does nothing: it asks for one."""
    with failpoints.span("offset.step"), transaction.atomic():
        locks.account(account_id)
        run = live(account_id)
        if run is None:
            return Deed.WAIT
        found = next_deed(view(run, now=now), now=now)
        if found.deed is Deed.WAIT or (found.deed is Deed.CLOSE and book is None):
            return found.deed
        if found.deed is Deed.CLOSE:
            return _close(run, _step(found), book, now) if book else Deed.CLOSE
        DEEDS[found.deed](run, found, now)
        return found.deed


def _step(found: Next) -> OffsetStep:
    return OffsetStep.objects.select_related("run", "group__instrument").get(pk=found.step_id or 0)


# what it is now ----------------------------------------------------------------------------------


def view(run: OffsetRun, *, now: datetime) -> RunView:
    """A run as the next decision sees it; the account is locked."""
    steps = list(OffsetStep.objects.filter(run=run).select_related("group").order_by("id"))
    return RunView(
        state=RunState(run.state),
        started_at=run.started_at,
        covered_at=run.covered_at,
        steps=tuple(_seen(step, now) for step in steps),
        halted=_halted(),
    )


def _halted() -> str:
    """No step begins in EMERGENCY: what flattens then closes everything."""
    return OffsetCode.MODE if mode.current().mode == mode.Mode.EMERGENCY else ""


def _seen(step: OffsetStep, now: datetime) -> StepView:
    group: PositionGroup = step.group
    own = _own(step)
    return StepView(
        id=step.pk,
        kind=StepKind(step.kind),
        state=StepState(step.state),
        started_at=step.started_at,
        closing=group.closing_at is not None,
        closed=group.closed_at is not None,
        blocked=group.blocked,
        unsent=_unsent(step, group, own) > 0,
        working=any(selectors.is_unsettled(order) for order in own),
        fees_due=fee_prices.is_due([order.pk for order in own], now=now),
    )


def _own(step: OffsetStep) -> list[Order]:
    """The market orders by which the group shrank since the step began."""
    later = Order.objects.filter(group_id=step.group_id, pk__gt=step.orders_after)
    return list(later.filter(purpose__in=(Purpose.REDUCE, Purpose.EXIT)).order_by("id"))


def _reserved(step: OffsetStep) -> Decimal:
    """What a step has reserved and not given back; one from before that was written down, all of its part."""
    reserved: Decimal = step.qty if step.reserved_qty is None else step.reserved_qty
    return reserved


def _unsent(step: OffsetStep, group: PositionGroup, own: Sequence[Order]) -> Decimal:
    """What of a step's reserve waits in its group: what came back from an order waits again."""
    sent_qty = total(_taken(order) for order in own)
    return unsent(_reserved(step), sent_qty=sent_qty, waiting_qty=group.reduce_qty)


def _taken(order: Order) -> Decimal:
    """What an order took of its group's reserve for good, or has not given back yet: only reductions decided here do."""
    if f"/{Purpose.REDUCE.lower()}:" not in order.intent_key:
        return ZERO
    ended = OrderState(order.state)
    back = ended is OrderState.NOT_PLACED or (ended in reports.ENDED and groups.still_wanted(order))
    taken: Decimal = order.reported_qty if back else order.qty
    return taken


def _carriers(step: OffsetStep) -> list[Order]:
    """The orders that took of a step's reserve, oldest first: what came after them is a signal's, or a person's."""
    left, found = _reserved(step), []
    for order in _own(step):
        taken = _taken(order)
        if min(left, taken) > 0:
            found.append(order)
        left -= taken
    return found


# winners -----------------------------------------------------------------------------------------


def _sell(run: OffsetRun, found: Next, now: datetime) -> None:
    """Reserve a winner's part: its targets make room, then it goes at market. Decided anew by what is held now."""
    step = _step(found)
    group = locks.group(step.group_id)
    seen = selectors.picture(group)
    limit, wanted = _limit(run, step, seen, now), _still_wanted(step, group, seen)
    price = seen.prices.leaving(seen.side) if seen.prices else None
    if limit is None or wanted is None or price is None or seen.side.sign * (price - limit) < 0:
        return _over(step, StepState.LEFT, code=OffsetCode.WINNER_FELL, now=now)
    _start(step, group, now, reserved_qty=wanted.qty)
    _move(run, RunState.SELLING)
    return exits.start_reducing(group, wanted, now=now, limit_price=limit)


def _limit(run: OffsetRun, step: OffsetStep, seen: GroupPicture, now: datetime) -> Decimal | None:
    """The worst price that the part may bring; None without a holding."""
    chosen, average = Desk(run.account, now).settings(seen.rules.symbol), seen.position.average_entry
    if average is None or seen.position.qty <= 0:
        return None
    return limit_price(
        side=seen.side,
        worst_price=step.worst_price,
        unit_cost=average,
        slippage_bps=chosen.execution.max_slippage_bps,
        rules=seen.rules,
    )


def _still_wanted(step: OffsetStep, group: PositionGroup, seen: GroupPicture) -> Reduction | None:
    """What of the part can go: less when a target filled meanwhile."""
    reserved = group.reduce_qty + seen.reducing_qty
    wanted = reduction(seen.position, rules=seen.rules, price=seen.price, qty=step.qty, reserved_qty=reserved)
    return wanted if isinstance(wanted, Reduction) else None


def _start(step: OffsetStep, group: PositionGroup, now: datetime, *, reserved_qty: Decimal = ZERO) -> None:
    """The step begins: whatever closes the group from now on has a later order."""
    last = Order.objects.filter(group=group).aggregate(pk=Max("pk"))["pk"] or 0
    step.state, step.started_at = StepState.WORKING, now
    step.orders_after, step.realised_before, step.reserved_qty = last, group.realised_pnl, reserved_qty
    step.save(update_fields=["state", "started_at", "orders_after", "realised_before", "reserved_qty"])
    _tell(step, {"state": step.state, "qty": step.qty, "expected": step.expected})


def _leave(run: OffsetRun, found: Next, now: datetime) -> None:
    _over(_step(found), StepState.LEFT, code=found.code, now=now)


def _release(run: OffsetRun, found: Next, now: datetime) -> None:
    """What was reserved and not sent goes back to the targets; what is on its way goes on."""
    step = _step(found)
    group = locks.group(step.group_id)
    back = _unsent(step, group, _own(step))
    step.reserved_qty = _reserved(step) - back  # once: what is reserved from now on is another's
    step.save(update_fields=["reserved_qty"])
    group.reduce_qty, group.reduce_limit = group.reduce_qty - back, None
    group.save(update_fields=["reduce_qty", "reduce_limit"])
    payload = {"qty": -back, "offset": run.pk}
    record("group.reducing", subject=f"group:{group.pk}", payload=payload, account_id=group.account_id)
    groups.review(group.pk, now=now)


def _settle(run: OffsetRun, found: Next, now: datetime) -> None:
    """A step is over: write down what it brought."""
    step = _step(found)
    step.sold_qty, step.realised = _brought(step)
    sold = step.sold_qty > 0 or step.realised != 0
    _over(step, StepState.DONE if sold or step.kind == StepKind.LOSER else StepState.LEFT, code="", now=now)
    if step.kind == StepKind.LOSER:
        run.loser_realised = step.realised
        return run.save(update_fields=["loser_realised"])
    run.winners_realised, run.covered_at = run.winners_realised + step.realised, now
    return run.save(update_fields=["winners_realised", "covered_at"])


def _brought(step: OffsetStep) -> tuple[Decimal, Decimal]:
    """Quantity and result: of a group that closed whatever closed it, else of the step's own orders."""
    group: PositionGroup = step.group
    own = {order.pk for order in (_own(step) if group.closed_at else _carriers(step))}
    fills = list(Fill.objects.filter(order__group_id=group.pk).select_related("order"))
    pairs = [(selectors.fill_view(fill, None), fill.order_id in own) for fill in fills]
    rules = selectors.rules_of(facts(group.instrument))
    sold, realised = brought(pairs, side=PositionSide(group.side), rules=rules)
    if group.closed_at:
        return sold, group.realised_pnl - step.realised_before
    return own_share(sold, realised, qty=_reserved(step))  # a signal may have reduced the winner by the same order


def _over(step: OffsetStep, state: StepState, *, code: str, now: datetime) -> None:
    step.state, step.code, step.ended_at = state, code, now
    step.save(update_fields=["state", "code", "ended_at", "sold_qty", "realised"])
    _tell(step, {"state": state, "code": code, "sold_qty": step.sold_qty, "realised": step.realised})


def _tell(step: OffsetStep, payload: Mapping[str, object]) -> None:
    about = {"step": step.pk, "kind": step.kind, "group": step.group_id}
    record("offset.step", subject=f"offset:{step.run_id}", payload={**about, **payload}, account_id=step.run.account_id)


# the loser ---------------------------------------------------------------------------------------


def _close(run: OffsetRun, step: OffsetStep, book: Book, now: datetime) -> Deed:
    """Close the loser when that costs no more than was agreed; else wait, with the reason for the page."""
    group = locks.group(step.group_id)
    why = _too_dear(run, group, book, now)
    if why is not None:
        return _wait(run, why)
    _start(step, group, now)
    _move(run, RunState.CLOSING)
    short = f"{LOSER_PARTLY} {round(run.uncovered, 2):f}" if run.uncovered > 0 else LOSER_REASON
    exits.close(group, reason=short[:40], now=now)
    return Deed.CLOSE


def _too_dear(run: OffsetRun, group: PositionGroup, book: Book, now: datetime) -> NotNow | None:
    """Why the loser is not closed at this moment."""
    chosen = Desk(run.account, now).settings(group.instrument.symbol)
    stale_secs, age = chosen.risk.stale_price_secs, book.age_secs(now)
    if age > stale_secs:
        return NotNow(OffsetCode.BOOK_STALE, value=age, limit=stale_secs)
    standing = next((one for one in offset_facts.standings(run.account_id) if one.group.pk == group.pk), None)
    if standing is None:
        return NotNow(OffsetCode.PRICE_UNKNOWN, limit=stale_secs)
    found = closed(offset_facts.holding(standing, book), bound_bps=chosen.execution.max_slippage_bps)
    if isinstance(found, NotNow):
        return found
    cover, agreed = run.winners_realised, {"uncovered": run.uncovered, "bound": run.bound}
    worst = found.bound - found.result  # the order goes at market: prices may move by the bound yet
    if within(loss_now=worst, cover=cover, credit=run.credit, **agreed):
        return None
    over = worst - cover - run.credit
    return NotNow(OffsetCode.LOSS_GREW, value=round(over, 2), limit=round(run.uncovered + run.bound, 2))


def _wait(run: OffsetRun, why: NotNow) -> Deed:
    told = why.code, why.sentence(run.account.quote)
    if (run.code, run.words) != told:
        run.code, run.words = told
        run.save(update_fields=["code", "words"])
    return Deed.WAIT


# the run -----------------------------------------------------------------------------------------


def _move(run: OffsetRun, to: RunState) -> None:
    if run.state != to:
        run.state, run.code, run.words = to, "", ""
        run.save(update_fields=["state", "code", "words"])


def _finish(run: OffsetRun, found: Next, now: datetime) -> None:
    """The books of a run: how it ended, and what it took out of the day's budget."""
    for step in run.steps.filter(ended_at=None).select_related("group"):
        _over(step, StepState.LEFT, code=found.code, now=now)
    done = found.code == OffsetCode.OFFSET
    result = run.winners_realised + run.loser_realised
    run.state = RunState.DONE if done else RunState.BROKEN_OFF
    run.cost, run.ended_at = cost(result=result, credit=run.credit), now
    said = done_words(cost=run.cost, quote=run.account.quote) if done else _said(found.code)
    run.words = run.words if run.code == found.code and run.words else said
    run.code = found.code
    if not done:
        _leave_alone(run, now)
    run.save(update_fields=["state", "code", "words", "cost", "ended_at"])
    figures = {"winners_realised": run.winners_realised, "loser_realised": run.loser_realised, "cost": run.cost}
    payload = {"state": run.state, "code": run.code, "group": run.group_id, **figures}
    record("offset.ended", subject=f"offset:{run.pk}", payload=payload, account_id=run.account_id)


def _leave_alone(run: OffsetRun, now: datetime) -> None:
    """The sweep does not try again at once; a person may."""
    until = now + AGAIN_AFTER
    watch, made = OffsetWatch.objects.get_or_create(group_id=run.group_id, defaults={"skipped_until": until})
    if not made and (watch.skipped_until is None or watch.skipped_until < until):
        OffsetWatch.objects.filter(pk=watch.pk).update(skipped_until=until, skipped_by="")


def _said(code: str) -> str:
    return NotNow(OffsetCode(code), value="more", limit="what was agreed").sentence()


Perform = Callable[[OffsetRun, Next, datetime], None]

DEEDS: Mapping[Deed, Perform] = {
    Deed.FINISH: _finish,
    Deed.LEAVE: _leave,
    Deed.RELEASE: _release,
    Deed.SELL: _sell,
    Deed.SETTLE: _settle,
}
