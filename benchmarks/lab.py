"""The servers of a run: durable ones, as `make up` starts them, in a folder that is deleted afterwards."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg
from redis import Redis

from benchmarks.bench import free_ports
from project.services import binaries, files, postgres, ready, roles, server_answers, spawn, stack, valkey
from project.services.options import BASE_DIR, PORTS, Options
from project.services.postgres import DATABASE, USERS
from project.services.spawn import Launch
from project.services.stack import Servers

START_SECS = 60.0
STOP_SECS = 10.0
SHOWN = ("fsync", "synchronous_commit", "full_page_writes")
FOREIGN = ("WINDLASS_", "DATABASE_", "REDIS_URL", "DEMO", "DJANGO_")
# Variables of a user's own stack must not bend a run.
OWNER_URL = "BENCH_OWNER_URL"
# Only a table's owner may have it counted for the planner.


class Lab:
    """PostgreSQL and Valkey, and a fresh database for each figure. Everything it starts it ends, by id."""

    def __init__(self) -> None:
        self.root = files.folder(Path(tempfile.mkdtemp(prefix="windlass-bench-")))
        self.ports = free_ports()
        self.cluster = postgres.prepare(
            self.root / "pg", bin_dir=binaries.postgres_bin(os.environ), port=self.ports["postgres"]
        )
        self.keyspace = valkey.prepare(
            self.root / "valkey", program=binaries.valkey_server(os.environ), port=self.ports["valkey"]
        )
        self._children: list[tuple[Launch, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the servers, the last first, and delete their data."""
        while self._children:
            launch, child = self._children.pop()
            end(child, launch)
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.cluster.data.parent, ignore_errors=True)

    def _start(self) -> None:
        self._spawn("postgres", postgres.launch(self.cluster))
        self._spawn("valkey", valkey.launch(self.keyspace))
        engine = self.cluster.url("engine", database="postgres")
        self._await(lambda: server_answers.postgres_answers(engine))
        self._await(lambda: server_answers.redis_answers(self.keyspace.url))
        roles.create(self.cluster.access)
        env = self.environment("migrate", database=DATABASE) | {"DATABASE_URL": self.cluster.url("owner")}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE_DIR, env=env, check=True)

    def _spawn(self, name: str, launch: Launch) -> None:
        with (self.root / f"{name}.log").open("ab") as log:
            arguments = spawn.popen_arguments(launch)
            child = subprocess.Popen(launch.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **arguments)
        self._children.append((launch, child))

    def _await(self, check: ready.Check) -> None:
        if reason := asyncio.run(ready.wait(check, seconds=START_SECS)):
            raise RuntimeError(f"a server does not answer: {reason}")

    # a figure's surroundings ----------------------------------------------------------------

    def fresh(self, name: str) -> dict[str, str]:
        """The environment of a figure: a copy of the migrated database, an empty broker, an empty folder."""
        database = f"bench_{name}"
        with psycopg.connect(self.cluster.url("engine", database="postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)".encode())
            owner = USERS["owner"]
            connection.execute(f"CREATE DATABASE {database} TEMPLATE {DATABASE} OWNER {owner}".encode())
        Redis.from_url(self.keyspace.url).flushall()
        return self.environment(name, database=database) | {OWNER_URL: self.cluster.url("owner", database=database)}

    def environment(self, name: str, *, database: str) -> dict[str, str]:
        """What every process of a figure gets to know: what `make up` would tell it, and nothing of the user's."""
        options = Options(
            home=files.folder(self.root / name),
            ports=self.ports,
            database_url="",
            database_owner_url="",
            redis_url="",
            demo=False,
            demo_speed=60,
        )
        servers = Servers(
            database_url=self.cluster.url("app", database=database), database_owner_url="", redis_url=self.keyspace.url
        )
        return stack.environment(options, servers, own_environment(os.environ))

    def durability(self) -> str:
        """What the server itself says of its durability."""
        with psycopg.connect(self.cluster.url("engine", database="postgres")) as connection:
            said = [(name, _shown(connection, name)) for name in SHOWN]
        return ", ".join(f"{name}={value}" for name, value in said)


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The shell's variables without those of a stack, and none of .env."""
    kept = {name: value for name, value in environ.items() if not name.startswith(FOREIGN)}
    return kept | {"DOTENV_APPLIED": "1"}


def variables() -> list[str]:
    """The names of the ports' variables."""
    return [port.variable for port in PORTS]


def end(child: "subprocess.Popen[bytes]", launch: Launch) -> None:
    """Stop a child the way it wants to be stopped; what does not listen is killed, with its group."""
    child.send_signal(launch.stop_signal)
    try:
        child.wait(STOP_SECS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    spawn.end_group(child.pid)


def _shown(connection: "psycopg.Connection[tuple[object, ...]]", name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else "?"
