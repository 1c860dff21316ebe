"""Dust: what ended groups left below the venue's minimums goes into the next position of its pair, or off the books.

A fee taken in the bought currency leaves less than a lot at nearly every spot group: together they are worth an order.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.accounts.models import Balance, ExchangeAccount
from project.journal.record import record
from trading import locks, selectors
from trading.domain.dust import Crumb, DustRule, affordable, carried_price, home, sells
from trading.domain.money import total
from trading.domain.vocabulary import MarketKind
from trading.models import DustMove, Order, PositionGroup
from trading.services import groups
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults

Pair = tuple[int, str]


class NoDust(Exception):
    """This group left no dust that is still on the books: it was merged, sold or written off meanwhile."""


class NotWrittenOff(Exception):
    """This dust was not written off by hand, or it is on the books again already."""


def lying(account_id: int, *, instruments: Collection[int] | None = None) -> dict[Pair, list[PositionGroup]]:
    """Ended groups whose dust lies about, oldest first, by instrument and side; not while an order may be selling it.

    instruments: only theirs.
    """
    selling = Order.objects.filter(selectors.UNSETTLED, account_id=account_id).values("group_id")
    gone = DustMove.objects.filter(undone_at=None).values("group_id")
    rows = PositionGroup.objects.filter(account_id=account_id, closed_at__isnull=False, qty__gt=0, dust_qty__gt=0)
    if instruments is not None:
        rows = rows.filter(instrument_id__in=instruments)
    found: dict[Pair, list[PositionGroup]] = defaultdict(list)
    for group in rows.exclude(pk__in=gone).exclude(pk__in=selling).select_related("instrument").order_by("id"):
        found[(group.instrument_id, group.side)].append(group)
    return found


# by the rule -------------------------------------------------------------------------------------


def merge(account_id: int, *, now: datetime) -> int:
    """Let open groups take in the dust of their pair, at what it cost; how many crumbs went over."""
    rows = PositionGroup.objects.filter(account_id=account_id, closed_at=None, closing_at=None, qty__gt=0)
    pairs = set(rows.values_list("instrument_id", flat=True))
    if not pairs or not lying(account_id, instruments=pairs):
        return 0
    with failpoints.span("dust.merge"), transaction.atomic():
        account = locks.account(account_id)
        dust = lying(account_id, instruments=pairs)
        open_ones = list(rows.select_related("instrument").order_by("id"))
        return sum(
            _take_in(account, group, dust.pop((group.instrument_id, group.side), []), now) for group in open_ones
        )


def _take_in(account: ExchangeAccount, group: PositionGroup, dust: Sequence[PositionGroup], now: datetime) -> int:
    """The dust of its pair goes into the first leg of a group that nothing was sold of yet."""
    if not dust or _rule(account, group.instrument.symbol, now) is not DustRule.MERGE:
        return 0
    leg = home(selectors.picture(group).holdings)
    if leg is None:
        return 0
    kept = _still_there(account, group, dust)
    if not sells(kept, held_qty=group.qty, lot_step=group.instrument.lot_step):
        return 0
    for crumb in kept:
        _move(crumb, to=group, leg_id=leg.leg_id, now=now)
    groups.review(group.pk, now=now)
    return len(kept)


def _rule(account: ExchangeAccount, symbol: str, now: datetime) -> DustRule:
    return DustRule(settings_or_defaults(Desk(account, now), symbol).execution.dust)


def _still_there(account: ExchangeAccount, group: PositionGroup, dust: Sequence[PositionGroup]) -> list[Crumb]:
    """What the venue certainly still holds of it: a person may have sold or converted it."""
    crumbs = [_crumb(g) for g in dust if g.qty > 0 and g.average_entry]
    base = group.instrument.base
    if group.instrument.kind == MarketKind.LINEAR:
        return affordable(crumbs, held_qty=Decimal(0), there_qty=None)
    holding = PositionGroup.objects.filter(account=account, closed_at=None, qty__gt=0)  # one that closes holds it yet
    of_base = holding.filter(instrument__base=base, instrument__kind=MarketKind.SPOT)
    held = total(of_base.values_list("qty", flat=True))
    balance = Balance.objects.filter(account=account, currency=base).first()
    return affordable(crumbs, held_qty=held, there_qty=balance.total if balance else Decimal(0))


def _crumb(group: PositionGroup) -> Crumb:
    return Crumb(group.pk, group.qty, carried_price(group.average_entry or Decimal(0), qty=group.qty))


def _move(
    crumb: Crumb, *, now: datetime, to: PositionGroup | None = None, leg_id: int | None = None, **by: str
) -> DustMove:
    """Write where it went; a group whose dust was merged holds it no more. The account is locked."""
    row = DustMove.objects.create(
        group_id=crumb.group_id, to_group=to, leg_id=leg_id, qty=crumb.qty, price=crumb.price, at=now, **by
    )
    _journal(row, "dust.merged" if to else "dust.written_off")
    groups.review(crumb.group_id, now=now)
    return row


def _journal(row: DustMove, kind: str) -> None:
    facts = {"qty": row.qty, "price": row.price, "to": row.to_group_id, "operator": row.operator, "reason": row.reason}
    record(kind, subject=f"group:{row.group_id}", payload=facts, account_id=row.group.account_id)


# by a person -------------------------------------------------------------------------------------


def write_off(group_id: int, *, operator: str, reason: str, now: datetime) -> DustMove:
    """A person takes dust off the books: it is merged into nothing, and shown no more. Raises NoDust."""
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    with transaction.atomic():
        locks.account(account_id)
        found = [g for rows in lying(account_id).values() for g in rows if g.pk == group_id]
        if not found or found[0].average_entry is None:
            raise NoDust(NoDust.__doc__)
        return _move(_crumb(found[0]), now=now, operator=operator, reason=reason)


def put_back(group_id: int, *, operator: str, now: datetime) -> DustMove:
    """Undo a write-off: the dust lies about again, as it did. Raises NotWrittenOff."""
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    with transaction.atomic():
        locks.account(account_id)
        row = DustMove.objects.filter(group_id=group_id, to_group=None, undone_at=None).first()
        if row is None:
            raise NotWrittenOff(NotWrittenOff.__doc__)
        row.undone_at = now
        row.save(update_fields=["undone_at"])
        payload = {"qty": row.qty, "operator": operator}
        record("dust.put_back", subject=f"group:{group_id}", payload=payload, account_id=account_id)
        groups.review(group_id, now=now)
        return row
