"""What a kind of fault needs of the machine, and what is said where the machine has it not."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from project.services import files
from tests.faults import faketime

DISK_MB = 1400
# The supervisor starts with 1,000 MB free and no less.
BALLAST = "ballast"
MIB = 1024 * 1024


def needs(kind: str) -> bool:
    """Whether a kind needs a stack that no other kind can use."""
    return needs_disk(kind) or kind == faketime.KIND


def needs_disk(kind: str) -> bool:
    """Whether a kind needs a disk of its own."""
    return kind.startswith("disk_")


def missing(kind: str) -> str:
    """Why a kind cannot be played here; empty when it can."""
    if kind == faketime.KIND:
        return faketime.missing()
    if not needs_disk(kind):
        return ""
    try:
        with place():
            return ""
    except OSError as error:
        return f"a small disk cannot be mounted here ({error})"


@contextmanager
def place() -> Iterator[Path]:
    """A folder on a small disk in memory. Raises OSError where mounting is not permitted."""
    folder = Path(tempfile.mkdtemp(prefix="windlass-disk-"))
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=711", "tmpfs", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(done.stderr.strip())
        files.folder(folder)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
        folder.rmdir()


def fill(folder: Path) -> None:
    """Use up what is left."""
    with (folder / BALLAST).open("ab", buffering=0) as file:
        for size in (MIB, 4096, 1):
            _write_until_full(file.fileno(), b"\0" * size)


def _write_until_full(descriptor: int, block: bytes) -> None:
    try:
        while os.write(descriptor, block):
            continue
    except OSError:  # it is full
        return


def free(folder: Path) -> None:
    """Room again."""
    (folder / BALLAST).unlink(missing_ok=True)
