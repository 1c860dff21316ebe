"""The workers' queues with what waits in them, and the bells that beat rings."""

from collections import defaultdict
from dataclasses import dataclass

from celery import current_app
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

PATIENCE_SECS = 1.0
PREFIX = "trading."


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue, the tasks that go there, and how many messages wait; None while Valkey does not answer."""

    name: str
    tasks: tuple[str, ...]
    waiting: int | None


@dataclass(frozen=True, slots=True)
class BellRow:
    """What beat rings for every account, and how often."""

    task: str
    every_secs: float


def queues() -> tuple[QueueRow, ...]:
    """Every queue of the routes, by name."""
    found: dict[str, list[str]] = defaultdict(list)
    for task, route in current_app.conf.task_routes.items():
        found[route["queue"]].append(task.removeprefix(PREFIX))
    lengths = waiting(sorted(found))
    return tuple(QueueRow(name, tuple(sorted(found[name])), lengths.get(name)) for name in sorted(found))


def waiting(names: list[str]) -> dict[str, int]:
    """How many messages wait in each queue; nothing while Valkey does not answer."""
    patience = {"socket_timeout": PATIENCE_SECS, "socket_connect_timeout": PATIENCE_SECS}
    try:
        with Redis.from_url(settings.REDIS_URL, **patience) as client:
            return {name: int(client.llen(name)) for name in names}
    except (RedisError, OSError):
        return {}


def bells() -> tuple[BellRow, ...]:
    """What beat rings, the most frequent first."""
    known = current_app.conf.beat_schedule.values()
    rows = (BellRow((row["args"] or (row["task"].removeprefix(PREFIX),))[0], row["schedule"]) for row in known)
    return tuple(sorted(rows, key=lambda row: (row.every_secs, row.task)))
