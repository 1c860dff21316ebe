"""The built-in Valkey: append-only file, no eviction, a password, loopback only."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from project.services import files
from project.services.ports import HOST
from project.services.spawn import Launch

SETTINGS = {
    "bind": HOST,
    "protected-mode": "yes",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',  # the append-only file is enough; snapshots would double the memory for a moment
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",  # a full broker refuses new bells, which the pump repeats; it never forgets one
    "tcp-keepalive": "60",
    "loglevel": "warning",
}


@dataclass(frozen=True, slots=True)
class Keyspace:
    """A Valkey program with its data folder, ready to be started."""

    program: Path
    root: Path
    port: int
    password: str
    durable: bool

    @property
    def url(self) -> str:
        """redis:// URL with the password."""
        return f"redis://:{quote(self.password, safe='')}@{HOST}:{self.port}/0"


def prepare(root: Path, *, program: Path, port: int, durable: bool = True) -> Keyspace:
    """Make the folder and its password at first start; write the configuration at every one.

    The password is in a file, not on the command line, where every user of the machine could read it.
    """
    password = _password(files.folder(root) / "password")
    keyspace = Keyspace(program=program, root=root, port=port, password=password, durable=durable)
    files.write_private(root / "valkey.conf", _configuration(keyspace))
    return keyspace


def launch(keyspace: Keyspace) -> Launch:
    """How the server is started."""
    argv = (str(keyspace.program), str(keyspace.root / "valkey.conf"))
    return Launch(argv=argv, env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}, cwd=keyspace.root)


def _password(path: Path) -> str:
    if not path.exists():
        files.write_private(path, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")


def _configuration(keyspace: Keyspace) -> str:
    settings = SETTINGS | {"port": str(keyspace.port), "dir": f'"{keyspace.root}"', "requirepass": keyspace.password}
    settings |= {} if keyspace.durable else {"appendonly": "no"}
    return "".join(f"{name} {value}\n" for name, value in settings.items())
