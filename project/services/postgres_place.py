"""Where PostgreSQL's programs and data may lie. It refuses to run as root, and `nobody` cannot enter every folder."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from project.services import files, spawn
from project.services.spawn import Identity

ELSEWHERE = Path("/var/lib")


@dataclass(frozen=True, slots=True)
class Place:
    """root holds `data` and the passwords; bin_dir the programs."""

    root: Path
    bin_dir: Path


def choose(root: Path, *, bin_dir: Path, identity: Identity | None) -> Place:
    """Where the server's user can reach both data and programs.

    As root in a closed folder (root's own home) the data go to /var/lib, with a link in their old place,
    and the programs are copied beside them.
    """
    if identity is None:
        return Place(root=files.folder(root), bin_dir=bin_dir)
    reachable = _reachable_root(root, identity)
    return Place(root=reachable, bin_dir=_executable_bin(bin_dir, beside=reachable, identity=identity))


def _reachable_root(root: Path, identity: Identity) -> Path:
    files.folder(root.parent)
    if root.is_symlink() or not _can_enter(root.parent, identity):
        return _moved(root)
    return files.folder(root)


def _moved(root: Path) -> Path:
    """The folder in /var/lib that stands for root; the link makes it found again, also after the checkout moved."""
    if not root.is_symlink():
        name = hashlib.sha256(str(root).encode()).hexdigest()[:8]
        root.symlink_to(files.folder(ELSEWHERE / f"windlass-{name}"))
    return files.folder(root.resolve())


def _can_enter(folder: Path, identity: Identity) -> bool:
    """Asked of the system by trying: permission bits do not tell of access lists and mounts."""
    return _runs(["/bin/sh", "-c", 'cd "$0"', str(folder)], identity)


def _executable_bin(bin_dir: Path, *, beside: Path, identity: Identity) -> Path:
    if _runs([str(bin_dir / "postgres"), "--version"], identity):
        return bin_dir
    copy = beside / "install"
    if not _runs([str(copy / "bin" / "postgres"), "--version"], identity) or _differs(bin_dir, copy / "bin"):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(bin_dir.parent, copy, ignore=shutil.ignore_patterns("include"))
    return copy / "bin"


def _differs(original: Path, copy: Path) -> bool:
    return (original / "postgres").stat().st_size != (copy / "postgres").stat().st_size


def _runs(argv: list[str], identity: Identity) -> bool:
    who = spawn.as_user(identity)
    try:
        done = subprocess.run(argv, cwd="/", capture_output=True, check=False, env={"PATH": os.defpath}, **who)
    except (FileNotFoundError, PermissionError):
        return False
    return done.returncode == 0
