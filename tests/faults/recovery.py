"""How soon a stack is back after kill -9 of everything: engine, dashboard, first decision, an undecided order.

Printed by python -m tests.faults --only recovery.
"""

import itertools
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil
import psycopg

from tests.e2e.stack import PATIENCE_SECS, ROOT, Stack, until
from tests.faults import lab
from tests.faults.lab import Lab

LOOK_SECS = 0.02
RECONCILED = "SELECT count(*) FROM accounts_exchangeaccount WHERE reconciled_at IS NULL OR reconciled_at < %s"
DIES = "order.place.wire1.after=kill@2"
# An order is accepted, and its sender dies before it can write so.


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the start of `make up` on data that a kill left behind."""

    door: float  # an alert is taken again
    engine: float  # every account reconciled: entries may be decided
    decision: float  # the first alert has its outcome
    undecided: float  # the order that was in a call when everything died is settled
    stack: float  # the banner: the dashboard answers too


def main(*, rounds: int) -> int:
    """So many recoveries, then the figures."""
    with lab.opened() as bench:
        found = [_told(recover(bench)) for _ in range(rounds)]
    sys.stdout.write(table(found))
    return 0


def _told(found: Recovery) -> Recovery:
    sys.stdout.write(f"{found}\n")
    sys.stdout.flush()
    return found


def table(found: Sequence[Recovery]) -> str:
    """Median and worst of each, seconds."""
    rows = []
    for name in (field.name for field in fields(Recovery)):
        values = [getattr(one, name) for one in found]
        rows.append(f"{name:<12}{statistics.median(values):>8.1f}{max(values):>8.1f}\n")
    return f"{'seconds':<12}{'median':>8}{'worst':>8}\n" + "".join(rows)


def recover(bench: Lab) -> Recovery:
    """Leave an order undecided, kill everything at once, and start again."""
    doubtful = undecided(bench)
    kill_everything(bench)
    began, started = time.monotonic(), datetime.now(UTC)
    watch = _Watch(began)
    banners = bench.stack.banners()
    _start(bench.stack)
    alert = watch.until("door", lambda: posted(bench))
    watch.until("engine", lambda: _rows(bench, RECONCILED, started) == [(0,)])
    watch.until("decision", lambda: _rows(bench, "SELECT 1 FROM signals_alert WHERE id = %s AND outcome <> ''", alert))
    settled = "SELECT 1 FROM trading_order WHERE id = %s AND state NOT IN ('SUBMITTING', 'UNKNOWN')"
    watch.until("undecided", lambda: _rows(bench, settled, doubtful))
    watch.until("stack", lambda: bench.stack.banners() > banners)
    return Recovery(**watch.marks)


def _start(stack: Stack) -> None:
    """`make up`, and no waiting."""
    with stack.log_path.open("ab") as log:
        command = [sys.executable, "-m", "project.services"]
        stack.process = subprocess.Popen(command, cwd=ROOT, env=stack.env, stdout=log, stderr=log)


class _Watch:
    """Marks on one clock."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.marks: dict[str, float] = {}

    def until(self, name: str, question: Callable[[], Any]) -> Any:
        answer = until(question, about=name, secs=PATIENCE_SECS, every=LOOK_SECS)
        self.marks[name] = round(time.monotonic() - self._began, 2)
        return answer


def undecided(bench: Lab) -> int:
    """An order that is SUBMITTING with nobody to settle it."""
    bench.plan(DIES)
    turn = itertools.cycle(("buy", "exit"))
    found = "SELECT id FROM trading_order WHERE state = 'SUBMITTING' LIMIT 1"

    def look() -> Any:
        posted(bench, next(turn))
        return _rows(bench, found)

    [(order_id,)] = until(look, about="an order in a call", every=0.5)
    bench.plan("")
    return int(order_id)


def posted(bench: Lab, action: str = "buy") -> int:
    """An alert of its own; the alert's id, 0 while the door does not take it."""
    body = {
        "id": os.urandom(8).hex(),
        "timestamp": datetime.now(UTC).isoformat(),
        "symbol": "BTCUSDT",
        "interval": "60",
    }
    try:
        reply = bench.stack.post({**body, "action": action})
    except httpx.TransportError:
        return 0
    return int(reply.json()["id"]) if reply.is_success else 0


def kill_everything(bench: Lab) -> None:
    """SIGKILL to the supervisor and all below it, as fast as it can be sent."""
    assert bench.stack.process is not None
    top = psutil.Process(bench.stack.process.pid)
    everybody = [top, *top.children(recursive=True)]
    for process in everybody:
        lab.send(process, signal.SIGKILL)
    psutil.wait_procs(everybody, timeout=PATIENCE_SECS)
    bench.stack.process.wait(PATIENCE_SECS)


def _rows(bench: Lab, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What the database says; nothing while it is away."""
    try:
        return bench.stack.rows(statement, *parameters)
    except (OSError, ValueError, KeyError, psycopg.Error):
        return []
