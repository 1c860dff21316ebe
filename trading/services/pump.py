"""The pump: rings for every account with a due row, so that a lost bell costs two seconds and nothing else.

Look-ups become due by the clock alone, no deed rings for them: when the next one is due, the pump rings at that moment.
"""

from datetime import datetime, timedelta

from django.db import connection

from project import failpoints
from project.accounts import mode
from trading import bells
from trading.models import Canary
from trading.services.lookups import CALL_TIMEOUT
from trading.services.preflight import GIVEN_UP
from trading.tasks import CANARY

RING_SECS = 2.0
CANARY_EVERY = timedelta(seconds=5)

# Each row: a bell, and the accounts it is due for. %(now)s, %(gone)s and %(lost)s are times.
DUE = """
SELECT 'process_inbox', account_id FROM signals_alert WHERE outcome = '' GROUP BY account_id
UNION ALL
SELECT 'submit_entries', account_id FROM trading_order
WHERE state = 'NEW' AND purpose = 'ENTRY' AND %(entries)s GROUP BY account_id
UNION ALL
SELECT 'submit_exits', account_id FROM trading_order
WHERE (state = 'NEW' AND purpose <> 'ENTRY') OR (cancel_requested AND state IN ('OPEN', 'PARTIALLY_FILLED'))
GROUP BY account_id
UNION ALL
SELECT 'look_up', account_id FROM trading_order
WHERE (state = 'UNKNOWN' AND next_poll_at <= %(now)s) OR (state = 'SUBMITTING' AND valid_until < %(gone)s)
GROUP BY account_id
UNION ALL
SELECT 'poll_fills', account_id FROM trading_order WHERE reported_qty > filled_qty GROUP BY account_id
UNION ALL
SELECT 'sweep_offset', account_id FROM trading_offsetrun WHERE ended_at IS NULL
UNION ALL
SELECT 'reconcile_books', id FROM accounts_exchangeaccount
WHERE reconciled_at IS NULL OR health = 'VENUE_NOT_REACHED'
UNION ALL
SELECT 'make_checkups', account_id FROM accounts_checkup
WHERE finished_at IS NULL AND (started_at IS NULL OR started_at < %(lost)s) GROUP BY account_id
"""

# When the next order becomes due for a look-up that is not yet: its poll's turn, or its sender is given up.
NEXT = """
SELECT least(
    (SELECT min(next_poll_at) FROM trading_order WHERE state = 'UNKNOWN' AND next_poll_at > %(now)s),
    (SELECT min(valid_until) FROM trading_order WHERE state = 'SUBMITTING' AND valid_until >= %(gone)s)
        + make_interval(secs => %(call)s)
)
"""


def ring_due(*, now: datetime) -> int:
    """Ring for everything that is due; how many bells rang."""
    entries = mode.current().mode == mode.Mode.NORMAL
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now, "gone": now - CALL_TIMEOUT, "lost": now - GIVEN_UP, "entries": entries})
        due = cursor.fetchall()
    failpoints.point("pump.due")
    return sum(bells.ring(task, account_id) for task, account_id in due)


def rest_secs(*, now: datetime) -> float:
    """How long the pump may rest: two seconds, or until a look-up is due."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"now": now, "gone": now - CALL_TIMEOUT, "call": CALL_TIMEOUT.total_seconds()})
        due: datetime | None = cursor.fetchone()[0]
    return RING_SECS if due is None else min(RING_SECS, (due - now).total_seconds())


def ring_canary(*, now: datetime) -> None:
    """Send the canary on its way every 5 s."""
    row, _ = Canary.objects.get_or_create(pk=1)
    if row.rung_at is None or not timedelta() <= now - row.rung_at < CANARY_EVERY:  # a clock may be set back
        Canary.objects.filter(pk=1).update(rung_at=now)
        bells.ring(CANARY)
