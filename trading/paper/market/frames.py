"""Recorded frames: a venue's raw stream messages, each on a line behind the nanosecond at which it came.

    1723161253937085768 {"stream": "btcusdt@depth@100ms", "data": {"e": "depthUpdate", "U": 1, "u": 3, …}}

Understood are Binance's depth updates, trades, best prices, and the REST snapshot of a book (a line without a stream).
Anything else is passed over.
"""

import gzip
import json
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from trading.paper.core.atoms import PLACES
from trading.paper.core.orders import Side

Levels = list[tuple[int, int]]

NS_PER_MS = 1_000_000

_UNITS: dict[int, int] = {places: 10 ** (PLACES - places) for places in range(PLACES + 1)}


class BadFrames(ValueError):
    """The recording is not understood, or has a hole; the text names the line."""


@dataclass(frozen=True, slots=True)
class DepthFrame:
    """Changed levels: the updates first_id to last_id. previous_id is the last_id before, where a venue tells it."""

    at_ms: int
    first_id: int
    last_id: int
    previous_id: int | None
    bids: Levels
    asks: Levels


@dataclass(frozen=True, slots=True)
class TradeFrame:
    """A trade between strangers, atoms; aggressor is the side that crossed the spread."""

    at_ms: int
    id: int
    price: int
    qty: int
    aggressor: Side


@dataclass(frozen=True, slots=True)
class BestFrame:
    """The best prices after an update, atoms."""

    at_ms: int
    update_id: int
    bid: int
    bid_qty: int
    ask: int
    ask_qty: int


@dataclass(frozen=True, slots=True)
class SnapshotFrame:
    """The whole book after an update."""

    at_ms: int
    last_id: int
    bids: Levels
    asks: Levels


Frame = DepthFrame | TradeFrame | BestFrame | SnapshotFrame


def number(text: str) -> int:
    """Atoms of a recorded decimal such as "61837.63000000"."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction) * _UNITS[len(fraction)]


def _levels(rows: list[list[str]]) -> Levels:
    return [(number(price), number(qty)) for price, qty in rows]


def _depth(at_ms: int, data: dict[str, Any]) -> DepthFrame:
    return DepthFrame(at_ms, data["U"], data["u"], data.get("pu"), _levels(data["b"]), _levels(data["a"]))


def _trade(at_ms: int, data: dict[str, Any]) -> TradeFrame:
    aggressor = Side.SELL if data["m"] else Side.BUY
    return TradeFrame(at_ms, data["t"], number(data["p"]), number(data["q"]), aggressor)


def _best(at_ms: int, data: dict[str, Any]) -> BestFrame:
    prices = (number(data[name]) for name in ("b", "B", "a", "A"))
    return BestFrame(at_ms, data["u"], *prices)


_READERS: dict[str, Callable[[int, dict[str, Any]], Frame]] = {
    "aggTrade": lambda at_ms, data: _trade(at_ms, data | {"t": data["a"]}),
    "bookTicker": _best,
    "depth": _depth,
    "trade": _trade,
}
# By the second part of the stream's name.


def parse(line: str) -> Frame | None:
    """The frame on a line, None where it is of a kind that says nothing about book or trades."""
    stamp, _, text = line.partition(" ")
    content, at_ms = json.loads(text), int(stamp) // NS_PER_MS
    if "lastUpdateId" in content:
        return SnapshotFrame(at_ms, content["lastUpdateId"], _levels(content["bids"]), _levels(content["asks"]))
    read = _READERS.get(content["stream"].split("@")[1])
    return read(at_ms, content["data"]) if read else None


def frames(lines: Iterator[str]) -> Iterator[Frame]:
    """Every frame, in the order of the lines. Raises BadFrames with the line's number."""
    for count, line in enumerate(lines, start=1):
        try:
            frame = parse(line)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise BadFrames(f"line {count}: {type(error).__name__}: {error}") from error
        if frame is not None:
            yield frame


def opened(path: Path) -> IO[str]:
    """The lines of a recording, plain or packed (.gz, .xz)."""
    openers: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": lzma.open}
    found: IO[str] = openers.get(path.suffix, open)(path, "rt", encoding="utf-8")
    return found


def read(path: Path) -> Iterator[Frame]:
    """Every frame of a file. Raises BadFrames with file and line, OSError where it cannot be read."""
    try:
        with opened(path) as lines:
            yield from frames(lines)
    except (BadFrames, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise BadFrames(f"{path}, {error}") from error
