"""Every process of the stack, as a table: its words, when it stops, what it needs."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from project.services.options import BASE_DIR, PORTS, Options
from project.services.ports import HOST
from project.services.spawn import Launch
from project.services.supervisor import Program, Stage
from project.settings import dotenv

CELERY = "-m project.services.celery_part"
# Gossip and mingle let workers elect and greet each other; ours need neither. Events stay on: Flower lives on them.
WORKER = f"{CELERY} worker -l WARNING -E --without-gossip --without-mingle --disable-prefetch"
UVICORN = (
    f"-m uvicorn --host {HOST} --log-level warning --no-access-log --no-proxy-headers --no-server-header "
    "--ws-per-message-deflate false"  # each socket would pack the same text for itself
)


@dataclass(frozen=True, slots=True)
class Part:
    """A process of ours. words are Python's arguments, with {home}, {speed} and the ports to be filled in."""

    name: str
    stage: Stage
    words: str
    env: Mapping[str, str] = field(default_factory=dict)
    demo_only: bool = False
    demo_words: str = ""  # further words in the demo
    stop_signal: signal.Signals = signal.SIGTERM


PARTS = (
    Part("beat", Stage.INTAKE, CELERY + " beat -l WARNING --pidfile="),
    Part(
        "door",
        Stage.INTAKE,
        f"{UVICORN} --port {{door}} --lifespan on --loop uvloop --http httptools --ws none"
        " --timeout-graceful-shutdown 1 trading.webhooks:app",
    ),
    # Two children: one may wait for a slow venue while the other decides alerts.
    Part("entries", Stage.WORK, WORKER + " -c 2 -Q entries -n entries@%h"),
    Part("exits", Stage.WORK, WORKER + " -c 1 -Q kill,exits -n exits@%h"),
    Part(
        "feed",
        Stage.INTAKE,
        "-m trading.paper.feed --paper http://{host}:{paper} --door http://{host}:{door}"
        " --token-file {home}/demo-source.json --futures-token-file {home}/demo-futures-source.json --pyramids"
        " --speed {speed}",
        demo_only=True,
    ),
    Part(
        "flower",
        Stage.INTAKE,
        CELERY + " flower --address={host} --port={flower} --url-prefix=flower --logging=warning",
        stop_signal=signal.SIGKILL,  # it hangs on gentler ones, and has nothing to lose
    ),
    # It stops after the workers: while they end, the button still works.
    Part("kill", Stage.VENUE, "-m trading.kill --wait"),
    Part(
        "paper",
        Stage.VENUE,
        "-m trading.paper --port {paper} --data {home}/paper --speed {speed} --keys {home}/paper/keys.json",
        demo_words=" --hold",  # until the feed starts it; without a feed the market simply runs
    ),
    Part("pump", Stage.WORK, "manage.py pump"),
    Part("sweeps", Stage.WORK, WORKER + " -c 1 -Q sweeps,market,misc -n sweeps@%h"),
    Part(
        "web",
        Stage.WORK,
        f"{UVICORN} --port {{web}} --lifespan off --timeout-graceful-shutdown 2 project.asgi:application",
        env={"WINDLASS_DB_POOL": "1"},
    ),
)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the two servers are: URLs of the app role and the owner, and of the broker."""

    database_url: str
    database_owner_url: str
    redis_url: str


def environment(options: Options, servers: Servers, environ: Mapping[str, str]) -> dict[str, str]:
    """What every process of ours gets to know. The owner's URL is not in it: only migrations may use that role."""
    ours = {port.variable: str(options.ports[port.name]) for port in PORTS}
    ours |= {"WINDLASS_HOME": str(options.home), "DEMO": "1" if options.demo else "0"}
    ours |= {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
    ours |= {"DEMO_SPEED": str(options.demo_speed), "PYTHONUNBUFFERED": "1"}
    ours |= {dotenv.APPLIED: "1"}  # they know what we know, and nothing else
    # Few, small processes: threads of numpy and arenas of malloc would cost more memory than they give speed.
    # Warnings are for developers, who see them in the tests.
    modest = {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    # Django's checks, whose answer a worker ignores, load every page of the dashboard: 27 MB and 0.8 s in each.
    modest |= {"CELERY_SKIP_CHECKS": "1"}
    kept = {name: value for name, value in environ.items() if name != "DATABASE_OWNER_URL"}
    return {"DJANGO_SETTINGS_MODULE": "project.settings.local"} | modest | kept | ours


def owner_environment(env: Mapping[str, str], servers: Servers) -> dict[str, str]:
    """The environment of migrations: the owner's role."""
    owner = {"DATABASE_URL": servers.database_owner_url, "DATABASE_OWNER_URL": servers.database_owner_url}
    return dict(env) | owner


def python(words: str, *, env: Mapping[str, str], values: Mapping[str, object] | None = None) -> Launch:
    """A Python process of ours. Words are split first and filled in afterwards, so a path may hold spaces."""
    argv = tuple(word.format(**(values or {})) for word in words.split())
    return Launch(argv=(sys.executable, *argv), env=dict(env), cwd=BASE_DIR)


def programs(options: Options, env: Mapping[str, str], *, flower_login: str) -> dict[str, Program]:
    """Our processes by name, without the servers."""
    values = {"home": options.home, "speed": options.demo_speed, "host": HOST, **options.ports}
    secret = {"flower": {"FLOWER_BASIC_AUTH": flower_login}}  # on the command line every user could read it
    return {
        part.name: Program(
            name=part.name,
            launch=replace(
                python(
                    part.words + part.demo_words * options.demo,
                    env={**env, **part.env, **secret.get(part.name, {})},
                    values=values,
                ),
                stop_signal=part.stop_signal,
            ),
            stage=part.stage,
        )
        for part in PARTS
        if options.demo or not part.demo_only
    }


def shown(path: Path) -> str:
    """A path as a person would type it: from where he stands, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
