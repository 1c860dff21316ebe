"""Outcomes: each alert gets exactly one, in the transaction that acts on it."""

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from project.journal.record import Event, plain
from signals.verdict import Verdict
from trading.services.sheet import Sheet

# `outcome = ''` makes a second settlement impossible, whoever tries.
SETTLE = """
UPDATE signals_alert AS alert
SET outcome = verdict.outcome, reason = verdict.reason, details = verdict.details::jsonb, decided_at = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS verdict (id, outcome, reason, details)
WHERE alert.id = verdict.id AND alert.outcome = ''
RETURNING alert.id
"""


class OutcomeTwice(Exception):
    """An alert was about to get a second outcome: a defect, so the transaction is undone."""


def settle(sheet: Sheet, account_id: int, verdicts: Mapping[int, Verdict], *, now: datetime) -> None:
    """Give alerts (by id) their outcomes, with one UPDATE, and journal each on the sheet. Raises OutcomeTwice."""
    if not verdicts:
        return
    rows = [(i, v.outcome, v.reason, json.dumps(plain(v.details))) for i, v in verdicts.items()]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [now, *map(list, zip(*rows, strict=True))])
        settled = {row[0] for row in cursor.fetchall()}
    if settled != verdicts.keys():
        raise OutcomeTwice(f"alerts {sorted(verdicts.keys() - settled)} have an outcome already")
    for alert_id, verdict in verdicts.items():
        sheet.note(_event(account_id, alert_id, verdict))


def _event(account_id: int, alert_id: int, verdict: Verdict) -> Event:
    payload = {"outcome": verdict.outcome, "reason": verdict.reason, "details": verdict.details}
    return Event("alert.settled", f"alert:{alert_id}", payload, account_id)
