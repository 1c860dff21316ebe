"""Bells: "there is mail for account 7". A bell carries an integer at most, coalesces, and may be lost or heard twice."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import psutil
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from project import failpoints

log = logging.getLogger(__name__)

COALESCE_MS = 2000  # a bell that nobody answered may be rung again after this; the pump rings as often
PREFIX = "trading."
RUNG = "windlass:rung"  # how many have rung, ever: a bell's number; a clock would skip bells when it is set back
HEARD_SECS = 600
HEARD = """
redis.call('DEL', KEYS[1])
if ARGV[2] ~= '' and tonumber(ARGV[2]) <= tonumber(redis.call('GET', KEYS[2]) or '-1') then return 0 end
redis.call('SET', KEYS[2], redis.call('GET', KEYS[3]) or '0', 'EX', ARGV[1])
return 1
"""
# Forgets the bell; 0 when its work has begun since it rang, else remembers how many had rung when it begins now.

Bell = tuple[str, int | None]
_held: ContextVar[set[Bell] | None] = ContextVar("held bells", default=None)


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


def is_dead(name: str) -> bool:
    """Whether a process of that name ran on this machine and runs no more; of another machine's nobody knows."""
    host, _, number = name.rpartition(":")
    return host == socket.gethostname() and number.isdigit() and not psutil.pid_exists(int(number))


def key(task: str, subject: int | None) -> str:
    """Under which a waiting bell is remembered."""
    return f"windlass:bell:{task}:{subject or 0}"


@contextmanager
def held() -> Iterator[set[Bell]]:
    """What is rung inside rings at the end; whoever does a bell's work at once takes it out before."""
    bells: set[Bell] = set()
    token = _held.set(bells)
    try:
        yield bells
    finally:
        _held.reset(token)
        for task, subject in sorted(bells, key=str):
            ring(task, subject)


def nobody_waits(queue: str, task: str, subject: int) -> bool:
    """Whether a queue is empty and the bell not on its way: then work done at once keeps nobody waiting, and nobody does it twice."""
    try:
        with _Broker.connected().pipeline(transaction=False) as broker:
            broker.llen(queue)
            broker.exists(key(task, subject))
            return not any(broker.execute())
    except (RedisError, OSError):
        return False


def ring(task: str, subject: int | None = None) -> bool:
    """Ring unless the same bell is waiting to be heard; whether it rang. A broker that is down is logged: the pump rings again."""
    if (waiting := _held.get()) is not None:
        waiting.add((task, subject))
        return True
    failpoints.point("bell.unrung")
    try:
        with _Broker.connected().pipeline(transaction=False) as broker:
            broker.set(key(task, subject), 1, nx=True, px=COALESCE_MS)
            broker.incr(RUNG)
            is_new, number = broker.execute()
        if not is_new:
            return False
        failpoints.point("bell.remembered")
        args = () if subject is None else (subject,)
        current_app.send_task(PREFIX + task, args=args, headers={"rung": number}, retry=False)
    except (RedisError, OperationalError, OSError) as error:
        log.warning("bell %s(%s) not rung: %s", task, subject, type(error).__name__)
        return False
    failpoints.point("bell.rung")
    return True


def heard(task: str, subject: int | None = None, *, number: int | None = None) -> bool:
    """Called as the task starts: from now on a new bell means new mail. False: what this bell was about is seen to.

    That is so when the same work began after the bell of this number had rung. A queue that is long fills with such
    bells, for each account may ring again after two seconds.
    """
    failpoints.point("bell.heard")
    bell = key(task, subject)
    rang = "" if number is None else number
    try:
        is_new = bool(_Broker.connected().eval(HEARD, 3, bell, f"{bell}:began", RUNG, HEARD_SECS, rang))
    except (RedisError, OSError) as error:
        log.warning("bell %s(%s) not cleared: %s", task, subject, type(error).__name__)
        return True
    failpoints.point("bell.forgotten")
    return is_new
