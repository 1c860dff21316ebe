"""Bells: "there is mail for account 7". A bell carries an integer at most, coalesces, and may be lost or heard twice."""

import logging
import os
import socket

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

COALESCE_MS = 2000  # a bell that nobody answered may be rung again after this; the pump rings as often
PREFIX = "trading."


class _Broker:
    """One connection a process, opened at first use, so never inherited across a fork."""

    client: "Redis | None" = None

    @classmethod
    def connected(cls) -> "Redis":
        if cls.client is None:
            cls.client = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1)
        return cls.client


def process_name() -> str:
    """This process, as leases name their holder."""
    return f"{socket.gethostname()}:{os.getpid()}"


def key(task: str, subject: int | None) -> str:
    """Under which a waiting bell is remembered."""
    return f"windlass:bell:{task}:{subject or 0}"


def ring(task: str, subject: int | None = None) -> bool:
    """Ring unless the same bell is waiting to be heard; whether it rang. A broker that is down is logged: the pump rings again."""
    try:
        if not _Broker.connected().set(key(task, subject), 1, nx=True, px=COALESCE_MS):
            return False
        current_app.send_task(PREFIX + task, args=() if subject is None else (subject,), retry=False)
    except (RedisError, OperationalError, OSError) as error:
        log.warning("bell %s(%s) not rung: %s", task, subject, type(error).__name__)
        return False
    return True


def heard(task: str, subject: int | None = None) -> None:
    """Called as the task starts: from now on a new bell means new mail."""
    try:
        _Broker.connected().delete(key(task, subject))
    except (RedisError, OSError) as error:
        log.warning("bell %s(%s) not cleared: %s", task, subject, type(error).__name__)
