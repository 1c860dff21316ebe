"""`python -m trading.paper.feed`: the demo's alert sender, an ordinary client of exchange and door.

It reads candles over HTTP, finds crosses of two moving averages, and posts alerts as a chart platform would.
"""

import argparse
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from trading.paper.core import atoms
from trading.paper.core.orders import Side
from trading.paper.market.candles import CANDLE_SECS
from trading.paper.market.crosses import SLOW, cross

logger = logging.getLogger("paper.feed")

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")

POLL_SECS = 0.25

LATE_BARS = 3
# A cross this many bars old is still worth an alert: the door may come up a little after the exchange.

CLOSING_MS = 150
# A bar counts as closed this long after its end, when its last trades have surely printed.

BACKOFF_SECS = (0.5, 1.0, 2.0, 4.0, 8.0)

LEAST_BAR_MS = 1_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A closed bar: its start and its close."""

    start_ms: int
    close: str


@dataclass(frozen=True, slots=True)
class Alert:
    """What the feed has to say."""

    symbol: str
    action: Side
    bar: Bar

    @property
    def id(self) -> str:
        """Unique per cross, the same however often it is sent."""
        return f"{self.symbol}-{self.bar.start_ms}-{self.action.lower()}"


@dataclass(slots=True)
class Watch:
    """One symbol's progress: the last bar looked at, and whether a buy has been sent."""

    symbol: str
    seen_ms: int = 0
    bought: bool = False

    def look(self, bars: list[Bar]) -> Iterator[Alert]:
        """Alerts of the bars not yet looked at, oldest first; a sell only after a buy."""
        closes = [atoms.parse(bar.close) for bar in bars]
        for index in range(max(0, len(bars) - LATE_BARS - 1), len(bars)):
            if bars[index].start_ms <= self.seen_ms:
                continue
            self.seen_ms = bars[index].start_ms
            yield from self._judge(cross(closes, index), bars[-1], bars[index])

    def _judge(self, side: Side | None, latest: Bar, crossed: Bar) -> Iterator[Alert]:
        if side is None or (side is Side.SELL and not self.bought):
            return
        self.bought = side is Side.BUY
        yield Alert(symbol=self.symbol, action=side, bar=Bar(start_ms=crossed.start_ms, close=latest.close))


def closed_bars(rows: list[list[Any]], *, width_ms: int, now_ms: int) -> list[Bar]:
    """Bars of `width_ms` out of one-second candles, without the one that is still under way."""
    closes = {int(row[0]) // width_ms * width_ms: str(row[4]) for row in rows}
    return [Bar(start, closes[start]) for start in sorted(closes) if start + width_ms + CLOSING_MS <= now_ms]


def body(alert: Alert, *, secret: str, now: datetime) -> dict[str, str]:
    """The alert as the door's native format wants it."""
    return {
        "secret": secret,
        "id": alert.id,
        "timestamp": now.isoformat(),
        "exchange": "BINANCE",
        "symbol": alert.symbol,
        "interval": "1",
        "action": alert.action.lower(),
        "price": f"{Decimal(alert.bar.close).normalize():f}",
    }


@dataclass(slots=True)
class Feed:
    """The sender and its connections."""

    paper: str
    door: str
    token: str
    secret: str
    width_ms: int
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=5))
    watches: list[Watch] = field(default_factory=lambda: [Watch(symbol) for symbol in SYMBOLS])

    def run(self) -> None:
        """Wait for both ends, then watch for ever."""
        self._wait_for(f"{self.paper}/api/v3/ping")
        self._wait_for(f"{self.door}/health/live")
        while True:
            for watch in self.watches:
                self._poll(watch)
            time.sleep(POLL_SECS)

    def _wait_for(self, url: str) -> None:
        while not self._is_up(url):
            time.sleep(POLL_SECS)
        logger.info("%s is up", url)

    def _is_up(self, url: str) -> bool:
        try:
            return self.http.get(url).is_success
        except httpx.TransportError:
            return False

    def _poll(self, watch: Watch) -> None:
        try:
            bars = self._bars(watch.symbol)
        except httpx.HTTPError as error:
            logger.warning("no candles of %s: %s", watch.symbol, error)
            return
        for alert in watch.look(bars):
            self._send(alert)

    def _bars(self, symbol: str) -> list[Bar]:
        now_ms = time.time_ns() // 1_000_000
        count = (SLOW + LATE_BARS + 3) * self.width_ms // 1000
        query: dict[str, str | int] = {"symbol": symbol, "interval": "1s", "limit": min(count, 1000)}
        reply = self.http.get(f"{self.paper}/api/v3/klines", params=query)
        reply.raise_for_status()
        return closed_bars(reply.json(), width_ms=self.width_ms, now_ms=now_ms)

    def _send(self, alert: Alert) -> None:
        content = body(alert, secret=self.secret, now=datetime.now(UTC))
        for pause in BACKOFF_SECS:
            try:
                reply = self.http.post(f"{self.door}/webhooks/{self.token}", json=content)
            except httpx.TransportError as error:
                logger.warning("alert %s: %s, again in %s s", alert.id, error, pause)
                time.sleep(pause)
                continue
            logger.info("alert %s at %s: door answered %d", alert.id, content["price"], reply.status_code)
            return
        logger.error("alert %s given up: the door did not answer", alert.id)


def main() -> None:
    """Parse the command line and send until stopped."""
    parser = argparse.ArgumentParser(prog="python -m trading.paper.feed", description=__doc__)
    parser.add_argument("--paper", default="http://127.0.0.1:8082", help="the paper exchange (%(default)s)")
    parser.add_argument("--door", default="http://127.0.0.1:8081", help="the door (%(default)s)")
    parser.add_argument("--token-file", type=Path, required=True, help='JSON {"token", "secret"} of the source')
    parser.add_argument("--speed", type=int, default=60, help="the exchange's --speed (%(default)s)")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    source = json.loads(given.token_file.read_text())
    width_ms = max(LEAST_BAR_MS, CANDLE_SECS * 1000 // given.speed)
    Feed(given.paper, given.door, source["token"], source["secret"], width_ms).run()


if __name__ == "__main__":
    main()
