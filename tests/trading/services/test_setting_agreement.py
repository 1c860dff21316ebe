"""Settings that contradict each other, at whatever scope they meet; and exits that an open group cannot have."""

from typing import Any

import pytest

from project.accounts.models import User
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading.domain import settings as registry
from trading.models import PositionGroup, SettingOverride
from trading.services import levels
from trading.services.setting_agreement import disagreement


def said(desk: Desk, name: str, value: Any, scope: str) -> SettingOverride:
    """A setting at a scope: everywhere, the user's, the account's, or a pair's."""
    places = {
        "everywhere": {},
        "user": {"user": desk.account.user},
        "account": {"account": desk.account},
        "pair": {"account": desk.account, "symbol": "BTC/USDT"},
        "stranger": {"user": User.objects.get_or_create(username="stranger")[0]},
    }
    return SettingOverride(name=name, value=value, **places[scope])


@pytest.mark.parametrize(
    ("kept", "changed", "code"),
    [
        ([("stop", "fixed", "account")], ("emergency_stop_pct", "4", "everywhere"), "on paper: fixed_stop_pct is 5 %"),
        ([("stop", "fixed", "everywhere")], ("fixed_stop_pct", "20", "pair"), "on paper BTC/USDT: fixed_stop_pct"),
        ([("stop", "fixed", "user")], ("fixed_stop_pct", "20", "account"), "on paper: fixed_stop_pct"),
        ([], ("tp_ladder", "r", "everywhere"), "LADDER_WITHOUT_STOP: tp_ladder is r, and no stop"),
        ([("stop", "fixed", "everywhere")], ("tp_ladder", "r", "pair"), ""),
        ([("stop", "fixed", "stranger")], ("fixed_stop_pct", "20", "account"), ""),  # nobody here wants that stop
        ([("stop", "fixed", "pair")], ("fixed_stop_pct", "7", "account"), ""),
        ([("breakeven_after_target", "5", "account")], ("legs", "(0, 100, 1)", "account"), ""),  # of five pyramids
        ([("breakeven_after_target", "5", "user")], ("max_pyramids", "2", "account"), ""),  # ten targets
        ([("fixed_stop_pct", "x", "account")], ("stop", "fixed", "account"), ""),  # refused by name elsewhere
        ([("stop", "fixed", "account")], ("log_level", "DEBUG", "everywhere"), ""),
    ],
)
def test_a_contradiction_is_found_wherever_it_would_hold(
    desk: Desk, kept: list[tuple[str, str, str]], changed: tuple[str, str, str], code: str
) -> None:
    for row in kept:
        said(desk, *row).save()
    found = disagreement(said(desk, *changed))
    assert code in found
    assert bool(found) is bool(code)


def test_what_was_contradictory_before_can_be_mended_one_by_one(desk: Desk) -> None:
    said(desk, "stop", "fixed, trailing", "account").save()
    said(desk, "fixed_stop_pct", "20", "account").save()
    said(desk, "trailing_distance_pct", "5", "account").save()
    assert disagreement(said(desk, "trailing_distance_pct", "0.5", "account")) == ""
    assert "STOP_BEYOND_EMERGENCY" in disagreement(said(desk, "fixed_stop_pct", "30", "account"))
    assert disagreement(said(desk, "fixed_stop_pct", "5", "account")) == ""  # the trailing one is next


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"stop": "atr"}, "stop atr: what it is counted from was not read"),
        ({"tp_ladder": "fibonacci"}, "tp_ladder fibonacci: what it is counted from"),
        ({"tp_ladder": "r", "stop": "support"}, "stop support, tp_ladder r: what"),
        ({"stop": "fixed", "fixed_stop_pct": "30"}, "The emergency stop would always fire first"),
        ({"stop": "fixed"}, ""),
    ],
)
def test_an_open_group_gets_no_exit_that_it_was_not_entered_with(
    desk: Desk, changed: dict[str, str], words: str
) -> None:
    one_leg(desk).buy(price="60000")
    group = PositionGroup.objects.get()
    found = levels.lacking(group, registry.restore({**group.settings, **changed}))
    assert words in found
    assert bool(found) is bool(words)
