"""Bundled candles: five-minute bars of real markets, packed as columns of small integers under lzma."""

import json
import lzma
import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

CANDLE_SECS = 300

_COLUMNS = 5
# Gap to the previous close, body, upper wick, lower wick (ticks), volume (volume steps).


@dataclass(frozen=True, slots=True)
class Candle:
    """One bar in atoms."""

    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True)
class History:
    """The candles of one symbol, without gaps, and where they begin (ISO 8601 UTC)."""

    symbol: str
    start: str
    tick: int
    volume_step: int
    candles: tuple[Candle, ...]


class BadBundle(ValueError):
    """The packed file is not one of ours, or damaged."""


def pack(history: History) -> bytes:
    """A history as bytes."""
    closes = [0] + [candle.close for candle in history.candles[:-1]]
    rows = zip(closes, history.candles, strict=True)
    columns = zip(*(_deltas(before, candle, history) for before, candle in rows), strict=True)
    header = {
        "count": len(history.candles),
        "start": history.start,
        "symbol": history.symbol,
        "tick": history.tick,
        "volume_step": history.volume_step,
    }
    body = b"".join(_little(array("i", column)).tobytes() for column in columns)
    return lzma.compress(json.dumps(header).encode() + b"\n" + body, preset=9 | lzma.PRESET_EXTREME)


def _deltas(before: int, candle: Candle, history: History) -> tuple[int, ...]:
    top, bottom = max(candle.open, candle.close), min(candle.open, candle.close)
    moves = (candle.open - before, candle.close - candle.open, candle.high - top, bottom - candle.low)
    return (*(move // history.tick for move in moves), candle.volume // history.volume_step)


def unpack(data: bytes) -> History:
    """The history in these bytes."""
    head, _, body = lzma.decompress(data).partition(b"\n")
    header = json.loads(head)
    count = header.pop("count")
    if len(body) != _COLUMNS * count * array("i").itemsize:
        raise BadBundle(f"{header['symbol']}: {count} candles do not fit {len(body)} bytes")
    columns = [_column(body, index, count) for index in range(_COLUMNS)]
    return History(candles=_candles(columns, header["tick"], header["volume_step"]), **header)


def _column(body: bytes, index: int, count: int) -> "array[int]":
    numbers = array("i")
    width = count * numbers.itemsize
    numbers.frombytes(body[index * width : (index + 1) * width])
    return _little(numbers)


def _candles(columns: "list[array[int]]", tick: int, volume_step: int) -> tuple[Candle, ...]:
    gaps, bodies, uppers, lowers, volumes = columns
    closes = list(accumulate(gap + body for gap, body in zip(gaps, bodies, strict=True)))
    return tuple(
        Candle(
            open=(close - body) * tick,
            high=(max(close, close - body) + upper) * tick,
            low=(min(close, close - body) - lower) * tick,
            close=close * tick,
            volume=volume * volume_step,
        )
        for close, body, upper, lower, volume in zip(closes, bodies, uppers, lowers, volumes, strict=True)
    )


def _little(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def load(path: Path) -> History:
    """The history in a file."""
    return unpack(path.read_bytes())
