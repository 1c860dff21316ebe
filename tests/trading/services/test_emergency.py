"""The red button for page, API and command: a word and a reason, and a disk that takes no latch."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from project.accounts import latch, mode
from trading.kill import places
from trading.kill.sequence import MEMORY
from trading.services import emergency, press
from trading.services.emergency import KillRefused, Pressed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    settings.WINDLASS = replace(django_settings.WINDLASS, home=tmp_path)  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """Signals to this process, which stands for the kill process."""
    found: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: found.append(number))
    yield found
    signal.signal(signal.SIGUSR1, before)


def kill(home: Path, **changed: str) -> Pressed:
    said = {"reason": "smoke in here", "phrase": "KILL"} | changed
    return emergency.kill(home, operator="mira", source="api", **said)


def test_it_latches_and_says_so(home: Path) -> None:
    with places.only_watcher(home):
        done = kill(home)
    assert done.durable
    assert latch.read(home) == done.latch
    assert mode.locked().mode == "EMERGENCY"


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"phrase": "kill"}, "NOT_CONFIRMED"), ({"phrase": ""}, "NOT_CONFIRMED"), ({"reason": "no"}, "NO_REASON")],
)
def test_anything_less_stops_nothing(home: Path, changed: dict[str, str], code: str) -> None:
    with pytest.raises(KillRefused) as refused:
        kill(home, **changed)
    assert refused.value.code == code
    assert not latch.is_set(home)


def full(*_: object, **__: object) -> latch.Latch:
    raise OSError(28, "No space left on device")


def test_a_full_disk_stops_no_kill(home: Path, heard: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """No latch, but the row says EMERGENCY and the kill process has been told."""
    with places.only_watcher(home):
        monkeypatch.setattr(latch, "engage", full)
        done = kill(home)
    assert not done.durable
    assert "The disk took no latch" in done.words
    assert done.latch.source == MEMORY
    assert mode.locked().mode == "EMERGENCY"
    assert heard == [signal.SIGUSR1]


def test_without_a_watcher_one_is_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    start: Callable[[str], None] = started.append
    monkeypatch.setattr(press, "_start", start)
    kill(home)
    monkeypatch.setattr(latch, "engage", full)
    kill(home)
    assert started == ["--once", "--now"]
