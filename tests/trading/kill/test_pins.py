"""A board that cannot be had leaves the latch watched, is asked for again, and is told of."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from risk import hardware
from tests.trading.kill.conftest import Button, until
from tests.trading.kill.test_process import watching
from trading.kill import journal, pins, state
from trading.kill.pins import AGAIN_SECS, Pins
from trading.kill.watch import NoBoard
from trading.management.commands import doctor


class Wired(NoBoard):
    """A board whose button is pressed."""

    def poll(self, now: float) -> tuple[str, ...]:
        return ("kill",)


def test_pins_are_asked_for_again_and_their_trouble_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter([None, None, Wired()])

    def panel(_: Any) -> Any:
        found = next(answers)
        if found is None:
            raise FileNotFoundError(2, "no pipe", ".lgd-nfy0")
        return found

    monkeypatch.setattr(pins, "panel", panel)
    board = Pins(moved=threading.Event())
    began = board._again_at
    assert "no pipe" in board.trouble
    looks = [board.poll(began + secs) for secs in (-1, 0, 1, AGAIN_SECS)]
    assert looks == [(), (), (), ("kill",)]
    assert (board.trouble, caplog.text.count("the button is dead")) == ("", 1)


def test_a_driver_that_moves_the_process_is_moved_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = Path.cwd()
    monkeypatch.setattr(hardware, "Panel", lambda **_: os.chdir(tmp_path) or NoBoard())
    assert isinstance(pins.panel(threading.Event()), NoBoard)
    assert Path.cwd() == before


def test_a_dead_button_leaves_the_latch_watched_and_the_doctor_knows(button: Button) -> None:
    with watching(button.home, "--pins", "gpio", GPIOZERO_PIN_FACTORY="absent") as process:
        until(lambda: state.read(button.home), about="what it says of itself")
        said = state.read(button.home)
        assert said is not None
        assert (said.pid, said.pins) == (process.pid, "gpio")
        found = doctor.watcher(said, stack=True)
        assert (found.level.name, "the button is dead: BadPinFactory" in found.text) == ("FAIL", True)
        standing = button.press()
        until(lambda: journal.lines(button.home, standing.id), about="a kill that begins")
