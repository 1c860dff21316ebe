"""The append-only file, with group commit: one fsync serves every reply that waits."""

import asyncio
import fcntl
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from trading.paper.core.events import Event
from trading.paper.ledger import records

logger = logging.getLogger("paper.ledger")

FILE_NAME = "ledger.jsonl"


class DataFolderBusy(RuntimeError):
    """Another paper exchange uses this data folder; stop it or choose another --data."""


class LedgerDamaged(RuntimeError):
    """A line in the middle of the ledger is unreadable; only a torn last line may be."""


class Journal:
    """Appends events and tells when they are safely on disk."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE_NAME
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_DSYNC, 0o600)
        self._lines: list[bytes] = []
        self._appended = 0
        self._durable = 0
        self._waiters: deque[tuple[int, Callable[[], None]]] = deque()
        self._wake = asyncio.Event()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._lock()
        _sync_folder(folder)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataFolderBusy(str(self._path)) from error

    def recover(self) -> Iterator[list[Event]]:
        """Everything recorded so far, command by command, oldest first; a torn last line is cut off."""
        size = 0
        with self._path.open("rb") as file:
            for line in file:
                try:
                    batch = records.parse(line)
                except records.Unreadable:
                    self._cut(size, followed=bool(file.readline()))
                    return
                yield batch
                size += len(line)

    def _cut(self, size: int, *, followed: bool) -> None:
        if followed:
            raise LedgerDamaged(f"{self._path}: unreadable at byte {size}, and more follows")
        logger.warning("the last line of the ledger was torn and is dropped, at byte %d", size)
        os.ftruncate(self._file, size)
        os.fsync(self._file)

    def append(self, batch: Sequence[Event]) -> None:
        """Queue the events of one command for the next write."""
        self._lines.append(records.line(batch))
        self._appended += 1
        self._wake.set()

    @property
    def settled(self) -> bool:
        """True if everything appended is on disk."""
        return self._durable >= self._appended

    def then(self, call: Callable[[], None]) -> None:
        """Call once everything appended so far is on disk; only where it is not yet."""
        self._waiters.append((self._appended, call))

    async def settle(self) -> None:
        """Wait until everything appended so far is on disk."""
        if self.settled:
            return
        waiter = asyncio.get_running_loop().create_future()
        self.then(partial(_release, waiter))
        await waiter

    async def run(self) -> None:
        """Write and fsync for ever; a failure ends the exchange, since memory is then ahead of the disk."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            lines, self._lines = self._lines, []
            upto = self._appended
            await loop.run_in_executor(self._writer, self._write, b"".join(lines))
            self._release(upto)

    def flush(self) -> None:
        """Write what is queued, behind any write still under way: the end of an orderly stop."""
        lines, self._lines = self._lines, []
        self._writer.submit(self._write, b"".join(lines)).result()
        self._release(self._appended)

    def close(self) -> None:
        """Let go of the file and its lock."""
        self._writer.shutdown()
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        """A write returns once it is on disk (O_DSYNC): one call, so one return to the interpreter, instead of two."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def _release(self, upto: int) -> None:
        self._durable = upto
        while self._waiters and self._waiters[0][0] <= upto:
            self._waiters.popleft()[1]()


def _release(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
