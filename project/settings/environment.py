"""The environment, read once and typed. Nothing else in Windlass reads `os.environ` or the stack file."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from project.services import stackfile

BASE_DIR = Path(__file__).resolve().parents[2]
SIGNING_KEY_BYTES = 48
# 64 letters: Django's check wants fifty.
PLACE = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
# Django's word for a part of a database's URL, and PostgreSQL's.
SESSION = "-c lock_timeout=2000 -c idle_in_transaction_session_timeout=30000"
DEFAULT_PORTS = {"web": 8080, "door": 8081, "paper": 8082, "flower": 5555}


@dataclass(frozen=True, slots=True)
class Windlass:
    """What a process of Windlass knows of its surroundings.

    `timing` names the timing profile (`production` or `fast`); `kek` is the key-encryption key from the
    environment, empty when it lies in `home/kek`. `kill_pins`: `gpio` where a red button is wired to this machine.
    """

    home: Path
    web_port: int
    door_port: int
    paper_port: int
    flower_port: int
    demo: bool
    demo_speed: int
    timing: str
    kek: str
    live_allowed: bool
    trusted_proxies: tuple[str, ...]
    log_level: str
    kill_pins: str = "none"


def home() -> Path:
    """The data folder: WINDLASS_HOME, or .windlass in the checkout."""
    return Path(os.environ.get("WINDLASS_HOME") or BASE_DIR / ".windlass").expanduser().resolve()


def running_stack(folder: Path) -> Mapping[str, Any]:
    """What `manage.py up` wrote about the running stack, so that other commands find it; empty when none runs."""
    try:
        record = stackfile.running(folder)
    except PermissionError:
        return {}
    return asdict(record) if record else {}


def flag(name: str, *, default: bool) -> bool:
    """A yes-or-no variable: 1, true, yes, on against everything else."""
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}


def port(name: str) -> int:
    """The port of a part, from WINDLASS_<NAME>_PORT, the running stack, or the default."""
    given = os.environ.get(f"WINDLASS_{name.upper()}_PORT")
    recorded = running_stack(home()).get("ports", {}).get(name)
    text = str(given or recorded or DEFAULT_PORTS[name])
    if not text.isdecimal():
        raise SystemExit(f"WINDLASS_{name.upper()}_PORT is {text!r}: give a number from 1024 to 32767.")
    return int(text)


def hours(name: str, *, default: int) -> int:
    """A whole number of hours, 1 to 8760. Raises SystemExit."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 8760:
        raise SystemExit(f"{name} is {text!r}: give a whole number of hours from 1 to 8760.")
    return int(text)


def words(name: str) -> tuple[str, ...]:
    """A comma-separated variable as a tuple."""
    return tuple(word.strip() for word in os.environ.get(name, "").split(",") if word.strip())


def hosts() -> tuple[str, ...]:
    """WINDLASS_HOSTS. Raises SystemExit for `*`: forms and sockets of any origin would pass."""
    named = words("WINDLASS_HOSTS")
    if "*" in named:
        raise SystemExit("WINDLASS_HOSTS is *: name the hosts, or pages of any address could speak to the sockets.")
    return named


def windlass() -> Windlass:
    """Read everything; raises ValueError where a number is none."""
    return Windlass(
        home=home(),
        web_port=port("web"),
        door_port=port("door"),
        paper_port=port("paper"),
        flower_port=port("flower"),
        demo=flag("DEMO", default=True),
        demo_speed=int(os.environ.get("DEMO_SPEED", "60")),
        timing=os.environ.get("WINDLASS_TIMING", "production"),
        kek=os.environ.get("WINDLASS_KEK", ""),
        live_allowed=flag("WINDLASS_LIVE", default=False),
        trusted_proxies=words("WINDLASS_TRUSTED_PROXIES"),
        log_level=os.environ.get("WINDLASS_LOG_LEVEL", "INFO"),
        kill_pins=os.environ.get("WINDLASS_KILL_PINS", "none"),
    )


def failpoints() -> str:
    """WINDLASS_FAILPOINTS, in tests and fault campaigns only (project/failpoints.py). Raises SystemExit elsewhere."""
    text = os.environ.get("WINDLASS_FAILPOINTS", "")
    tests = os.environ.get("DJANGO_SETTINGS_MODULE") == "project.settings.test"
    campaign = flag("WINDLASS_FAULTS", default=False)
    if text and (flag("WINDLASS_LIVE", default=False) or not (tests or campaign)):
        raise SystemExit(
            "WINDLASS_FAILPOINTS makes processes die: only for tests, and never where WINDLASS_LIVE is set."
        )
    return text


def service_url(variable: str, key: str, fallback: str) -> str:
    """A server's URL from the environment, else from the running stack, else a local default."""
    return os.environ.get(variable) or running_stack(home()).get(key) or fallback


def broker_url() -> str:
    """Valkey's URL. Celery's beat and Flower ask here, for they load no Django."""
    return service_url("REDIS_URL", "redis_url", "redis://127.0.0.1:16379/0")


def database(url: str, *, pooled: bool) -> dict[str, Any]:
    """Django's DATABASES entry for a postgresql:// URL; its parameters (`?sslmode=…`) are the connection's options.

    A lock is waited for 2 s at most; a transaction left idle holds up the journal's horizon, so it ends after 30 s.
    The URL's own `options` come after these, so they win. Raises SystemExit.
    """
    given = _connection(url)
    place = {key: given.pop(word, "") for key, word in PLACE.items()}
    given["options"] = f"{SESSION} {given.get('options', '')}".strip()
    if pooled:
        given["pool"] = {"min_size": 1, "max_size": 6, "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **place,
        "PORT": place["PORT"] or "5432",
        "CONN_MAX_AGE": 0 if pooled else None,
        "CONN_HEALTH_CHECKS": not pooled,
        "OPTIONS": given,
    }


def _connection(url: str) -> dict[str, Any]:
    """A URL as PostgreSQL's own library takes it apart. Its complaint may quote a password, so it is not repeated."""
    from psycopg import ProgrammingError, conninfo  # whoever needs no database does without it

    try:
        return dict(conninfo.conninfo_to_dict(url))
    except ProgrammingError:
        raise SystemExit(
            "DATABASE_URL cannot be read. It is postgresql://user:password@host:port/name?parameter=value, with"
            " parameters that PostgreSQL knows and %-signs in front of what a URL does not take, as %40 for @."
        ) from None


def secret_key(folder: Path) -> str:
    """Django's signing key: WINDLASS_SECRET_KEY, or a file made at first use, readable by its owner only."""
    given = os.environ.get("WINDLASS_SECRET_KEY")
    return given or secret_file(folder / "secret-key", size=SIGNING_KEY_BYTES)


def secret_file(path: Path, *, size: int = 32) -> str:
    """The text of a secret file; made with `size` random bytes when absent. Two starters agree on the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(size))
    return path.read_text(encoding="ascii").strip()
