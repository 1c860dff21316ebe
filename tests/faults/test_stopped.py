"""A sender that is stopped between claim and socket and goes on too late writes nothing; what is written has expired.

It stands still for a little longer than its order and its signature live, which is a second and a half here. As long as
a machine sleeps, with an order that lives as long as in real trading:

    WINDLASS_STOP_SECS=60 python -m pytest tests/faults/test_stopped.py
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.stack import until
from tests.faults import sender
from tests.support.paper import PaperExchange

ROOT = Path(__file__).resolve().parents[2]
LIVES_SECS = (sender.TIMING.validity + sender.TIMING.receive_window).total_seconds()
LATE_SECS = max(sender.STOP_SECS, LIVES_SECS * 1.5)
PATIENCE_SECS = 60.0


def stands(process: psutil.Process) -> bool:
    return bool(process.status() == psutil.STATUS_STOPPED)


def placed(paper: PaperExchange, account: str, *, stopped_at: str) -> str:
    """What the sender says after it stood still at a point until its order had expired."""
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    paper.add_key(key, secret, account)
    command = [sys.executable, "-m", "tests.faults.sender", paper.url, key, secret]
    plan = {"WINDLASS_FAILPOINTS": f"{stopped_at}=stop", "DJANGO_SETTINGS_MODULE": "project.settings.test"}
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **plan}, stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: stands(psutil.Process(process.pid)), about=f"a sender that stands at {stopped_at}", every=0.01)
        over = time.monotonic() + LATE_SECS
        until(lambda: time.monotonic() > over, about="its order's end", secs=LATE_SECS + PATIENCE_SECS, every=0.05)
        process.send_signal(signal.SIGCONT)
        return process.communicate(timeout=PATIENCE_SECS)[0].strip()
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("order.place.begin", "NOT_SENT TOO_LATE"),  # after T2, before it is signed
        ("order.place.signed1", "NOT_SENT TOO_LATE"),  # signed, before the check at the socket
        ("order.place.wire1.before", "REJECTED -1021"),  # checked, before the write: its signature has died
    ],
)
def test_who_stood_still_on_the_way_places_nothing(paper_process: PaperExchange, point: str, said: str) -> None:
    paper_process.faults([])
    paper_process.price("BTCUSDT", "60000")
    account = f"stopped-{secrets.token_hex(4)}"
    assert placed(paper_process, account, stopped_at=point) == said
    assert paper_process.ledger(account).get("orders", []) == []
