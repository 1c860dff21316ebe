"""A note of PostgreSQL's that a power cut left behind: whose process it names decides."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.services import postgres, postgres_pid
from tests.project.services.test_postgres import BIN_DIR
from tests.support.plugin import SERVERS

NOBODY = 2**22 + 1  # no such process


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process that has got the number since."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    yield process.pid
    process.kill()
    process.wait()


def note(data: Path, number: int | str) -> Path:
    path = data / "postmaster.pid"
    path.write_text(f"{number}\n{data}\n1770000000\n15432\n\n127.0.0.1\n  5432001         0\nready   \n")
    return path


@pytest.mark.parametrize("sign", [1, -1])
def test_a_note_that_names_somebody_else_is_removed(tmp_path: Path, stranger: int, sign: int) -> None:
    path = note(tmp_path, sign * stranger)
    assert postgres_pid.forget_stranger(tmp_path) == stranger
    assert not path.exists()


def test_a_server_of_another_folder_is_a_stranger(tmp_path: Path) -> None:
    running = int((SERVERS.cluster.data / "postmaster.pid").read_text().partition("\n")[0])
    note(tmp_path, running)
    assert postgres_pid.forget_stranger(tmp_path) == running


def test_the_note_of_a_running_server_stays() -> None:
    assert postgres_pid.forget_stranger(SERVERS.cluster.data) is None
    assert (SERVERS.cluster.data / "postmaster.pid").exists()


@pytest.mark.parametrize("number", [NOBODY, "", "damaged"])
def test_what_postgresql_judges_itself_is_left_to_it(tmp_path: Path, number: int | str) -> None:
    path = note(tmp_path, number)
    assert postgres_pid.forget_stranger(tmp_path) is None
    assert path.exists()


def test_no_note_is_no_stranger(tmp_path: Path) -> None:
    assert postgres_pid.forget_stranger(tmp_path) is None


def test_the_start_goes_on_and_says_so(reachable: Path, stranger: int) -> None:
    said: list[str] = []
    cluster = postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)
    path = note(cluster.data, stranger)
    postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False, say=said.append)
    assert said == [f"removed {path}: it named process {stranger}, which is no PostgreSQL of this folder"]
