"""Taking back one entry order by hand."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.formats import price, qty
from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from trading.domain.order_state import OrderState
from trading.models import Order
from trading.services import withdraw

AT_VENUE = "It is cancelled at the venue; what fills until then is kept and gets its exit."
UNSENT = "It was not sent yet, and will not be."
STAYS = "The leg is not placed again. Every other order of the group stays."
NOT_NOW = "It is no entry that rests or waits any more. Targets and stops go when their group is closed."


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Say what cancelling means, or do it."""
    order = get_object_or_404(Order.objects.select_related("instrument"), pk=order_id)

    def act(_: Typed) -> Told:
        begun = withdraw.withdraw_by_hand(order.pk, operator=request.user.get_username(), now=timezone.now())
        return Told(f"{_name(order)} is being cancelled." if begun else f"{_name(order)}: {NOT_NOW}", begun)

    return ask(request, _question(order), act, account_id=order.account_id)


def _question(order: Order) -> Question:
    possible = withdraw.may_withdraw(order)
    lines = (UNSENT if order.state == OrderState.NEW else AT_VENUE, STAYS) if possible else (NOT_NOW,)
    return Question(f"Cancel {_name(order)}", lines, "Cancel the order")


def _name(order: Order) -> str:
    market = order.instrument
    at = "at market" if order.price is None else f"at {price(order.price, market.tick_size)}"
    return f"{market.symbol} {order.side} {qty(order.qty, market.lot_step)} {at}"
