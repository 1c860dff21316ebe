"""Alerts and rows that no check foresaw: one never stops the others, and never undoes a fill."""

import pytest
from django.utils import timezone

from signals.evaluate import Meant
from signals.models import Signal
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading.models import Fill, Order, PositionGroup, QueuedSignal, SettingOverride, Slot
from trading.services import entry


@pytest.mark.parametrize("price", ["0", "1e-30", "-5", "0.001"])
def test_a_price_below_a_tick_is_refused_by_name_and_an_exit_gets_through(desk: Desk, price: str) -> None:
    one_leg(desk).buy(price="60010")
    strange = desk.alert(symbol="ETHUSDT", action="buy", close=price)
    leaves = desk.alert(symbol="BTCUSDT", action="exit")
    desk.decide()
    for alert in (strange, leaves):
        alert.refresh_from_db()
    assert strange.outcome in ("PRICE_NOT_POSITIVE", "UNREADABLE")
    assert leaves.outcome == "EXITED"


def test_an_alert_on_which_we_fail_is_told_and_its_neighbours_are_decided(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = entry.enter

    def failing(books: object, meant: Meant, *others: object) -> object:
        verdict = real(books, meant, *others)  # type: ignore[arg-type]
        if meant.instrument.symbol == "ETH/USDT":
            raise LookupError("nobody thought of this")
        return verdict

    monkeypatch.setattr(entry, "enter", failing)
    pairs = (("BTCUSDT", "60010"), ("ETHUSDT", "3001"), ("SOLUSDT", "150"))
    alerts = [desk.alert(symbol=symbol, action="buy", price=price) for symbol, price in pairs]
    desk.decide()
    for alert in alerts:
        alert.refresh_from_db()
    assert [alert.outcome for alert in alerts] == ["ENTERED", "DEFECT", "ENTERED"]
    assert set(PositionGroup.objects.values_list("instrument__base", flat=True)) == {"BTC", "SOL"}
    assert sorted(Slot.objects.values_list("number", flat=True)) == [1, 2]
    assert Signal.objects.filter(alert=alerts[1]).count() == 0


def test_a_stored_setting_that_makes_no_sense_never_undoes_a_fill(desk: Desk) -> None:
    """As an upgrade or a restore could leave it: the close is booked, and what follows it waits."""
    one_leg(desk).buy(price="60010")
    SettingOverride.objects.create(account=desk.account, name="max_open_groups", value="banana")
    desk.paper.price("BTCUSDT", "61500")
    desk.settle()
    assert PositionGroup.objects.get().status == "CLOSED"
    assert Fill.objects.filter(order__purpose="TARGET").exists()
    assert Order.objects.get(purpose="TARGET").state == "FILLED"


def test_a_waiting_signal_without_a_price_never_undoes_a_close(desk: Desk) -> None:
    desk.setting("max_open_groups", 1)
    one_leg(desk).buy(price="60010")
    desk.alert(symbol="ETHUSDT", action="buy", price="3001")
    desk.decide()
    QueuedSignal.objects.update(alert_price=0)
    desk.alert(symbol="BTCUSDT", action="exit")
    desk.decide()
    desk.settle()
    closed = PositionGroup.objects.get(instrument__symbol="BTC/USDT")
    assert (closed.status, closed.closed_at <= timezone.now()) == ("CLOSED", True)
    assert QueuedSignal.objects.get().state == "PROMOTED"


def test_a_market_has_one_leverage(desk: Desk) -> None:
    one_leg(desk).buy(price="60010")
    alert = desk.alert(symbol="BTCUSDT", action="buy", price="60010", leverage="2.9", interval="240")
    desk.decide()
    alert.refresh_from_db()
    assert alert.outcome == "NOT_SUPPORTED"
