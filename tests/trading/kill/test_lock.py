"""Who watches: one a data folder, also in a folder that is read-only or full; a button goes before a process without pins."""

import errno
import json
import os
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from project.services.stackfile import myself
from tests.trading.kill.conftest import PATIENCE_SECS, Button, until
from tests.trading.kill.test_process import ROOT, command, environ, watching
from trading.kill import places


def refusing(monkeypatch: pytest.MonkeyPatch, number: int, *, when: int) -> None:
    """Opening with any of these flags fails."""
    real = os.open

    def opened(path: Any, flags: int, *more: Any) -> int:
        if flags & when or not when:
            raise OSError(number, os.strerror(number))
        return real(path, flags, *more)

    monkeypatch.setattr(places.os, "open", opened)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_folder_that_takes_nothing_can_be_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / places.LOCK).touch()
    refusing(monkeypatch, number, when=os.O_CREAT)
    with places.only_watcher(tmp_path) as first, places.only_watcher(tmp_path) as second:
        assert (first, second, places.is_watched(tmp_path)) == (True, False, True)


def test_without_any_lock_it_watches_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refusing(monkeypatch, errno.EROFS, when=0)
    with places.only_watcher(tmp_path) as alone:
        assert (alone, places.is_watched(tmp_path)) == (True, False)
    assert "cannot be held" in caplog.text


def test_the_number_of_one_long_gone_is_nobody(tmp_path: Path) -> None:
    with places.only_watcher(tmp_path):
        assert places.watcher(tmp_path) == os.getpid()
        gone = replace(myself(), created=1.0, birth="another boot/1")
        (tmp_path / places.LOCK).write_text(json.dumps(asdict(gone)))
        assert places.watcher(tmp_path) is None


def test_a_button_takes_the_place_of_one_without_pins(button: Button) -> None:
    with watching(button.home) as without:
        until(lambda: (button.home / "kill-watch.json").exists(), about="what the first says of itself")
        with watching(button.home, "--pins", "gpio", GPIOZERO_PIN_FACTORY="absent") as wired:
            assert without.wait(PATIENCE_SECS) == 0
            until(lambda: places.watcher(button.home) == wired.pid, about="the button's turn")


def test_who_waits_takes_over_when_the_other_ends(button: Button) -> None:
    with watching(button.home) as first:
        waiting = subprocess.Popen(command("--wait"), cwd=ROOT, env=environ(button.home))
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(3)
        first.terminate()
        until(lambda: places.watcher(button.home) == waiting.pid, about="its turn")
    waiting.terminate()
    assert waiting.wait(PATIENCE_SECS) == 0
