"""Whether PostgreSQL and Valkey answer. Apart from ready.py, for the supervisor does without their libraries."""

import asyncio

import psycopg
from psycopg import conninfo, pq
from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from project.services.ready import PATIENCE_SECS


async def postgres_answers(url: str) -> str:
    """Ask for a connection to a postgresql:// URL."""
    try:
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=PATIENCE_SECS)
    except psycopg.OperationalError as error:
        return str(error).strip().partition("\n")[0]
    await connection.close()
    return ""


async def postgres_recovers(url: str) -> bool:
    """Whether it is there but turns everybody away (SQLSTATE 57P03): it reads back its log after a crash."""
    words = conninfo.make_conninfo(url, connect_timeout=PATIENCE_SECS).encode()
    return await asyncio.to_thread(pq.PGconn.ping, words) == pq.Ping.REJECT


async def redis_answers(url: str) -> str:
    """Ask a redis:// URL for a PONG."""
    once_only = Retry(NoBackoff(), 0)  # the library would try for seconds; wait() does that
    client = Redis.from_url(url, socket_connect_timeout=PATIENCE_SECS, socket_timeout=PATIENCE_SECS, retry=once_only)
    try:
        await client.ping()
    except RedisError as error:
        return str(error)
    finally:
        await client.aclose()
    return ""
