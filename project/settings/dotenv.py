"""The file .env of the checkout, as deploy/with-env reads it: a variable the shell already has wins. No Django."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
APPLIED = "DOTENV_APPLIED"
# Set where the file was read, or must not be: whoever we start has our variables, and a test none of a developer's.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HOME = "WINDLASS_HOME"


def apply(environ: MutableMapping[str, str] = os.environ, folder: Path = BASE_DIR) -> None:
    """Add what the file says and the environment does not. A data folder without a leading / lies in the checkout."""
    if APPLIED in environ:
        return
    for name, value in _variables(_lines(folder / ".env")):
        environ.setdefault(name, _anchored(value, folder) if name == HOME else value)
    environ[APPLIED] = "1"


def _lines(file: Path) -> list[str]:
    """None where there is no file; one that is closed to us is told, for a kill must go on without it."""
    if not file.is_file():
        return []
    try:
        text = os.fsdecode(file.read_bytes().replace(b"\0", b""))
    except OSError as error:
        sys.stderr.write(f"{file} cannot be read ({error.strerror}): what it says does not count here.\n")
        return []
    return [line.removesuffix("\r") for line in text.split("\n")]


def _variables(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names with values. A line that is no assignment says nothing."""
    for line in lines:
        name, assigned, value = line.partition("=")
        if assigned and NAME.fullmatch(name):
            yield name, _unquoted(value)


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _anchored(value: str, folder: Path) -> str:
    """Commands run from anywhere; `make up` runs in the checkout."""
    return str(folder / Path(value).expanduser()) if value else value
