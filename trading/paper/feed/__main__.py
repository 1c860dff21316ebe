"""`python -m trading.paper.feed`: post alerts as a chart platform would.

It reads candles over HTTP, finds crosses of two moving averages, and sends them to the door.
"""

import argparse
import json
import logging
import os
from pathlib import Path

from trading.paper.feed.sender import Feed, Group, Source
from trading.paper.feed.watch import Perpetual, Spot, Watch
from trading.paper.market.candles import CANDLE_SECS

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")

LEAST_BAR_MS = 1_000

MINUTE_SECS = 60

DEFAULT_INTERVAL = "1"


def main() -> None:
    """Parse the command line and send until stopped."""
    given = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    width_ms = max(LEAST_BAR_MS, CANDLE_SECS * 1000 // given.speed)
    Feed(
        paper=given.paper,
        door=given.door,
        control_token=given.control_token,
        width_ms=width_ms,
        interval=given.interval or (_name(width_ms // 1000) if given.pyramids else DEFAULT_INTERVAL),
        groups=_groups(given),
    ).run()


def _groups(given: argparse.Namespace) -> list[Group]:
    spot = [Watch(symbol, Spot(symbol, pyramids=given.pyramids)) for symbol in SYMBOLS]
    groups = [Group(_source(given.token_file), spot)]
    if given.futures_token_file is not None:
        shorts = [Watch(symbol, Perpetual(f"{symbol}.P", pyramids=given.pyramids)) for symbol in SYMBOLS]
        groups.append(Group(_source(given.futures_token_file), shorts))
    return groups


def _source(path: Path) -> Source:
    content = json.loads(path.read_text())
    return Source(token=content["token"], secret=content["secret"])


def _name(secs: int) -> str:
    """A bar's length as a chart calls it: 5S, 1, 15."""
    return str(secs // MINUTE_SECS) if secs % MINUTE_SECS == 0 else f"{secs}S"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trading.paper.feed", description=__doc__)
    add = parser.add_argument
    add("--paper", default="http://127.0.0.1:8082", help="the paper exchange (%(default)s)")
    add("--door", default="http://127.0.0.1:8081", help="the door (%(default)s)")
    add("--token-file", type=Path, required=True, help='JSON {"token", "secret"} of the spot source')
    add("--futures-token-file", type=Path, help="the same of a futures source: sends shorts and covers too")
    add("--pyramids", action="store_true", help="add in a trend that goes on, on dips and recoveries")
    add("--interval", help="the alerts' timeframe; 1, or the true length of a bar with --pyramids")
    add("--speed", type=int, default=60, help="the exchange's --speed (%(default)s)")
    token = os.environ.get("WINDLASS_PAPER_CONTROL_TOKEN", "")
    add("--control-token", default=token, help="the exchange's --control-token")
    return parser


if __name__ == "__main__":
    main()
