"""What a kill sold and our books lack: told apart by market too, for many a venue counts each market's orders from 1."""

import pytest
from django.db import transaction

from project.accounts.models import KillReport
from project.journal.record import record
from tests.support.factories import Desk
from trading.models import Order
from trading.services import kill_sales


@pytest.mark.parametrize(("symbol", "unbooked"), [("BTC/USDT", set()), ("ETH/USDT", {"abc"})])
def test_an_order_of_another_market_with_the_same_number_books_nothing(
    desk: Desk, symbol: str, unbooked: set[str]
) -> None:
    desk.buy(price="60100")
    number = Order.objects.filter(purpose="ENTRY").earliest("id").venue_order_id
    KillReport.objects.create(latch="abc")
    payload = {"venue_order_id": number, "symbol": symbol}
    with transaction.atomic():
        record("kill.closed", subject=kill_sales.subject("abc"), payload=payload, account_id=desk.account.pk)
    assert kill_sales.unbooked(desk.account.pk) == unbooked
