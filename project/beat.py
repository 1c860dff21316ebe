"""When beat rings: every row at its own interval, by a clock that nobody sets."""

import time
from typing import Any

from celery.beat import Scheduler

FIRST_SECS = 5.0
# After a start nothing waits longer for its first ring, however long its interval is.


class Steady(Scheduler):
    """Celery's scheduler without its calendar.

    Celery asks the wall clock when a row rang last, and keeps the answer in a file: set back by an hour, no price is
    read and no stop fires for an hour, restart or not. Our rows are intervals, so nothing of that is needed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._due: dict[str, float] = {}
        super().__init__(*args, **kwargs)

    def tick(self) -> float:  # type: ignore[override]  # the rest are tools that only Celery passes
        """Ring what is due; seconds until the next is."""
        for name, entry in self.schedule.items():
            every, now = _every(entry), time.monotonic()
            due_at = self._due.setdefault(name, now + min(every, FIRST_SECS))
            if now >= due_at:
                self.apply_entry(entry, producer=self.producer)
                self._due[name] = due_at + every if due_at + every > now else now + every
        return max(min(self._due.values()) - time.monotonic(), 0.0)


def _every(entry: Any) -> float:
    secs: float = entry.schedule.run_every.total_seconds()
    return secs
