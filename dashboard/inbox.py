"""What arrived at the door: the latest alerts with their outcome, and the deliveries that were refused today."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from django.db.models import F, Q, Sum, Window

from dashboard.snapshot import AlertRow, RefusedRow
from project.accounts.models import ExchangeAccount
from project.reads import Question, Read, Sql
from signals.formats import FormatRefused, parse_stored
from signals.market import instruments
from signals.models import Alert, Refusal
from signals.strict_json import JsonRefused
from signals.symbols import candidates, without_endings, without_exchange

ALERTS_SHOWN = 12
REFUSED_SHOWN = 5
SUBJECT_LENGTH = 60  # of a raw body, where the alert has no symbol

# Outcomes that are no refusal: words and colour. Whatever is not here was refused, and its code says why.
OUTCOMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("being decided", ""),
        "DEQUEUED": ("taken out of the queue", ""),
        "ENTERED": ("entry", "up"),
        "EXITED": ("exit", "up"),
        "INDICATORS_STORED": ("values stored", ""),
        "NEUTRAL": ("none", ""),
        "NOTHING_TO_EXIT": ("none", ""),
        "NOTICE": ("notice", ""),
        "PYRAMIDED": ("pyramid", "up"),
        "QUEUED": ("queued", ""),
        "REDUCED": ("reduced", "up"),
        "REVERSED": ("reversed", "up"),
        "SHADOW": ("shadow, not traded", ""),
    }
)
CODED = frozenset({"NOTHING_TO_EXIT", "SHADOW"})


LATEST = Read(
    lambda account_id: (
        Alert.objects.filter(account_id=account_id).select_related("source", "signal").order_by("-id")[:ALERTS_SHOWN]
    )
)
# The pairs of the groups that these alerts closed: an exit has no signal row of its own.
CLOSED_BY_THEM = Sql(f"""
SELECT held.id, market.symbol FROM trading_positiongroup held
JOIN signals_instrument market ON market.id = held.instrument_id
WHERE held.id IN (
  SELECT number::bigint FROM (
    SELECT details -> 'groups' AS named FROM signals_alert
    WHERE account_id = %(account_id)s ORDER BY id DESC LIMIT {ALERTS_SHOWN}
  ) latest, jsonb_array_elements_text(CASE jsonb_typeof(named) WHEN 'array' THEN named ELSE '[]' END) number)
""")
REFUSED = Read(
    lambda account_id, day: (
        Refusal.objects.filter(Q(source__account_id=account_id) | Q(source__isnull=True), day=day)
        .select_related("source")
        .annotate(total=Window(Sum(F("count"))))
        .order_by("-last_at", "-id")[:REFUSED_SHOWN]
    )
)


def questions(account: ExchangeAccount, *, now: datetime) -> tuple[Question, ...]:
    """What latest() and refused_today() ask."""
    mine = {"account_id": account.pk}
    return LATEST.of(**mine), CLOSED_BY_THEM.of(**mine), REFUSED.of(**mine, day=now.date())


def latest(account: ExchangeAccount) -> tuple[AlertRow, ...]:
    """The account's latest deliveries, newest first."""
    symbols: dict[int, str] = dict(CLOSED_BY_THEM(account_id=account.pk))
    return tuple(_alert(row, account, symbols) for row in LATEST(account_id=account.pk))


def refused_today(account: ExchangeAccount, *, now: datetime) -> tuple[tuple[RefusedRow, ...], int]:
    """Today's refused deliveries to the account's sources, with those that named no source we know; and their sum."""
    rows = REFUSED(account_id=account.pk, day=now.date())
    return tuple(map(_refused, rows)), next((vars(row)["total"] for row in rows), 0)


def _refused(row: Refusal) -> RefusedRow:
    source = row.source.name if row.source else ""
    return RefusedRow(row.id, source, row.address, row.reason, row.count, row.last_at)


def _alert(row: Alert, account: ExchangeAccount, symbols: Mapping[int, str]) -> AlertRow:
    words, tone = OUTCOMES.get(row.outcome, ("refused", "down"))
    symbol, action = asked(row.format, row.raw)
    symbol = _listed(symbol, account)
    signal = getattr(row, "signal", None)
    closed = [symbols[group] for group in row.details.get("groups", ()) if group in symbols]
    known = signal.symbol if signal else row.details.get("symbol") or next(iter(closed), symbol)
    return AlertRow(
        id=row.id,
        at=row.received_at,
        source=row.source.name,
        subject=str(known) or row.raw[:SUBJECT_LENGTH],
        action=action,
        words=words,
        tone=tone,
        code=row.outcome if row.outcome not in OUTCOMES or row.outcome in CODED else "",
        reason=row.reason,
    )


def _listed(symbol: str, account: ExchangeAccount) -> str:
    """The pair's own name where the account's venue has it, so that one pair reads as one; else as it was sent."""
    # As signals.symbols.resolve finds it, without its suggestions: they take 10 ms a name, and every frame asks again.
    names = instruments.listed(account.venue, account.environment).names
    bare = without_exchange(symbol.upper(), "")
    core, wants_derivative = without_endings(bare)
    tables = [names.derivative] if wants_derivative else [names.spot, names.derivative]
    found = next((table[name] for table in tables for name in candidates(bare, core) if name in table), ())
    return found[0] if len(found) == 1 else symbol


@lru_cache(maxsize=256)
def asked(format_name: str, raw: str) -> tuple[str, str]:
    """Symbol and action as the sender wrote them; empty where the body cannot be read (the outcome says so)."""
    try:
        intent = parse_stored(format_name, raw)
    except (FormatRefused, JsonRefused):
        return "", ""
    return intent.symbol, str(intent.action or intent.market_position or "")
