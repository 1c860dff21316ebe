"""What would this alert do now? Decides it for real, in a transaction that is rolled back; nothing is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from project.accounts.models import ExchangeAccount
from signals import deliveries, formats
from signals.formats import FieldError, FormatRefused
from signals.models import Alert, Source
from signals.strict_json import JsonRefused
from signals.verdict import Verdict
from trading import locks
from trading.gateways.base import Gateway
from trading.models import Leg, Order
from trading.services import decide, shadow_desk
from trading.services.bootstrap import digest
from trading.services.desk import Desk
from trading.services.stages import Stages, stages

GatewayOf = Callable[[ExchangeAccount], Gateway]
# Asked with the account that is decided for, where a price is missing.


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
    """An alert's format, its outcome with the reason and every check's numbers, the orders it would write, its stages."""

    format: str
    verdict: Verdict
    orders: tuple[PlannedOrder, ...]
    stages: Stages


class WrongSecret(Exception):
    """The door would refuse it with 401: this source has a body secret, and the body carries another one. Send it to a
    source without a body secret, or put the source's own in.
    """


def explain(raw: str, *, source: Source, gateway: GatewayOf, clock: Callable[[], datetime]) -> Explanation:
    """Decide `raw` as if it had just arrived. Raises FormatRefused or WrongSecret, as the door would refuse.

    A pair that nobody watched gets its price first, as it would for a real alert, from the venue of the account that
    the alert is for: its body may name another one than its source. The stages of a source in shadow
    mode are those on paper, its outcome SHADOW.
    """
    now, (text, body) = clock(), deliveries.opened(raw.encode("utf-8", "surrogatepass"))
    chosen = formats.choose(body, endpoint=source.kind, by_token=True, allowed=frozenset(source.formats))
    intent = formats.parse(body, chosen)
    offered = [digest(secret) for secret in formats.secrets_in(body)]
    if source.secret_hash and offered and bytes(source.secret_hash) not in offered:
        raise WrongSecret(" ".join((WrongSecret.__doc__ or "").split()))
    account_id = _account(source, intent.account)
    return _explained(_as_stored(text, chosen.name, source, account_id, now), gateway, clock)


def explain_stored(alert: Alert, *, gateway: GatewayOf, clock: Callable[[], datetime]) -> Explanation:
    """Decide a delivery of the past as if it arrived now. Raises FormatRefused for what the door refused."""
    try:
        formats.parse_stored(alert.format, alert.raw)
    except JsonRefused as refused:
        error = FieldError(refused.field, refused.code, refused.limit, refused.value)
        raise FormatRefused(refused.code, refused.message, (error,)) from None
    facts = _as_stored(alert.raw, alert.format, alert.source, alert.account_id, clock())
    return _explained(facts, gateway, clock)


def _account(source: Source, name: str) -> int:
    """The account an alert is for: its source's own, or another of the same user by name. Raises FormatRefused."""
    if not name:
        return int(source.account_id)
    found = source.user.accounts.filter(name=name).values_list("id", flat=True).first()
    if found is None:
        error = FieldError("account", "UNKNOWN_ACCOUNT", "the name of one of your accounts, as Windlass shows it")
        raise FormatRefused("UNKNOWN_ACCOUNT", f"account: {error.expected}.", (error,))
    return int(found)


def _explained(facts: dict[str, Any], gateway: GatewayOf, clock: Callable[[], datetime]) -> Explanation:
    """Prices first, then stages and decision under the account's lock; everything written is rolled back."""
    account_id = facts["account_id"]
    its_own = partial(_gateway, account_id, gateway)
    decide.fetch_prices(account_id, [Alert(**facts)], gateway=its_own, clock=clock)
    return undone(lambda: Alert.objects.create(**facts), account_id=account_id, now=clock())


def _gateway(account_id: int, gateway: GatewayOf) -> Gateway:
    return gateway(ExchangeAccount.objects.get(pk=account_id))


def undone(store: Callable[[], Alert], *, account_id: int, now: datetime) -> Explanation:
    """Stages and decision of an alert that is stored for this moment alone; its prices have been asked for."""
    with transaction.atomic():
        account = locks.account(account_id)
        alert = store()
        before = set(Order.objects.filter(account=account).values_list("id", flat=True))
        seen = Desk(account, now) if alert.source.live else shadow_desk.desk(account, alert.source, now=now)
        found = stages(seen, alert)
        verdict = decide.decide_alert(Desk(account, now), alert)
        planned = tuple(_planned(order) for order in _new_orders(account_id, before))
        transaction.set_rollback(True)
    return Explanation(alert.format, verdict, planned, found)


def _as_stored(raw: str, format_name: str, source: Source, account_id: int, now: datetime) -> dict[str, Any]:
    return {
        "source": source,
        "account_id": account_id,
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
