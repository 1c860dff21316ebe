"""The append-only file, with group commit: one fsync serves every reply that waits."""

import asyncio
import fcntl
import logging
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._lines: list[bytes] = []
        self._appended = 0
        self._durable = 0
        self._waiters: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._wake = asyncio.Event()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._lock()
        _sync_folder(folder)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataFolderBusy(str(self._path)) from error

    def recover(self) -> list[list[Event]]:
        """Everything recorded so far, oldest first; a torn last line is cut off."""
        with self._path.open("rb") as file:
            lines = file.readlines()
        batches, size = records.sound_prefix(lines)
        if len(batches) < len(lines):
            self._cut(size, lost=len(lines) - len(batches))
        return batches

    def _cut(self, size: int, *, lost: int) -> None:
        if lost > 1:
            raise LedgerDamaged(f"{self._path}: unreadable at byte {size}, {lost - 1} lines follow")
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

    async def settle(self) -> None:
        """Wait until everything appended so far is on disk."""
        if self.settled:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((self._appended, waiter))
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
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        os.fdatasync(self._file)

    def _release(self, upto: int) -> None:
        self._durable = upto
        while self._waiters and self._waiters[0][0] <= upto:
            waiter = self._waiters.popleft()[1]
            if not waiter.done():
                waiter.set_result(None)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
