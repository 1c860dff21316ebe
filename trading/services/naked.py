"""I13, kept: holdings that no exit would sell are met by the exits sweep, told when it cannot mend them, or waived."""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, F, Q, Sum, Value
from django.db.models.functions import Coalesce

from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.journal.record import record
from signals.listing import market_state
from trading import locks, selectors
from trading.domain.money import ZERO, total
from trading.domain.naked import ADVICE, SWEEP, Cover, Covering, Holding, Obstacles, Why, covering, may_tell, why
from trading.domain.order_state import SOON, TERMINAL, OrderState
from trading.domain.vocabulary import Purpose
from trading.models import BareHolding, Order, PositionGroup
from trading.selectors import GroupPicture

log = logging.getLogger(__name__)

UNTAKEN = SOON | {OrderState.NEW}
# Nothing is mended by an exit that is only tried.
NONE = Value(ZERO, DecimalField(max_digits=38, decimal_places=18))
HOLDS_AGAIN = Q(closed_at__isnull=False, qty__gt=F("dust_qty")) & Q(qty__gt=F("converted_qty"))
# What an ended group still holds has its name: dust, or taken by the venue. What it filled afterwards has none.
HOLDING = Q(closed_at__isnull=True) | HOLDS_AGAIN
# Few, and found by indexes, however long the past is.
RESTING = ~Q(orders__state__in=[*sorted(TERMINAL), OrderState.NEW]) & ~Q(orders__purpose__in=selectors.PROMISES_NOTHING)
PROMISED = Coalesce(Sum(F("orders__qty") - F("orders__filled_qty"), filter=RESTING), NONE)
# What exits at the venue would sell; counted where the rows are, so that only what looks wrong is looked at whole.


class NothingBare(Exception):
    """This group holds nothing without an exit: there is nothing to waive, or it was mended meanwhile."""


def look(account_id: int, *, now: datetime) -> int:
    """Hold every position of the account against the rule; how many are wrong. Told once, when a sweep could not mend it."""
    with transaction.atomic():
        account = locks.account(account_id)
        if mode.current().mode == mode.Mode.EMERGENCY:
            return 0  # the kill sells everything, and says what it could not sell
        open_rows = {row.group_id: row for row in _open(account_id)}
        groups = list(_holding_groups(account_id, {*open_rows}))
        found = [_look_at(group, account, open_rows.get(group.pk), now) for group in groups]
        return sum(one.cover.wrong for one in found)


def _open(account_id: int) -> Sequence[BareHolding]:
    rows = BareHolding.objects.filter(account_id=account_id, ended_at=None)
    return list(rows.select_for_update(no_key=True))


def _holding_groups(account_id: int, noted: set[int]) -> Sequence[PositionGroup]:
    """Groups that hold more than their exits promise, and those that were wrong at the last look."""
    holding = set(PositionGroup.objects.filter(HOLDING, account_id=account_id).values_list("id", flat=True))
    bare = Q(qty__gte=F("promised") + F("instrument__lot_step"), pk__in=holding)
    rows = PositionGroup.objects.filter(pk__in=holding | noted).annotate(promised=PROMISED)
    return list(rows.filter(bare | Q(pk__in=noted)).select_related("instrument").order_by("id"))


def _look_at(group: PositionGroup, account: ExchangeAccount, row: BareHolding | None, now: datetime) -> Covering:
    seen = selectors.picture(group)
    found = verdict(group, seen, waived_qty=row.waived_qty if row else ZERO, now=now)
    if found.cover in (Cover.COVERED, Cover.TOO_SMALL):
        if row is not None and not _leaving(seen):
            _end(row, now)
        return found
    _note(row or _new(group, now), found, _obstacles(account, group, seen, now), seen, now)
    return found


def verdict(group: PositionGroup, seen: GroupPicture, *, waived_qty: Decimal, now: datetime) -> Covering:
    """How what the group holds is covered; what the venue has taken, and dust of an ended group, needs no exit."""
    over = group.closed_at is not None and group.qty <= max(group.dust_qty, group.converted_qty)
    holding = Holding(
        qty=ZERO if over else max(seen.position.qty, ZERO),
        promised_qty=seen.promised_qty,
        late_qty=total(order.qty for order in _late(seen, now)),
        reserved_qty=group.reduce_qty,
        stopped=_stopped(group, seen),
        waived_qty=waived_qty,
    )
    return covering(holding, price=seen.price, rules=seen.rules)


def _late(seen: GroupPicture, now: datetime) -> list[Order]:
    """Exits that were decided and could not leave for as long as a sweep takes."""
    waiting = (o for o in seen.orders if o.state == OrderState.NEW and o.purpose not in selectors.PROMISES_NOTHING)
    return [order for order in waiting if now - order.created_at >= SWEEP]


def _leaving(seen: GroupPicture) -> bool:
    """Whether an exit is on its way, and the venue has not taken it: it may refuse this one as it did the last."""
    sales = (order.state for order in seen.orders if order.purpose not in selectors.PROMISES_NOTHING)
    return any(state in UNTAKEN for state in sales)


def _stopped(group: PositionGroup, seen: GroupPicture) -> bool:
    """Whether a stop rests at the venue, or stands watched with a price that can reach it."""
    resting = any(order.purpose == Purpose.STOP and order.state not in TERMINAL for order in seen.orders)
    watched = any(w["trigger_price"] is not None and w["kind"].startswith("STOP_") for w in group.watch)
    return resting or (watched and seen.prices is not None and group.closing_at is None)


def _obstacles(account: ExchangeAccount, group: PositionGroup, seen: GroupPicture, now: datetime) -> Obstacles:
    instrument = group.instrument
    exits = [order for order in seen.orders if order.purpose != Purpose.ENTRY]
    refused = exits[-1].detail or exits[-1].code if exits and exits[-1].state == OrderState.REJECTED else ""
    state = market_state(active=instrument.active, status=instrument.status)
    return Obstacles(state, account.health, refused, late=bool(_late(seen, now)))


# noting, telling, ending -------------------------------------------------------------------------


def _new(group: PositionGroup, now: datetime) -> BareHolding:
    return BareHolding(account_id=group.account_id, group=group, since=now)


def _note(row: BareHolding, found: Covering, obstacles: Obstacles, seen: GroupPicture, now: datetime) -> None:
    """Write what stands now; a change, or the end of the sweep's chance, is saved, and told in the journal once."""
    cause = why(obstacles)
    said = {"qty": found.qty, "cover": found.cover, "code": cause, "words": _words(cause, obstacles)}
    tells = row.told_at is None and found.cover.wrong and may_tell(since=row.since, now=now)
    if row.pk is None or tells or any(getattr(row, name) != value for name, value in said.items()):
        for name, value in said.items():
            setattr(row, name, value)
        row.told_at = now if tells else row.told_at
        row.save()
    if tells:
        log.error("group %s: %s %s without an exit: %s", row.group_id, found.qty, seen.rules.base, cause)
        _journal(row, "bare.told", **said, since=row.since)


def _words(cause: Why, obstacles: Obstacles) -> str:
    """What is in the way, and what to do."""
    return f"{obstacles.refused} {ADVICE[cause]}".strip() if cause is Why.REFUSED else ADVICE[cause]


def _end(row: BareHolding, now: datetime) -> None:
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    if row.told_at is not None or row.waived_at is not None:
        _journal(row, "bare.mended", lasted_secs=Decimal(str((now - row.since).total_seconds())))


def _journal(row: BareHolding, kind: str, **facts: object) -> None:
    record(kind, subject=f"group:{row.group_id}", payload=facts, account_id=row.account_id)


# by name -----------------------------------------------------------------------------------------


def waive(group_id: int, *, operator: str, reason: str, now: datetime) -> BareHolding:
    """A person says that what is bare needs no exit; more than that is told again. Raises NothingBare."""
    with transaction.atomic():
        row = _locked(group_id)
        row.waived_qty, row.waived_by, row.waived_reason, row.waived_at = row.qty, operator, reason, now
        row.cover = Cover.WAIVED
        row.save()
        _journal(row, "bare.waived", operator=operator, reason=reason, qty=row.qty)
        return row


def take_back(group_id: int, *, operator: str, now: datetime) -> BareHolding:
    """Undo a waiver: from now on it is wrong again, and told at once. Raises NothingBare."""
    with transaction.atomic():
        row = _locked(group_id)
        if row.waived_at is None:
            raise NothingBare(NothingBare.__doc__)
        row.waived_qty, row.waived_by, row.waived_reason, row.waived_at = ZERO, "", "", None
        row.cover, row.since, row.told_at = Cover.NAKED, now, now
        row.save()
        _journal(row, "bare.waiver_taken_back", operator=operator, qty=row.qty)
        return row


def _locked(group_id: int) -> BareHolding:
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    locks.account(account_id)
    row = BareHolding.objects.select_for_update(no_key=True).filter(group_id=group_id, ended_at=None).first()
    if row is None:
        raise NothingBare(NothingBare.__doc__)
    return row
