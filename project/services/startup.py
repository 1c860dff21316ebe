"""From nothing to the banner: servers, tables, first login, processes, and the wait until they answer.

While the servers come up, a mother loads what the engine needs; then tables are looked at and the engine's processes
forked, and those that people look at are started after them.
"""

import asyncio
import functools
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from project.services import (
    banner,
    binaries,
    files,
    nursery,
    postgres,
    ready,
    stack,
    stackfile,
    valkey,
)
from project.services import child as children
from project.services.errors import ChildFailed, NotReady, ServerUnreachable
from project.services.greeting import Task
from project.services.logs import Logs
from project.services.nursery import Nursery
from project.services.options import PORTS, Options
from project.services.ports import HOST
from project.services.postgres import Cluster
from project.services.spawn import Launch
from project.services.stack import Servers
from project.services.stackfile import StackRecord
from project.services.supervisor import Program, Stage, Supervisor
from project.services.terminal import Terminal
from project.services.valkey import Keyspace

SERVER_SECS = 30.0
# While PostgreSQL recovers from a crash the greeter waits longer.
GIVEN_SECS = 5.0
# A server of the user's own runs already.
URL_VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
APPS_SECS = 120.0
APPS_PAUSE_SECS = 0.4
# The dashboard's answer counts migrations and asks the servers: asked more often, it would slow the start.
PAPER_SECS = 10.0
# An exchange that is called before it listens has errors counted against it, but a live position's exits wait no longer.
ENGINE = ("door", "pump", "web")
# In this order: the door takes alerts; the dashboard loads longest.
TRADERS = ("sweeps", "entries", "exits")
# They call venues, the paper exchange too. A sweep reconciles, then entries are decided.
FORKED = ("door", "pump", *TRADERS)
# They need what the mother has loaded.
LATE = ("feed", "flower", "beat", "kill")
# They start when the stack answers: nobody waits for them, and two cores have enough to do before.


@dataclass(slots=True)
class Stack:
    """One run of the stack on a data folder."""

    options: Options
    environ: Mapping[str, str]
    logs: Logs
    terminal: Terminal
    supervisor: Supervisor
    started: float = field(default_factory=time.monotonic)
    unwell: list[str] = field(default_factory=list)  # what did not answer in time, with its log file

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.options.home

    async def start(self) -> None:
        """From nothing to the banner. Raises ServiceError."""
        servers, greeting = self._servers()
        env = stack.environment(self.options, servers, self.environ)
        programs = stack.programs(self.options, env, flower_login=self._flower_login())
        self.supervisor.keep(programs["paper"])
        async with nursery.opened(env, functools.partial(self.logs.line, "mother")) as born:
            await self._greet(greeting)
            self._publish(servers)
            first = await self._prepared(env, servers, born)
            await self._engine(programs, born)
        for name in LATE:
            self._keep_if_present(programs.get(name))
        self.terminal.plain(banner.text(self._facts(first)))

    async def _prepared(self, env: Mapping[str, str], servers: Servers, born: Nursery) -> dict[str, Any]:
        """Tables and first login; the tables are made only where some are missing, for that takes a Django of its own."""
        first = await self._bootstrap(env, born)
        if first.get("tables_missing"):
            owner = stack.owner_environment(env, servers)
            await self.supervisor.run("migrate", _manage("migrate --no-input --skip-checks -v 0", owner))
            first = await self._bootstrap(env, born)
        self.logs.say(f"tables are ready after {self._age()}")
        return first

    async def _bootstrap(self, env: Mapping[str, str], born: Nursery) -> dict[str, Any]:
        """Make the first login; its standard output holds secrets and is not logged."""
        output = await self.supervisor.run("bootstrap", _manage("bootstrap", env), by=born.spawn)
        return _json_line("bootstrap", output)

    def _servers(self) -> tuple[Servers, Task]:
        """Start what was not given; where they are, and how to see that they answer."""
        cluster, keyspace = self._start_postgres(), self._start_valkey()
        servers = Servers(
            database_url=cluster.url("app") if cluster else self.options.database_url,
            database_owner_url=cluster.url("owner") if cluster else self.options.database_owner_url,
            redis_url=keyspace.url if keyspace else self.options.redis_url,
        )
        greeting = Task(
            database_url=cluster.url("engine", database="postgres") if cluster else servers.database_url,
            database_secs=SERVER_SECS if cluster else GIVEN_SECS,
            redis_url=servers.redis_url,
            redis_secs=SERVER_SECS if keyspace else GIVEN_SECS,
            access=cluster.access if cluster else None,
        )
        return servers, greeting

    def _start_postgres(self) -> Cluster | None:
        if self.options.database_url:
            return None
        programs, port = binaries.postgres_bin(self.environ), self.options.ports["postgres"]
        cluster = postgres.prepare(self.home / "pg", bin_dir=programs, port=port, say=self.logs.say)
        if (self.home / "pg").is_symlink():
            self.logs.say(
                f"the database lies in {cluster.data}: as root it runs as nobody, who may not enter {self.home}"
            )
        self.supervisor.keep(Program("postgres", postgres.launch(cluster), Stage.DATABASE))
        return cluster

    def _start_valkey(self) -> Keyspace | None:
        if self.options.redis_url:
            return None
        program, port = binaries.valkey_server(self.environ), self.options.ports["valkey"]
        keyspace = valkey.prepare(self.home / "valkey", program=program, port=port)
        self.supervisor.keep(Program("valkey", valkey.launch(keyspace), Stage.BROKER))
        return keyspace

    async def _greet(self, todo: Task) -> None:
        """Raise the error of the first server that does not answer."""
        env, begun = {**self.environ, **todo.variable()}, time.monotonic()
        output = await self.supervisor.run("greet", stack.python("-m project.services.greet", env=env))
        given = {"postgres": self.options.database_url, "valkey": self.options.redis_url}
        for name, reason in _json_line("greet", output).items():
            if reason and given[name]:
                raise ServerUnreachable(variable=URL_VARIABLES[name], detail=reason)
            if reason:
                waited_secs = time.monotonic() - begun
                raise NotReady(name=name, seconds=waited_secs, detail=reason, log=self.logs.path(name))
        self.logs.say(f"servers answer after {self._age()}")

    async def _engine(self, programs: Mapping[str, Program], born: Nursery) -> None:
        """Start it, and wait for what people and programs talk to; what does not come up is named in the banner."""
        async with asyncio.TaskGroup() as answers:
            paper = answers.create_task(self._ready("paper", "/api/v3/ping"))
            for name in ENGINE:
                self._launch(programs[name], born)
            answers.create_task(self._ready("door", "/health/live"))
            answers.create_task(self._ready("web", "/health/ready"))
            await asyncio.wait({paper}, timeout=PAPER_SECS)
            for name in TRADERS:
                self._launch(programs[name], born)

    def _launch(self, program: Program, born: Nursery) -> None:
        self.supervisor.keep(program, by=born.spawn if program.name in FORKED else children.spawned)

    async def _ready(self, name: str, path: str) -> None:
        check = functools.partial(ready.http_answers, self._url(name) + path)
        reason = await ready.wait(check, seconds=APPS_SECS, pause_secs=APPS_PAUSE_SECS)
        if reason:  # what runs goes on running: exits must be managed even while the dashboard is not well
            self.logs.say(f"{name} is not ready after {APPS_SECS:.0f} s: {reason}. See {self.logs.path(name)}")
            self.unwell.append(f"{name}, see {self.logs.path(name)}")
        else:
            self.logs.say(f"{name} answers after {self._age()}")

    def _age(self) -> str:
        return f"{time.monotonic() - self.started:.1f} s"

    def _keep_if_present(self, program: Program | None) -> None:
        if program is not None:
            self.supervisor.keep(program)

    def _publish(self, servers: Servers) -> None:
        me = stackfile.myself()
        record = StackRecord(
            pid=me.pid,
            pid_created=me.created,
            pid_birth=me.birth,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            ports={port.name: self.options.ports[port.name] for port in PORTS if self.options.needs(port)},
            database_url=servers.database_url,
            database_owner_url=servers.database_owner_url,
            redis_url=servers.redis_url,
            demo=self.options.demo,
        )
        stackfile.write(self.home, record)

    def _flower_login(self) -> str:
        """user:password for Flower, drawn at first start."""
        path = self.home / "flower-login"
        if not path.exists():
            files.write_private(path, f"admin:{secrets.token_urlsafe(18)}\n")
        return path.read_text(encoding="utf-8").strip()

    def _url(self, port: str) -> str:
        return f"http://{HOST}:{self.options.ports[port]}"

    def _facts(self, first: Mapping[str, Any]) -> banner.Facts:
        new = bool(first.get("first_login_created"))
        login_file = self.home / "first-login"
        return banner.Facts(
            seconds=time.monotonic() - self.started,
            web_url=self._url("web"),
            door_url=self._url("door"),
            first_login=login_file.read_text(encoding="utf-8") if new else "",
            first_login_file=stack.shown(login_file),
            first_token=str(first.get("webhook_token", "")) if new else "",
            first_source_file=stack.shown(self.home / "first-source.json"),
            demo=self.options.demo,
            unwell=tuple(self.unwell),
        )


def _json_line(name: str, output: list[str]) -> dict[str, Any]:
    """The last line, which is JSON. Raises ChildFailed."""
    try:
        return dict(json.loads(output[-1]))
    except (IndexError, ValueError):
        raise ChildFailed(name=name, status=0, detail="its last line is not the expected JSON") from None


def _manage(words: str, env: Mapping[str, str]) -> Launch:
    return stack.python(f"manage.py {words}", env=env)
