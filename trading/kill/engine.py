"""What a kill does to the engine beside it: the mode row, the waiting bells, the entry workers. Each best effort.

Nothing here is needed for safety: the latch stops every order. It makes pages and workers agree sooner.
"""

import json
import logging
import os
import signal
import time
from pathlib import Path

from project import failpoints
from project.accounts.latch import Latch
from project.services.spawn import end_group
from project.services.stackfile import ProcessId
from trading.kill import bells

log = logging.getLogger("trading.kill")

ROW_MS = 500
TERM_SECS = 5.0
WORKERS = ("entries",)
LOOK_SECS = 0.05


def write_mode(database_url: str, latch: Latch) -> str:
    """Make the mode row say EMERGENCY, with its journal row; what came of it, in words."""
    import psycopg  # heavy, and needed once

    limits = f"-c lock_timeout={ROW_MS} -c statement_timeout={ROW_MS}"
    try:
        with psycopg.connect(database_url, connect_timeout=2, options=limits) as connection:
            row = connection.execute("SELECT mode FROM accounts_tradingmode WHERE id = 1 FOR NO KEY UPDATE").fetchone()
            before = row[0] if row else ""
            if before in ("", "EMERGENCY"):
                return f"the mode row says {before or 'nothing'} already"
            failpoints.point("kill.row.before")
            connection.execute(
                "UPDATE accounts_tradingmode SET mode = 'EMERGENCY', operator = %s, reason = %s, changed_at = now(),"
                " leaving_operator = '', leaving_reason = '', leaving_at = NULL WHERE id = 1",
                [latch.operator, latch.reason],
            )
            payload = {"from": before, "to": "EMERGENCY", "operator": latch.operator, "reason": latch.reason}
            connection.execute(
                "INSERT INTO journal_journalentry (kind, subject, payload, at) VALUES ('mode.changed', 'mode', %s, now())",
                [json.dumps(payload | {"latch": latch.id})],
            )
            failpoints.point("kill.row.uncommitted")
    except psycopg.Error as error:
        return f"the mode row could not be written ({type(error).__name__}): the engine follows the latch"
    failpoints.point("kill.row.after")
    return "the mode row says EMERGENCY"


def read_mode(database_url: str) -> str:
    """What the mode row says; empty where nobody can tell."""
    import psycopg

    limits = f"-c statement_timeout={ROW_MS}"
    try:
        with psycopg.connect(database_url, connect_timeout=2, options=limits) as connection:
            row = connection.execute("SELECT mode FROM accounts_tradingmode WHERE id = 1").fetchone()
    except psycopg.Error:
        return ""
    return str(row[0]) if row else ""


def purge_bells(redis_url: str) -> str:
    """Empty the queue of entry bells and revoke those on their way; what came of it, in words."""
    return bells.purge(redis_url)


def ask_database(database_url: str) -> str:
    """For a drill: the row, read. Raises OSError."""
    import psycopg

    try:
        with psycopg.connect(database_url, connect_timeout=2) as connection:
            row = connection.execute("SELECT mode FROM accounts_tradingmode WHERE id = 1").fetchone()
    except psycopg.Error as error:
        raise OSError(f"the database was not reached ({type(error).__name__}); a kill goes on without") from None
    return f"the row says {row[0] if row else 'nothing'}"


def ask_broker(redis_url: str) -> str:
    """For a drill: reached and let in, and nothing purged. Raises OSError."""
    with bells.Broker(redis_url) as broker:
        return f"{int(broker.ask('LLEN', bells.QUEUE))} entry bells wait"


def count_workers(home: Path) -> int:
    """For a drill: how many entry workers run."""
    return len(_workers(home))


def stop_entry_workers(home: Path) -> str:
    """TERM, five seconds, KILL; the supervisor starts them anew and they find the latch. What came of it, in words."""
    found = _workers(home)
    for worker in found:
        _signal(worker, signal.SIGTERM)
    give_up = time.monotonic() + TERM_SECS
    while any(worker.is_alive() for worker in found) and time.monotonic() < give_up:
        time.sleep(LOOK_SECS)
    stubborn = [worker for worker in found if worker.is_alive()]
    for worker in stubborn:
        end_group(worker.pid)
    return f"{len(found)} entry workers told to stop, {len(stubborn)} of them killed"


def _workers(home: Path) -> list[ProcessId]:
    """The entry workers that the supervisor has started, as far as they live."""
    try:
        recorded = json.loads((home / "children.json").read_text(encoding="utf-8"))
        known = [ProcessId(**recorded[name]) for name in WORKERS if name in recorded]
    except (OSError, ValueError, TypeError):
        return []
    return [worker for worker in known if worker.is_alive()]


def _signal(worker: ProcessId, number: signal.Signals) -> None:
    try:
        os.kill(worker.pid, number)
    except (ProcessLookupError, PermissionError) as error:
        log.warning("an entry worker could not be signalled: %s", error)
