"""The pre-flight of an account in short: what must be right before it may trade money, one line each with the mend."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.words import health_words
from project.accounts.models import ExchangeAccount
from trading.domain.preflight import COUNTS_FOR, READ_WITHIN
from trading.services import arming
from trading.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. trouble is empty when it is well."""

    name: str
    trouble: str


def lines(account: ExchangeAccount, *, now: datetime) -> tuple[Line, ...]:
    """Everything that is looked at, in the order in which it is mended."""
    return (
        Line("keys", "" if account.sealed_credentials else "none are set: enter API key and secret on its page"),
        Line("health", health_words(account.health, account.health_detail) if account.health else ""),
        Line("reconciled", _reconciled(account, now)),
        Line("clock", _clock(account, now)),
        Line("pre-flight", _last(account, now)),
    )


def green(account: ExchangeAccount, *, now: datetime) -> bool:
    """Whether nothing is wrong."""
    return arming.is_green(account, now=now)


def _reconciled(account: ExchangeAccount, now: datetime) -> str:
    if account.reconciled_at is None:
        return "not yet: the account was never read; it is, every 15 s, once its keys work"
    age, limit = now - account.reconciled_at, READ_WITHIN.total_seconds()
    return f"{age.total_seconds():.0f} s ago, {limit:.0f} s is the limit" if age > READ_WITHIN else ""


def _clock(account: ExchangeAccount, now: datetime) -> str:
    limit_ms, offset_ms = Desk(account, now).settings("").risk.max_clock_offset_ms, account.clock_offset_ms
    if offset_ms is None:
        return "not measured yet"
    far = f"{offset_ms} ms off, {limit_ms} ms is the limit: set this machine's clock"
    return far if abs(offset_ms) > limit_ms else ""


def _last(account: ExchangeAccount, now: datetime) -> str:
    """What is wrong with the last pre-flight: there is none, it is old, it was of other keys, or it was not green."""
    found = arming.last_preflight(account)
    if found is None or found.finished_at is None:
        return "none was made yet: run it on the account's page"
    if found.identity != account.identity:
        return "the last one was of other keys, or of another venue or address: run it again"
    if not found.green:
        return "the last one was not green: its lines say what to do"
    late = now - found.finished_at > COUNTS_FOR
    return f"the last one is older than {COUNTS_FOR.total_seconds() / 60:.0f} min: run it again" if late else ""
