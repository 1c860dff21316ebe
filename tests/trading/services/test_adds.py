"""An alert that only adds: to what is open, never more."""

import json

import pytest

from signals.models import Alert
from tests.engine.states import next_bar
from tests.support.factories import Desk, store
from trading.models import PositionGroup, Pyramid

pytestmark = pytest.mark.django_db


def added(desk: Desk, **fields: str) -> str:
    """The outcome of a TradersPost `add` on BTC/USDT, 1 h."""
    body = {"ticker": "BTCUSDT", "action": "add", "interval": "60", **fields}
    alert = store(desk.source, body)
    Alert.objects.filter(pk=alert.pk).update(format="traderspost", raw=json.dumps(body))
    desk.decide()
    alert.refresh_from_db()
    return alert.outcome


def test_it_opens_nothing(desk: Desk) -> None:
    assert (added(desk), PositionGroup.objects.count()) == ("NOTHING_TO_ADD_TO", 0)


def test_it_adds_to_what_is_open(desk: Desk) -> None:
    desk.buy(price="60000")
    next_bar()
    assert added(desk, sentiment="bearish") == "NOTHING_TO_ADD_TO"
    assert (added(desk), Pyramid.objects.count()) == ("PYRAMIDED", 2)


def test_another_timeframe_is_another_position(desk: Desk) -> None:
    desk.buy(price="60000")
    assert added(desk, interval="240") == "NOTHING_TO_ADD_TO"
