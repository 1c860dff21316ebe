"""Arming an account, taking that back, and taking its keys away: what is missing is said all at once, and journalled who."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from project.accounts import services as accounts
from project.accounts.models import Checkup, Environment, ExchangeAccount
from project.journal.record import record
from trading import locks
from trading.domain.arming import ArmingCondition, ArmingRequest, MissingCondition, missing_conditions
from trading.domain.preflight import COUNTS_FOR, READ_WITHIN
from trading.errors import WindlassError
from trading.models import PositionGroup
from trading.services.desk import Desk


class NotArmed(WindlassError):
    """{account} was not armed. {advice}"""

    code = "NOT_ARMED"


class KeysNeeded(WindlassError):
    """{account} keeps its keys: {groups} groups are open, and without keys nobody could close them. Close them first."""

    code = "KEYS_NEEDED"


WORDS = {
    ArmingCondition.LIVE_FLAG: "Windlass was started with WINDLASS_LIVE=1",
    ArmingCondition.DOCTOR_GREEN: "A green pre-flight, not older than an hour, of the account as it is now",
    ArmingCondition.FIRST_DAY_CAP: "A cap for the first day (setting live_start_cap_quote)",
    ArmingCondition.CONFIRMATION: "The account's name, typed",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that arming asks for."""

    code: ArmingCondition
    words: str
    met: bool
    advice: str = ""


# the pre-flight ----------------------------------------------------------------------------------


def last_preflight(account: ExchangeAccount) -> Checkup | None:
    """The latest pre-flight that was finished, whatever the account was then."""
    rows = Checkup.objects.filter(account=account, kind=Checkup.Kind.PREFLIGHT, finished_at__isnull=False)
    return rows.order_by("-id").first()


def is_green(account: ExchangeAccount, *, now: datetime) -> bool:
    """Whether the latest pre-flight was green, lately, about the account as it is, and nothing has gone wrong since."""
    return _counts(account, last_preflight(account), now) and _reads_well(account, now)


def _counts(account: ExchangeAccount, found: Checkup | None, now: datetime) -> bool:
    if found is None or found.finished_at is None or not found.green:
        return False
    return found.identity == account.identity and now - found.finished_at <= COUNTS_FOR


def _reads_well(account: ExchangeAccount, now: datetime) -> bool:
    """Reconciled lately, no trouble, the clock measured and within its limit."""
    at, offset_ms = account.reconciled_at, account.clock_offset_ms
    if account.health or at is None or offset_ms is None or not account.sealed_credentials:
        return False
    limit_ms: int = Desk(account, now).settings("").risk.max_clock_offset_ms
    return timedelta() <= now - at <= READ_WITHIN and abs(offset_ms) <= limit_ms


# arming ------------------------------------------------------------------------------------------


def request_for(account: ExchangeAccount, *, typed: str, now: datetime, stands: bool = True) -> ArmingRequest:
    """What the conditions look at. stands: the account is stored as it is here, so that its pre-flight is about it."""
    return ArmingRequest(
        account_name=account.name,
        environment=account.environment,
        live_flag=settings.WINDLASS.live_allowed,
        doctor_green=is_green(account, now=now) if stands and account.pk else None,
        typed=typed,
        live_start_cap_quote=Desk(account, now).settings("").live.live_start_cap_quote if account.pk else None,
    )


def missing(account: ExchangeAccount, *, typed: str, now: datetime) -> tuple[MissingCondition, ...]:
    """What is missing before it may be armed."""
    return missing_conditions(request_for(account, typed=typed, now=now))


def conditions(account: ExchangeAccount, *, now: datetime) -> tuple[Condition, ...]:
    """Every condition with whether it is met, as somebody sees it before typing; none but on live accounts."""
    if account.environment != Environment.LIVE:
        return ()
    lacking = {one.code: one.advice for one in missing(account, typed="", now=now)}
    return tuple(Condition(code, words, code not in lacking, lacking.get(code, "")) for code, words in WORDS.items())


def arm(account_id: int, *, typed: str, operator: str, now: datetime) -> ExchangeAccount:
    """Let entries through. Raises NotArmed with everything that is missing."""
    with transaction.atomic():
        account = locks.account(account_id)
        lacking = [one.advice for one in missing(account, typed=typed, now=now)]
        if not account.sealed_credentials and account.environment != Environment.PAPER:
            lacking.insert(0, "There are no keys yet: enter them.")
        if lacking:
            raise NotArmed(account=account.name, advice=" ".join(lacking))
        account.save(update_fields=[*accounts.armed(account, now=now), "updated_at"])
        _record(account, "account.armed", operator, keys_mark=account.keys_mark)
        return account


def disarm(account_id: int, *, operator: str, reason: str) -> bool:
    """Stop entries at once, exits go on; False when it was off already."""
    with transaction.atomic():
        account = locks.account(account_id)
        if not account.armed:
            return False
        account.armed, account.armed_as = False, ""
        account.save(update_fields=["armed", "armed_as", "updated_at"])
        _record(account, "account.disarmed", operator, reason=reason)
        return True


def remove_keys(account_id: int, *, operator: str) -> None:
    """Take the keys away. Raises KeysNeeded while groups are open."""
    with transaction.atomic():
        account = locks.account(account_id)
        if count := PositionGroup.objects.filter(account=account, closed_at=None).count():
            raise KeysNeeded(account=account.name, groups=count)
        accounts.remove_keys(account_id, operator=operator)


def _record(account: ExchangeAccount, kind: str, operator: str, **more: str) -> None:
    payload = {"operator": operator, "environment": account.environment, **more}
    record(kind, subject=f"account:{account.pk}", payload=payload, account_id=account.pk)
