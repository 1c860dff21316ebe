"""Real PostgreSQL and Valkey for a test session: throw-away, on free ports, gone when the session ends."""

import asyncio
import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Literal

import psycopg

from project.services import binaries, files, ports, postgres, ready, roles, server_answers, spawn, valkey
from project.services.errors import NotReady
from project.services.spawn import Launch

START_SECS = 120.0
STOP_SECS = 10.0


class TestServers:
    """Both servers. They also end when this process is killed (Linux); start them from the main thread."""

    __test__ = False  # pytest would collect a class of this name

    def __init__(self, root: Path) -> None:
        environ = os.environ
        self.root = root
        self.cluster = postgres.prepare(
            root / "pg", bin_dir=binaries.postgres_bin(environ), port=ports.free_port(), durable=False
        )
        self.keyspace = valkey.prepare(
            root / "valkey", program=binaries.valkey_server(environ), port=ports.free_port(), durable=False
        )
        self._children: list[tuple[Launch, subprocess.Popen[bytes]]] = []

    def database_url(self, role: Literal["owner", "app"] = "owner") -> str:
        """URL of the database `windlass`; the owner may create databases of its own beside it."""
        return self.cluster.url(role)

    @property
    def redis_url(self) -> str:
        """URL of Valkey, database 0."""
        return self.keyspace.url

    def start(self) -> None:
        """Start both and wait until they answer; then make roles and database."""
        engine_url = self.cluster.url("engine", database="postgres")
        database = self._spawn("postgres", postgres.launch(self.cluster))
        broker = self._spawn("valkey", valkey.launch(self.keyspace))
        self._await("postgres", lambda: server_answers.postgres_answers(engine_url), database)
        self._await("valkey", lambda: server_answers.redis_answers(self.redis_url), broker)
        roles.create(self.cluster.access, owner_may_create_databases=True)
        self._keep_quiet(engine_url)

    def _keep_quiet(self, engine_url: str) -> None:
        """No vacuum of its own accord: its transactions hold back what the sealer may seal, at any moment."""
        with psycopg.connect(engine_url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET autovacuum = off")
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """End both and remove their data. Safe to repeat."""
        while self._children:
            _end(*self._children.pop())
        shutil.rmtree(self.root, ignore_errors=True)

    def _spawn(self, name: str, launch: Launch) -> "subprocess.Popen[bytes]":
        with (self.root / f"{name}.log").open("ab") as log:
            arguments = spawn.popen_arguments(launch)
            child = subprocess.Popen(launch.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **arguments)
        self._children.append((launch, child))
        return child

    def _await(self, name: str, check: ready.Check, child: "subprocess.Popen[bytes]") -> None:
        reason = asyncio.run(ready.wait(check, alive=lambda: child.poll() is None, seconds=START_SECS))
        if reason:
            log = self.root / f"{name}.log"
            raise NotReady(name=name, seconds=START_SECS, detail=f"{reason}\n{log.read_text()}", log=log)


def _end(launch: Launch, child: "subprocess.Popen[bytes]") -> None:
    child.send_signal(launch.stop_signal)
    try:
        child.wait(STOP_SECS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def start_servers() -> TestServers:
    """Start the servers of this test session; they are stopped at exit, tests or not."""
    servers = TestServers(files.folder(Path(tempfile.mkdtemp(prefix="windlass-test-"))))
    atexit.register(servers.stop)
    servers.start()
    return servers
