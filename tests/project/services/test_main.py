"""The commands as the shell starts them: one clear line and a status, never a traceback."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.services import __main__ as program
from project.services import lock, reset


@pytest.fixture(autouse=True)
def _called(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without words; main() tightens the umask of its process, which is ours here."""
    monkeypatch.setattr("sys.argv", ["windlass"])
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_wrong_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WINDLASS_WEB_PORT", "eighty")
    assert program.main() == 1
    line = "make up: WINDLASS_WEB_PORT is 'eighty'; it must be a whole number from 1 to 65535."
    assert capfd.readouterr().out == f"{line} Correct it in the environment or in .env.\n"


@pytest.mark.parametrize(("word", "status"), [("--help", 0), ("--port=9000", 2), ("stop", 2)])
def test_a_word_starts_nothing(
    word: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["windlass", word])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == status
    said = capsys.readouterr()
    assert "WINDLASS_WEB_PORT" in said.out if status == 0 else "unrecognized arguments" in said.err


def test_a_second_stack_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WINDLASS_HOME", str(tmp_path))
    with lock.held(tmp_path):
        assert program.main() == 1
    assert capfd.readouterr().out.startswith("make up: Windlass already runs here (process still starting")


def test_reset_of_a_running_stack_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WINDLASS_HOME", str(tmp_path))
    with lock.held(tmp_path):
        assert reset.main() == 1
    assert capsys.readouterr().err.startswith("make reset: Windlass already runs here")


def test_reset_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WINDLASS_HOME", str(tmp_path / "none"))
    assert reset.main() == 0
    assert "there is nothing to delete" in capsys.readouterr().out


def test_reset_without_a_terminal_deletes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDLASS_HOME", str(tmp_path))
    monkeypatch.setattr("builtins.input", _no_terminal)
    assert reset.main() == 1
    assert tmp_path.exists()


def _no_terminal(_: str) -> str:
    raise EOFError
