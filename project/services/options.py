"""What `make up` was asked for, typed and range-checked, from a mapping of variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from project.services.errors import BadSetting

BASE_DIR = Path(__file__).resolve().parents[2]
SPEED = range(1, 3601)
# Source seconds per wall second; at 3600 an hour of candles passes in a second, more than the book can print.


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the stack: its variable, its default, and what it is for, in words."""

    name: str
    variable: str
    default: int
    purpose: str


PORTS = (
    Port("door", "WINDLASS_DOOR_PORT", 8081, "webhooks"),
    Port("flower", "WINDLASS_FLOWER_PORT", 5555, "task monitor (Flower)"),
    Port("paper", "WINDLASS_PAPER_PORT", 8082, "paper exchange"),
    Port("postgres", "WINDLASS_PG_PORT", 15432, "database (PostgreSQL)"),
    Port("valkey", "WINDLASS_VALKEY_PORT", 16379, "message broker (Valkey)"),
    Port("web", "WINDLASS_WEB_PORT", 8080, "dashboard"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """Where the data are, which ports and servers are used, whether the demo runs.

    An empty URL means: start the built-in server. demo_speed is in source seconds per wall second.
    """

    home: Path
    ports: Mapping[str, int]
    database_url: str
    database_owner_url: str
    redis_url: str
    demo: bool
    demo_speed: int

    def needs(self, port: Port) -> bool:
        """Whether we bind the port ourselves."""
        given = {"postgres": self.database_url, "valkey": self.redis_url}
        return not given.get(port.name)


def from_environ(environ: Mapping[str, str]) -> Options:
    """Read and check everything. Raises BadSetting."""
    database_url = environ.get("DATABASE_URL", "")
    return Options(
        home=Path(environ.get("WINDLASS_HOME") or BASE_DIR / ".windlass").expanduser().resolve(),
        ports={port.name: _number(environ, port.variable, port.default, range(1, 65536)) for port in PORTS},
        database_url=database_url,
        database_owner_url=environ.get("DATABASE_OWNER_URL") or database_url,
        redis_url=environ.get("REDIS_URL", ""),
        demo=_flag(environ, "DEMO", default=True),
        demo_speed=_number(environ, "DEMO_SPEED", 60, SPEED),
    )


def _number(environ: Mapping[str, str], variable: str, default: int, allowed: range) -> int:
    text = environ.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) in allowed):
        wanted = f"a whole number from {allowed.start} to {allowed.stop - 1}"
        raise BadSetting(variable=variable, value=text, wanted=wanted)
    return int(text)


def _flag(environ: Mapping[str, str], variable: str, *, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    text = (environ.get(variable) or str(default)).strip().lower()
    if text not in words:
        raise BadSetting(variable=variable, value=text, wanted="1 or 0")
    return words[text]
