"""The whole sender: a live exchange that holds its replay, a door, and alerts in between."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from tests.support.paper import ROOT, PaperExchange

Received = Queue[tuple[str, dict[str, Any]]]


@pytest.fixture
def door() -> Iterator[tuple[str, Received]]:
    received: Received = Queue()

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


@pytest.fixture
def paper() -> Iterator[PaperExchange]:
    options = ("--replay", "--hold", "--speed", "300", "--control-token", "lever")
    with PaperExchange(*options, control_token="lever") as running:
        yield running


@pytest.fixture
def feed(paper: PaperExchange, door: tuple[str, Received], tmp_path: Path) -> Iterator[None]:
    for name in ("spot", "futures"):
        (tmp_path / name).write_text(json.dumps({"token": f"tok-{name}", "secret": "hush"}))
    command = [sys.executable, "-m", "trading.paper.feed", "--paper", paper.url, "--door", door[0], "--speed", "300"]
    command += ["--token-file", str(tmp_path / "spot"), "--futures-token-file", str(tmp_path / "futures")]
    process = subprocess.Popen([*command, "--pyramids", "--control-token", "lever"], cwd=ROOT)
    yield
    process.kill()
    process.wait()


@pytest.mark.usefixtures("feed")
def test_the_feed_starts_the_replay_and_its_alerts_reach_the_door(
    paper: PaperExchange, door: tuple[str, Received]
) -> None:
    received = [door[1].get(timeout=60) for _ in range(3)]
    alerts = [alert for _, alert in received]
    started_ms = paper.read("state")["replay"]["startedMs"]
    assert {path for path, _ in received} <= {"/webhooks/tok-spot", "/webhooks/tok-futures"}
    assert started_ms > 0
    whole_second = started_ms // 1000 * 1000  # an id names its bar by the bar's opening second
    assert all(int(alert["id"].split("-")[1]) >= whole_second for alert in alerts)
    assert {(alert["secret"], alert["interval"]) for alert in alerts} == {("hush", "1S")}
    assert {alert["action"] for alert in alerts} <= {"buy", "sell"}  # on a busy machine the first crosses are too old
    assert {alert["symbol"].removesuffix(".P") for alert in alerts} <= {"BTCUSDT", "ETHUSDT", "SOLUSDT"}
