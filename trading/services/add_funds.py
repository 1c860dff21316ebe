"""Adding funds by hand: one more pyramid of an open group, through every check that an alert's would pass."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet

from project.accounts.vault import VaultError
from project.journal.record import record
from signals.evaluate import Meant, evaluate
from signals.market import instruments
from signals.models import Alert
from signals.verdict import Outcome, Verdict
from trading import locks, selectors
from trading.domain.refusal import plain
from trading.domain.settings import SettingError
from trading.domain.vocabulary import PositionSide, Purpose
from trading.errors import WindlassError
from trading.gateways.base import Gateway
from trading.models import Order, PositionGroup
from trading.services import entry, market, outcomes, stand_in
from trading.services.desk import Desk
from trading.services.meaning import setting_invalid
from trading.services.queue import ANY_AGE

log = logging.getLogger(__name__)

MARK = "by-hand:"
# Begins the dedupe key of such an alert; a sender's own keys begin otherwise, so nobody can forge one.
ACTIONS: Mapping[str, str] = MappingProxyType({PositionSide.LONG: "buy", PositionSide.SHORT: "sell"})


class CannotAdd(Exception):
    """Why nothing can be added to a group by hand, in words."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding came to, or would: the outcome with its reason, and the entry orders, as (price, qty, type)."""

    verdict: Verdict
    orders: tuple[tuple[Decimal | None, Decimal, str], ...]

    @property
    def done(self) -> bool:
        """Whether a pyramid was added."""
        return self.verdict.outcome == Outcome.PYRAMIDED


def preview(group_id: int, *, size_quote: Decimal | None, operator: str, now: datetime) -> Added:
    """What add() would do now: decided for real, in a transaction that is rolled back. Raises CannotAdd."""
    with transaction.atomic():
        found = add(group_id, size_quote=size_quote, operator=operator, now=now)
        transaction.set_rollback(True)
    return found


def add(group_id: int, *, size_quote: Decimal | None, operator: str, now: datetime, key: str = "") -> Added:
    """Decide one more pyramid, once for each key; size_quote None: what source or settings say. Raises CannotAdd.

    It is an alert of the source that opened the group, written by us, so that it too has its one outcome on the page.
    It is journalled with who.
    """
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    with transaction.atomic():
        account, group = locks.account(account_id), locks.group(group_id)
        if earlier := _earlier(group, key):
            return earlier
        if group.closing_at is not None:
            raise CannotAdd("The group is closed or closing: nothing is added to it any more.")
        alert = _alert(group, size_quote, operator, key or uuid4().hex, now)
        payload = {"operator": operator, "alert": alert.pk, "size_quote": size_quote}
        record("group.add_asked", subject=f"group:{group.pk}", payload=payload, account_id=account_id)
        desk, before = Desk(account, now), set(_entry_ids(group))
        verdict = _decided(desk, alert, group)
        outcomes.settle(desk.sheet, account_id, {alert.pk: verdict}, now=now)
        desk.sheet.write()
        return Added(verdict, _orders(group, before))


def fetch_price(group: PositionGroup, *, gateway: Callable[[], Gateway], clock: Callable[[], datetime]) -> None:
    """The pair's price, where nobody watched it lately; one that can't be had stays missing, and missing denies."""
    try:
        market.ensure_prices(group.account, {group.instrument.symbol}, gateway=gateway, clock=clock)
    except (VaultError, WindlassError) as error:
        log.warning("no price for %s: %s", group.instrument.symbol, error)


def _earlier(group: PositionGroup, key: str) -> Added | None:
    """What the same key came to before."""
    alert = Alert.objects.filter(account_id=group.account_id, dedupe_key=_dedupe_key(group, key)).first()
    if alert is None:
        return None
    placed = Order.objects.filter(leg__pyramid__signal__alert=alert, purpose=Purpose.ENTRY)
    return Added(Verdict(alert.outcome, alert.reason), _told(placed))


def _dedupe_key(group: PositionGroup, key: str) -> str:
    return f"{MARK}{group.pk}:{key}"


def _alert(group: PositionGroup, size_quote: Decimal | None, operator: str, key: str, now: datetime) -> Alert:
    """The alert in the person's place, of the source that opened the group."""
    first = (
        Alert.objects.filter(signal__pyramids__group=group).select_related("source", "account").order_by("id").first()
    )
    if first is None:
        raise CannotAdd("No source opened this group, so nothing says how it is sized: send an alert instead.")
    body = {
        "symbol": group.instrument.symbol,
        "action": ACTIONS[group.side],
        "interval": stand_in.interval(group.timeframe_secs),
    }
    size = {} if size_quote is None else {"size": plain(size_quote), "size_type": "quote"}
    said = body | size | {"message": f"added by hand, {operator}"}
    return stand_in.store(first.source, said, account_id=group.account_id, key=_dedupe_key(group, key), now=now)


def _decided(desk: Desk, alert: Alert, group: PositionGroup) -> Verdict:
    """The alert's outcome: the group is open and locked, so it can only be one more pyramid of it."""
    listed = instruments.listed(desk.account.venue, desk.account.environment)
    facts = replace(selectors.alert_facts(alert), live=True)
    found = evaluate(facts, instruments=listed, max_age=lambda _: ANY_AGE)
    if not isinstance(found, Meant):
        return found if isinstance(found, Verdict) else Verdict(Outcome.UNREADABLE, "It asks for no trade.")
    same = replace(found, timeframe_secs=group.timeframe_secs)  # not the source's own, where the group has none
    try:
        return entry.enter(desk, same, PositionSide(group.side))
    except SettingError as error:
        return setting_invalid(error)


def _entry_ids(group: PositionGroup) -> list[int]:
    return list(Order.objects.filter(group=group).values_list("id", flat=True))


def _orders(group: PositionGroup, before: set[int]) -> tuple[tuple[Decimal | None, Decimal, str], ...]:
    return _told(Order.objects.filter(group=group).exclude(pk__in=before))


def _told(orders: QuerySet[Order]) -> tuple[tuple[Decimal | None, Decimal, str], ...]:
    return tuple(orders.order_by("id").values_list("price", "qty", "type"))
