"""What closed groups have come to, added up by month: the sums of all time are sums of months and of what is not added up yet.

A month is added up once it is over. Where a group of it changes later (a fee that came late), the month goes stale in the
same transaction, and its groups count by themselves until the next minute adds them up anew.
"""

from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min

from project.reads import Sql
from risk.domain.daily_loss import day_start
from trading import locks
from trading.models import MonthResult, PositionGroup

OVER_FOR = timedelta(hours=1)
# A month that has just ended may still get a group whose close is being committed.
AT_ONCE = 12
# Months of one go: each is a question of some 50 ms where a month has ten thousand groups.
SIZE_STEP = "1.1"

# `{closed}`: the groups that are added up, as a query of trading_positiongroup's columns.
PARTS = f"""
SELECT CASE WHEN grouping(pair) = 0 THEN 'PAIR' WHEN grouping(timeframe) = 0 THEN 'TIMEFRAME'
            WHEN grouping(source) = 0 THEN 'SOURCE' WHEN grouping(hour) = 0 THEN 'HOUR'
            WHEN grouping(size) = 0 THEN 'SIZE' ELSE 'ALL' END AS kind,
       coalesce(pair, timeframe::text, source, hour::text, size::text, '') AS label,
       count(*) AS count, count(*) FILTER (WHERE pnl > 0) AS won, count(*) FILTER (WHERE pnl < 0) AS lost,
       coalesce(sum(pnl) FILTER (WHERE pnl > 0), 0) AS gross_win,
       coalesce(sum(pnl) FILTER (WHERE pnl < 0), 0) AS gross_loss,
       coalesce(sum(fees), 0) AS fees, max(pnl) AS best, min(pnl) AS worst
FROM (
  SELECT market.symbol AS pair, closed.timeframe_secs AS timeframe, coalesce(source.name, '') AS source,
         date_part('hour', closed.closed_at AT TIME ZONE 'UTC')::int AS hour,
         CASE WHEN closed.realised_pnl = 0 THEN 0
              ELSE sign(closed.realised_pnl) * (1000 + floor(ln(abs(closed.realised_pnl)) / ln({SIZE_STEP}))) END::int AS size,
         closed.realised_pnl AS pnl, closed.fees_quote AS fees
  FROM ({{closed}}) closed
  JOIN signals_instrument market ON market.id = closed.instrument_id
  LEFT JOIN trading_pyramid first ON first.group_id = closed.id AND first.index = 0
  LEFT JOIN signals_signal signal ON signal.id = first.signal_id
  LEFT JOIN signals_alert alert ON alert.id = signal.alert_id
  LEFT JOIN signals_source source ON source.id = alert.source_id
) named GROUP BY GROUPING SETS ((), (pair), (timeframe), (source), (hour), (size))
"""
ENTERED = """
SELECT * FROM trading_positiongroup WHERE account_id = %(account)s AND status <> 'FAILED'
  AND closed_at >= %(began)s AND closed_at < %(ended)s
"""
ADD = f"""
INSERT INTO trading_monthresult
  (account_id, month, kind, label, count, won, lost, gross_win, gross_loss, fees, best, worst, stale)
SELECT %(account)s, %(month)s, kind, label, count, won, lost, gross_win, gross_loss, fees, best, worst, false
FROM ({PARTS.format(closed=ENTERED)}) part
"""

# Every month is added up without a gap from the first close on, so one look says which groups still count by themselves.
COUNTED = """
counted AS (
  SELECT coalesce(max(month) + interval '1 month', '-infinity') AT TIME ZONE 'UTC' AS until
  FROM trading_monthresult WHERE account_id = %(account)s AND kind = 'ALL'
), stale AS (
  SELECT month::timestamp AT TIME ZONE 'UTC' AS began, (month + interval '1 month') AT TIME ZONE 'UTC' AS ended, month
  FROM trading_monthresult WHERE account_id = %(account)s AND kind = 'ALL' AND stale
), single AS (
  SELECT one.* FROM trading_positiongroup one, counted
  WHERE account_id = %(account)s AND closed_at >= counted.until AND status <> 'FAILED'
  UNION ALL
  SELECT one.* FROM stale JOIN trading_positiongroup one ON closed_at >= began AND closed_at < ended
  WHERE account_id = %(account)s AND status <> 'FAILED'
), added AS (
  SELECT kind, label, count, won, lost, gross_win, gross_loss, fees, best, worst FROM trading_monthresult
  WHERE account_id = %(account)s AND month NOT IN (SELECT month FROM stale)
)
"""
TOTAL = Sql(f"""
WITH {COUNTED}
SELECT sum(count)::bigint, sum(won)::bigint, sum(lost)::bigint, sum(gross_win), sum(gross_loss), sum(fees),
       max(best), min(worst), sum(today)::bigint, sum(earned)
FROM (
  SELECT count, won, lost, gross_win, gross_loss, fees, best, worst, 0 AS today, 0 AS earned FROM added WHERE kind = 'ALL'
  UNION ALL
  SELECT count(*), count(*) FILTER (WHERE realised_pnl > 0), count(*) FILTER (WHERE realised_pnl < 0),
         coalesce(sum(realised_pnl) FILTER (WHERE realised_pnl > 0), 0),
         coalesce(sum(realised_pnl) FILTER (WHERE realised_pnl < 0), 0),
         coalesce(sum(fees_quote), 0), max(realised_pnl), min(realised_pnl),
         count(*) FILTER (WHERE closed_at >= %(midnight)s),
         coalesce(sum(realised_pnl) FILTER (WHERE closed_at >= %(midnight)s), 0)
  FROM single
) part
""")
# Of all time: count, won, lost, gross_win, gross_loss, fees, best, worst; then how many closed since midnight, and their sum.
BY_KIND = Sql(f"""
WITH {COUNTED}
SELECT kind, label, sum(gross_win + gross_loss), sum(count)::bigint FROM (
  SELECT * FROM added UNION ALL SELECT * FROM ({PARTS.format(closed="SELECT * FROM single")}) part
) whole WHERE kind <> 'ALL' GROUP BY kind, label
""")


def forget(group: PositionGroup) -> None:
    """A closed group changes: its month goes stale. The account is locked by the caller."""
    if group.closed_at is not None:
        month = day_start(group.closed_at).date().replace(day=1)
        MonthResult.objects.filter(account_id=group.account_id, month=month, kind=MonthResult.Kind.ALL).update(
            stale=True
        )


def sweep(account_id: int, *, now: datetime) -> int:
    """Add up the months that are over, and those that went stale; how many. Safe to repeat."""
    done = sum(_again(account_id, month) for month in _stale(account_id))
    month = _next(account_id)
    while month is not None and _after(month) + OVER_FOR <= now and done < AT_ONCE:
        done += _again(account_id, month)
        month = _after(month)
    return done


def _stale(account_id: int) -> list[datetime]:
    rows = MonthResult.objects.filter(account_id=account_id, kind=MonthResult.Kind.ALL, stale=True)
    return [_begin(month) for month in rows.values_list("month", flat=True)]


def _next(account_id: int) -> datetime | None:
    """The first month that is not added up; None before anything closed."""
    rows = MonthResult.objects.filter(account_id=account_id, kind=MonthResult.Kind.ALL)
    last = rows.order_by("-month").values_list("month", flat=True).first()
    if last is not None:
        return _after(_begin(last))
    first = PositionGroup.objects.filter(account_id=account_id).aggregate(at=Min("closed_at"))["at"]
    return None if first is None else day_start(first).replace(day=1)


def _begin(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def _after(month: datetime) -> datetime:
    """The next month."""
    return (month + timedelta(days=32)).replace(day=1)


def _again(account_id: int, month: datetime) -> bool:
    """Add a month up, in place of what was there."""
    asked: dict[str, int | date] = {
        "account": account_id,
        "month": month.date(),
        "began": month,
        "ended": _after(month),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        locks.account(account_id)
        MonthResult.objects.filter(account_id=account_id, month=month.date()).delete()
        cursor.execute(ADD, asked)
    return True
