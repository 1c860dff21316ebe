"""What the books explain: summed by the database, it is what every execution does, one after the other."""

from collections import Counter

from django.db import connection
from django.test.utils import CaptureQueriesContext

from project.accounts.models import BalanceMovement
from tests.support.factories import Desk
from trading.domain.reconcile import effects
from trading.models import Fill
from trading.services import booked, execution


def test_a_sum_is_what_every_execution_does(desk: Desk) -> None:
    for symbol, price in (("BTCUSDT", "60100"), ("ETHUSDT", "3010")):
        desk.buy(symbol, price=price)
    desk.submit()
    desk.settle()
    fills = list(Fill.objects.select_related("instrument"))
    moved = Counter({row.currency: row.amount for row in BalanceMovement.objects.all()})
    moved.update(effects(execution.of(fill, fill.instrument) for fill in fills))
    assert len({fill.instrument_id for fill in fills}) == 2
    assert booked.expected(desk.account.pk) == dict(moved)


def test_it_asks_no_more_with_a_longer_past(desk: Desk) -> None:
    desk.buy(price="60100")
    desk.submit()
    desk.settle()
    fill = Fill.objects.latest("id")
    before = booked.expected(desk.account.pk)
    for number in range(20):
        fill.pk, fill.venue_trade_id = None, f"more-{number}"
        fill.save(force_insert=True)
    with CaptureQueriesContext(connection) as asked:
        after = booked.expected(desk.account.pk)
    assert after["BTC"] - before["BTC"] == 20 * (fill.qty - fill.fee * (fill.fee_currency == "BTC"))
    assert after["USDT"] - before["USDT"] == -20 * (fill.cost + fill.fee * (fill.fee_currency == "USDT"))
    assert len(asked) <= 6
