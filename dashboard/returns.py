"""What an account's closed groups have come to: one question for the sums of four periods, one for a period's breakdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from types import MappingProxyType

from django.core.cache import cache

from dashboard import drawing
from dashboard.drawing import Bar, Curve
from dashboard.formats import MAX_PLACES, number, timeframe
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.reads import Question, Raw, Sql
from risk.domain import performance
from risk.domain.daily_loss import day_start
from risk.domain.performance import Ratios, Tally
from trading.services import results

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

SUMS = Sql("""
SELECT period, count(*), count(*) FILTER (WHERE pnl > 0), count(*) FILTER (WHERE pnl < 0),
       coalesce(sum(pnl) FILTER (WHERE pnl > 0), 0), coalesce(sum(pnl) FILTER (WHERE pnl < 0), 0),
       coalesce(sum(fees), 0), max(pnl), min(pnl)
FROM (
  SELECT realised_pnl AS pnl, fees_quote AS fees,
         CASE WHEN closed_at >= %(day)s THEN 0 WHEN closed_at >= %(week)s THEN 1 ELSE 2 END AS period
  FROM trading_positiongroup WHERE account_id = %(account)s AND closed_at >= %(month)s AND status <> 'FAILED'
) closed GROUP BY period
""")
# Each group falls into the shortest period it belongs to; a longer period is the sum of these. All time is added up by
# month already (trading/services/results.py).
BREAKDOWN = Sql("""
WITH closed AS (
  SELECT id, instrument_id, timeframe_secs, realised_pnl AS pnl, date_part('hour', closed_at AT TIME ZONE 'UTC') AS hour
  FROM trading_positiongroup
  WHERE account_id = %(account)s AND status <> 'FAILED' AND closed_at >= %(since)s
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
       sum(pnl), count(*), (SELECT step FROM spread)
FROM named JOIN signals_instrument market ON market.id = named.instrument_id
GROUP BY GROUPING SETS ((market.symbol), (timeframe_secs), (named.source), (hour), (bin))
""")
# At each step the last reading until then: one look into the index a step, however many minutes lie between. Steps go
# back from `ended` to `since`, or to the first reading if that is later.
CURVE = Sql("""
WITH span AS (
  SELECT greatest(min(at), %(since)s::timestamptz) AS began FROM trading_pnlpoint
  WHERE account_id = %(account)s AND equity IS NOT NULL HAVING min(at) IS NOT NULL
), pace AS (
  SELECT began, greatest((%(ended)s::timestamptz - began) / %(points)s, %(least)s::interval) AS step FROM span
), place AS (
  SELECT %(ended)s::timestamptz - number * step AS at FROM pace CROSS JOIN generate_series(
    0, trunc(extract(epoch FROM %(ended)s::timestamptz - began) / extract(epoch FROM step) + 0.000001)::int) AS number
)
SELECT place.at, point.equity, point.profit FROM place
CROSS JOIN LATERAL (
  SELECT equity, realised_pnl + unrealised_pnl AS profit FROM trading_pnlpoint
  WHERE account_id = %(account)s AND equity IS NOT NULL AND at <= place.at ORDER BY at DESC LIMIT 1
) point ORDER BY place.at
""")
ANY = 1_000_000
# Points that are no limit: the step is the least one.
SLIPPAGE = Sql("""
SELECT count(*), sum((filled_cost / filled_qty - reference_price) / reference_price * 10000
       * CASE side WHEN 'BUY' THEN 1 ELSE -1 END * filled_cost) / nullif(sum(filled_cost), 0)
FROM trading_order
WHERE account_id = %(account)s AND created_at >= %(since)s AND type = 'MARKET' AND filled_qty > 0 AND reference_price > 0
""")


Labelled = tuple[str, Decimal, int]
# A label, the sum of its results (quote), how many groups.


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
    within = max(since or now - SLIPPAGE_WITHIN, now - SLIPPAGE_WITHIN)
    whole = results.TOTAL.of(account=account.pk, midnight=day_start(now))
    sums, breakdown = _sums(account, now), _by_kind(account, since)
    daily, curve = _by_day(account, since, now), _by_step(account, since, now)
    slips = SLIPPAGE.of(account=account.pk, since=within)
    with ahead(whole, sums, daily, curve, breakdown, slips):
        return Performance(
            period=period,
            periods=_periods(sums.read(**sums.given), whole.read(**whole.given)[0]),
            ratios=performance.ratios(_values(daily.read(**daily.given))[1]),
            curve=_drawn(curve.read(**curve.given)),
            breakdowns=_breakdowns(breakdown.read(**breakdown.given)),
            slippage=Slippage(*slips.read(**slips.given)[0]),
        )


def for_programs(account: ExchangeAccount, *, now: datetime) -> tuple[tuple[Period, ...], Sequence[Decimal]]:
    """Every period's figures, and the daily values that the ratios of all time are taken from; nothing is remembered."""
    whole, sums = results.TOTAL.of(account=account.pk, midnight=day_start(now)), _sums(account, now)
    daily = _by_day(account, None, now)
    with ahead(whole, sums, daily):
        periods = _periods(sums.read(**sums.given), whole.read(**whole.given)[0])
        return periods, _values(daily.read(**daily.given))[1]


def _since(period: str, now: datetime) -> datetime | None:
    length = PERIODS[period]
    return None if length is None else now - length


# sums --------------------------------------------------------------------------------------------


def _sums(account: ExchangeAccount, now: datetime) -> Question:
    return SUMS.of(account=account.pk, **{name: now - length for name, length in PERIODS.items() if length is not None})


def _periods(lately: Sequence[Raw], whole: Raw) -> tuple[Period, ...]:
    """The rolling periods, each with the shorter ones in it; then all time."""
    found = {row[0]: Tally(*row[1:]) for row in lately}
    tallies = [found.get(number, Tally()) for number in range(len(PERIODS) - 1)]
    summed = [*(_summed(tallies[: number + 1]) for number in range(len(tallies))), Tally(*whole[:8])]
    return tuple(Period(name, PERIOD_WORDS[name], tally) for name, tally in zip(PERIODS, summed, strict=True))


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


# curve -------------------------------------------------------------------------------------------


LATELY = timedelta(days=30)


def questions(account: ExchangeAccount, *, now: datetime) -> tuple[Question, ...]:
    """What drawn_lately() asks."""
    return (_by_step(account, now - LATELY, now),)


def drawn_lately(account: ExchangeAccount, *, now: datetime) -> Curve | None:
    """The curve of the last days, or of as many as there are."""
    return _drawn(CURVE(**_by_step(account, now - LATELY, now).given))


def _by_step(account: ExchangeAccount, since: datetime | None, now: datetime) -> Question:
    """As many points as are drawn, a minute apart at least."""
    return CURVE.of(account=account.pk, since=since, ended=now, points=STEPS, least=timedelta(minutes=1))


def _by_day(account: ExchangeAccount, since: datetime | None, now: datetime) -> Question:
    """A value a day, and the one of now."""
    began = max(filter(None, (since, now - timedelta(days=MOST_DAYS))))
    return CURVE.of(account=account.pk, since=began, ended=now, points=ANY, least=timedelta(days=1))


def _drawn(rows: Sequence[Raw]) -> Curve | None:
    """The equity's curve as it is drawn, drawdown below it."""
    times, values = _values(rows)
    return drawing.curve(times, values, performance.drawdowns_pct(values))


def _values(rows: Sequence[Raw]) -> tuple[Sequence[datetime], Sequence[Decimal]]:
    """What was put in at the first step stays for all, so that only trading moves the curve; deposits do not."""
    if not rows:
        return (), ()
    put_in = rows[0][1] - rows[0][2]
    return [at.astimezone(UTC) for at, _, _ in rows], [put_in + profit for _, _, profit in rows]


# breakdown ---------------------------------------------------------------------------------------


def _by_kind(account: ExchangeAccount, since: datetime | None) -> Question:
    """A period's groups themselves; of all time the months that are added up."""
    if since is None:
        return results.BY_KIND.of(account=account.pk)
    return BREAKDOWN.of(account=account.pk, since=since, bins=BINS)


def _breakdowns(rows: Sequence[Raw]) -> dict[str, tuple[Bar, ...]]:
    by_kind: dict[str, list[Labelled]] = {}
    for kind, label, pnl, count, *_ in rows:
        by_kind.setdefault(kind.lower(), []).append((label, pnl, count))
    step = next((row[4] for row in rows if len(row) > 4 and row[4]), Decimal(1))
    if "size" in by_kind:
        step = _half_deviation(by_kind["size"])
        by_kind["bin"] = _binned(by_kind["size"], step)
    return {
        "pair": drawing.bars(_largest(by_kind.get("pair", []))),
        "timeframe": drawing.bars([(timeframe(int(n)), p, c) for n, p, c in _numbered(by_kind.get("timeframe", []))]),
        "source": drawing.bars([(n or "by hand", p, c) for n, p, c in _largest(by_kind.get("source", []))]),
        "hour": drawing.bars([(f"{int(n):02d}", p, c) for n, p, c in _numbered(by_kind.get("hour", []))]),
        "bin": _distribution(by_kind.get("bin", []), step),
    }


def _half_deviation(sizes: Sequence[Labelled]) -> Decimal:
    """Half of the standard deviation, by the mean of each step of a tenth: some per mille off at the most."""
    number = sum(count for _, _, count in sizes)
    mean = sum((pnl for _, pnl, _ in sizes), Decimal(0)) / number
    squares = sum((pnl * pnl / count for _, pnl, count in sizes), Decimal(0)) / number
    return max(squares - mean * mean, Decimal(0)).sqrt() / 2 or Decimal(1)


def _binned(sizes: Sequence[Labelled], step: Decimal) -> list[Labelled]:
    """Results that lie within a tenth of each other go where their mean goes."""
    sums: dict[int, tuple[Decimal, int]] = {}
    for _, pnl, count in sizes:
        place = max(-BINS, min(BINS - 1, int((pnl / count / step).to_integral_value(ROUND_FLOOR))))
        before = sums.get(place, (Decimal(0), 0))
        sums[place] = before[0] + pnl, before[1] + count
    return [(str(place), *found) for place, found in sums.items()]


def _largest(rows: Sequence[Labelled]) -> list[Labelled]:
    """The rows that moved most, the best first."""
    moved = sorted(rows, key=lambda row: abs(row[1]), reverse=True)[:TOP]
    return sorted(moved, key=lambda row: row[1], reverse=True)


def _numbered(rows: Sequence[Labelled]) -> list[Labelled]:
    return sorted(rows, key=lambda row: int(row[0]))


def _distribution(rows: Sequence[Labelled], step: Decimal) -> tuple[Bar, ...]:
    """How many groups ended where: a bar's length is its count, its label from which result to which."""
    most = max((count for _, _, count in rows), default=1)
    return tuple(
        Bar(_between(int(n), step), f"{Decimal(count) / most * 100:.1f}", pnl, count, int(n) < 0)
        for n, pnl, count in _numbered([row for row in rows if row[0]])
    )


def _between(place: int, step: Decimal) -> str:
    """The results of a bin, as fine as its width asks for: `+ 0.14 to + 0.19`; the outermost are open."""
    places = min(max(2, -step.adjusted()), MAX_PLACES)
    low, high = (number(edge * step, places, signed=True) for edge in (place, place + 1))
    if place == -BINS:
        return f"below {high}"
    return f"{low} or more" if place == BINS - 1 else f"{low} to {high}"
