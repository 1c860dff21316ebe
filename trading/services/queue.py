"""The queue: entries that wait for a slot. One per account, pair, timeframe and side; the best goes in first."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.journal.record import Event, record
from project.reads import Read
from risk.domain.mode import PlanKind, permits
from signals.evaluate import Meant, evaluate
from signals.market import instruments
from signals.models import Signal
from signals.verdict import Outcome, Verdict
from trading import locks, selectors
from trading.domain import admission
from trading.domain.admission import Waiting
from trading.domain.classify import Meaning
from trading.domain.money import ZERO
from trading.domain.settings import SettingError
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup, QueuedSignal
from trading.services import entry
from trading.services.defects import DEFECTS
from trading.services.desk import Desk
from trading.services.meaning import setting_invalid, settings_or_defaults

log = logging.getLogger(__name__)

State = QueuedSignal.State
WAITS_ON = frozenset({Outcome.ENTERED, Outcome.PYRAMIDED})
UNDONE = frozenset({Outcome.SETTING_INVALID, Outcome.DEFECT})
ANY_AGE = timedelta.max
# Staleness is judged at arrival only: who waits in the queue is old by nature.


WAITING = Read(
    lambda account_id: (
        QueuedSignal.objects.filter(account_id=account_id, state=State.WAITING)
        .select_related("after_group", "instrument", "signal__alert__source")
        .order_by("queued_at", "id")
    )
)


def waiting(account_id: int) -> list[QueuedSignal]:
    """Who waits, oldest first."""
    return WAITING(account_id=account_id)


# coming in ---------------------------------------------------------------------------------------


def put(desk: Desk, meant: Meant, side: PositionSide, refused: Verdict) -> Verdict:
    """No slot is free: the signal waits, or replaces the one that waits for the same pair."""
    desk.sheet.write()
    signal = Signal.objects.get(alert_id=meant.alert.id)
    row = _waiting_for(desk, meant, side)
    with failpoints.span("queue.put"):
        row = _replaced(desk, row, meant, signal) if row else _queued(desk, meant, side, signal)
        desk.sheet.write()
    vars(desk).pop("waiting", None)
    return _waits(desk, row, refused)


def _waits(desk: Desk, row: QueuedSignal, refused: Verdict) -> Verdict:
    """The outcome of a signal that waits: why, and how many go before it."""
    order = [entry_.pk for entry_ in ranked(desk)]
    rank = order.index(row.pk) + 1 if row.pk in order else None  # None: it waits for the group it turns round
    facts = {"queued": row.pk, "rank": rank, "replacements": row.replacement_count, **refused.details}
    again = f"; replaced {row.replacement_count} times" if row.replacement_count else ""
    return Verdict(Outcome.QUEUED, f"{refused.reason} Waiting {_for(row, rank)}{again}.", facts)


def _for(row: QueuedSignal, rank: int | None) -> str:
    return f"for group {row.after_group_id} to close" if rank is None else f"with rank {rank}"


def replace(desk: Desk, meant: Meant, side: PositionSide) -> Verdict | None:
    """A newer signal for what waits already, while no slot is free: only its promotion sizes and checks it.

    None where nothing of the pair waits, or a slot is free, or the alert has to be refused.
    """
    key = (meant.instrument.id, meant.timeframe_secs, side)
    mine = [row for row in desk.waiting if (row.instrument_id, row.timeframe_secs, row.side) == key]
    may_wait = mine and desk.account.may_open and permits(desk.mode, PlanKind.ENTRY)
    refused = entry.must_wait(desk, meant, side) if may_wait else None
    if refused is None:
        return None
    signal = entry.new_signal(desk, meant, side, PlanKind.ENTRY)
    return _waits(desk, _replaced(desk, mine[0], meant, signal), refused)


def put_after(desk: Desk, meant: Meant, side: PositionSide, group: PositionGroup) -> None:
    """The second half of a reverse: it goes in, before anybody else, once the group has closed."""
    signal = entry.new_signal(desk, meant, side, PlanKind.ENTRY)
    signal.meaning = Meaning.REVERSE
    desk.sheet.write()
    older = _waiting_for(desk, meant, side)
    row = _replaced(desk, older, meant, signal) if older else _queued(desk, meant, side, signal)
    row.after_group = group
    desk.sheet.change(row, "after_group")


def _waiting_for(desk: Desk, meant: Meant, side: PositionSide) -> QueuedSignal | None:
    rows = QueuedSignal.objects.filter(account=desk.account, state=State.WAITING, side=side)
    return rows.filter(instrument_id=meant.instrument.id, timeframe_secs=meant.timeframe_secs).first()


def _queued(desk: Desk, meant: Meant, side: PositionSide, signal: Signal) -> QueuedSignal:
    row = QueuedSignal.objects.create(
        account=desk.account,
        instrument_id=meant.instrument.id,
        timeframe_secs=meant.timeframe_secs,
        side=side,
        signal=signal,
        alert_price=meant.intent.price,
        queued_at=desk.now,
        refreshed_at=desk.now,
    )
    _note(row, "queue.waiting", symbol=meant.instrument.symbol)
    return row


def _replaced(desk: Desk, row: QueuedSignal, meant: Meant, signal: Signal) -> QueuedSignal:
    """The newer signal takes the place in time of the older one and counts one replacement more."""
    row.signal, row.alert_price, row.refreshed_at = signal, meant.intent.price, desk.now
    row.replacement_count += 1
    desk.sheet.change(row, "signal", "alert_price", "refreshed_at", "replacement_count")
    facts = {"replacements": row.replacement_count}
    desk.sheet.note(Event("queue.replaced", f"queued:{row.pk}", facts, row.account_id))
    return row


def _note(row: QueuedSignal, kind: str, **facts: object) -> None:
    record(kind, subject=f"queued:{row.pk}", payload=facts, account_id=row.account_id)


# the order of going in ---------------------------------------------------------------------------


def ranked(desk: Desk) -> list[QueuedSignal]:
    """Who waits, the next to go in first."""
    rows = {row.pk: row for row in desk.waiting if _is_free(row)}
    views = [view(desk, row) for row in rows.values()]
    return [rows[view.id] for view in admission.rank(views, rules=settings_or_defaults(desk, "").queue.rules)]


def _is_free(row: QueuedSignal) -> bool:
    """A reverse waits for the group it turns round."""
    return row.after_group is None or row.after_group.closed_at is not None


def view(desk: Desk, row: QueuedSignal) -> Waiting:
    ticker = desk.tickers.get(row.instrument_id)
    side, said = PositionSide(row.side), row.alert_price
    discount = ZERO
    if ticker is not None and said:  # a price below 1e-18 is stored as 0
        discount = admission.discount_pct(side=side, alert_price=said, price=ticker.last)
    return Waiting(
        id=row.pk,
        queued_at=row.queued_at,
        replacement_count=row.replacement_count,
        discount_pct=discount,
        continues=row.after_group_id is not None or _open_group(desk, row) is not None,
    )


def _open_group(desk: Desk, row: QueuedSignal) -> PositionGroup | None:
    same = (g for g in desk.groups if g.instrument_id == row.instrument_id and g.side == row.side)
    return next((g for g in same if g.timeframe_secs == row.timeframe_secs and g.closing_at is None), None)


# going in ----------------------------------------------------------------------------------------


def promote(account_id: int, *, now: datetime) -> int:
    """Let waiting signals in, best first, until the pool is full; how many went in. The account is locked by the caller.

    One that is refused now (its price ran away, funds are short), or cannot be decided, keeps its place; the next best
    is tried.
    """
    desk, went_in = _desk(account_id, now), 0
    for row in ranked(desk):
        outcome = _try(desk, row).outcome
        went_in += outcome in WAITS_ON
        if outcome in UNDONE:
            desk = desk.renewed()  # it may have taken in what is not there
    return went_in


def _desk(account_id: int, now: datetime) -> Desk:
    return Desk(locks.account(account_id), now)


def _try(desk: Desk, row: QueuedSignal) -> Verdict:
    """Let a waiting signal in, or keep with it why not."""
    verdict = _apart(desk, row)
    if verdict.outcome in WAITS_ON:
        end(row, State.PROMOTED, now=desk.now, by="SLOT_FREE", group_id=verdict.details["group"])
    elif row.last_denial != verdict.reason:
        row.last_denial = verdict.reason
        row.save(update_fields=["last_denial"])
    return verdict


def _apart(desk: Desk, row: QueuedSignal) -> Verdict:
    """A try that fails alone: what it began to write is undone, and the others go on."""
    try:
        with transaction.atomic():
            return _entered(desk, row)
    except SettingError as error:
        desk.sheet.clear()
        return setting_invalid(error)
    except DEFECTS as error:
        desk.sheet.clear()
        log.exception("waiting signal %s cannot be decided", row.pk)
        kind = type(error).__name__
        return Verdict(
            Outcome.DEFECT, f"Windlass could not let this signal in ({kind}), by a fault of its own: see the log."
        )


def _entered(desk: Desk, row: QueuedSignal) -> Verdict:
    """Enter a waiting signal at the better of its price and the market's."""
    meant = _meant(desk, row)
    verdict = meant if isinstance(meant, Verdict) else entry.enter(desk, meant, PositionSide(row.side), waited=True)
    with failpoints.span("queue.promote"):
        desk.sheet.write()
    return verdict


def _meant(desk: Desk, row: QueuedSignal) -> Meant | Verdict:
    listed, alert = instruments.listed(desk.account.venue, desk.account.environment), row.signal.alert
    if alert is None:
        return Verdict(Outcome.UNREADABLE, "The signal has no alert to read its plan from.")
    found = evaluate(selectors.alert_facts(alert), instruments=listed, max_age=lambda _: ANY_AGE)
    return found if isinstance(found, (Meant, Verdict)) else Verdict(Outcome.UNREADABLE, "No entry any more.")


# going out ---------------------------------------------------------------------------------------


def end(row: QueuedSignal, state: str, *, now: datetime, by: str, group_id: int | None = None) -> None:
    row.state, row.ended_at, row.ended_by, row.group_id = state, now, by[:60], group_id
    with failpoints.span("queue.end"):
        row.save(update_fields=["state", "ended_at", "ended_by", "group"])
    waited = Decimal(str((now - row.queued_at).total_seconds()))
    _note(row, f"queue.{state.lower()}", by=by, group=group_id, waited_secs=waited)


def remove_matching(desk: Desk, meant: Meant, side: PositionSide | None) -> Sequence[QueuedSignal]:
    """An exit removes the waiting entries that it names."""
    said = meant.intent.timeframe_secs
    named = [
        row
        for row in desk.waiting
        if row.instrument_id == meant.instrument.id and side in (None, row.side) and said in (None, row.timeframe_secs)
    ]
    if named:
        desk.sheet.write()  # a replacement on it comes before the end
    for row in named:
        end(row, State.REMOVED, now=desk.now, by=f"EXIT alert {meant.alert.id}")
    vars(desk).pop("waiting", None)
    return named


def expire(account_id: int, *, now: datetime) -> int:
    """End what has waited longer than queue_max_age_h; how many. The account is locked by the caller."""
    desk = _desk(account_id, now)
    rows = {row.pk: row for row in waiting(account_id)}
    overdue = admission.expired(
        [view(desk, row) for row in rows.values()], now=now, max_age=desk.settings("").queue.max_age
    )
    for late in overdue:
        end(rows[late.id], State.EXPIRED, now=now, by="QUEUE_EXPIRED")
    return len(overdue)


def sweep(account_id: int, *, now: datetime) -> None:
    """Expire, then promote: what no freed slot did is caught here."""
    with failpoints.span("queue.sweep"), transaction.atomic():
        locks.account(account_id)
        expire(account_id, now=now)
        promote(account_id, now=now)


# by hand -----------------------------------------------------------------------------------------


def promote_by_hand(queued_id: int, *, operator: str, now: datetime) -> Verdict:
    """A person lets one in before its turn; it still needs a slot and passes the gate."""
    account_id = QueuedSignal.objects.values_list("account_id", flat=True).get(pk=queued_id)
    with transaction.atomic():
        desk = _desk(account_id, now)
        row = next((row for row in waiting(account_id) if row.pk == queued_id), None)
        if row is None:
            return Verdict(Outcome.NOT_WAITING, "This signal does not wait any more.")
        _note(row, "queue.promote_by_hand", operator=operator)
        return _try(desk, row)


def remove_by_hand(queued_id: int, *, operator: str, now: datetime) -> bool:
    """A person takes one out; False when it does not wait any more."""
    account_id = QueuedSignal.objects.values_list("account_id", flat=True).get(pk=queued_id)
    with transaction.atomic():
        locks.account(account_id)
        row = next((row for row in waiting(account_id) if row.pk == queued_id), None)
        if row is not None:
            end(row, State.REMOVED, now=now, by=f"BY_HAND {operator}")
        return row is not None
