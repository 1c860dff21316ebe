"""A test of the alert builder: through the door where its address is at hand, else straight into the mailbox.

A test never moves real money: it is sent on paper, testnet and shadow only; a live account's alert is previewed.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from project.accounts.models import Environment
from project.journal.record import record
from signals import deliveries, formats
from signals.formats import FormatRefused
from signals.inbox import body_hash
from signals.intent import Intent
from signals.models import Alert, Source
from trading import locks
from trading.services import orders

MARK = "builder:"
# Begins the key of a test that did not come through the door; no sender's own key begins so.
PLAY = frozenset({Environment.PAPER, Environment.TESTNET})
TOKEN = re.compile(r"(?:https?://[^\s/]{1,255}/webhooks/)?([A-Za-z0-9_-]{20,128})/?")
TIMEOUT_SECS = 5.0
LIVE = "This source trades real money: a test is previewed only."
ELSEWHERE = "This message names another account than its source's: a test stays on {name}."


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a test: the alert's number, or why there is none; `words` say which way it went."""

    alert_id: int | None
    words: str


def may_send(source: Source) -> bool:
    """Whether a test of this source moves play money or none."""
    return not source.live or source.account.environment in PLAY


def names_another(source: Source, intent: Intent | None) -> bool:
    """Whether a message would leave its source's account, which is all that `may_send` has looked at."""
    return bool(intent and intent.account and intent.account != source.account.name)


def token_of(text: str) -> str:
    """The token of a webhook address that was pasted; empty where there is none."""
    found = TOKEN.fullmatch(text.strip())
    return found[1] if found else ""


def through_the_door(token: str, body: str, *, source: Source) -> Sent:
    """Post it as TradingView would. The door of this machine is asked, whatever host the address names."""
    import httpx  # here: only a test needs it

    if not may_send(source):
        return Sent(None, LIVE)
    if hashlib.sha256(token.encode()).digest() != bytes(source.token_hash or b""):
        return Sent(
            None, f"This is not the address of {source.name}, or no longer: choose its source, or make a new one."
        )
    url = f"http://127.0.0.1:{settings.WINDLASS.door_port}/webhooks/{token}"
    try:
        plain = {"Content-Type": "text/plain"}
        answer = httpx.post(url, content=body.encode(), timeout=TIMEOUT_SECS, headers=plain, verify=False)  # noqa: S501
        told = answer.json()
    except (httpx.TransportError, json.JSONDecodeError):
        return Sent(None, f"The door does not answer on port {settings.WINDLASS.door_port}: is the stack running?")
    return _answered(answer.status_code, told)


def _answered(status: int, told: dict[str, object]) -> Sent:
    if status in (200, 202):
        same = " It is the same as before, so nothing happens twice." if status == 200 else ""
        return Sent(int(str(told["id"])), f"The door answered {status}: {told['status']}.{same}")
    if status == 401:
        return Sent(None, "The door answered 401: the address is no longer valid. Make a new one.")
    return Sent(None, f"The door answered {status} {told.get('code', '')}: {told.get('message', '')}"[:600])


def into_the_mailbox(body: str, *, source: Source, operator: str, now: datetime) -> Sent:
    """Store it where the door stores alerts, and ring. Read by the same parser; only the address is not proven."""
    if not may_send(source):
        return Sent(None, LIVE)
    if not source.enabled:
        return Sent(None, f"Source {source.name} is switched off: the door would answer 401.")
    try:
        text, read = deliveries.opened(body.encode())
        chosen = formats.choose(read, endpoint=source.kind, by_token=True, allowed=frozenset(source.formats))
        intent = formats.parse(read, chosen)
    except FormatRefused as refused:
        return Sent(None, f"The door would answer 422 {refused.code}: {refused.message}"[:600])
    if names_another(source, intent):
        return Sent(None, ELSEWHERE.format(name=source.account.name))
    clean = formats.SCRUBBER.body(text, read, proofs=formats.secrets_in(read))
    alert = _stored(source, chosen.name, clean, operator, now)
    return Sent(
        alert.pk, "Put straight into the mailbox: the address is not known here, so the door's own check was left out."
    )


def _stored(source: Source, format_name: str, clean: str, operator: str, now: datetime) -> Alert:
    key = f"{MARK}{uuid4().hex}"
    with transaction.atomic():
        locks.account(source.account_id)
        alert = Alert.objects.create(
            source=source,
            account_id=source.account_id,
            endpoint=source.kind,
            format=format_name,
            raw=clean,
            body_hash=body_hash(clean),
            dedupe_key=key,
            client_id=key,
            received_at=now,
        )
        payload = {"operator": operator, "source": source.name}
        record("alert.tested", subject=f"alert:{alert.pk}", payload=payload, account_id=alert.account_id)
        orders.ring_after_commit("process_inbox", alert.account_id)
    return alert
