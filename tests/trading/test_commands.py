"""The commands of manage.py, in this process: what they print, and how they say that something is missing."""

import json
import os
import re
import signal
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from project.accounts import mode
from project.accounts.vault import open_credentials
from project.journal import sealer
from project.journal.models import JournalEntry, Seal
from tests.e2e.stack import until
from tests.support.factories import Desk
from tests.support.levers import one_leg
from tests.support.paper import free_port
from tests.trading.services.levers import entered
from trading.models import Order, PositionGroup

PROMISED = {"alerts", "groups", "orders", "slots", "queue", "mode", "canary_age_secs", "unsealed_age_secs"}


def said(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def traded(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    desk.refresh()
    while sealer.seal_batch(holder="test", now=timezone.now()):
        pass


def test_status_in_numbers_and_in_words(desk: Desk) -> None:
    traded(desk)
    told = json.loads(said("status", "--json"))
    assert told.keys() >= PROMISED
    assert (told["alerts"], told["mode"]) == ({"ENTERED": 1}, "NORMAL")
    words = said("status")
    assert "slots      1 of 10 taken" in words
    assert "never answered" in words


def test_check_invariants_in_numbers_and_in_words(desk: Desk) -> None:
    traded(desk)
    told = json.loads(said("check_invariants", "--json", settle_secs=0.0))
    assert {"held", "checked", "violations", "reason"} == told["I1"].keys()
    assert told["I1"]["held"] is True
    assert "I1   held" in said("check_invariants", settle_secs=0.0)


def test_a_broken_invariant_is_the_commands_status(desk: Desk) -> None:
    traded(desk)
    Order.objects.filter(purpose="TARGET").update(state="CANCELED")
    with pytest.raises(SystemExit) as ended:
        said("check_invariants", "--json", settle_secs=0.0)
    assert ended.value.code == 1


@pytest.mark.parametrize("command", [("status",), ("check_invariants",)])
def test_without_a_stack_a_command_says_what_to_do(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    connections["default"].close()
    with monkeypatch.context() as patch:
        patch.setitem(connections["default"].settings_dict, "PORT", str(free_port()))
        with pytest.raises(CommandError, match="make up"):
            said(*command)


def test_an_alert_without_a_door_says_what_to_do(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="make up"):
        said("send_alert", "BTCUSDT", "buy")


def test_the_pump_seals_and_rings_until_it_is_told_to_stop(desk: Desk) -> None:
    desk.alert(symbol="BTCUSDT", action="sell")
    desk.decide()

    def watch() -> None:
        until(lambda: Seal.objects.exists(), secs=20, about="a seal")
        connections.close_all()
        os.kill(os.getpid(), signal.SIGTERM)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    said("pump")
    watcher.join()
    for number, handler in before.items():
        signal.signal(number, handler)
    sealed = sum(Seal.objects.values_list("count", flat=True))
    assert sealed == JournalEntry.objects.count()
    assert sealer.broken_seals() == []


# what a person does ------------------------------------------------------------------------------

BUY = '{"symbol": "BTCUSDT", "action": "buy", "price": "60100", "interval": "60"}'


def test_an_alert_is_explained_in_numbers_and_in_words(desk: Desk) -> None:
    traded(desk)
    told = json.loads(said("explain_alert", "--source", "test", "--body", BUY, "--json"))
    assert (told["format"], told["outcome"]) == ("windlass", "TOO_SOON")
    words = said("explain_alert", "--source", "test", "--body", BUY.replace("BTC", "ETH").replace("60100", "3000"))
    assert words.endswith("Nothing was sent and nothing was kept.\n")
    assert "size      100.00 USDT by the setting capital_per_pyramid: this binds" in words
    assert "order     leg 0: BUY 0.0333 ETH LIMIT at 3,000.00, target 3,030.00" in words
    asked = said("explain_alert", "--source", "test", "--body", BUY.replace("}", ', "size": "1% equity"}'))
    assert "asks      1 % of the equity" in asked
    assert PositionGroup.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("explain_alert", "--source", "nobody", "--body", BUY), "There is no source called nobody. Sources: test."),
        (("explain_alert", "--source", "test", "--body", "{"), "The door would refuse this body"),
        (("flatten", "--account", "nobody", "--yes"), "There is no such account"),
        (("settle_order", "999999", "CANCELED", "--reason", "seen"), "There is no order 999999"),
        (("settle_order", "999999"), "Give the state and --reason"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(desk: Desk, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=re.escape(message)):
        said(*words)


def test_an_order_is_settled_by_hand(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    assert said("settle_order") == "No order waits for a person.\n"
    order = Order.objects.get()
    words, number = ("settle_order", str(order.pk), "CANCELED", "--reason", "seen at the venue"), order.venue_order_id
    with pytest.raises(CommandError, match="NEEDS_HUMAN"):
        said(*words, "--venue-order-id", number)
    Order.objects.update(state="NEEDS_HUMAN", venue_order_id="")
    assert order.client_order_id in said("settle_order")
    with pytest.raises(CommandError, match="has a number at the venue"):
        said(*words)
    with pytest.raises(CommandError, match="no order of ours"):
        said(*words, "--venue-order-id", "4711")
    assert "is CANCELED" in said(*words, "--venue-order-id", number)


def test_rebuild_finds_no_difference_after_trading_and_names_one(desk: Desk) -> None:
    traded(desk)
    assert "0 differences" in said("rebuild", "--check")
    Order.objects.filter(purpose="ENTRY").update(state="CANCELED")
    with pytest.raises(SystemExit):
        said("rebuild", "--check")


def test_flatten_watches_until_three_looks_found_nothing(desk: Desk) -> None:
    entered(one_leg(desk))  # nothing has left yet: it is dropped at once
    told = said("flatten", "--yes", "--timeout", "30")
    assert "1 groups are closing" in told
    assert "Flat: three looks" in told
    assert mode.current().mode == "PAUSED"


def test_flatten_says_what_is_left_when_nobody_works(desk: Desk) -> None:
    traded(desk)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("flatten", "--yes", "--timeout", "0", stdout=out)
    assert "Not flat yet" in out.getvalue()


def test_flatten_cannot_work_where_nothing_may_leave(desk: Desk) -> None:
    mode.change("EMERGENCY", operator="mira", reason="drill")
    with pytest.raises(CommandError, match="no order leaves"):
        said("flatten", "--yes")


def test_flatten_leaves_a_stricter_mode_as_it_is(desk: Desk) -> None:
    mode.change("REDUCED", operator="mira", reason="winding down")
    assert "The mode stays REDUCED" in said("flatten", "--yes", "--timeout", "30")


def test_flatten_asks_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was done"):
        said("flatten")
    assert mode.current().mode == "NORMAL"


def test_the_key_is_rotated(desk: Desk) -> None:
    assert open_credentials(desk.account)
    said("rotate_kek")
    desk.account.refresh_from_db()
    assert open_credentials(desk.account)["apiKey"]
