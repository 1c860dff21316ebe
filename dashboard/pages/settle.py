"""Settling an order that its venue cannot prove absent: what a person saw there, with a reason."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.doubts import ENDINGS, Ending
from dashboard.formats import qty
from dashboard.pages.ask import Field, Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from project.accounts.vault import VaultError
from trading.errors import WindlassError
from trading.models import Order
from trading.services import connect, human

PLACED = "Its fills are read from the venue by that number at once; what was bought gets its exits."
ABSENT = "Nothing of it counts: its group goes on without it, and decides anew what is missing."
WARNING = "If this is wrong, our books and the venue differ: compare the client order id {id} sign by sign."


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settle(request: HttpRequest, order_id: int, ending: str) -> HttpResponse:
    """Ask for what was seen, and write it down."""
    if ending not in ENDINGS:
        raise Http404
    order = get_object_or_404(Order.objects.select_related("account", "instrument"), pk=order_id)

    def act(typed: Typed) -> Told:
        return _settled(order, ENDINGS[ending], typed, operator=request.user.get_username())

    return ask(request, _question(order, ENDINGS[ending]), act, account_id=order.account_id)


def _settled(order: Order, ending: Ending, typed: Typed, *, operator: str) -> Told:
    seen = {"venue_order_id": typed.get("venue_order_id", ""), "reason": typed["reason"]}
    try:
        if ending.placed:
            human.confirm(order, seen["venue_order_id"], gateway=connect.gateway(order.account))
        human.settle(order.pk, to=ending.state, operator=operator, now=timezone.now(), **seen)
    except (*human.WRONG, VaultError, WindlassError) as error:
        return Told(str(error), done=False)
    return Told(f"Order {order.pk} is settled: {ending.said}")


def _question(order: Order, ending: Ending) -> Question:
    symbol, amount = order.instrument.symbol, qty(order.qty, order.instrument.lot_step)
    number = Field("venue_order_id", "The order's number at the venue", order.venue_order_id, 1, 64)
    reason = Field("reason", "What you saw there, kept in the journal")
    return Question(
        title=f"{ending.button}: {symbol} {order.side} {amount}",
        consequence=(ending.said, PLACED if ending.placed else ABSENT),
        button="Settle",
        note=WARNING.format(id=order.client_order_id),
        fields=(number, reason) if ending.placed else (reason,),
    )
