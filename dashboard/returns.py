"""What an account's closed groups have come to: one question for the sums of four periods, one for a period's breakdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.core.cache import cache
from django.db import connection

from dashboard import drawing
from dashboard.drawing import Bar, Curve
from dashboard.formats import number, timeframe
from project.accounts.models import ExchangeAccount
from risk.domain import performance
from risk.domain.performance import Ratios, Tally

PERIODS: Mapping[str, timedelta | None] = MappingProxyType(
    {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30), "all": None}
)
PERIOD_WORDS: Mapping[str, str] = MappingProxyType(
    {"day": "24 hours", "week": "7 days", "month": "30 days", "all": "All time"}
)
DEFAULT_PERIOD = "month"
STEPS = 120  # points of the drawn curve, however long the period
MOST_DAYS = 1_100  # of daily values; beyond that ratios are those of the last three years
SLIPPAGE_WITHIN = timedelta(days=90)  # older orders say little about the books of today
BINS = 8  # on either side of zero, half a deviation each; what lies beyond is in the outermost
KEPT_SECS = 60
TOP = 12  # rows of a breakdown

SUMS = """
SELECT period, count(*), count(*) FILTER (WHERE pnl > 0), count(*) FILTER (WHERE pnl < 0),
       coalesce(sum(pnl) FILTER (WHERE pnl > 0), 0), coalesce(sum(pnl) FILTER (WHERE pnl < 0), 0),
       coalesce(sum(fees), 0), max(pnl), min(pnl)
FROM (
  SELECT realised_pnl AS pnl, fees_quote AS fees, CASE WHEN closed_at >= %(day)s THEN 0 WHEN closed_at >= %(week)s THEN 1
         WHEN closed_at >= %(month)s THEN 2 ELSE 3 END AS period
  FROM trading_positiongroup WHERE account_id = %(account)s AND closed_at IS NOT NULL AND status <> 'FAILED'
) closed GROUP BY period
"""
# Each group falls into the shortest period it belongs to; a longer period is the sum of these.
BREAKDOWN = """
WITH closed AS (
  SELECT id, instrument_id, timeframe_secs, realised_pnl AS pnl, date_part('hour', closed_at AT TIME ZONE 'UTC') AS hour
  FROM trading_positiongroup
  WHERE account_id = %(account)s AND closed_at IS NOT NULL AND status <> 'FAILED'
    AND (%(since)s::timestamptz IS NULL OR closed_at >= %(since)s)
), spread AS (SELECT nullif(stddev_pop(pnl), 0) / 2 AS step FROM closed
), named AS (
  SELECT closed.*, greatest(-%(bins)s, least(%(bins)s - 1, floor(pnl / step)))::int AS bin, source.name AS source
  FROM closed CROSS JOIN spread
  LEFT JOIN trading_pyramid first ON first.group_id = closed.id AND first.index = 0
  LEFT JOIN signals_signal signal ON signal.id = first.signal_id
  LEFT JOIN signals_alert alert ON alert.id = signal.alert_id
  LEFT JOIN signals_source source ON source.id = alert.source_id
)
SELECT CASE WHEN grouping(market.symbol) = 0 THEN 'pair' WHEN grouping(timeframe_secs) = 0 THEN 'timeframe'
            WHEN grouping(named.source) = 0 THEN 'source' WHEN grouping(hour) = 0 THEN 'hour' ELSE 'bin' END,
       coalesce(market.symbol, timeframe_secs::text, named.source, hour::int::text, bin::text, ''),
       sum(pnl), count(*), count(*) FILTER (WHERE pnl > 0), (SELECT step FROM spread)
FROM named JOIN signals_instrument market ON market.id = named.instrument_id
GROUP BY GROUPING SETS ((market.symbol), (timeframe_secs), (named.source), (hour), (bin))
"""
# At each step the last reading until then: one look into the index a step, however many minutes lie between.
CURVE = """
SELECT step.at, point.equity, point.profit
FROM generate_series(%(began)s::timestamptz, %(ended)s::timestamptz, %(step)s) AS step(at)
CROSS JOIN LATERAL (
  SELECT equity, realised_pnl + unrealised_pnl AS profit FROM trading_pnlpoint
  WHERE account_id = %(account)s AND equity IS NOT NULL AND at <= step.at ORDER BY at DESC LIMIT 1
) point ORDER BY step.at
"""
BEGAN = "SELECT min(at) FROM trading_pnlpoint WHERE account_id = %s AND equity IS NOT NULL"
SLIPPAGE = """
SELECT count(*), sum((filled_cost / filled_qty - reference_price) / reference_price * 10000
       * CASE side WHEN 'BUY' THEN 1 ELSE -1 END * filled_cost) / nullif(sum(filled_cost), 0)
FROM trading_order
WHERE account_id = %(account)s AND created_at >= %(since)s AND type = 'MARKET' AND filled_qty > 0 AND reference_price > 0
"""


@dataclass(frozen=True, slots=True)
class Period:
    """The figures of a period."""

    name: str
    words: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Slippage:
    """Of market orders against the price they were decided at, weighted by cost; positive is worse."""

    orders: int
    bps: Decimal | None


@dataclass(frozen=True, slots=True)
class Performance:
    """Everything the page shows of a period."""

    period: str
    periods: tuple[Period, ...]
    ratios: Ratios
    curve: Curve | None
    breakdowns: dict[str, tuple[Bar, ...]]  # a plain one: it is kept in the cache
    slippage: Slippage

    @property
    def tally(self) -> Tally:
        """The figures of the period that is looked at."""
        return next(period.tally for period in self.periods if period.name == self.period)


def gather(account: ExchangeAccount, period: str, *, now: datetime) -> Performance:
    """The performance of an account over a period; that of all time is counted once a minute, whoever looks."""
    if PERIODS[period] is not None:
        return _gathered(account, period, now)
    key = f"performance:{account.pk}"
    known: Performance | None = cache.get(key)
    if known is None:
        known = _gathered(account, period, now)
        cache.set(key, known, KEPT_SECS)
    return known


def _gathered(account: ExchangeAccount, period: str, now: datetime) -> Performance:
    since = _since(period, now)
    began = max(filter(None, (_first(account), since)), default=now)
    return Performance(
        period=period,
        periods=_periods(account, now),
        ratios=performance.ratios(_daily(account, began, now)),
        curve=drawn(account, began, now),
        breakdowns=_breakdowns(account, since),
        slippage=_slippage(account, max(since or now - SLIPPAGE_WITHIN, now - SLIPPAGE_WITHIN)),
    )


def _since(period: str, now: datetime) -> datetime | None:
    length = PERIODS[period]
    return None if length is None else now - length


def _asked(sql: str, facts: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


# sums --------------------------------------------------------------------------------------------


def _periods(account: ExchangeAccount, now: datetime) -> tuple[Period, ...]:
    edges = {name: now - length for name, length in PERIODS.items() if length is not None}
    found = {row[0]: Tally(*row[1:]) for row in _asked(SUMS, {"account": account.pk, **edges})}
    tallies = [found.get(number, Tally()) for number in range(len(PERIODS))]
    return tuple(
        Period(name, PERIOD_WORDS[name], _summed(tallies[: number + 1])) for number, name in enumerate(PERIODS)
    )


def _summed(tallies: Iterable[Tally]) -> Tally:
    parts = [part for part in tallies if part.count]
    return Tally(
        count=sum(p.count for p in parts),
        won=sum(p.won for p in parts),
        lost=sum(p.lost for p in parts),
        gross_win=sum((p.gross_win for p in parts), Decimal(0)),
        gross_loss=sum((p.gross_loss for p in parts), Decimal(0)),
        fees=sum((p.fees for p in parts), Decimal(0)),
        best=max((p.best for p in parts if p.best is not None), default=None),
        worst=min((p.worst for p in parts if p.worst is not None), default=None),
    )


def _slippage(account: ExchangeAccount, since: datetime) -> Slippage:
    ((orders, bps),) = _asked(SLIPPAGE, {"account": account.pk, "since": since})
    return Slippage(orders, bps)


# curve -------------------------------------------------------------------------------------------


def drawn(account: ExchangeAccount, began: datetime, now: datetime) -> Curve | None:
    """The equity's curve as it is drawn, drawdown below it; deposits and withdrawals do not move it."""
    times, values = _values(account, began, now, step=max((now - began) / STEPS, timedelta(minutes=1)))
    return drawing.curve(times, values, performance.drawdowns_pct(values))


def drawn_lately(account: ExchangeAccount, *, now: datetime, days: int = 30) -> Curve | None:
    """The curve of the last days, or of as many as there are."""
    first = _first(account)
    return drawn(account, max(first, now - timedelta(days=days)), now) if first else None


def _first(account: ExchangeAccount) -> datetime | None:
    ((at,),) = _asked(BEGAN, [account.pk])
    return at if isinstance(at, datetime) else None


def _daily(account: ExchangeAccount, began: datetime, now: datetime) -> Sequence[Decimal]:
    """A value at each midnight of the period, and the one of now."""
    began = max(began, now - timedelta(days=MOST_DAYS))
    return _values(account, began, now, step=timedelta(days=1))[1]


def _values(
    account: ExchangeAccount, began: datetime, now: datetime, *, step: timedelta
) -> tuple[Sequence[datetime], Sequence[Decimal]]:
    """Equity at steps back from now; what was put in at the first of them stays for all, so that only trading moves it."""
    steps = int((now - began) / step)
    facts = {"account": account.pk, "began": now - steps * step, "ended": now, "step": step}
    rows = _asked(CURVE, facts)
    if not rows:
        return (), ()
    put_in = rows[0][1] - rows[0][2]
    return [at.astimezone(UTC) for at, _, _ in rows], [put_in + profit for _, _, profit in rows]


# breakdown ---------------------------------------------------------------------------------------


def _breakdowns(account: ExchangeAccount, since: datetime | None) -> dict[str, tuple[Bar, ...]]:
    rows = _asked(BREAKDOWN, {"account": account.pk, "since": since, "bins": BINS})
    by_kind: dict[str, list[tuple[str, Decimal, int]]] = {}
    for kind, label, pnl, count, _, _ in rows:
        by_kind.setdefault(kind, []).append((label, pnl, count))
    step = next((row[5] for row in rows if row[5]), Decimal(1))
    return {
        "pair": drawing.bars(_largest(by_kind.get("pair", []))),
        "timeframe": drawing.bars([(timeframe(int(n)), p, c) for n, p, c in _numbered(by_kind.get("timeframe", []))]),
        "source": drawing.bars([(n or "by hand", p, c) for n, p, c in _largest(by_kind.get("source", []))]),
        "hour": drawing.bars([(f"{int(n):02d}", p, c) for n, p, c in _numbered(by_kind.get("hour", []))]),
        "bin": _distribution(by_kind.get("bin", []), step),
    }


def _largest(rows: Sequence[tuple[str, Decimal, int]]) -> list[tuple[str, Decimal, int]]:
    """The rows that moved most, the best first."""
    moved = sorted(rows, key=lambda row: abs(row[1]), reverse=True)[:TOP]
    return sorted(moved, key=lambda row: row[1], reverse=True)


def _numbered(rows: Sequence[tuple[str, Decimal, int]]) -> list[tuple[str, Decimal, int]]:
    return sorted(rows, key=lambda row: int(row[0]))


def _distribution(rows: Sequence[tuple[str, Decimal, int]], step: Decimal) -> tuple[Bar, ...]:
    """How many groups ended where: a bar's length is its count, its label the result it begins at."""
    most = max((count for _, _, count in rows), default=1)
    return tuple(
        Bar(number(int(n) * step, 2, signed=True), f"{Decimal(count) / most * 100:.1f}", pnl, count, int(n) < 0)
        for n, pnl, count in _numbered([row for row in rows if row[0]])
    )
