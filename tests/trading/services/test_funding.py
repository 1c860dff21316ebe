"""Funding that is told late: it is booked at its own time, and what follows from it happens now."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from trading.models import FundingPayment, Order
from trading.services import funding

DOWN_FOR = timedelta(hours=3)


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """An armed futures account on the live paper exchange."""
    paper_process.faults([])
    yield make_desk(paper_process, venue="binanceusdm")


def test_what_a_late_payment_makes_due_is_done_now_and_not_at_the_time_of_the_payment(perps: Desk) -> None:
    """A target has gone meanwhile: the review that the payment brings about writes the next one."""
    perps.setting("per_symbol_pct", "50")
    one_leg(perps).buy("BTCUSDT.P", price="60010", size="1000 USDT")
    perps.paper.funding(symbol="BTCUSDT")
    paid_until = timezone.now() + timedelta(minutes=1)
    Order.objects.filter(purpose="TARGET").update(state="CANCELED")
    later = timezone.now() + DOWN_FOR
    assert funding.collect(perps.account, gateway=perps.gateway, clock=lambda: later) == 1
    target = Order.objects.get(purpose="TARGET", state="NEW")
    assert target.created_at == later
    assert FundingPayment.objects.get().at < paid_until
