"""The sender and its connections: waits for both ends, starts the replay, watches, posts."""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from trading.paper.feed.alerts import body, closed_bars
from trading.paper.feed.watch import LATE_BARS, Alert, Bar, Watch
from trading.paper.market.crosses import SLOW

logger = logging.getLogger("paper.feed")

POLL_SECS = 0.25

BACKOFF_SECS = (0.5, 1.0, 2.0, 4.0, 8.0)

SECOND_MS = 1_000

MOST_CANDLES = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """Who sends: the token in the address and the secret in the body."""

    token: str
    secret: str = field(repr=False)


@dataclass(slots=True)
class Group:
    """Watches whose alerts go out under one source."""

    source: Source
    watches: list[Watch]


@dataclass(slots=True)
class Feed:
    """The sender. `width_ms` is the length of its bars, `interval` what the alerts call it."""

    paper: str
    door: str
    control_token: str
    width_ms: int
    interval: str
    groups: list[Group]
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=5))
    anchor_ms: int = 0
    started: bool = False

    def run(self) -> None:
        """Wait for both ends, then watch for ever."""
        self._wait_for(f"{self.paper}/api/v3/ping")
        self._wait_for(f"{self.door}/health/live")
        while True:
            self.started = self.started or self._start()
            if self.started:
                self._look_around()
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

    def _start(self) -> bool:
        """Let the replay go if it is held; nothing from before its start counts. False: ask again."""
        try:
            reply = self.http.post(f"{self.paper}/_control/start", headers={"X-Control-Token": self.control_token})
            reply.raise_for_status()
        except httpx.HTTPError as error:
            logger.warning("the replay has not started: %s", error)
            return False
        replay = reply.json()
        self.anchor_ms = replay["anchorMs"] - replay["anchorMs"] % SECOND_MS
        for watch in (watch for group in self.groups for watch in group.watches):
            # The first bar of the replay begins with its anchor, which is rounded down and may lie before the start.
            watch.seen_ms = max(watch.seen_ms, self.anchor_ms - 1)
        logger.info("the replay runs")
        return True

    def _look_around(self) -> None:
        """Look at every market once; an exchange that is away may come back with another clock, so ask again then."""
        bars: dict[str, list[Bar]] = {}
        try:
            for market in {watch.market for group in self.groups for watch in group.watches}:
                bars[market] = self._bars(market)
        except httpx.HTTPError as error:
            logger.warning("no candles: %s", error)
            self.started = False
            return
        for group in self.groups:
            for alert in (alert for watch in group.watches for alert in watch.look(bars[watch.market])):
                self._send(group.source, alert)

    def _bars(self, market: str) -> list[Bar]:
        now_ms = time.time_ns() // 1_000_000
        count = (SLOW + LATE_BARS + 3) * self.width_ms // SECOND_MS
        query: dict[str, str | int] = {"symbol": market, "interval": "1s", "limit": min(count, MOST_CANDLES)}
        reply = self.http.get(f"{self.paper}/api/v3/klines", params=query)
        reply.raise_for_status()
        return closed_bars(reply.json(), width_ms=self.width_ms, anchor_ms=self.anchor_ms, now_ms=now_ms)

    def _send(self, source: Source, alert: Alert) -> None:
        content = body(alert, secret=source.secret, interval=self.interval, now=datetime.now(UTC))
        for pause in BACKOFF_SECS:
            try:
                reply = self.http.post(f"{self.door}/webhooks/{source.token}", json=content)
            except httpx.TransportError as error:
                logger.warning("alert %s: %s, again in %s s", alert.id, error, pause)
                time.sleep(pause)
                continue
            logger.info("alert %s at %s: door answered %d", alert.id, content["price"], reply.status_code)
            return
        logger.error("alert %s given up: the door did not answer", alert.id)
