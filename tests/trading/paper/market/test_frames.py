"""Recorded lines: what they mean, and which line is broken."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.paper.core import atoms
from trading.paper.core.orders import Side
from trading.paper.market.frames import BadFrames, BestFrame, DepthFrame, SnapshotFrame, TradeFrame, number, parse, read

MS = 1_700_000_000_123
STAMP = f"{MS}456789"


def line(stream: str, **data: Any) -> str:
    return f"{STAMP} {json.dumps({'stream': stream, 'data': data})}\n"


DEPTH = line("x@depth@100ms", e="depthUpdate", s="X", U=5, u=7, b=[["1.5", "2.00"]], a=[["1.6", "0.00"]])
LEVELS = ([(150_000_000, 200_000_000)], [(160_000_000, 0)])


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        (DEPTH, DepthFrame(MS, 5, 7, None, *LEVELS)),
        (DEPTH.replace('"s": "X"', '"pu": 4'), DepthFrame(MS, 5, 7, 4, *LEVELS)),
        (line("x@trade", t=9, p="1.5", q="2", m=True), TradeFrame(MS, 9, 150_000_000, 200_000_000, Side.SELL)),
        (line("x@aggTrade", a=9, p="1.5", q="2", m=False), TradeFrame(MS, 9, 150_000_000, 200_000_000, Side.BUY)),
        (line("x@bookTicker", u=3, b="1", B="2", a="3", A="4"), BestFrame(MS, 3, *(n * 10**8 for n in (1, 2, 3, 4)))),
        (
            f'{STAMP} {{"lastUpdateId": 6, "bids": [["1.5", "2.00"]], "asks": [["1.6", "0.00"]]}}',
            SnapshotFrame(MS, 6, *LEVELS),
        ),
        (line("x@markPrice@1s", p="1.5"), None),
    ],
)
def test_a_line_is_a_frame_or_says_nothing(text: str, frame: object) -> None:
    assert parse(text) == frame


@given(st.decimals(0, 10**9, places=8) | st.decimals(0, 10**9, places=2) | st.integers(0, 10**9).map(Decimal))
def test_numbers_are_exact(value: Decimal) -> None:
    text = f"{value:f}"
    assert number(text) == atoms.parse(text)


@pytest.mark.parametrize(
    "broken",
    [
        "nonsense\n",
        "1 {}\n",
        "1 []\n",
        f"{STAMP} {{\n",
        line("depth"),
        line("x@depth", U=1, u=2, b=[["1.123456789", "1"]], a=[]),
        line("x@trade", t=1, p="1", m=True),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "frames.gz"
    path.write_bytes(gzip.compress((DEPTH + broken).encode()))
    with pytest.raises(BadFrames, match=r"frames\.gz, line 2: "):
        list(read(path))


@pytest.mark.parametrize(("name", "content"), [("cut.gz", gzip.compress(DEPTH.encode())[:-9]), ("no.xz", b"plain")])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadFrames, match=name):
        list(read(tmp_path / name))
