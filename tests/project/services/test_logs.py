"""Log lines: prefixed on the terminal, plain in files, never in the way."""

import os
import re
import threading
from pathlib import Path

import pytest

from project.services.logfiles import KEPT, LogFile, turn_over
from project.services.logs import Logs
from project.services.terminal import WAITING_LINES, Terminal


def written(reading: int) -> str:
    """Everything in a pipe whose writing end is closed."""
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read().decode()


def test_a_line_has_time_and_name() -> None:
    reading, writing = os.pipe()
    terminal = Terminal(descriptor=writing)
    terminal.open()
    terminal.line("pump", "rang")
    terminal.close()
    os.close(writing)
    assert re.fullmatch(r"\d\d:\d\d:\d\d pump      │ rang\n", written(reading))


def test_each_name_keeps_its_colour() -> None:
    reading, writing = os.pipe()
    terminal = Terminal(descriptor=writing, coloured=True)
    terminal.open()
    for name in ("pump", "door", "pump"):
        terminal.line(name, "")
    terminal.close()
    os.close(writing)
    assert re.findall(r"\x1b\[(\d+)m\d", written(reading)) == ["36", "33", "36"]


def test_a_reader_who_sleeps_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    terminal = Terminal(descriptor=writing)
    terminal.open()
    long = "x" * 200  # 2 × 2,000 lines of 200 bytes: far more than pipe and queue hold
    for _ in range(2 * WAITING_LINES + 1000):
        terminal.plain(long)
    reader: list[str] = []
    awake = threading.Thread(target=lambda: reader.append(written(reading)))
    awake.start()
    terminal.plain("the last")
    terminal.close()
    os.close(writing)
    awake.join()
    assert reader[0].count("\n") < 2 * WAITING_LINES + 1000


def test_a_reader_who_left_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    terminal = Terminal(descriptor=writing)
    terminal.open()
    terminal.line("pump", "rang")
    terminal.close()
    os.close(writing)


def test_every_process_has_its_file(tmp_path: Path) -> None:
    logs = Logs(tmp_path / "logs", Terminal())
    logs.line("pump", "rang")
    logs.say("pump ended")
    logs.close()
    assert logs.path("pump").read_text() == "rang\n"
    assert logs.path("windlass").read_text().endswith(" pump ended\n")


def test_a_large_log_is_turned_over(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "pump.log", largest_bytes=10)
    for number in range(6):
        log.write(f"line {number}")  # 7 bytes: two lines reach the limit
    log.close()
    texts = [path.read_text() for path in sorted(tmp_path.iterdir())]
    assert texts == ["line 4\nline 5\n", "line 2\nline 3\n", "line 0\nline 1\n"]


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "pump.log"
    for number in range(KEPT + 2):
        path.write_text(str(number))
        turn_over(path)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "pump.log.1": "4",
        "pump.log.2": "3",
        "pump.log.3": "2",
    }


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_loses_the_line_and_not_the_process() -> None:
    log = LogFile(Path("/dev/full"))
    log.write("lost")
