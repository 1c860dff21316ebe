"""The demo's alert sender: which alerts, once each, and against a live exchange and a door."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from tests.support.paper import ROOT, PaperExchange
from trading.paper.core.orders import Side
from trading.paper.feed import Alert, Bar, Watch, body, closed_bars

FALL_THEN_RISE = [10, 9, 8, 7, 6, 5, 4, 3, 2, 30]
RISE_THEN_FALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]


def bars(closes: list[int], *, first: int = 0) -> list[Bar]:
    return [Bar(start_ms=5000 * (first + index), close=str(close)) for index, close in enumerate(closes)]


def actions(watch: Watch, closes: list[int], *, first: int = 0) -> list[str]:
    return [alert.action.value for alert in watch.look(bars(closes, first=first))]


@pytest.mark.parametrize(
    ("closes", "found"),
    [
        (FALL_THEN_RISE, ["BUY"]),
        ([*FALL_THEN_RISE, 31, 32, 33], ["BUY"]),  # three bars late is still in time
        ([*FALL_THEN_RISE, 31, 32, 33, 34], []),  # four is not
        (RISE_THEN_FALL, []),  # nothing to sell yet
        (FALL_THEN_RISE[:5], []),
    ],
)
def test_the_first_look(closes: list[int], found: list[str]) -> None:
    assert actions(Watch("BTCUSDT"), closes) == found


def test_a_cross_is_told_once_and_a_sell_follows_a_buy() -> None:
    watch = Watch("BTCUSDT")
    assert actions(watch, FALL_THEN_RISE) == ["BUY"]
    assert actions(watch, FALL_THEN_RISE) == []
    assert actions(watch, [*FALL_THEN_RISE, 1, 1, 1]) == ["SELL"]


def test_a_late_alert_carries_the_price_of_now() -> None:
    (alert,) = Watch("BTCUSDT").look(bars([*FALL_THEN_RISE, 31, 32]))
    assert (alert.bar.start_ms, alert.bar.close) == (45_000, "32")


def test_seconds_become_bars_and_the_open_one_is_left_out() -> None:
    rows = [[second * 1000, "0", "0", "0", str(second)] for second in range(12)]
    assert closed_bars(rows, width_ms=5000, now_ms=11_500) == [Bar(0, "4"), Bar(5000, "9")]
    assert closed_bars(rows, width_ms=5000, now_ms=10_100) == [Bar(0, "4")]  # its last trades may be missing


def test_the_body_is_the_native_format() -> None:
    alert = Alert("BTCUSDT", Side.BUY, Bar(5000, "60000.50000000"))
    assert body(alert, secret="s", now=datetime(2026, 1, 1, tzinfo=UTC)) == {
        "secret": "s",
        "id": "BTCUSDT-5000-buy",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "exchange": "BINANCE",
        "symbol": "BTCUSDT",
        "interval": "1",
        "action": "buy",
        "price": "60000.5",
    }


@pytest.fixture
def door() -> Iterator[tuple[str, "Queue[tuple[str, dict[str, Any]]]"]]:
    received: Queue[tuple[str, dict[str, Any]]] = Queue()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health/live" else 404)
            self.end_headers()

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.put((self.path, json.loads(self.rfile.read(length))))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()


def test_alerts_reach_the_door(tmp_path: Path, door: tuple[str, "Queue[tuple[str, dict[str, Any]]]"]) -> None:
    url, received = door
    source = tmp_path / "token.json"
    source.write_text(json.dumps({"token": "tok", "secret": "hush"}))
    with PaperExchange("--replay", "--speed", "300") as paper:
        command = [sys.executable, "-m", "trading.paper.feed", "--paper", paper.url, "--door", url]
        command += ["--token-file", str(source), "--speed", "300"]
        feed = subprocess.Popen(command, cwd=ROOT)
        try:
            path, alert = received.get(timeout=30)
        finally:
            feed.kill()
            feed.wait()
    assert path == "/webhooks/tok"
    assert (alert["secret"], alert["action"]) == ("hush", "buy")
    assert alert["symbol"] in {"BTCUSDT", "ETHUSDT", "SOLUSDT"}
