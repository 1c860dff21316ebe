"""What would this alert do now? Decides it for real, in a transaction that is rolled back; nothing is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from signals import formats
from signals.models import Alert, Source
from signals.verdict import Verdict
from trading import locks
from trading.gateways.base import Gateway
from trading.models import Leg, Order
from trading.services import decide
from trading.services.bootstrap import digest
from trading.services.desk import Desk


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One order that would be written."""

    leg: int | None
    side: str
    type: str
    qty: Decimal
    price: Decimal | None
    target_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """An alert's format, its outcome with the reason and every check's numbers, and the orders it would write."""

    format: str
    verdict: Verdict
    orders: tuple[PlannedOrder, ...]


class WrongSecret(Exception):
    """The door would refuse it with 401: this source has a body secret, and the body carries another one. Send it to a
    source without a body secret, or put the source's own in.
    """


def explain(raw: str, *, source: Source, gateway: Callable[[], Gateway], clock: Callable[[], datetime]) -> Explanation:
    """Decide `raw` as if it had just arrived. Raises FormatRefused, JsonRefused or WrongSecret, as the door would refuse.

    A pair that nobody watched gets its price first, as it would for a real alert.
    """
    now = clock()
    body = formats.read(raw)
    chosen = formats.choose(body, endpoint=source.kind, by_token=True, allowed=source.formats)
    formats.parse(body, chosen)
    offered = [digest(secret) for secret in formats.secrets_in(body)]
    if source.secret_hash and offered and bytes(source.secret_hash) not in offered:
        raise WrongSecret(" ".join((WrongSecret.__doc__ or "").split()))
    facts = _as_stored(raw, chosen.name, source, now)
    decide.fetch_prices(source.account_id, [Alert(**facts)], gateway=gateway, clock=clock)
    with transaction.atomic():
        account = locks.account(source.account_id)
        alert = Alert.objects.create(**facts)
        before = set(Order.objects.filter(account=account).values_list("id", flat=True))
        verdict = decide.decide_alert(Desk(account, clock()), alert)
        planned = tuple(_planned(order) for order in _new_orders(source.account_id, before))
        transaction.set_rollback(True)
    return Explanation(chosen.name, verdict, planned)


def _as_stored(raw: str, format_name: str, source: Source, now: datetime) -> dict[str, Any]:
    return {
        "source": source,
        "account_id": source.account_id,
        "endpoint": source.kind,
        "format": format_name,
        "raw": raw,
        "body_hash": digest(raw),
        "dedupe_key": f"explain:{now.isoformat()}",
        "received_at": now,
    }


def _new_orders(account_id: int, before: set[int]) -> list[Order]:
    rows = Order.objects.filter(account_id=account_id).exclude(pk__in=before).select_related("leg")
    return list(rows.order_by("id"))


def _planned(order: Order) -> PlannedOrder:
    leg: Leg | None = order.leg
    target = leg.target_price if leg else None
    return PlannedOrder(leg.index if leg else None, order.side, order.type, order.qty, order.price, target)
