"""Folders for servers: one that everybody may enter, one that only its owner may."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.services import files


@pytest.fixture
def reachable() -> Iterator[Path]:
    """pytest's own folder is closed to the user PostgreSQL runs as when we are root."""
    folder = files.folder(Path(tempfile.mkdtemp(prefix="windlass-open-")))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that only its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="windlass-closed-"))
    yield folder
    shutil.rmtree(folder)
