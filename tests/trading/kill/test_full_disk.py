"""A disk that takes nothing, and later something: what was owed is written then, whole and in order."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from project.accounts import latch
from tests.trading.kill.conftest import PATIENCE_SECS, Button
from trading.kill import journal, places, sequence
from trading.kill.journal import Journal
from trading.kill.watch import unwritten

WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from trading.kill.journal import Journal
made = Journal(Path(sys.argv[1]), "small")
made.write("begun")
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (made._path.stat().st_size + 10, limits[1]))
made.write("cancelled")
assert not made.settle()
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
assert made.settle()
made.write("flat")
"""


def kinds(home: Path, name: str) -> list[str]:
    return [line["kind"] for line in journal.lines(home, name)]


def test_lines_that_the_disk_refused_are_written_when_it_takes_them(home: Path) -> None:
    blocker = home / places.JOURNALS
    blocker.write_text("a file where the folder should be")
    made = Journal(home, "owed")
    for kind in ("begun", "closed"):
        made.write(kind)
    assert (made.settle(), kinds(home, "owed")) == (False, [])
    blocker.unlink(missing_ok=True)
    made.write("flat")
    assert (made.settle(), kinds(home, "owed")) == (True, ["begun", "closed", "flat"])


def test_a_line_that_found_room_for_a_piece_of_itself_is_written_again_whole(home: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", WITHOUT_ROOM, str(home)], check=True, capture_output=True, timeout=PATIENCE_SECS
    )
    assert kinds(home, "small") == ["begun", "cancelled", "flat"]
    assert len((home / places.JOURNALS / "small.jsonl").read_text().splitlines()) == 4  # with the torn piece


def test_the_latch_that_no_disk_took_is_written_as_soon_as_one_does(button: Button) -> None:
    pressed = unwritten(operator="mira", reason="a full disk")
    blocker = button.home / f"{latch.NAME}.{pressed.id}" / "in the way"
    blocker.mkdir(parents=True)
    emergency = sequence.Emergency(button.around, pressed, Journal(button.home, pressed.id))
    assert not emergency._is_latched()
    assert latch.read(button.home) is None
    blocker.rmdir()
    blocker.parent.rmdir()
    emergency._ended.set()
    memory = threading.Thread(target=emergency.remember)
    memory.start()
    memory.join(PATIENCE_SECS)
    standing = latch.read(button.home)
    assert standing is not None
    assert (standing.id, standing.operator, standing.source) == (pressed.id, "mira", sequence.LATE)
    assert emergency._stands()
    latch.lift(button.home)
    assert not emergency._stands()


MODES = "trading.kill.sequence.engine.read_mode"


def remembering(button: Button, monkeypatch: pytest.MonkeyPatch, *said: str) -> list[bool]:
    """What becomes of an emergency without a latch whose mode row says one thing after another, where the disk is well again."""
    pressed = unwritten(operator="mira", reason="a full disk")
    emergency = sequence.Emergency(button.around, pressed, Journal(button.home, pressed.id))
    blocker = button.home / f"{latch.NAME}.{pressed.id}"
    blocker.touch()
    answers = iter(said)
    monkeypatch.setattr(MODES, lambda _url: next(answers))
    assert not emergency._is_latched()
    blocker.unlink(missing_ok=True)
    return [emergency._is_latched(), emergency._stands(), latch.is_set(button.home)]


@pytest.mark.parametrize(
    ("then", "latched", "stands", "is_set"),
    [("PAUSED", True, False, False), ("", False, True, False), ("EMERGENCY", True, True, True)],
    ids=["a person left", "nobody can tell", "it stands"],
)
def test_an_emergency_that_a_person_left_does_not_come_back(
    button: Button, monkeypatch: pytest.MonkeyPatch, then: str, latched: bool, stands: bool, is_set: bool
) -> None:
    assert remembering(button, monkeypatch, "EMERGENCY", then) == [latched, stands, is_set]


def test_what_has_ended_flat_sets_no_latch_where_the_row_remembers(
    button: Button, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = unwritten(operator="mira", reason="a full disk")
    emergency = sequence.Emergency(button.around, pressed, Journal(button.home, pressed.id))
    monkeypatch.setattr(MODES, lambda _url: "EMERGENCY")
    emergency._ended.set()
    assert (emergency._is_latched(), latch.is_set(button.home)) == (True, False)


def test_two_presses_on_a_full_disk_are_two_emergencies() -> None:
    assert len({unwritten(operator="mira", reason="again").id for _ in range(3)}) == 3
