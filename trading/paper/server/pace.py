"""How long the exchange itself takes over a request: from its last byte read to its reply written, disk included."""

from collections import deque

KEEP = 20_000
# The latest requests that count.


class Pace:
    """The latest durations, seconds."""

    def __init__(self) -> None:
        self._secs: deque[float] = deque(maxlen=KEEP)
        self.note = self._secs.append

    def ms(self, percent: float) -> float:
        """The duration that so many percent of the latest requests did not exceed, ms; 0 before the first."""
        ordered = sorted(self._secs)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] * 1000 if ordered else 0.0
