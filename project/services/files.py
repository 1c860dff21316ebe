"""Small files that must be whole and private."""

import os
from pathlib import Path

PRIVATE = 0o600
TRAVERSABLE = 0o711
# Others may pass through the data folder but not list it: PostgreSQL runs as another user when we are root.


def folder(path: Path) -> Path:
    """Make the folder, passable by other users but not listable; return it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(TRAVERSABLE)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only, durable."""
    write_private_bytes(path, text.encode())


def write_private_bytes(path: Path, content: bytes) -> None:
    """The same for bytes."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)  # a leftover of a run that died here
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable, not only what the files say."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
