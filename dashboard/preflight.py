"""The pre-flight of an account: what must be right before it may trade money, one line each with the mend."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.words import health_words
from project.accounts.models import ExchangeAccount
from trading.services.desk import Desk

FRESH = timedelta(seconds=60)
# Reconciling runs every 15 s; four missed rounds are no hiccup.


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. trouble is empty when it is well."""

    name: str
    trouble: str


def lines(account: ExchangeAccount, *, now: datetime) -> tuple[Line, ...]:
    """Everything that is looked at, in the order in which it is mended."""
    return (
        Line("keys", "" if account.sealed_credentials else "none are set: enter API key and secret below"),
        Line("health", health_words(account.health, account.health_detail) if account.health else ""),
        Line("reconciled", _reconciled(account, now)),
        Line("clock", _clock(account, now)),
    )


def green(account: ExchangeAccount, *, now: datetime) -> bool:
    """Whether nothing is wrong."""
    return not any(line.trouble for line in lines(account, now=now))


def _reconciled(account: ExchangeAccount, now: datetime) -> str:
    if account.reconciled_at is None:
        return "not yet: the account was never read; it is, every 15 s, once its keys work"
    age = now - account.reconciled_at
    return f"{age.total_seconds():.0f} s ago, {FRESH.total_seconds():.0f} s is the limit" if age > FRESH else ""


def _clock(account: ExchangeAccount, now: datetime) -> str:
    limit_ms, offset_ms = Desk(account, now).settings("").risk.max_clock_offset_ms, account.clock_offset_ms
    if offset_ms is None:
        return "not measured yet"
    return (
        f"{offset_ms} ms off, {limit_ms} ms is the limit: set this machine's clock" if abs(offset_ms) > limit_ms else ""
    )
