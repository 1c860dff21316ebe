"""The kill process as it really runs: no Django, no database, no broker; whoever sets the latch presses the button."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from project.accounts import latch
from tests.support.factories import Desk
from tests.trading.kill.conftest import NO_BROKER, NOWHERE, PATIENCE_SECS, Button, until
from tests.trading.kill.test_sequence import grid
from trading.kill import journal, places
from trading.services import kill_door

ROOT = Path(__file__).resolve().parents[3]


def environ(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WINDLASS", "COV"))}
    ours = {"WINDLASS_HOME": str(home), "WINDLASS_TIMING": "fast", "DATABASE_URL": NOWHERE, "REDIS_URL": NO_BROKER}
    return kept | ours | more


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "trading.kill", *words]


@contextmanager
def watching(home: Path, *words: str, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    with (home / "kill.log").open("ab") as log:
        process = subprocess.Popen(command(*words), cwd=ROOT, env=environ(home, **more), stdout=log, stderr=log)
    try:
        until(lambda: places.is_watched(home) or process.poll() is not None, about="a kill process that watches")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECS)


def is_flat(home: Path) -> bool:
    standing = latch.read(home)
    return standing is not None and journal.is_done(home, standing.id)


def test_it_carries_neither_django_nor_what_it_needs_only_when_pressed() -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", *command("--help")[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.stderr.splitlines()}
    assert "trading" in loaded
    assert loaded & {"django", "celery", "kombu", "redis", "psycopg", "ccxt", "gpiozero"} == set()


def test_it_acts_on_any_latch_once(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT", "ETHUSDT", "SOLUSDT")
    button.files()
    with watching(button.home) as process:
        button.press()
        until(lambda: is_flat(button.home), about="three flat reads")
        assert process.poll() is None
    assert list(spot.gateway.resting()) == []
    standing = latch.read(button.home)
    assert standing is not None
    written = journal.lines(button.home, standing.id)
    with watching(button.home):  # a restart finds its own last line and leaves it at that
        until(lambda: (button.home / "kill.lock").exists(), about="the lock")
    assert journal.lines(button.home, standing.id) == written


def test_a_cut_wire_is_a_press(spot: Desk, button: Button) -> None:
    """A mocked board without a contact reads low from the start."""
    button.files()
    with watching(button.home, "--pins", "gpio", GPIOZERO_PIN_FACTORY="mock"):
        until(lambda: is_flat(button.home), about="an emergency brought to its end")
    standing = latch.read(button.home)
    assert standing is not None
    assert (standing.operator, standing.source) == ("red button", "pin")


def test_a_kill_that_was_cut_short_is_finished_by_the_next(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    button.press()
    for _ in range(2):
        with watching(button.home) as process:
            standing = latch.read(button.home)
            assert standing is not None
            until(lambda: journal.lines(button.home, standing.id), about="a first line")
            process.kill()
    with watching(button.home):
        until(lambda: is_flat(button.home), about="flat")
    assert list(spot.gateway.resting()) == []


def test_there_is_one_watcher(button: Button) -> None:
    with watching(button.home):
        second = subprocess.run(
            command(), cwd=ROOT, env=environ(button.home), capture_output=True, timeout=60, check=False
        )
    assert second.returncode == 1
    assert b"watches" in second.stderr


def test_a_drill_times_every_step_and_touches_nothing(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    before = spot.paper.ledger(spot.key)["orders"]
    said = subprocess.run(
        command("--drill"), cwd=ROOT, env=environ(button.home), capture_output=True, text=True, timeout=60, check=False
    )
    steps = [line.split()[0] for line in said.stdout.replace("!", " ").splitlines()]
    assert steps == ["latch", "mode", "broker", "entry", "accounts.enc", "paper", "A"]
    assert "1 markets; at market: SELL" in said.stdout
    assert said.returncode == 1  # no database and no broker here, and it says so
    assert spot.paper.ledger(spot.key)["orders"] == before
    assert not latch.is_set(button.home)
    assert not (button.home / "kill-drill").exists()


@pytest.mark.parametrize("missing", ["accounts.enc", "kek"])
def test_without_keys_it_says_so_and_goes_on_watching(button: Button, missing: str) -> None:
    (button.home / "accounts.enc").write_bytes(b"damaged")
    (button.home / missing).unlink()
    with watching(button.home) as process:
        standing = button.press()
        until(lambda: "alarm" in {line["kind"] for line in journal.lines(button.home, standing.id)}, about="an alarm")
        assert process.poll() is None
    alarm = next(line for line in journal.lines(button.home, standing.id) if line["kind"] == "alarm")
    assert "by hand" in alarm["words"]
    assert json.dumps(alarm)


@contextmanager
def door(home: Path) -> Iterator[str]:
    """An engine's door, as far as a remote button sees it; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower().encode(): value for name, value in self.headers.items()}
            reply = kill_door.heard(home, headers, raw, now=time.time())
            self.send_response(reply.status)
            self.end_headers()
            self.wfile.write(json.dumps(reply.body).encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_a_remote_button_latches_the_engine_and_flattens_by_itself(spot: Desk, button: Button, tmp_path: Path) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    pi = tmp_path / "pi"
    pi.mkdir()
    for name in ("kek", "accounts.enc", places.HOLDINGS, places.HEARTBEAT):
        shutil.copy2(button.home / name, pi / name)
    (pi / "secret").write_text(kill_door.pair(button.home))
    with door(button.home) as url, watching(pi, "--door", url, "--secret-file", str(pi / "secret")):
        latch.engage(pi, operator="pi", reason="pressed", source="pin")
        until(lambda: is_flat(pi), about="flat")
        until(lambda: latch.is_set(button.home), about="the engine's latch")
    standing = latch.read(button.home)
    assert standing is not None
    assert (standing.operator, standing.source) == ("pi", "remote")
    assert list(spot.gateway.resting()) == []
