"""What a streamed answer held, for tests: it comes from an asynchronous iterator, as the web process sends it."""

import csv
from io import StringIO
from typing import Any

from asgiref.sync import async_to_sync


def text_of(answer: Any) -> str:
    """All of it; rows are read in this thread, so in the test's own transaction."""
    return async_to_sync(_whole)(answer).decode()


def rows_of(answer: Any) -> list[dict[str, str]]:
    """A CSV by its header."""
    return list(csv.DictReader(StringIO(text_of(answer))))


async def _whole(answer: Any) -> bytes:
    return b"".join([part async for part in answer.streaming_content])
