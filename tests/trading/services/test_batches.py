"""Batches that mix what depends on each other, and settings that make no sense: nothing is lost, and exits get through."""

from collections.abc import Iterator
from typing import Any

import pytest

from signals.models import Alert
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from trading.models import PositionGroup, QueuedSignal, SettingOverride
from trading.services import market


@pytest.fixture
def futures(paper_process: PaperExchange, transactional_db: None) -> Iterator[Desk]:
    yield make_desk(paper_process, venue="binanceusdm")


def outcomes() -> list[str]:
    return list(Alert.objects.order_by("id").values_list("outcome", flat=True))


def test_an_entry_after_an_exit_that_emptied_the_queue_waits_anew(desk: Desk) -> None:
    desk.setting("max_open_groups", 1)
    one_leg(desk).buy(price="60010")
    desk.alert(symbol="BTCUSDT", action="buy", price="60010", interval="15")
    desk.decide()
    desk.alert(symbol="BTCUSDT", action="exit", interval="15")
    desk.alert(symbol="BTCUSDT", action="buy", price="60010", interval="15")
    desk.decide()
    assert outcomes()[2:] == ["DEQUEUED", "QUEUED"]
    assert list(QueuedSignal.objects.order_by("id").values_list("state", flat=True)) == ["REMOVED", "WAITING"]


def test_a_newer_signal_for_a_waiting_reverse_is_not_lost(futures: Desk) -> None:
    futures.setting("max_open_groups", 1)
    one_leg(futures).buy(price="60010")
    futures.alert(symbol="BTCUSDT", action="reverse", interval="60", price="60000")
    futures.alert(symbol="BTCUSDT", action="sell", market_position="short", price="60000", interval="60")
    futures.decide()
    assert outcomes() == ["ENTERED", "REVERSED", "QUEUED"]


def test_what_arrives_while_prices_are_fetched_gets_a_price_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one_leg(desk).alert(symbol="BTCUSDT", action="buy", price="60010", interval="60")
    real, late = market.ensure_prices, iter(["once"])

    def meanwhile(*args: Any, **named: Any) -> None:
        real(*args, **named)
        for _ in late:
            desk.alert(symbol="SOLUSDT", action="buy", price="150.2", interval="60")

    monkeypatch.setattr(market, "ensure_prices", meanwhile)
    desk.decide()
    desk.decide()  # the late one's own bell
    assert outcomes() == ["ENTERED", "ENTERED"]


@pytest.mark.parametrize(("name", "value"), [("max_open_groups", "banana"), ("gone_setting", "1")])
def test_a_setting_that_makes_no_sense_refuses_entries_and_lets_exits_through(
    desk: Desk, name: str, value: str
) -> None:
    one_leg(desk).buy(price="60010")
    SettingOverride.objects.create(account=desk.account, name=name, value=value)
    desk.alert(symbol="BTCUSDT", action="exit", interval="60")
    desk.alert(symbol="ETHUSDT", action="buy", price="3001", interval="60")
    desk.decide()
    desk.settle()
    assert outcomes() == ["ENTERED", "EXITED", "SETTING_INVALID"]
    assert PositionGroup.objects.get().status == "CLOSED"


def test_a_group_keeps_its_exits_when_a_setting_it_was_opened_with_is_gone(desk: Desk) -> None:
    one_leg(desk).buy(price="60010")
    group = PositionGroup.objects.get()
    group.settings["gone_setting"] = "1"
    group.save()
    desk.alert(symbol="BTCUSDT", action="exit", interval="60")
    desk.decide()
    desk.settle()
    assert PositionGroup.objects.get().status == "CLOSED"
