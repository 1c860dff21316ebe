"""The file .env, read by manage.py and by deploy/with-env: both must find the same data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from project.settings import dotenv, environment
from project.settings.environment import BASE_DIR

LINES = """\
# a comment
PLAIN=value
SPACED = no name
  INDENTED=no name
EMPTY=
QUOTED="two words"
SINGLE='it''s'
HALF="
BOTH=a=b
TWICE=first
TWICE=second
9DIGIT=no name
DASH-ED=no name
WINDOWS=line\r
NO_ASSIGNMENT
TAKEN=from the file
SET_EMPTY=from the file
LAST=without an end"""
SHELL = {"TAKEN": "from the shell", "SET_EMPTY": ""}


def applied(folder: Path, **environ: str) -> dict[str, str]:
    dotenv.apply(environ, folder)
    return environ


def by_shell(folder: Path) -> dict[str, str]:
    command = [str(BASE_DIR / "deploy" / "with-env"), "/usr/bin/env", "-0"]
    env = {**SHELL, "PATH": os.defpath}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True)
    pairs = (line.partition("=") for line in done.stdout.split("\0"))
    return {name: value for name, _, value in pairs if name not in {"", "PATH", "PWD", "OLDPWD", "SHLVL", "_"}}


def test_it_is_read_as_the_shell_script_reads_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(LINES, newline="")
    found = applied(tmp_path, **SHELL)
    assert found == by_shell(tmp_path)
    assert found == SHELL | {
        "PLAIN": "value",
        "EMPTY": "",
        "QUOTED": "two words",
        "SINGLE": "it''s",
        "HALF": '"',
        "BOTH": "a=b",
        "TWICE": "first",
        "WINDOWS": "line",
        "LAST": "without an end",
        "DOTENV_APPLIED": "1",
    }


def test_no_file_adds_nothing(tmp_path: Path) -> None:
    assert applied(tmp_path) == {"DOTENV_APPLIED": "1"}


def test_what_was_started_with_it_does_not_read_it_again(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEMO=0\n")
    assert applied(tmp_path, DOTENV_APPLIED="1") == {"DOTENV_APPLIED": "1"}


def test_a_file_closed_to_us_is_told_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("DEMO=0\n")

    def closed(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", closed)
    assert "DEMO" not in applied(tmp_path)
    assert "cannot be read (Permission denied)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "meant"),
    [(".windlass-two", "{folder}/.windlass-two"), ("/data", "/data"), ("~/data", "/home/ann/data"), ("", "")],
)
def test_a_data_folder_lies_in_the_checkout_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, meant: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    (tmp_path / ".env").write_text(f"WINDLASS_HOME={written}\n")
    assert applied(tmp_path)["WINDLASS_HOME"] == meant.format(folder=tmp_path)


@pytest.mark.parametrize("environ", [{}, {"WINDLASS_HOME": ""}])
def test_an_empty_data_folder_is_the_default(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    monkeypatch.setattr(os, "environ", environ)
    assert environment.home() == BASE_DIR / ".windlass"


def test_manage_py_reads_it_before_the_settings(tmp_path: Path) -> None:
    """A checkout of links with an .env of its own: the command acts on the folder that the file names."""
    (tmp_path / "project" / "settings").mkdir(parents=True)
    for name in ("manage.py", "project/settings/dotenv.py"):
        (tmp_path / name).write_bytes((BASE_DIR / name).read_bytes())
    (tmp_path / "named.py").write_text("import os\nprint(os.environ['WINDLASS_HOME'])\nSECRET_KEY = 'x'\n")
    (tmp_path / ".env").write_text("WINDLASS_HOME=elsewhere\nDJANGO_SETTINGS_MODULE=named\n")
    command = [sys.executable, str(tmp_path / "manage.py"), "check"]
    env = {"PATH": os.defpath}
    done = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == str(tmp_path / "elsewhere")
