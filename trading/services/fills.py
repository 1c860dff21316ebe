"""Fills: asked for where the venue reports more than we recorded, written once, and their groups reviewed."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from project import failpoints
from project.accounts.models import ExchangeAccount
from project.journal.record import Event, record_all
from trading import locks, selectors
from trading.domain.money import total
from trading.domain.order_state import RESTING, OrderState, VenueStatus, advance
from trading.gateways.base import FillReport, Gateway, OrderReport
from trading.models import Fill, Order
from trading.services import cancel, fee_prices, one_by_one, orders, reports
from trading.services.listing import NOT_LISTED
from trading.services.one_by_one import apart, ask_each, of_group

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

AT_ONCE = 20
# Groups whose fees are priced late in one call: each is looked at whole.


def collect(account_id: int, *, gateway: Gateway, clock: Clock) -> int:
    """Ask the venue about every order on the book, then for missing fills; how many new fills were recorded.

    Raises NotReached when the venue can't be asked.
    """
    by_symbol = defaultdict(list)
    resting = selectors.to_watch(account_id).filter(state__in=sorted(RESTING)).exclude(NOT_LISTED)
    for order in resting.order_by("id"):
        by_symbol[order.instrument.symbol].append(order)
    try:
        ask_each(by_symbol.items(), lambda of: _look(account_id, *of, gateway=gateway, clock=clock), clock=clock)
    finally:  # what is known to have filled is asked for, whichever list the venue refused
        found = ask_each(_lacking(account_id), lambda order: _fetch(order, gateway=gateway, clock=clock), clock=clock)
    return found


def untold(account_id: int, *, gateway: Gateway, now: datetime) -> bool:
    """Whether an order that the venue took lately may have filled without our knowing. Raises NotReached.

    It shows nowhere yet, neither in the list nor by its number, or it shows only now, and has filled.
    """
    young = selectors.to_watch(account_id).filter(state__in=sorted(RESTING), acknowledged_at__gt=now - cancel.HIDDEN)
    by_symbol = defaultdict(list)
    for order in young.exclude(NOT_LISTED):
        by_symbol[order.instrument.symbol].append(order)
    return any(_untold(symbol, orders, gateway) for symbol, orders in by_symbol.items())


def _untold(symbol: str, young: Sequence[Order], gateway: Gateway) -> bool:
    there = {_name(report): report for report in gateway.open_orders(symbol)}
    for order in young:
        report = there.get(_name(order)) or cancel.seen(order, gateway=gateway)
        if report is None or report.filled_qty > order.filled_qty:
            return True
    return False


def _look(account_id: int, symbol: str, resting: Sequence[Order], *, gateway: Gateway, clock: Clock) -> int:
    """One question per symbol: what is still open tells what changed; what is not is asked for one by one. How many."""
    with failpoints.span("fill.look"):
        there = {_name(report): report for report in gateway.open_orders(symbol)}
    seen = [(order, there[_name(order)]) for order in resting if _name(order) in there]
    changed = [(order, report) for order, report in seen if report.filled_qty != order.reported_qty]
    _absorb(account_id, changed, clock)
    for order in resting:
        if _name(order) not in there:
            _ask(order, gateway, clock)
    stuck = [order for order, _ in seen if order.state == OrderState.CANCELLING]
    for order in stuck:  # its cancel never arrived: look_at takes it back to the book, where it is cancelled again
        _ask(order, gateway, clock)
    return len(resting)


def _ask(order: Order, gateway: Gateway, clock: Clock) -> None:
    with apart(of_group(order)):
        cancel.look_at(order, gateway=gateway, clock=clock)


def _name(order: Order | OrderReport) -> tuple[str, str]:
    """What the venue calls it: an order, or a conditional one that has not triggered yet."""
    return ("order", order.venue_order_id) if order.venue_order_id else ("algo", order.venue_algo_id)


def _absorb(account_id: int, changed: Sequence[tuple[Order, OrderReport]], clock: Clock) -> None:
    if not changed:
        return
    with failpoints.span("fill.absorb"), transaction.atomic():
        locks.account(account_id)
        locked = {o.pk: o for o in locks.orders(Order.objects.filter(pk__in=[order.pk for order, _ in changed]))}
        for order, report in changed:
            with apart(of_group(order)), transaction.atomic():
                reports.absorb(locked[order.pk], report, now=clock())


def _lacking(account_id: int) -> list[Order]:
    """Orders with fills we have not seen."""
    rows = Order.objects.filter(account_id=account_id, reported_qty__gt=F("filled_qty")).select_related("instrument")
    return list(rows.exclude(NOT_LISTED).order_by("id"))


def _fetch(order: Order, *, gateway: Gateway, clock: Clock) -> int:
    with failpoints.span("fill.fetch"):
        told = gateway.fills_of(symbol=order.instrument.symbol, venue_order_id=order.venue_order_id)
    return apply(order.pk, told, now=clock())


def apply(order_id: int, told: Iterable[FillReport], *, now: datetime) -> int:
    """Record an order's executions that are not recorded yet, then review its group; how many were new.

    Fills are unique by (account, instrument, venue order, venue trade), so telling them twice changes nothing.
    """
    account_id = Order.objects.values_list("account_id", flat=True).get(pk=order_id)
    with failpoints.span("fill.book"), transaction.atomic():
        locks.account(account_id)
        order = locks.orders(Order.objects.filter(pk=order_id).select_related("instrument")).get()
        known = set(Fill.objects.filter(order=order).values_list("venue_trade_id", flat=True))
        rows = [_row(order, report) for report in told if report.venue_trade_id not in known]
        if rows:
            fee_prices.put(rows, market=order.instrument, now=now)
            _record(order, rows)
            one_by_one.review(order.group_id, now=now)
        return len(rows)


def _row(order: Order, report: FillReport) -> Fill:
    return Fill(
        account_id=order.account_id,
        instrument_id=order.instrument_id,
        order=order,
        venue_order_id=report.venue_order_id,
        venue_trade_id=report.venue_trade_id,
        side=report.side,
        price=report.price,
        qty=report.qty,
        cost=report.cost,
        fee=report.fee,
        fee_currency=report.fee_currency,
        maker=report.maker,
        realised=report.realised,
        at=report.at,
    )


def _record(order: Order, rows: Sequence[Fill]) -> None:
    """Insert fills, journal them, and take the order's quantities and state along."""
    Fill.objects.bulk_create(rows)
    record_all(Event("fill", f"order:{order.pk}", _facts(order, row), order.account_id) for row in rows)
    sums = Fill.objects.filter(order=order).values_list("qty", "cost")
    filled, cost = total(qty for qty, _ in sums), total(cost for _, cost in sums)
    reported = max(order.reported_qty, filled)
    # Fills alone never end an order but by filling it: hence OPEN.
    to = advance(OrderState(order.state), venue_status=VenueStatus.OPEN, filled_qty=reported, qty=order.qty)
    orders.move(order, to, filled_qty=filled, filled_cost=cost, reported_qty=reported)


def _facts(order: Order, row: Fill) -> dict[str, str | int | Decimal | datetime | None]:
    return {
        "group": order.group_id,
        "trade": row.venue_trade_id,
        "venue_order": row.venue_order_id,
        "side": row.side,
        "qty": row.qty,
        "price": row.price,
        "cost": row.cost,
        "fee": row.fee,
        "fee_currency": row.fee_currency,
        "fee_price": row.fee_price,
        "at": row.at,
    }


# fees that waited for a price ----------------------------------------------------------------------


def price_fees(account_id: int, *, now: datetime) -> int:
    """Price the fees that were recorded while no price was known, by the first one known since; how many groups.

    A price is written once, with a journal event, and never changes. Safe to repeat.
    """
    if not (pairs := fee_prices.waiting(account_id)):
        return 0
    account = ExchangeAccount.objects.get(pk=account_id)
    prices = fee_prices.known(pairs, place=account, now=now)
    todo = Fill.objects.filter(fee_prices.of_fills(prices), account_id=account_id, unpriced=True).order_by()
    found = sorted(todo.values_list("order__group_id", flat=True).distinct()[:AT_ONCE])
    for group_id in found:
        with apart(f"group {group_id}"):
            _price(account_id, group_id, prices, now)
    fee_prices.want(prices, place=account, now=now)
    return len(found)


def _price(account_id: int, group_id: int, prices: Mapping[fee_prices.Pair, Decimal], now: datetime) -> None:
    """Write the prices into a group's fills, journal them, and review the group by what it has really paid."""
    with failpoints.span("fill.price"), transaction.atomic():
        locks.account(account_id)
        mine = Fill.objects.filter(fee_prices.of_fills(prices), order__group_id=group_id, unpriced=True)
        rows = list(mine.select_related("instrument").order_by("id"))
        for row in rows:
            row.fee_price, row.unpriced = prices[row.fee_currency, row.instrument.quote], False
        Fill.objects.bulk_update(rows, ["fee_price", "unpriced"])
        record_all(Event("fill.priced", f"order:{row.order_id}", _priced(row), account_id) for row in rows)
        one_by_one.review(group_id, now=now)


def _priced(row: Fill) -> dict[str, str | Decimal | None]:
    names = {"trade": row.venue_trade_id, "venue_order": row.venue_order_id}
    return {**names, "fee": row.fee, "fee_currency": row.fee_currency, "fee_price": row.fee_price}
