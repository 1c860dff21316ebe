"""The account's open groups as the page shows them: each is read and made anew when a row of it has changed, and only then.

A page is asked for again and again, and a live one several times a second, while nothing but prices moves. PostgreSQL
knows every version of a row by the transaction that wrote it and by its place (xmin, ctid); what hangs on the same
versions as before looks as before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from threading import Lock

from django.db.models import Model

from dashboard.groups import priced, unpriced, with_funding
from dashboard.snapshot import GroupRow
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.reads import Among, Question, Read, Sql
from trading.models import Fill, Leg, Order, PositionGroup, Pyramid

Prices = Mapping[int, Decimal]  # instrument id -> last price
KEPT = 512
# Groups, as many as a page may have, of several accounts.

VERSIONS = Sql(
    """
    SELECT open.id, open.instrument_id, md5(concat_ws(' ', open.xmin, open.ctid, market.xmin, market.ctid,
        (SELECT string_agg(concat(p.xmin, p.ctid), ' ' ORDER BY p.id)
           FROM trading_pyramid p WHERE p.group_id = open.id),
        (SELECT string_agg(concat(leg.xmin, leg.ctid), ' ' ORDER BY leg.id)
           FROM trading_leg leg JOIN trading_pyramid p ON p.id = leg.pyramid_id WHERE p.group_id = open.id),
        (SELECT string_agg(concat(o.xmin, o.ctid), ' ' ORDER BY o.id)
           FROM trading_order o WHERE o.group_id = open.id),
        (SELECT string_agg(concat(f.xmin, f.ctid), ' ' ORDER BY f.id)
           FROM trading_fill f JOIN trading_order o ON o.id = f.order_id WHERE o.group_id = open.id),
        (SELECT string_agg(concat(paid.xmin, paid.ctid), ' ' ORDER BY paid.id)
           FROM trading_fundingpayment paid WHERE paid.group_id = open.id)))
    FROM trading_positiongroup open JOIN signals_instrument market ON market.id = open.instrument_id
    WHERE open.account_id = %(account_id)s AND open.closed_at IS NULL
    ORDER BY open.opened_at DESC, open.id DESC
    """
)
ROWS = Read(lambda ids: with_funding().filter(Among("id", ids), closed_at__isnull=True).select_related("instrument"))
PYRAMIDS = Read(lambda ids: Pyramid.objects.filter(Among("group_id", ids)).order_by("index"))
LEGS = Read(lambda ids: Leg.objects.filter(Among("pyramid__group_id", ids)).order_by("index"))
ORDERS = Read(lambda ids: Order.objects.filter(Among("group_id", ids)).order_by("id"))
FILLS = Read(lambda ids: Fill.objects.filter(Among("order__group_id", ids)).order_by("at", "id"))

_kept: dict[int, GroupRow] = {}
_LOCK = Lock()
# Each request has a thread of its own.


def questions(account: ExchangeAccount) -> tuple[Question, ...]:
    """What rows() asks at least."""
    return (VERSIONS.of(account_id=account.pk),)


def rows(account: ExchangeAccount, prices: Prices) -> tuple[GroupRow, ...]:
    """The account's open groups, newest first, with everything that a row and its detail show."""
    found = {number: (market, version) for number, market, version in VERSIONS(account_id=account.pk)}
    known = {number: kept for number, (_, version) in found.items() if (kept := _known(number, version))}
    if changed := found.keys() - known.keys():
        known |= {row.pk: _keep(row, found[row.pk][1]) for row in _read(sorted(changed))}
    return tuple(priced(known[n], prices.get(market)) for n, (market, _) in found.items() if n in known)


def forget() -> None:
    """Make every group anew."""
    _kept.clear()


def _known(number: int, version: str) -> GroupRow | None:
    kept = _kept.get(number)
    return kept if kept is not None and kept.version == version else None


def _keep(row: PositionGroup, version: str) -> GroupRow:
    """Of a group that changed once more since its version was read, the next look makes it anew."""
    made = unpriced(row, version)
    with _LOCK:
        while len(_kept) >= KEPT and row.pk not in _kept:
            del _kept[next(iter(_kept))]
        _kept[row.pk] = made
    return made


def _read(ids: list[int]) -> list[PositionGroup]:
    """These groups with all that hangs on them, in one question."""
    with ahead(*(read.of(ids=ids) for read in (ROWS, PYRAMIDS, LEGS, ORDERS, FILLS))):
        found, pyramids, orders = ROWS(ids=ids), PYRAMIDS(ids=ids), ORDERS(ids=ids)
        legs, fills = LEGS(ids=ids), FILLS(ids=ids)
    _attach(found, "pyramids", pyramids, by="group_id")
    _attach(pyramids, "legs", legs, by="pyramid_id")
    _attach(found, "orders", orders, by="group_id")
    _attach(orders, "fills", fills, by="order_id")
    return found


def _attach(parents: Iterable[Model], name: str, children: Iterable[Model], *, by: str) -> None:
    """Children where prefetch_related() would have put them."""
    of: dict[int, list[Model]] = defaultdict(list)
    for child in children:
        of[getattr(child, by)].append(child)
    for parent in parents:
        vars(parent).setdefault("_prefetched_objects_cache", {})[name] = of[parent.pk]
