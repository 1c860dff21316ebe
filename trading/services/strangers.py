"""Orders at the venue held against ours: what rests there after it ended here is cancelled, what is not ours is shown.

So is cancelled what rests under an id of ours a second time: a request that arrived there twice.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from project.accounts.models import ExchangeAccount
from project.journal.record import Event, record_all
from signals.listing import GONE
from signals.models import Instrument
from trading import locks
from trading.domain.instance import SeenOrder
from trading.domain.order_state import TERMINAL, OrderState
from trading.domain.reconcile import Difference, OurBook, OurOrder, TheirBook, TheirOrder, compare
from trading.errors import OrderNotOpen, Unknown
from trading.gateways.base import Gateway, RestingReport
from trading.models import ForeignOrder, Order
from trading.services import cancel, instance

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Name = tuple[str, str]
ASKED_FOR = frozenset({Difference.FILLED_DIFFERS, Difference.ORDER_MISSING})
# One that rests, or has filled, otherwise than we know: its own number tells.


def look(account: ExchangeAccount, *, gateway: Gateway, clock: Clock) -> None:
    """Compare everything that rests at the venue with our orders. Raises NotReached."""
    reports = {_name(report): report for report in gateway.resting()}
    ours = list(_candidates(account.pk, reports.values()))
    found = compare(
        OurBook([_ours(order) for order in ours], (), {}), TheirBook([_theirs(r) for r in reports.values()], (), {})
    )
    by_client = {order.client_order_id: order for order in ours}
    for difference in found:
        if difference.kind is Difference.ORDER_DOUBLED:
            _end_second(account, reports[difference.symbol, difference.subject], gateway=gateway)
        elif difference.kind is Difference.ORDER_STILL_OPEN:
            _cancel(by_client[difference.subject], gateway=gateway, clock=clock)
        elif difference.kind in ASKED_FOR and by_client[difference.subject].instrument.status != GONE:
            cancel.look_at(by_client[difference.subject], gateway=gateway, clock=clock)  # its fills are fetched at once
    strange = [(c.symbol, c.subject) for c in found if c.kind is Difference.ORDER_FOREIGN]
    _write(account, [reports[name] for name in strange], now=clock())
    instance.look(account, [_seen(r, ours=name not in strange) for name, r in reports.items()], now=clock())


def _name(report: RestingReport) -> Name:
    """What the venue calls it: its number is unique per symbol at the most."""
    return report.symbol, report.order.venue_order_id or report.order.venue_algo_id


def _seen(report: RestingReport, *, ours: bool) -> SeenOrder:
    return SeenOrder(report.order.client_order_id, ours, report.order.at)


def _candidates(account_id: int, reports: Iterable[RestingReport]) -> Iterable[Order]:
    """Our orders that may be one of these: not ended, or of the same number or client order id."""
    names = [(r.order.client_order_id, r.order.venue_order_id, r.order.venue_algo_id) for r in reports]
    clients, numbers, algos = (
        {name for name in column if name} for column in (zip(*names, strict=True) if names else ((), (), ()))
    )
    known = Q(client_order_id__in=clients) | Q(venue_order_id__in=numbers) | Q(venue_algo_id__in=algos)
    return Order.objects.filter(known | ~Q(state__in=sorted(TERMINAL)), account_id=account_id).select_related(
        "instrument"
    )


def _ours(order: Order) -> OurOrder:
    number, waits = order.venue_order_id or order.venue_algo_id, not order.venue_order_id
    state = OrderState(order.state)
    return OurOrder(order.client_order_id, number, order.instrument.symbol, state, order.filled_qty, waits)


def _theirs(report: RestingReport) -> TheirOrder:
    told, waits = report.order, not report.order.venue_order_id
    return TheirOrder(told.client_order_id, _name(report)[1], report.symbol, told.filled_qty, waits)


# ours, ended here, and still there ---------------------------------------------------------------


def _cancel(order: Order, *, gateway: Gateway, clock: Clock) -> None:
    """An order that ended by our books rests at the venue: learn its number, cancel it, read how it ended.

    A cancel that fails is repeated by the next sweep, for the order still rests then.
    """
    cancel.look_at(order, gateway=gateway, clock=clock)
    order.refresh_from_db()
    try:
        gateway.cancel(
            symbol=order.instrument.symbol, venue_order_id=order.venue_order_id, venue_algo_id=order.venue_algo_id
        )
    except (OrderNotOpen, Unknown) as error:
        log.warning("order %s rests at the venue though it is %s: %s", order.pk, order.state, error)
    else:
        log.error("order %s rested at the venue though it is %s: cancelled there", order.pk, order.state)
        with transaction.atomic():
            locks.account(order.account_id)
            facts = {"state": order.state, "group": order.group_id}
            record_all([Event("order.still_open", f"order:{order.pk}", facts, order.account_id)])
    cancel.look_at(order, gateway=gateway, clock=clock)


def _end_second(account: ExchangeAccount, report: RestingReport, *, gateway: Gateway) -> None:
    """A second order under an id of ours: cancelled by its own number. What it has filled, the audit tells.

    A cancel that fails is repeated by the next sweep, for it still rests then.
    """
    told = report.order
    names = {"venue_order_id": told.venue_order_id, "venue_algo_id": told.venue_algo_id}
    try:
        gateway.cancel(symbol=report.symbol, **names)
    except (OrderNotOpen, Unknown) as error:
        log.warning("order %s rests a second time, as %s: %s", told.client_order_id, _name(report)[1], error)
        return
    log.error("order %s rested a second time, as %s: cancelled there", told.client_order_id, _name(report)[1])
    facts = {"client_order_id": told.client_order_id, "filled_qty": told.filled_qty, **names}
    with transaction.atomic():
        record_all([Event("order.doubled", f"account:{account.pk}", facts, account.pk)])


# not ours ----------------------------------------------------------------------------------------


def _write(account: ExchangeAccount, strange: Sequence[RestingReport], *, now: datetime) -> None:
    """Keep the list as it is at the venue; what is new or gone is journalled."""
    listed = {(row.instrument.symbol, row.venue_order_id): row for row in _listed(account.pk)}
    there = {_name(report): report for report in strange}
    gone = [row for name, row in listed.items() if name not in there]
    new = [report for name, report in there.items() if name not in listed]
    moved = [(row, there[name]) for name, row in listed.items() if name in there]
    changed = [(row, r) for row, r in moved if row.filled_qty != r.order.filled_qty]
    if not (gone or new or changed):
        return
    with transaction.atomic():
        locks.account(account.pk)
        _add(account, new, now)
        ForeignOrder.objects.filter(pk__in=[row.pk for row in gone]).update(gone_at=now)
        for row, report in changed:
            ForeignOrder.objects.filter(pk=row.pk).update(filled_qty=report.order.filled_qty)
        record_all(Event("foreign.gone", f"account:{account.pk}", _facts(row), account.pk) for row in gone)


def _listed(account_id: int) -> Iterable[ForeignOrder]:
    return ForeignOrder.objects.filter(account_id=account_id, gone_at=None).select_related("instrument")


def _add(account: ExchangeAccount, new: Sequence[RestingReport], now: datetime) -> None:
    """Write newcomers; one that was taken for gone (an unsteady answer) comes back as the same row."""
    markets = Instrument.objects.filter(venue=account.venue, environment=account.environment)
    by_symbol = {row.symbol: row for row in markets.filter(symbol__in={report.symbol for report in new})}
    for symbol in sorted({report.symbol for report in new} - by_symbol.keys()):
        log.warning(
            "account %s: an order rests on %s, which is not among its venue's listed markets", account.pk, symbol
        )
    rows = [_row(account, by_symbol[report.symbol], report, now) for report in new if report.symbol in by_symbol]
    ForeignOrder.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account", "instrument", "venue_order_id", "conditional"],
        update_fields=["price", "qty", "filled_qty", "gone_at"],
    )
    record_all(Event("foreign.seen", f"account:{account.pk}", _facts(row), account.pk) for row in rows)


def _row(account: ExchangeAccount, instrument: Instrument, report: RestingReport, now: datetime) -> ForeignOrder:
    return ForeignOrder(
        account=account,
        instrument=instrument,
        venue_order_id=_name(report)[1],
        conditional=not report.order.venue_order_id,
        client_order_id=report.order.client_order_id,
        side=report.side,
        type=report.type,
        price=report.price,
        qty=report.qty,
        filled_qty=report.order.filled_qty,
        seen_at=now,
    )


def _facts(row: ForeignOrder) -> dict[str, Any]:
    names = ("venue_order_id", "client_order_id", "side", "type", "price", "qty", "filled_qty")
    return {"symbol": row.instrument.symbol, **{name: getattr(row, name) for name in names}}
