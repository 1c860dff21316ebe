"""`python -m trading.paper.data.extract SOURCE TARGET --secs 20`: the beginning of a recording, small enough to ship.

Lines are copied as they are. Of the best prices only those are kept that say what the book's top is after a depth
update: the tests compare them.
"""

import argparse
import lzma
from collections.abc import Iterator
from pathlib import Path

from trading.paper.market.frames import BestFrame, DepthFrame, Frame, opened, parse

NS_PER_SEC = 10**9


def stretch(path: Path, secs: int) -> list[tuple[str, Frame]]:
    """The lines of the first so many seconds, with what they mean."""
    found: list[tuple[str, Frame]] = []
    with opened(path) as lines:
        for line in lines:
            stamp, frame = int(line.partition(" ")[0]), parse(line)
            if found and stamp > int(found[0][0].partition(" ")[0]) + secs * NS_PER_SEC:
                break
            if frame is not None:
                found.append((line, frame))
    return found


def telling(frames: list[Frame]) -> set[int]:
    """The ids of the best prices that stand when a depth update is complete."""
    best = sorted(frame.update_id for frame in frames if isinstance(frame, BestFrame))
    ends = [frame.last_id for frame in frames if isinstance(frame, DepthFrame)]
    return {max((one for one in best if one <= end), default=0) for end in ends}


def thinned(rows: list[tuple[str, Frame]]) -> Iterator[str]:
    """The lines that are kept."""
    kept = telling([frame for _, frame in rows])
    for line, frame in rows:
        if not isinstance(frame, BestFrame) or frame.update_id in kept:
            yield line


def main() -> None:
    """Cut, pack and write."""
    parser = argparse.ArgumentParser(prog="python -m trading.paper.data.extract", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--secs", type=int, default=20)
    given = parser.parse_args()
    text = "".join(thinned(stretch(given.source, given.secs)))
    given.target.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
