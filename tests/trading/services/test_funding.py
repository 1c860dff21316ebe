"""Funding that is told late: it is booked at its own time, and what follows from it happens now."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import BalanceMovement, ExchangeAccount
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from trading.gateways.base import FundingReport
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


class Told:
    """A gateway that has been told what to say of funding, and notes since when it was asked."""

    def __init__(self, *reports: FundingReport) -> None:
        self.reports, self.asked = reports, list[datetime]()

    def funding_since(self, *, since: datetime) -> Any:
        self.asked.append(since)
        return self.reports


def test_where_nothing_was_ever_paid_only_what_follows_the_last_reconcile_is_asked_for(perps: Desk) -> None:
    now, gateway = timezone.now(), Told()
    ExchangeAccount.objects.update(created_at=now - timedelta(days=400), reconciled_at=now)
    perps.account.refresh_from_db()
    funding.collect(perps.account, gateway=gateway, clock=lambda: now)  # type: ignore[arg-type]
    assert gateway.asked == [now - funding.LATE - funding.OVERLAP]


def test_funding_of_a_market_that_was_never_listed_moves_the_balance_once(perps: Desk) -> None:
    now = timezone.now()
    gateway = Told(FundingReport("LUNA/USDT:USDT", "77", Decimal("-0.5"), now))
    for _ in range(2):
        funding.collect(perps.account, gateway=gateway, clock=lambda: now)  # type: ignore[arg-type]
    (moved,) = BalanceMovement.objects.filter(kind="foreign")
    assert (moved.currency, moved.amount, moved.at) == ("USDT", Decimal("-0.5"), now)
    assert "77 on LUNA/USDT:USDT" in moved.cause
