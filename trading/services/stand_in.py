"""An alert that a person has made instead of a sender: stored like any other, told apart by its key."""

import json
from collections.abc import Mapping
from datetime import datetime

from signals.inbox import body_hash
from signals.models import Alert, Source
from signals.timeframes import DAY


def store(source: Source, fields: Mapping[str, object], *, account_id: int, key: str, now: datetime) -> Alert:
    """Store an alert of a source in our own format. `key` begins with a mark that no sender's own key begins with."""
    raw = body(fields)
    return Alert.objects.create(
        source=source,
        account_id=account_id,
        endpoint="tradingview",
        format="windlass",
        raw=raw,
        body_hash=body_hash(raw),
        dedupe_key=key,
        client_id=key,
        received_at=now,
    )


def body(fields: Mapping[str, object]) -> str:
    """The text of an alert with these fields; what is not said is left out."""
    return json.dumps({name: value for name, value in fields.items() if value not in (None, "")})


def interval(secs: int) -> str:
    """Seconds as an alert writes them; 0 is no timeframe, and left out."""
    if not secs:
        return ""
    return f"{secs}s" if secs <= DAY else f"{secs // DAY}d"
