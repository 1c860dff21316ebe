"""How often a kill asks a venue: at once while something happens, ever less while nothing does, not at all when told so."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from trading.gateways.metering import Unmetered

PAUSE_SECS, EARLY_SECS, MOST_SECS = 0.2, 1.0, 5.0
# Between two looks: the shortest, the longest while something signed before the latch may still come in, the longest.
SILENCE_SECS = 120.0
# A venue that wants to be left alone for longer is asked all the same: something may still be open there.


class Silence(Unmetered):
    """When a venue may be asked again; one for all accounts there, for it counts calls by address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0
        self._lock = threading.Lock()

    def banned(self, secs: float) -> None:
        """The venue asked for silence (429, 418), with or without saying for how long."""
        with self._lock:
            self._until = max(self._until, self._clock() + min(secs, SILENCE_SECS))

    @property
    def secs(self) -> float:
        """How long it still lasts; 0 when the venue may be asked."""
        return max(self._until - self._clock(), 0.0)


@dataclass(slots=True)
class Pace:
    """The pauses between the looks at one account. crowd: how many accounts ask the same venue at the same time."""

    crowd: int = 1
    _seen: object = field(default=None, init=False)
    _secs: float = field(default=0.0, init=False)

    def after(self, seen: object, *, flat: bool, window_secs: float) -> float:
        """Seconds until the next look: twice the last pause where it found the same, window_secs before the window ends."""
        shortest = min(PAUSE_SECS * self.crowd, EARLY_SECS)
        same, self._seen = seen == self._seen, seen
        if flat and window_secs <= 0:
            return shortest
        self._secs = min(self._secs * 2, EARLY_SECS if window_secs > 0 else MOST_SECS) if same else shortest
        return max(min(self._secs, window_secs), shortest) if flat else self._secs
