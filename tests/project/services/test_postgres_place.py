"""Where PostgreSQL's programs and data go when we are root and its user may not enter our folders."""

import os
from pathlib import Path

import pytest

from project.services import binaries, postgres_place, spawn

BIN_DIR = binaries.postgres_bin(os.environ)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must give up its rights")


def test_an_ordinary_user_keeps_everything_in_place(tmp_path: Path) -> None:
    place = postgres_place.choose(tmp_path / "pg", bin_dir=BIN_DIR, identity=None)
    assert place == postgres_place.Place(root=tmp_path / "pg", bin_dir=BIN_DIR)


@as_root
def test_root_keeps_a_reachable_folder(reachable: Path) -> None:
    place = postgres_place.choose(reachable / "pg", bin_dir=BIN_DIR, identity=spawn.unprivileged())
    assert place.root == reachable / "pg"


@as_root
def test_a_closed_folder_is_moved_and_found_again(
    closed: Path, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_place, "ELSEWHERE", reachable)
    first = postgres_place.choose(closed / "home" / "pg", bin_dir=BIN_DIR, identity=spawn.unprivileged())
    assert first.root.parent == reachable
    assert (closed / "home" / "pg").resolve() == first.root
    second = postgres_place.choose(closed / "home" / "pg", bin_dir=BIN_DIR, identity=spawn.unprivileged())
    assert second == first


@as_root
def test_programs_in_a_closed_folder_are_copied(closed: Path, reachable: Path) -> None:
    programs = closed / "install" / "bin"
    programs.parent.mkdir()
    programs.symlink_to(BIN_DIR)
    place = postgres_place.choose(reachable / "pg", bin_dir=programs, identity=spawn.unprivileged())
    assert place.bin_dir == reachable / "pg" / "install" / "bin"
    assert (place.bin_dir / "initdb").is_file()
