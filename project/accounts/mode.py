"""The trading mode: one row, read often, changed with a reason; and the latch above it, which is the authority."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection, transaction

from project import failpoints
from project.accounts import latch
from project.accounts.latch import Latch
from project.accounts.models import TradingMode
from project.journal.record import record
from project.reads import Read

log = logging.getLogger(__name__)

Mode = TradingMode.Mode

ROW_MS = 500
# The latch stops every order; the row that follows it is waited for no longer than this.
LEAVE_WITHIN = timedelta(minutes=15)
# A request to leave EMERGENCY is confirmed within this, or asked for again.
LEAVE_PHRASE = "LEAVE EMERGENCY"
KILL_PHRASE = "KILL"
PRESSED_AGAIN = "The red button was pressed again by {operator} at {at} ({reason}): ask anew, then confirm."
NOT_LIFTED = "The latch {path} could not be lifted ({why}): mend or remove it by hand, then confirm again."
NO_LATCH = (
    "The disk took no latch (full, or read-only). The mode is EMERGENCY and the kill process flattens; it writes the latch"
    " as soon as there is room. Until then a restart would not remember: free the disk, and look at your venues."
)
LEFT_TO = Mode.PAUSED
# Where an emergency leads: entries are resumed by a step of their own.

PRESS: list[Callable[..., Latch]] = []
# The red button of the floor above, which also starts a kill process where none watches.

ROW = Read(lambda: TradingMode.objects.filter(id=1))


class ModeRefused(Exception):
    """A change of mode that may not be; the words say why and what to do instead."""

    code = "MODE_REFUSED"


def home() -> Path:
    """The data folder, where the latch lies."""
    path: Path = settings.WINDLASS.home
    return path


def current() -> TradingMode:
    """The mode as it holds: EMERGENCY while the latch is set, else the row's; made NORMAL when the database is new."""
    row = ROW.first()
    if row is None:  # several processes meet a new database at once: one of them inserts, all read
        TradingMode.objects.bulk_create([TradingMode(id=1)], ignore_conflicts=True)
        row = TradingMode.objects.get(id=1)
    if row.mode != Mode.EMERGENCY and latch.is_set(home()):
        row.mode = Mode.EMERGENCY  # the row follows within seconds: follow_latch()
    return row


def change(mode: str, *, operator: str, reason: str) -> None:
    """Set the mode and journal who and why. The socket check sees it within 2 s.

    Raises ModeRefused for a way out of EMERGENCY: that takes request_leave() and leave().
    """
    with failpoints.span("mode.change"), transaction.atomic():
        row = locked()
        if row.mode == Mode.EMERGENCY and Mode(mode) is not Mode.EMERGENCY:
            raise ModeRefused("EMERGENCY is left in two steps: ask for it, then confirm (manage.py mode leave).")
        _write(row, Mode(mode), operator=operator, reason=reason)


def locked() -> TradingMode:
    """The row, locked by this transaction, as it is written (current() says how it holds)."""
    current()
    return TradingMode.objects.select_for_update(no_key=True).get(id=1)


def _write(row: TradingMode, to: Mode, *, operator: str, reason: str, **more: str) -> None:
    before, row.mode, row.operator, row.reason = row.mode, to, operator, reason
    row.leaving_operator, row.leaving_reason, row.leaving_at = "", "", None
    row.save()
    payload = {"from": before, "to": to, "operator": operator, "reason": reason, **more}
    record("mode.changed", subject="mode", payload=payload)


# into EMERGENCY ----------------------------------------------------------------------------------


def declare_emergency(*, operator: str, reason: str, source: str) -> Latch:
    """The red button: the latch first, then the row. The kill process sees the latch and does the rest.

    Where the disk takes no latch, it says so (see `Latch.source`) once the floor above is there, else raises OSError.
    """
    press = PRESS[0] if PRESS else latch.engage
    set_now = press(home(), operator=operator, reason=reason, source=source)
    follow_latch_soon()
    return set_now


def declare_without_latch(*, operator: str, reason: str) -> None:
    """EMERGENCY by the row alone, where no disk takes a latch; within 500 ms or not at all."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {ROW_MS}; SET LOCAL statement_timeout = {ROW_MS}")
            change(Mode.EMERGENCY, operator=operator, reason=reason)
    except AnyDatabaseError as error:
        log.critical("the mode row could not be written either: %s", type(error).__name__)


def follow_latch_soon() -> None:
    """The row, within 500 ms or not at all: the pump writes it when the database is well again."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {ROW_MS}; SET LOCAL statement_timeout = {ROW_MS}")
            follow_latch()
    except AnyDatabaseError as error:
        log.warning("the mode row could not follow the latch yet: %s", type(error).__name__)


def follow_latch() -> bool:
    """Make the row say EMERGENCY while the latch stands; whether it had to be changed."""
    standing = latch.read(home())
    if standing is None:
        return False
    with failpoints.span("mode.follow"), transaction.atomic():
        row = locked()
        if row.mode == Mode.EMERGENCY or not latch.is_set(home()):  # lifted meanwhile, under the same lock
            return False
        _write(row, Mode.EMERGENCY, operator=standing.operator, reason=standing.reason, latch=standing.id)
        return True


# out of it, in two steps -------------------------------------------------------------------------


def request_leave(*, operator: str, reason: str, now: datetime) -> None:
    """The first step out of EMERGENCY. Raises ModeRefused when there is none."""
    with transaction.atomic():
        row = locked()
        if row.mode != Mode.EMERGENCY and not latch.is_set(home()):
            raise ModeRefused(f"The mode is {row.mode}: there is no emergency to leave.")
        row.leaving_operator, row.leaving_reason, row.leaving_at = operator, reason, now
        row.save(update_fields=["leaving_operator", "leaving_reason", "leaving_at"])  # changed_at stays
        record("mode.leave_requested", subject="mode", payload={"operator": operator, "reason": reason})


def leave(*, operator: str, phrase: str, two_people: bool, now: datetime) -> None:
    """The second step: the phrase typed, the latch lifted, the mode PAUSED. Raises ModeRefused."""
    with transaction.atomic():
        row = locked()
        if why := _obstacle(row, operator=operator, phrase=phrase, two_people=two_people, now=now):
            raise ModeRefused(why)
        asked, reason, asked_at = row.leaving_operator, row.leaving_reason, row.leaving_at or now
        _write(row, LEFT_TO, operator=operator, reason=reason, requested_by=asked)
        _lift(asked_at)  # before the commit: whatever fails from here on leaves the row at EMERGENCY
    latch.forget_again(home())


def _lift(asked_at: datetime) -> None:
    """Take the latch away, unless somebody pressed since the first step. Raises ModeRefused, and then a latch stands."""
    try:
        latch.lift(home())
    except OSError as error:
        raise ModeRefused(NOT_LIFTED.format(path=latch.path(home()), why=error.strerror or error)) from None
    again = latch.pressed_again(home(), since=asked_at)
    if again is not None:  # pressed while this step was taken, and told that a latch stood: now one does
        latch.engage(home(), operator=again.operator, reason=again.reason, source=again.source)
        raise ModeRefused(_pressed_again(again))


def _pressed_again(again: Latch) -> str:
    return PRESSED_AGAIN.format(operator=again.operator, at=again.at[11:19], reason=again.reason)


def _obstacle(row: TradingMode, *, operator: str, phrase: str, two_people: bool, now: datetime) -> str:
    """Why the second step may not be taken; empty when it may."""
    if row.leaving_at is None or now - row.leaving_at > LEAVE_WITHIN:
        return "Nobody has asked to leave within the last 15 minutes: ask first, then confirm."
    if phrase.strip() != LEAVE_PHRASE:
        return f"Type {LEAVE_PHRASE} to confirm."
    if two_people and operator == row.leaving_operator:
        return f"{operator} has asked; with approvals on, somebody else confirms."
    if again := latch.pressed_again(home(), since=row.leaving_at):
        return _pressed_again(again)
    return ""
