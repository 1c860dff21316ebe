"""Volatility in rows: started from the candles, followed candle by candle, fitted anew on schedule by a child process."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import log
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from project.journal.record import record
from project.services import spawn
from risk.domain import garch, volatility_target
from risk.domain.garch import Garch, Method
from risk.domain.precision import PRECISION
from risk.domain.volatility import DECAY, PERIODS_PER_YEAR
from risk.models import GarchFit
from signals.market import candles
from signals.market.bars import WANTED
from signals.timeframes import DAY

LEAST_EWMA = 20
# Returns: the weights of DECAY add up to 70 % of their sum by then. With fewer nothing is known, and the gate denies.
LEAST_FIT = 250
# Returns: fits of fewer wander.
REFIT_AFTER: Mapping[int, timedelta] = {secs: timedelta(hours=24 if secs == DAY else 6) for secs in WANTED}
CHILD_LIMIT = timedelta(minutes=3)
# A child that takes longer has died on a slow machine; the rows keep their old fits.

ROOT = Path(__file__).resolve().parents[1]

Asked = dict[str, dict[str, list[float]]]
Ask = Callable[[Asked], Mapping[str, Any]]


def follow(instrument_ids: Iterable[int]) -> int:
    """Count every candle in that came since: how many rows moved. A pair with enough candles and no row gets one.

    The rows are locked while they are read and written: a fit ends at any moment in a process of its own.
    """
    ids = list(instrument_ids)
    newest = candles.latest(ids)
    with transaction.atomic():
        known = {_key(row): row for row in _locked(Q(instrument_id__in=ids))}
        behind = [key for key, at in newest.items() if key not in known or known[key].candle_at < at]
        moved = [row for key in behind if (row := _followed(key, known.get(key))) is not None]
        _keep(moved)
    return len(moved)


def _locked(which: Q) -> Iterable[GarchFit]:
    """Rows for whoever moves them, always in one order, so that two never wait for each other."""
    return GarchFit.objects.select_for_update(no_key=True).filter(which).order_by("instrument_id", "timeframe_secs")


def _key(row: GarchFit) -> tuple[int, int]:
    return row.instrument_id, row.timeframe_secs


def _followed(key: tuple[int, int], row: GarchFit | None) -> GarchFit | None:
    """A row after the candles that it has not counted yet; after a gap it starts anew."""
    if row is None:
        return started(*key)
    found = candles.closes(*key, most=WANTED[key[1]], after=row.candle_at)
    if not found or found[0][0] != row.candle_at:
        return started(*key, after=row)
    for (before, _), (at, close) in zip(found, found[1:], strict=False):
        if at - before != timedelta(seconds=row.timeframe_secs):
            return started(*key, after=row)
        _count(row, at, float(close))
    return row


def _count(row: GarchFit, at: datetime, close: float) -> None:
    """One more candle."""
    period_return, row.close = log(close / row.close), close
    row.variance = garch.advance(model_of(row), row.variance, period_return)
    row.target_scale = _next_scale(row.target_scale, row.variance, row.timeframe_secs)
    row.count, row.candle_at = row.count + 1, at


def _next_scale(scale: float, variance: float, timeframe_secs: int) -> float:
    """The volatility target's scale, one candle nearer to what the volatility asks for; at most 10."""
    vol = PRECISION.create_decimal(yearly(variance, timeframe_secs))
    ten = PRECISION.create_decimal(10)
    return float(volatility_target.next_scale(PRECISION.create_decimal(scale), vol_annual=vol, highest=ten))


def yearly(variance: float, timeframe_secs: int) -> float:
    """A candle's variance as the volatility of a year, ratio."""
    return garch.annual(variance, periods_per_year=PERIODS_PER_YEAR * DAY / timeframe_secs)


def model_of(row: GarchFit) -> Garch:
    """The row's parameters."""
    return Garch(row.omega, row.alpha, row.beta, row.nu)


def started(instrument_id: int, timeframe_secs: int, *, after: GarchFit | None = None) -> GarchFit | None:
    """A row from the record, by EWMA until it is fitted; None while the record is too short to say anything."""
    found = unbroken(candles.closes(instrument_id, timeframe_secs, most=WANTED[timeframe_secs]), timeframe_secs)
    returns = returns_of(found)
    if len(returns) < LEAST_EWMA:
        return None
    row = after or GarchFit(instrument_id=instrument_id, timeframe_secs=timeframe_secs)
    _set(row, garch.ewma_model(DECAY), Method.EWMA)
    row.usual, row.count = sum(one * one for one in returns) / len(returns), len(returns)
    row.candle_at, row.close, row.fitted_at = found[-1][0], float(found[-1][1]), None
    row.variance, row.target_scale, row.correction = row.usual, 1.0, 1.0
    for period_return in returns:
        row.variance = garch.advance(model_of(row), row.variance, period_return)
        row.target_scale = _next_scale(row.target_scale, row.variance, timeframe_secs)
    return row


def unbroken(found: Sequence[tuple[datetime, Any]], timeframe_secs: int) -> Sequence[tuple[datetime, Any]]:
    """The last candles without a gap between them: a return over a gap would look like a storm."""
    width, start = timedelta(seconds=timeframe_secs), len(found) - 1
    while start > 0 and found[start][0] - found[start - 1][0] == width:
        start -= 1
    return found[max(start, 0) :]


def returns_of(found: Sequence[tuple[datetime, Any]]) -> list[float]:
    """ln(close ÷ the one before), oldest first."""
    closes = [float(close) for _, close in found]
    return [log(later / earlier) for earlier, later in zip(closes, closes[1:], strict=False)]


def _set(row: GarchFit, model: Garch, method: Method) -> None:
    row.method, row.omega, row.alpha, row.beta, row.nu = method, model.omega, model.alpha, model.beta, model.nu


def _keep(rows: Sequence[GarchFit]) -> None:
    fields = [field.name for field in GarchFit._meta.concrete_fields if field.name != "id"]
    keys = ["instrument", "timeframe_secs"]
    kept = [name for name in fields if name not in keys]
    for row in rows:
        row.pk = None
    GarchFit.objects.bulk_create(sorted(rows, key=_key), update_conflicts=True, unique_fields=keys, update_fields=kept)


# fitting -----------------------------------------------------------------------------------------


def due(instrument_ids: Iterable[int], *, now: datetime, most: int) -> list[GarchFit]:
    """Rows to fit: those never fitted first, then the oldest fits; only where the record is long enough."""
    rows = GarchFit.objects.filter(instrument_id__in=list(instrument_ids), count__gte=LEAST_FIT)
    old = [row for row in rows if row.fitted_at is None or now - row.fitted_at >= REFIT_AFTER[row.timeframe_secs]]
    return sorted(old, key=lambda row: (row.fitted_at is not None, row.fitted_at, row.pk))[:most]


def refit(rows: Sequence[GarchFit], *, ask: Ask, now: datetime) -> int:
    """Fit rows anew from their records; how many fits were sound. One that is not goes on by EWMA, and says so.

    A fit knows the candles of the moment it began. The sweep goes on meanwhile, so the answer is taken into the row as it
    is by then, and what came since is counted after it.
    """
    records = {_name(row): unbroken(_record_of(row), row.timeframe_secs) for row in rows}
    series = {key: returns_of(found) for key, found in records.items()}
    answered = ask({"series": series, "together": {}})["garch"] if rows else {}
    with transaction.atomic():
        here = list(_locked(Q(pk__in=[row.pk for row in rows])))
        for row in here:
            _take(row, answered.get(_name(row)), series[_name(row)], records[_name(row)], now)
        _keep([_followed(_key(row), row) or row for row in here])
    return sum(row.method == Method.GARCH for row in here)


def _name(row: GarchFit) -> str:
    """The row as the child hears of it."""
    return f"{row.instrument_id} {row.timeframe_secs}"


def _record_of(row: GarchFit) -> list[tuple[datetime, Any]]:
    return candles.closes(row.instrument_id, row.timeframe_secs, most=WANTED[row.timeframe_secs])


def _take(
    row: GarchFit,
    found: Mapping[str, float] | None,
    returns: Sequence[float],
    record_: Sequence[tuple[datetime, Any]],
    now: datetime,
) -> None:
    """The child's answer into a row; the moment is kept in any case, so that a hopeless fit is not tried for ever."""
    row.fitted_at = now
    if found is None or not returns:
        _set(row, garch.ewma_model(DECAY), Method.EWMA)
        row.correction = 1.0
        subject = f"instrument:{row.instrument_id}"
        record("risk.no_fit", subject=subject, payload={"timeframe_secs": row.timeframe_secs, "returns": len(returns)})
        return
    model = Garch(*(found[name] for name in ("omega", "alpha", "beta", "nu")))
    _set(row, model, Method.GARCH)
    row.correction = found["correction"]
    row.variance, row.usual = found["variance"], sum(one * one for one in returns) / len(returns)
    row.count, row.candle_at, row.close = len(returns), record_[-1][0], float(record_[-1][1])


class FitFailed(RuntimeError):
    """The fitting child ended without an answer: {detail}."""


def child(asked: Asked) -> Mapping[str, Any]:
    """Ask a process of its own, which ends: what fitting needs weighs 100 MB. Raises FitFailed."""
    lean = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "risk.fit"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=lean,
            timeout=CHILD_LIMIT.total_seconds(),
            check=True,
            preexec_fn=spawn.die_with_parent(),
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise FitFailed(f"the fitting child ended without an answer: {error}") from error
    answer: Mapping[str, Any] = json.loads(ended.stdout)
    return answer
