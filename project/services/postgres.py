"""The built-in PostgreSQL: made at first start, run as a foreground child, TCP on loopback only."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from project.services import files, postgres_pid, postgres_place, spawn
from project.services.errors import ChildFailed, PasswordsLost, WrongVersion
from project.services.ports import HOST
from project.services.spawn import Identity, Launch

DATABASE = "windlass"
BUILTIN_LOCALE_SINCE = 17
# From 17 on C.UTF-8 is part of PostgreSQL itself; macOS and small containers lack the system's.

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # no socket: its path must stay below 108 bytes, a checkout's may not
    "max_connections": "80",  # web pool 6, door 2, three workers 2 each, pump 2, commands; the rest for a person's psql
    "shared_buffers": "48MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "random_page_cost": "1.1",  # the disk is an SSD, or the rows are in memory: an index is never far
    "max_wal_size": "512MB",
    "max_logical_replication_workers": "0",  # nobody replicates from here; its launcher would be one process more
    "max_parallel_workers_per_gather": "0",  # rows by the hundred, asked for by key: helpers would only cost memory
    "autovacuum_max_workers": "2",
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "60s",  # an idle transaction holds up the journal's horizon
    "timezone": "UTC",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "log_line_prefix": "%m ",
    # A logged statement or its detail could carry a secret: only the error itself is written.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
SINCE_18 = {"io_method": "sync"}  # three I/O helper processes less; our reads are small

Role = Literal["engine", "owner", "app"]
USERS: dict[Role, str] = {"engine": "engine", "owner": "windlass_owner", "app": "windlass_app"}


@dataclass(frozen=True, slots=True)
class Passwords:
    """One password per role, random, kept in a file beside the data."""

    engine: str
    owner: str
    app: str


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the server in each role."""

    port: int
    passwords: Passwords

    def url(self, role: Role, *, database: str = DATABASE) -> str:
        """postgresql:// URL of a role, with its password."""
        password = quote(getattr(self.passwords, role), safe="")
        return f"postgresql://{USERS[role]}:{password}@{HOST}:{self.port}/{database}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL installation with its data folder, ready to be started."""

    bin_dir: Path
    data: Path
    access: Access
    identity: Identity | None
    durable: bool

    def url(self, role: Role, *, database: str = DATABASE) -> str:
        """postgresql:// URL of a role, with its password."""
        return self.access.url(role, database=database)


def prepare(
    root: Path, *, bin_dir: Path, port: int, durable: bool = True, say: Callable[[str], None] = lambda _: None
) -> Cluster:
    """Make the data folder below root at first start; at later ones check its version and free it for a new server.

    durable=False is for throw-away test databases only. say(text) hears what was mended.
    """
    identity = spawn.unprivileged()
    place = postgres_place.choose(root, bin_dir=bin_dir, identity=identity)
    major = major_version(place.bin_dir)
    passwords = _passwords(place.root, data=place.root / "data")
    cluster = Cluster(place.bin_dir, place.root / "data", Access(port, passwords), identity, durable)
    if not cluster.data.exists():
        _initdb(cluster, major=major)
    _check_version(cluster.data, major=major)
    stranger = postgres_pid.forget_stranger(cluster.data)
    if stranger is not None:
        note = cluster.data / postgres_pid.NAME
        say(f"removed {note}: it named process {stranger}, which is no PostgreSQL of this folder")
    return cluster


def launch(cluster: Cluster) -> Launch:
    """How the server is started. SIGINT is its fast stop; SIGTERM would wait for every client to leave."""
    settings = SETTINGS | {"port": str(cluster.access.port)}
    settings |= SINCE_18 if major_version(cluster.bin_dir) >= 18 else {}
    settings |= {} if cluster.durable else {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Launch(
        argv=(str(cluster.bin_dir / "postgres"), "-D", str(cluster.data), *options),
        env=_environment(),
        cwd=cluster.data,
        identity=cluster.identity,
        stop_signal=signal.SIGINT,
    )


def major_version(bin_dir: Path) -> int:
    """18 for PostgreSQL 18.4."""
    answer = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"(\d+)", answer.stdout)
    if match is None:
        raise ChildFailed(name="postgres --version", status=0, detail=answer.stdout.strip())
    return int(match.group(1))


def _check_version(data: Path, *, major: int) -> None:
    found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(major):
        raise WrongVersion(data=data, found=found, wanted=major)


def _passwords(root: Path, *, data: Path) -> Passwords:
    """Read the roles' passwords; draw them when there is no database yet."""
    path = root / "passwords.json"
    if path.exists():
        return Passwords(**json.loads(path.read_text(encoding="utf-8")))
    if data.exists():
        raise PasswordsLost(path=path, data=data)
    drawn = Passwords(*(secrets.token_urlsafe(24) for _ in USERS))
    files.write_private(path, json.dumps(asdict(drawn)))
    return drawn


def _initdb(cluster: Cluster, *, major: int) -> None:
    """Make the data folder under another name first: a half-made one must never look finished."""
    draft = cluster.data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _hand_over(draft, cluster.identity)
    with tempfile.NamedTemporaryFile("w", dir=cluster.data.parent, prefix="initdb-") as password_file:
        password_file.write(cluster.access.passwords.engine)
        password_file.flush()
        _hand_over(Path(password_file.name), cluster.identity)
        _run_initdb(cluster, draft, Path(password_file.name), major=major)
    draft.rename(cluster.data)


def _run_initdb(cluster: Cluster, draft: Path, password_file: Path, *, major: int) -> None:
    builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    locale = builtin if major >= BUILTIN_LOCALE_SINCE else ("--locale=C.UTF-8",)
    sync = () if cluster.durable else ("--no-sync",)
    argv = [str(cluster.bin_dir / "initdb"), "-D", str(draft), "-U", USERS["engine"], "--auth=scram-sha-256"]
    argv += [f"--pwfile={password_file}", "--encoding=UTF8", *locale, *sync]
    who = spawn.as_user(cluster.identity)
    done = subprocess.run(argv, env=_environment(), cwd=draft, text=True, check=False, capture_output=True, **who)
    if done.returncode != 0:
        raise ChildFailed(name="initdb", status=done.returncode, detail=done.stderr.strip())


def _hand_over(path: Path, identity: Identity | None) -> None:
    if identity is not None:
        os.chown(path, identity.uid, identity.gid)


def _environment() -> dict[str, str]:
    """A server's environment: nothing of ours, so that a PG* or LC_* variable of the user's cannot bend it."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
