"""Two people for what is dangerous: the installation's setting `approvals`, and changes of settings that wait for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from project.accounts.models import Environment, ExchangeAccount, User
from project.journal.record import record
from trading.domain import settings as registry
from trading.domain.sealing import SEALED, no_looser
from trading.models import SettingOverride, SettingRequest
from trading.models.setting_version import How
from trading.services import new_admins, overrides, setting_versions
from trading.services.overrides import CannotChange, Change, Place, Wish
from trading.services.setting_versions import Kept, Said

OPEN_FOR = timedelta(hours=24)
# A yes to something older was meant for another market.
Ending = SettingRequest.Ending
NOBODY = "Windlass"
ENDED = "It has ended already: {}."
YOURS = "You asked for it: the second person has to be another admin."
MOVED = "Since it was asked for, {} was changed: nothing was done. Ask again with what should hold now."


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer to a request came to; text says why it did not."""

    done: bool
    text: str


def needed() -> bool:
    """The global setting as it holds."""
    rows = SettingOverride.objects.filter(user=None, account=None, symbol="", name="approvals")
    modes = registry.resolve([{row.name: row.value} for row in rows]).modes
    return modes.approvals


def live_places(places: Iterable[Place]) -> frozenset[Place]:
    """Those of the places whose settings reach an account that trades real money."""
    live = list(ExchangeAccount.objects.filter(environment=Environment.LIVE).values_list("id", "user_id"))
    return frozenset(place for place in places if any(_reaches(place, *account) for account in live))


def _reaches(place: Place, account_id: int, user_id: int) -> bool:
    if place.account_id:
        return place.account_id == account_id
    return place.user_id in (None, user_id)


def second_person(changes: Sequence[Change]) -> tuple[bool, ...]:
    """Which of the changes another admin has to look at: while approvals are on, those that loosen a live account."""
    if not needed():
        return (False,) * len(changes)
    live = live_places(change.place for change in changes)
    return tuple(change.place in live and _loosens(change) for change in changes)


def _loosens(change: Change) -> bool:
    """Whether it can protect less; to seal only protects, unless stricter defaults go with it."""
    sealing = change.name == "profile" and change.holds_after == SEALED
    return not (no_looser(change.holds_before, SEALED) if sealing else change.protects)


def divided(changes: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    """Those that need one person, and those that need two; all need two where the first contradict without the others."""
    pairs = list(zip(changes, second_person(changes), strict=True))
    one, two = ([change for change, asks in pairs if asks is which] for which in (False, True))
    return (one, two) if not one or not two or overrides.stands_alone(one) else ([], list(changes))


# asking ------------------------------------------------------------------------------------------


def ask(changes: Sequence[Change], said: Said, *, now: datetime) -> SettingRequest:
    """Note what needs a second person; inside the transaction of whoever asks."""
    asker = User.objects.filter(username=said.operator).first()
    made = SettingRequest.objects.create(
        asker=asker,
        asked_by=said.operator,
        asked_at=now,
        reason=said.reason,
        expires_at=now + OPEN_FOR,
        changes=[change.told for change in changes],
    )
    _journal("setting.asked", made, {"operator": said.operator, "reason": said.reason, "expires_at": made.expires_at})
    return made


def open_ones(*, now: datetime) -> "QuerySet[SettingRequest]":
    """Requests that wait, oldest first; one that is too old waits no more, whether a sweep has seen it or not."""
    return SettingRequest.objects.filter(ending="", expires_at__gt=now).order_by("id")


def changes_of(request: SettingRequest) -> tuple[Kept, ...]:
    """What it asks for."""
    return setting_versions.read(request.changes)


def why_not(request: SettingRequest, user: User, *, now: datetime) -> str:
    """Why somebody may not say yes; empty: he may, as far as the request goes (his role is the page's to judge)."""
    if request.ending or request.expires_at <= now:
        return ENDED.format(_ending(request))
    if user.pk == request.asker_id or user.get_username() == request.asked_by:
        return YOURS
    return new_admins.why_not(user, now=now)


def _ending(request: SettingRequest) -> str:
    return str(Ending(request.ending or Ending.EXPIRED).label)


# answering ---------------------------------------------------------------------------------------


def approve(request_id: int, user: User, *, reason: str, now: datetime) -> Answered:
    """Make it hold, as a version of the asker's with the second name beside it, unless something changed meanwhile."""
    with transaction.atomic():
        request, why = _answerable(request_id, user, now=now)
        if request is None or why:
            return Answered(False, why)
        if moved := _moved(request):
            _end(request, Ending.OVERTAKEN, by=NOBODY, reason=moved, now=now)
            return Answered(False, moved)
        return _approved(request, user, reason=reason, now=now)


def _answerable(request_id: int, user: User, *, now: datetime) -> tuple[SettingRequest | None, str]:
    """The request, locked after everything that its change will lock; or why it is not answered with a yes."""
    seen = SettingRequest.objects.get(pk=request_id)
    setting_versions.lock(one.place for one in changes_of(seen))
    request = SettingRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    return request, why_not(request, user, now=now)


def _moved(request: SettingRequest) -> str:
    """What is not as it was when the request was made."""
    found = [one for one in changes_of(request) if _own(one) != one.before]
    return MOVED.format(", ".join(one.name for one in found)) if found else ""


def _own(one: Kept) -> str | None:
    row = SettingOverride.objects.filter(name=one.name, **one.place.columns).first()
    return None if row is None else str(row.value)


def _approved(request: SettingRequest, user: User, *, reason: str, now: datetime) -> Answered:
    approver = user.get_username()
    said = Said(request.asked_by, f"{request.reason} (approved by {approver})"[:200].strip(), How.APPROVAL)
    try:
        _, request.version = setting_versions.write([Wish(o.name, o.place, o.after) for o in changes_of(request)], said)
    except CannotChange as error:
        _end(request, Ending.OVERTAKEN, by=NOBODY, reason=str(error), now=now)
        return Answered(False, str(error))
    _end(request, Ending.APPROVED, by=approver, reason=reason, now=now)
    return Answered(True, "Approved. It holds now.")


def refuse(request_id: int, user: User, *, reason: str, now: datetime) -> Answered:
    """Say no; from who asked it is a withdrawal."""
    with transaction.atomic():
        request = SettingRequest.objects.select_for_update(no_key=True).get(pk=request_id)
        if request.ending or request.expires_at <= now:
            return Answered(False, ENDED.format(_ending(request)))
        ending = Ending.WITHDRAWN if user.pk == request.asker_id else Ending.REFUSED
        _end(request, ending, by=user.get_username(), reason=reason, now=now)
        return Answered(True, f"{ending.label.capitalize()}. Everything stays as it is.")


def expire(*, now: datetime) -> int:
    """End requests that nobody answered in time; how many. Safe to repeat."""
    with transaction.atomic():
        rows = SettingRequest.objects.filter(ending="", expires_at__lte=now).order_by("id")
        late = list(rows.select_for_update(no_key=True, skip_locked=True))
        for request in late:
            _end(request, Ending.EXPIRED, by=NOBODY, reason="", now=now)
        return len(late)


def _end(request: SettingRequest, ending: Ending, *, by: str, reason: str, now: datetime) -> None:
    request.ending, request.ended_at, request.ended_by, request.ended_reason = ending, now, by, reason[:200]
    request.save(update_fields=["ending", "ended_at", "ended_by", "ended_reason", "version"])
    _journal("setting.answered", request, {"operator": by, "ending": str(ending), "reason": reason})


def _journal(kind: str, request: SettingRequest, payload: dict[str, object]) -> None:
    accounts = {one.place.account_id for one in changes_of(request)}
    whole = payload | {"request": request.pk, "asked_by": request.asked_by, "changes": request.changes}
    alone = accounts.pop() if len(accounts) == 1 else None
    record(kind, subject=f"setting-request:{request.pk}", payload=whole, account_id=alone)
