"""Exits on the pages: stops by name with what they were read from, rungs as rows, contradictions refused at the form."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from dashboard import groups
from project.accounts.models import Role
from tests.dashboard import rows
from tests.support.factories import Desk
from tests.support.levers import chosen, one_leg
from tests.trading.services.charts import steady, store
from trading.models import PositionGroup, SettingOverride


@pytest.fixture
def climbing(desk: Desk) -> Desk:
    """An ATR of 150, four of them to the stop, and a ladder of R above it."""
    store(desk, steady(150))
    chosen(one_leg(desk), stop="atr", atr_multiplier=4, tp_ladder="r")
    return desk


def watched(desk: Desk) -> dict[str, tuple[bool, str]]:
    """Each exit's row: whether a price stands beside it, and the note."""
    row = groups.group_row(groups.whole().get(), None)
    return {post.words: (post.trigger_price is not None, post.note) for post in row.watch}


def test_a_groups_exits_are_named_with_what_they_were_read_from(climbing: Desk) -> None:
    climbing.buy(price="60000")
    climbing.price("BTCUSDT", "59950")
    climbing.settle()
    climbing.sweep()
    found = watched(climbing)
    assert found["ATR stop"] == (True, "14 × 4, 1h candles")
    assert found["target 1 of 3, 1.5 R"] == (True, "0.00054 BTC")
    climbing.price("BTCUSDT", "61000")
    climbing.settle()
    climbing.sweep()
    assert watched(climbing)["target 1 of 3, 1.5 R"] == (False, "0.00054 BTC taken")
    assert watched(climbing)["target 3 of 3, 3 R"][0]


def test_a_group_without_a_ladder_has_no_rungs(desk: Desk) -> None:
    one_leg(desk).buy(price="60000")
    assert not [words for words in watched(desk) if words.startswith("target")]


def test_the_preview_shows_where_stop_and_rungs_would_stand(climbing: Desk, client: Client) -> None:
    climbing.refresh()
    client.force_login(rows.user("mira", Role.VIEWER))
    body = json.dumps({"symbol": "BTCUSDT", "action": "buy", "interval": "60", "price": "60100"})
    page = client.post("/preview", {"body": body}).content.decode()
    assert [words for words in ("14 × 4, 1h candles", "target 1", "target 3", "0.00054 BTC") if words not in page] == []
    answer = client.post("/api/preview", {"source": "test", "body": body}, content_type="application/json").json()
    assert [rung["at"] for rung in answer["stops"][0]["targets"]] == ["1.5", "2", "3"]
    assert not PositionGroup.objects.exists()


def test_the_settings_form_refuses_what_cannot_hold_together(desk: Desk, client: Client) -> None:
    client.force_login(rows.admin())
    address = reverse("admin:trading_settingoverride_add")
    answer = client.post(address, {"name": "tp_ladder", "value": "r", "symbol": ""})
    assert "LADDER_WITHOUT_STOP: tp_ladder is r, and no stop stands at the entry." in answer.content.decode()
    assert not SettingOverride.objects.exists()
    client.post(address, {"name": "stop", "value": "fixed", "symbol": ""})
    client.post(address, {"name": "tp_ladder", "value": "r", "symbol": ""})
    assert SettingOverride.objects.count() == 2
