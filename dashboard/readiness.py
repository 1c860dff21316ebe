"""Whether this process can do its work: each part, asked by talking to it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from dashboard.formats import span
from dashboard.live import workers_pulse
from project import tables

PATIENCE_SECS = 1.0
NAMED = 3  # of what is missing; the rest is counted
Check = Callable[[datetime], str]


def database(_: datetime) -> str:
    """Empty when a query is answered."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return f"the database does not answer ({type(error).__name__})"
    return ""


class MigrationsWaiting(Exception):
    """Not applied: {which}. Run `manage.py migrate` as the owner."""


@lru_cache(maxsize=1)
def _all_applied() -> None:
    """Asked until it is so, then remembered: this process's own files do not change. Raises MigrationsWaiting."""
    if not tables.missing():  # one question; Django's own answer takes its whole graph
        return
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        named = [f"{one.app_label} {one.name}" for one, _ in waiting]
        more = [f"and {len(named) - NAMED} more"] if len(named) > NAMED else []
        raise MigrationsWaiting(str(MigrationsWaiting.__doc__).format(which=", ".join([*named[:NAMED], *more])))


def migrations(_: datetime) -> str:
    """Empty when the tables are those of this version."""
    try:
        _all_applied()
    except MigrationsWaiting as waiting:
        return str(waiting)
    except Error as error:
        return f"not known ({type(error).__name__})"
    return ""


def valkey(_: datetime) -> str:
    """Empty when Valkey answers a PING."""
    patience = {"socket_timeout": PATIENCE_SECS, "socket_connect_timeout": PATIENCE_SECS}
    try:
        with Redis.from_url(settings.REDIS_URL, **patience) as client:
            client.ping()
    except (RedisError, OSError) as error:
        return f"Valkey does not answer ({type(error).__name__})"
    return ""


def workers(now: datetime) -> str:
    """Empty when a worker answered the canary lately."""
    try:
        pulse = workers_pulse(now=now)
    except Error as error:
        return f"not known ({type(error).__name__})"
    late = f"no worker has answered for {span((now - pulse.at).total_seconds())}" if pulse.at else "no answer yet"
    return late if pulse.ailing else ""


CHECKS: Mapping[str, Check] = MappingProxyType(
    {"database": database, "migrations": migrations, "valkey": valkey, "workers": workers}
)


def reasons(now: datetime) -> dict[str, str]:
    """Per part why it is not ready; empty texts are good news."""
    return {name: check(now) for name, check in CHECKS.items()}
