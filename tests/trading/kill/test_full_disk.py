"""A disk that takes nothing, and later something: what was owed is written then, whole and in order."""

import subprocess
import sys
import threading
from pathlib import Path

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
    blocker.unlink()
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
