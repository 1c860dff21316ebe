"""deploy/install and make-venv with a Python of ours: what an upgrade of the system breaks is made anew."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from project.settings.environment import BASE_DIR

PYTHON = """\
#!/bin/sh
echo "$*" >>"{log}"
case "$*" in
    *print*) echo {minor} ;;
    '-m venv --clear '*)
        rm -rf "$4"
        mkdir -p "$4/bin" "$4/lib/python{minor}/site-packages"
        ln -s "$0" "$4/bin/python" ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    """A folder with a virtual environment, and the only Pythons that its shell finds."""

    root: Path

    @property
    def programs(self) -> Path:
        return self.root / "programs"

    def upgrade(self, minor: str) -> None:
        """The system's Python is this one from now on."""
        script = PYTHON.format(log=self.root / "log", minor=minor)
        for name in ("python3.13", "python3.12", "python3.11", "python3"):
            (self.programs / name).write_text(script)
            (self.programs / name).chmod(0o755)

    def install(self) -> list[str]:
        """What Pythons were asked to do, without the questions for their version."""
        (self.root / "log").write_text("")
        command = [str(BASE_DIR / "deploy/install"), ".venv/bin/python", ".venv/.installed-base", "base.txt"]
        env = {"PATH": f"{self.programs}:{os.defpath}"}
        subprocess.run(command, cwd=self.root, env=env, check=True, capture_output=True)
        asked = (self.root / "log").read_text().splitlines()
        return [" ".join(words.split()[:3]) for words in asked if words.startswith("-m")]


MADE = ["-m venv --clear", "-m pip install"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    found = Checkout(tmp_path)
    found.programs.mkdir()
    (tmp_path / "base.txt").write_text("django==5.2\n")
    found.upgrade("3.11")
    assert found.install() == MADE
    return found


def test_nothing_is_done_twice(checkout: Checkout) -> None:
    assert checkout.install() == []


def test_changed_requirements_are_installed(checkout: Checkout) -> None:
    (checkout.root / "base.txt").write_text("django==5.3\n")
    assert checkout.install() == ["-m pip install"]


def test_a_python_that_is_gone_is_replaced_with_all_that_stood_on_it(checkout: Checkout) -> None:
    link = checkout.root / ".venv/bin/python"
    link.unlink()
    link.symlink_to(checkout.root / "gone")
    assert checkout.install() == MADE
    assert checkout.install() == []


def test_a_python_of_another_minor_version_has_none_of_it(checkout: Checkout) -> None:
    checkout.upgrade("3.12")
    assert checkout.install() == MADE
    assert checkout.install() == []
