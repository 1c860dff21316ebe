"""The end of the ledger: the last events that changed anything, in words."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from trading.paper.core import atoms
from trading.paper.core.events import Event, Positioned, Priced
from trading.paper.server.exchange import USDM, Exchange

KEEP = 30

QUIET = frozenset({Positioned, Priced})
# What the market itself does: it would fill the page.

_MONEY = frozenset(
    [
        "activate_price",
        "amount",
        "callback_rate",
        "extreme",
        "fee",
        "mark",
        "price",
        "qty",
        "queue_ahead",
        "quote_qty",
        "rate",
        "realised",
        "stop_price",
        "trigger_price",
    ]
)


@dataclass(frozen=True, slots=True)
class Line:
    """One event: when it happened, Unix ms (0 = it has no time), on which side, its name, and what was in it."""

    at_ms: int
    side: str
    name: str
    words: str


@dataclass(slots=True)
class Tail:
    """Listens to every side of an exchange; words are made only for who reads them."""

    exchange: Exchange
    _events: deque[tuple[str, Any]] = field(default_factory=lambda: deque(maxlen=KEEP))

    def listen(self) -> None:
        """From now on."""
        self.exchange.listeners.append(partial(self._hear, ""))
        for name, side in self.exchange.venues.items():
            side.listeners.append(partial(self._hear, name))

    def _hear(self, side: str, event: Event) -> None:
        if type(event) not in QUIET:
            self._events.append((side, event))

    def lines(self) -> list[Line]:
        """The last events, newest first."""
        return [_line(side, event) for side, event in reversed(self._events)]


def _line(side: str, event: Any) -> Line:
    here = USDM if type(event).__module__.endswith("perps.events") else "spot"
    return Line(getattr(event, "at_ms", 0), side or here, type(event).__name__, ", ".join(_words(event)))


def _words(event: Any) -> Iterator[str]:
    """The fields that say something, money as decimals."""
    for name, value in event._asdict().items():
        if value and name != "at_ms":
            told = atoms.show(value).rstrip("0").rstrip(".") if name in _MONEY else value
            yield f"{name.replace('_', ' ')} {told}"
