"""A stored alert once more, by hand: a new alert with an id of its own, decided as if it had just arrived."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from project.journal.record import record
from signals.evaluate import BY_HAND, REPLAY, made_by_hand
from signals.models import Alert
from trading import locks
from trading.services import orders

MARK = REPLAY
# A sender's own keys begin otherwise (signals/inbox.py), so nobody can forge one.


class CannotReplay(Exception):
    """Why an alert is not replayed, in words."""


def is_replay(alert: Alert) -> bool:
    """Whether a person sent this alert again; its own time is old by nature."""
    dedupe_key: str = alert.dedupe_key
    return dedupe_key.startswith(MARK)


def replay(alert_id: int, *, operator: str, now: datetime, key: str = "") -> Alert:
    """Store the alert again and ring for it, once for each key; journalled with who. Raises CannotReplay."""
    first = Alert.objects.select_related("source").get(pk=alert_id)
    if obstacle := why_not(first):
        raise CannotReplay(obstacle)
    with transaction.atomic():
        locks.account(first.account_id)
        copied = _copied(first, key or uuid4().hex)
        if sent := Alert.objects.filter(source_id=first.source_id, dedupe_key=copied["dedupe_key"]).first():
            return sent
        again = Alert.objects.create(**copied, received_at=now)
        payload = {"operator": operator, "of": first.pk}
        record("alert.replayed", subject=f"alert:{again.pk}", payload=payload, account_id=again.account_id)
        orders.ring_after_commit("process_inbox", again.account_id)
    return again


def why_not(alert: Alert) -> str:
    """Why it cannot be replayed; empty when it can."""
    if not alert.format:
        return f"Alert {alert.pk} was refused at the door: {alert.reason or 'nobody could read it'}"
    if not alert.source.enabled:
        return f"Source {alert.source.name} is switched off. Enable it first."
    return ""


def _copied(first: Alert, key: str) -> dict[str, object]:
    """What a replay shares with its first delivery. The client id keeps it out of the door's look for equal bodies."""
    names = ("source_id", "account_id", "endpoint", "format", "raw", "content_type", "body_hash")
    made = BY_HAND if made_by_hand(first.dedupe_key) else ""  # what the ticket may ask for, its replay may ask for
    marks = {"dedupe_key": f"{MARK}{made}{first.pk}:{key}", "client_id": f"{MARK}{first.pk}"}
    return {name: getattr(first, name) for name in names} | marks
