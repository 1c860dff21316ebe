"""The watcher alone: a press counts whatever the disk, and a second press on a remote Pi is an emergency of its own."""

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from project.accounts import latch
from tests.trading.kill.conftest import Button
from trading.kill import sequence
from trading.kill.journal import FLAT, Journal
from trading.kill.remote import Door
from trading.kill.watch import TOLD_BY, NoBoard, Watch


class Pressed(NoBoard):
    """A board whose button is pressed now."""

    def poll(self, now: float) -> tuple[str, ...]:
        return ("kill",)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(sequence, "run", lambda around, standing, **_: found.append(standing))
    return found


def look(watch: Watch) -> None:
    watch.look()
    watch._acting.join()  # type: ignore[union-attr]


def test_a_full_disk_does_not_stop_a_kill(button: Button, begun: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(latch, "engage", full)
    look(Watch(button.around, Pressed(), moved=threading.Event()))
    assert [standing.source for standing in begun] == [sequence.MEMORY]


def test_a_press_during_another_emergency_that_no_disk_took_is_acted_on_afterwards(
    button: Button, begun: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(latch, "engage", full)
    watch, busy = Watch(button.around, NoBoard(), moved=threading.Event()), threading.Event()
    watch._acting = threading.Thread(target=busy.wait)
    watch._acting.start()
    watch.told()
    watch.look()
    assert begun == []
    busy.set()
    watch._acting.join()
    look(watch)
    assert [standing.source for standing in begun] == [sequence.MEMORY]


@pytest.mark.parametrize(("taken", "source"), [(True, "pin"), (False, sequence.MEMORY)])
def test_a_press_that_was_told_by_signal_counts_with_or_without_a_latch(
    button: Button, begun: list[Any], monkeypatch: pytest.MonkeyPatch, taken: bool, source: str
) -> None:
    def engage(*given: Any, **more: Any) -> Any:
        return real(*given, **more) if taken else (_ for _ in ()).throw(OSError(errno.ENOSPC, "no space left"))

    real = latch.engage
    monkeypatch.setattr(latch, "engage", engage)
    watch = Watch(button.around, NoBoard(), moved=threading.Event())
    watch.told()
    look(watch)
    assert [(standing.source, standing.operator) for standing in begun] == [(source, TOLD_BY)]


def test_a_remote_button_pressed_again_tells_the_engine_again(button: Button, begun: list[Any]) -> None:
    around = replace(button.around, door=Door("http://127.0.0.1:9", "s"))
    for _ in range(2):  # the engine was left in between; this Pi's latch still lies there
        look(Watch(around, Pressed(), moved=threading.Event()))
        Journal(button.home, begun[-1].id).write(FLAT)
    assert len({standing.id for standing in begun}) == 2


@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b"", b"[]", b'{"id":"a","at":"2026-01-01","operator":"","reason":"","source":""}']
)
def test_every_latch_made_by_hand_is_an_emergency_of_its_own(home: Path, text: bytes) -> None:
    seen = set()
    for ns in (1, 10**9):
        latch.path(home).write_bytes(text)
        os.utime(latch.path(home), ns=(ns, ns))
        seen.add(latch.read(home).id)  # type: ignore[union-attr]
    assert len(seen) == 2
