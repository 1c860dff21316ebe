"""Small private files: whole, and there after a power cut."""

import os
import stat
from pathlib import Path

import pytest

from project.services import files


def test_a_file_is_replaced_and_private(tmp_path: Path) -> None:
    files.write_private(tmp_path / "kek", "old")
    files.write_private(tmp_path / "kek", "new")
    assert (tmp_path / "kek").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "kek").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["kek"]


def test_first_the_text_is_durable_and_then_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, bool]] = []

    def sync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, (tmp_path / "kek").exists()))

    monkeypatch.setattr(os, "fsync", sync)
    files.write_private(tmp_path / "kek", "text")
    assert synced == [(False, False), (True, True)]
