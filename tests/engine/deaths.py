"""How an owner dies: with orders claimed, sent, unanswered, or half cancelled."""

from collections.abc import Mapping

from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import ORDER
from trading.services import cancel, connect, submit
from trading.services.submit import Claim


def claimed(desk: Desk, *, opening: bool) -> list[Claim]:
    """Orders become SUBMITTING; their owner dies before the call."""
    return submit.claim(desk.account.pk, opening=opening, now=timezone.now(), timing=connect.timing())


def sent(desk: Desk, *, opening: bool) -> None:
    """Their owner dies after the call, before it can write what it was told."""
    for owned in claimed(desk, opening=opening):
        _agreed(desk, owned)
        desk.gateway.place(owned.request)


def _agreed(desk: Desk, owned: Claim) -> None:
    """On futures an entry's leverage and modes are set before it."""
    if owned.terms is not None:
        desk.gateway.assert_terms(owned.terms)


def unanswered(desk: Desk, action: str, *, opening: bool, request: Mapping[str, str] = ORDER) -> None:
    """The first such request gets no answer and its order is UNKNOWN; the owner dies then."""
    desk.paper.fault(action, **request)
    claims = claimed(desk, opening=opening)
    conditional = request["path"].endswith("algoOrder")
    first = next(owned for owned in claims if (owned.request.trigger_price is not None) is conditional)
    submit.submit([first], gateway=desk.gateway, clock=timezone.now)


def cancelled(desk: Desk) -> None:
    """What is to go is gone, and seen to be gone."""
    cancel.cancel(cancel.claim_cancels(desk.account.pk), gateway=desk.gateway, clock=timezone.now)


def cancelling(desk: Desk) -> None:
    """What is to go is CANCELLING; the owner dies before the first call."""
    assert cancel.claim_cancels(desk.account.pk)


def cancel_arrived(desk: Desk) -> None:
    """The venue has cancelled; the owner dies before it writes so."""
    for order in cancel.claim_cancels(desk.account.pk):
        names = {"venue_order_id": order.venue_order_id, "venue_algo_id": order.venue_algo_id}
        desk.gateway.cancel(symbol=order.instrument.symbol, **names)
