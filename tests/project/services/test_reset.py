"""`make reset` deletes everything, but only after the word and only when nothing runs."""

from pathlib import Path

import pytest

from project.services import lock, reset
from project.services.errors import AlreadyRunning


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "kek").touch()
    return folder


def test_the_word_deletes(home: Path) -> None:
    said: list[str] = []
    assert reset.run(home, ask=lambda _: "delete", say=said.append) == 0
    assert not home.exists()
    assert said == [f"{home} is gone. `make up` begins afresh."]


def test_a_database_that_lies_elsewhere_goes_too(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (home / "pg").symlink_to(elsewhere)
    reset.run(home, ask=lambda _: "delete", say=lambda _: None)
    assert not elsewhere.exists()


@pytest.mark.parametrize("answer", ["", "y", "yes", "Delete"])
def test_anything_else_deletes_nothing(home: Path, answer: str) -> None:
    assert reset.run(home, ask=lambda _: answer, say=lambda _: None) == 1
    assert (home / "kek").exists()


def test_a_running_stack_is_left_alone(home: Path) -> None:
    with lock.held(home), pytest.raises(AlreadyRunning):
        reset.run(home, ask=lambda _: "delete", say=lambda _: None)
    assert (home / "kek").exists()


def test_nothing_to_delete(tmp_path: Path) -> None:
    assert reset.run(tmp_path / "none", ask=lambda _: "", say=lambda _: None) == 0
