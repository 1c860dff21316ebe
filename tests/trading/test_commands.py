"""The commands of manage.py, in this process: what they print, and how they say that something is missing."""

import json
import os
import signal
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from project.journal import sealer
from project.journal.models import JournalEntry, Seal
from tests.e2e.stack import until
from tests.support.factories import Desk
from tests.support.paper import free_port
from tests.trading.services.levers import one_leg
from trading.models import Order

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
