"""What a venue's word does to an order: its row first, then its group. The account is locked by the caller."""

from datetime import datetime
from typing import Any

from trading.domain.order_state import OrderState, advance, latest_filled
from trading.domain.retry import AfterNotPlaced, after_not_placed
from trading.domain.vocabulary import Purpose
from trading.gateways.base import OrderReport
from trading.models import Order
from trading.services import groups, one_by_one, orders
from trading.services.sheet import Sheet

ENDED = frozenset({OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED})


def absorb(
    order: Order, report: OrderReport, *, now: datetime, cancel_refused: bool = False, sheet: Sheet | None = None
) -> None:
    """Write a venue's report into a locked order: state, ids, reported quantity; rings for fills that are not here yet.

    With a sheet the order is written when the sheet is, or before its group is looked at.
    """
    reported = latest_filled(order.reported_qty, report.filled_qty)
    to = advance(
        OrderState(order.state),
        venue_status=report.status,
        filled_qty=reported,
        qty=order.qty,
        cancel_refused=cancel_refused,
    )
    changes: dict[str, Any] = {}
    if report.venue_order_id and not order.venue_order_id:
        changes = {"venue_order_id": report.venue_order_id}
    if report.venue_algo_id and not order.venue_algo_id:
        changes["venue_algo_id"] = report.venue_algo_id
    if changes and order.acknowledged_at is None:
        changes["acknowledged_at"] = now
    if reported != order.reported_qty:
        changes["reported_qty"] = reported
    if to is OrderState(order.state) and not changes:
        return
    orders.move(order, to, sheet, **changes)
    if to in ENDED:
        groups.not_reduced(order)
    if order.reported_qty > order.filled_qty:
        orders.ring_after_commit("poll_fills", order.account_id)
    elif to in ENDED or (to is OrderState.OPEN and order.purpose == Purpose.STOP):  # the stop it replaces may go now
        if sheet:
            sheet.write()
        one_by_one.review(order.group_id, now=now)


def not_placed(order: Order, *, now: datetime, **facts: str) -> None:
    """An order proven absent: try again with a new id, or let the entry go; its group decides other exits anew."""
    orders.move(order, OrderState.NOT_PLACED, next_poll_at=None, **facts)
    opens = order.purpose == Purpose.ENTRY
    next_step = after_not_placed(opens_position=opens, created_at=order.created_at, now=now)
    if next_step is AfterNotPlaced.AGAIN and opens and not order.cancel_requested:
        orders.again(order)
    if order.purpose == Purpose.REDUCE:
        groups.reduce_again(order)
    one_by_one.review(order.group_id, now=now)
