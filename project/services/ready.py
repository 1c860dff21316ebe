"""Whether something answers, asked by talking to it. Each check returns an empty text, or why it failed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

Answer = Awaitable[str]
Check = Callable[[], Answer]
PAUSE_SECS = 0.1
# A TCP port has no event to wait for; servers come up within 0.1 s. Applications take seconds: ask them less often.
PATIENCE_SECS = 2
# How long one question may take.


async def http_answers(url: str) -> str:
    """Ask an http:// URL on this machine for a 200."""
    try:
        status = await asyncio.wait_for(_status(url), PATIENCE_SECS)
    except TimeoutError:
        return "no answer in time"
    except OSError as error:
        return error.strerror or str(error)
    return "" if status == "200" else f"status {status or 'missing'}"


async def _status(url: str) -> str:
    """The status of a GET, as text; empty when the answer is no HTTP."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
    words = (await reader.readline()).decode("latin-1").split()
    writer.close()
    return words[1] if len(words) > 1 else ""


async def once(answer: Answer) -> str:
    """Ask one question."""
    return await answer


async def wait(
    check: Check, *, seconds: float, pause_secs: float = PAUSE_SECS, alive: Callable[[], bool] = lambda: True
) -> str:
    """Ask until it answers, its process ended, or the time is over; empty, or the last reason."""
    deadline = time.monotonic() + seconds
    while (reason := await check()) and alive() and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(pause_secs)
    return reason
