"""Kill drills on a whole stack: press with the database, the broker, both or a worker frozen; flat every time.

python -m tests.faults.kill_drills --rounds 50        every fault, so many rounds each; a table at the end
python -m tests.faults.kill_drills --fault database --rounds 3
"""

import argparse
import os
import signal
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psutil

from project.accounts import latch
from project.accounts.latch import Latch
from tests.e2e.stack import NotInTime, Stack, running, until
from tests.faults.rounds import LOOK_SECS, MUST_BE_CHECKED
from tests.support import plain_http
from trading.domain.order_state import TIMING_PROFILES
from trading.kill import journal

FAULTS = {
    "none": (),
    "database": ("postgres",),
    "broker": ("valkey",),
    "both": ("postgres", "valkey"),
    "worker": ("entries",),
}
PAIRS, INTERVALS = ("BTCUSDT", "ETHUSDT", "SOLUSDT"), ("1", "5", "15", "60")
GROUPS = 10
LOOKED_AT_EVERY = 10
SETTINGS = {
    "first_entry": '"market"',
    "legs": '[["0", "50", "5"], ["-3", "50", "5"]]',
    "per_symbol_pct": '"900"',
    "per_venue_pct": '"900"',
    "per_strategy_pct": '"900"',
    "per_sector_pct": '"900"',
    "cluster_pct": '"900"',
    "max_consecutive_losses": "1000",
    "order_rate_per_min": "100000",
    "drawdown_tiers_pct": '["96", "97", "98", "99"]',
    "max_daily_loss_pct": '"100"',
    "max_heat": '"100"',
    "var_limit_pct": '"100"',
}
OVERRIDE = "INSERT INTO trading_settingoverride (symbol, name, value, changed_by, changed_at) VALUES ('', %s, %s::jsonb, 'drill', now()) RETURNING id"
LOOKED_AT = MUST_BE_CHECKED | {"I7"}
DUST = Decimal(14)
# Quote: a venue's least order, 5, and of each group of a pair (4, two pyramids each) less than a lot, at most 1.7.


@dataclass(frozen=True, slots=True)
class Result:
    """One round: milliseconds from the press."""

    fault: str
    latch_ms: float
    begun_ms: float
    cancelled_ms: float
    flat_ms: float
    cancels: int
    closes: int
    entries_after: int


def main() -> int:
    """Run the rounds asked for; 1 when one of them broke the promise."""
    asked = _arguments()
    faults = [asked.fault] if asked.fault else list(FAULTS)
    with running(DEMO_SPEED="1", WINDLASS_TIMING=asked.timing) as stack, stack.at_the_keyboard(), told_log(stack):
        for name, value in SETTINGS.items():
            stack.rows(OVERRIDE, name, value)
        results = list(rounds(stack, [fault for fault in faults for _ in range(asked.rounds)], asked.timing))
    sys.stdout.write(table(results))
    return 1 if any(result.entries_after for result in results) else 0


def rounds(stack: Stack, faults: Sequence[str], timing: str) -> Iterator[Result]:
    """One after the other; what is broken stays broken, so the promises are looked at now and then, and at the end."""
    for number, fault in enumerate(faults, 1):
        yield _told(one_round(stack, fault, timing))
        if number % LOOKED_AT_EVERY == 0 or number == len(faults):
            kept_promises(stack)


@contextmanager
def told_log(stack: Stack) -> Iterator[None]:
    """When a round breaks the promise, what the kill process and the pump said goes to standard error."""
    try:
        yield
    except AssertionError:
        moved = "SELECT currency, amount, cause, at FROM accounts_balancemovement WHERE amount <> 0 ORDER BY id DESC LIMIT 30"
        decided = "SELECT outcome, reason, count(*), max(received_at) FROM signals_alert GROUP BY 1, 2 ORDER BY 4 DESC LIMIT 10"
        sys.stderr.write("".join(f"{row}\n" for row in (*stack.rows(moved), *stack.rows(decided))))
        sys.stderr.write(stack.manage("check_invariants", "--json").stdout + "\n")
        for name in ("kill", "pump"):
            path = stack.home / "logs" / f"{name}.log"
            sys.stderr.write(path.read_text(errors="replace")[-8000:] if path.exists() else f"{name}: no log\n")
        raise


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill drills on a whole stack.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fault", choices=list(FAULTS))
    parser.add_argument("--timing", choices=list(TIMING_PROFILES), default="fast")
    return parser.parse_args()


def _told(result: Result) -> Result:
    sys.stdout.write(f"{result}\n")
    sys.stdout.flush()
    return result


def one_round(stack: Stack, fault: str, timing: str) -> Result:
    """Open groups, freeze, press in the middle of further entries, look at the venue, mend, leave."""
    opened(stack)
    with frozen(stack, FAULTS[fault]):
        began = time.monotonic()
        standing = latch.engage(stack.home, operator="drill", reason=fault, source="drill")
        latch_ms = (time.monotonic() - began) * 1000
        until(lambda: journal.is_done(stack.home, standing.id), about="flat", secs=180, every=0.02)
    left = left_at_venue(stack)
    assert left == [], left
    result = measured(stack, fault, standing, latch_ms, timing)
    left_behind(stack)
    return result


# before ------------------------------------------------------------------------------------------


def opened(stack: Stack) -> None:
    """Ten groups that hold something, and a dozen more alerts that nobody has decided yet."""
    send(stack, GROUPS)
    held = "SELECT count(*) >= %s FROM trading_positiongroup WHERE closed_at IS NULL AND qty > 0"
    until(lambda: stack.rows(held, GROUPS)[0][0] or send_missing(stack), about="ten groups", secs=180, every=1.0)
    resting = "SELECT count(*) >= %s FROM trading_order WHERE state = 'OPEN' AND purpose = 'TARGET'"
    until(lambda: stack.rows(resting, GROUPS)[0][0], about="ten resting targets", secs=180)
    send(stack, GROUPS)


def send(stack: Stack, count: int) -> None:
    for number in range(count):
        body = {"symbol": PAIRS[number % 3], "interval": INTERVALS[number // 3 % 4], "action": "buy"}
        stack.post({"id": os.urandom(8).hex(), "timestamp": datetime.now(UTC).isoformat(), **body})


def send_missing(stack: Stack) -> bool:
    """Some were refused for a price or a balance that was not fresh: ask again."""
    if not stack.rows("SELECT 1 FROM signals_alert WHERE outcome = '' LIMIT 1"):
        send(stack, GROUPS)
    return False


@contextmanager
def frozen(stack: Stack, names: Sequence[str]) -> Iterator[None]:
    """Processes that exist and do not answer: worse than dead, for nobody starts them anew."""
    families = [family(stack, name) for name in names]
    _signal(families, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(families, signal.SIGCONT)


def family(stack: Stack, name: str) -> list[psutil.Process]:
    parent = psutil.Process(until(lambda: stack.children().get(name), about=f"{name} running").pid)
    return [parent, *parent.children(recursive=True)]


def _signal(families: Sequence[Sequence[psutil.Process]], number: signal.Signals) -> None:
    for process in (process for found in families for process in found):
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:  # the kill switch ended it: that is what it is for
            continue


# after -------------------------------------------------------------------------------------------


def ledgers(stack: Stack) -> list[dict[str, Any]]:
    """What the exchange itself says of every spot account."""
    found = plain_http.get(f"http://127.0.0.1:{stack.ports['WINDLASS_PAPER_PORT']}/_control/ledger", timeout=60).json()
    return list(found["accounts"].values())


def left_at_venue(stack: Stack) -> list[str]:
    """Orders that rest, coins that could still be sold."""
    prices = {s.split("/")[0]: Decimal(p) for s, p in _prices(stack).items()}
    left = []
    for ledger in ledgers(stack):
        left += [f"rests: {order}" for order in ledger["orders"] if order["status"] in ("NEW", "PARTIALLY_FILLED")]
        for coin, price in prices.items():
            balance = ledger["balances"].get(coin, {"free": "0", "locked": "0"})
            worth = (Decimal(balance["free"]) + Decimal(balance["locked"])) * price
            left += [f"held: {worth} of {coin}"] * (worth > DUST)
    return left


def _prices(stack: Stack) -> dict[str, str]:
    rows = plain_http.get(
        f"http://127.0.0.1:{stack.ports['WINDLASS_PAPER_PORT']}/api/v3/ticker/price", timeout=60
    ).json()
    return {row["symbol"].removesuffix("USDT") + "/USDT": row["price"] for row in rows if row["symbol"] in PAIRS}


def measured(stack: Stack, fault: str, standing: Latch, latch_ms: float, timing: str) -> Result:
    lines = journal.lines(stack.home, standing.id)
    of = {
        kind: [line["ms"] for line in lines if line["kind"] == kind]
        for kind in ("begun", "cancelled", "closed", "flat")
    }
    pressed = datetime.fromisoformat(standing.at)
    started = datetime.fromisoformat(next(line["at"] for line in lines if line["kind"] == "latched"))
    lag = (started - pressed).total_seconds() * 1000
    dead = pressed.timestamp() * 1000 + TIMING_PROFILES[timing].receive_window.total_seconds() * 1000
    bought = [o for ledger in ledgers(stack) for o in ledger["orders"] if o["side"] == "BUY"]
    return Result(
        fault,
        round(latch_ms, 1),
        round(of["begun"][0] + lag, 1),
        round(max(of["cancelled"], default=0) + lag, 1),
        round(of["flat"][-1] + lag, 1),
        len(of["cancelled"]),
        len(of["closed"]),
        sum(placed_at(order) > dead for order in bought),
    )


def placed_at(order: dict[str, Any]) -> int:
    return int(order.get("time") or order["created_ms"])


def left_behind(stack: Stack) -> None:
    """The engine takes the kill over, books its sales, closes its groups; then two steps lead out, and on it goes."""
    until(
        lambda: stack.rows("SELECT flat FROM accounts_killreport ORDER BY at DESC LIMIT 1") == [(True,)], about="report"
    )
    groups = "SELECT count(*) FROM trading_positiongroup WHERE closed_at IS NULL"
    until(lambda: stack.rows(groups) == [(0,)], about="every group booked and closed", secs=240, every=0.5)
    out_of_emergency(stack)


def out_of_emergency(stack: Stack) -> None:
    """The two steps, then NORMAL, and healthy accounts."""
    for words in (["leave", "--reason", "drill over"], ["confirm", "--phrase", "LEAVE EMERGENCY"]):
        done = stack.manage("mode", *words)
        assert done.returncode == 0, done.stderr
    done = stack.manage("mode", "normal", "--reason", "next round")
    assert done.returncode == 0, done.stderr
    healthy = "SELECT count(*) FROM accounts_exchangeaccount WHERE health <> ''"
    until(lambda: stack.rows(healthy) == [(0,)], about="healthy accounts", secs=180, every=0.5)


def kept_promises(stack: Stack) -> None:
    """Every invariant holds, and those that have something to look at after a kill have looked at it."""
    found: dict[str, Any] = {}

    def looked() -> bool:
        found.update(stack.asked("check_invariants", "--json"))
        wrong = any(result["held"] is False for result in found.values())
        return wrong or all(found[name]["checked"] for name in LOOKED_AT)

    with suppress(NotInTime):  # what is on its way keeps some from being looked at for a while
        until(looked, about="every invariant", secs=LOOK_SECS, every=0.5)
    broken = {name: result["violations"] for name, result in found.items() if result["held"] is False}
    broken |= {name: "not looked at" for name in LOOKED_AT if not found[name]["checked"]}
    assert not broken, broken


def table(results: Sequence[Result]) -> str:
    head = f"{'fault':<10}{'rounds':>7}{'latch ms':>10}{'last cancel ms':>16}{'flat ms':>10}{'entries after':>15}\n"
    rows = []
    for fault in dict.fromkeys(result.fault for result in results):
        of = [result for result in results if result.fault == fault]
        worst = [max(getattr(r, name) for r in of) for name in ("latch_ms", "cancelled_ms", "flat_ms")]
        after = sum(result.entries_after for result in of)
        rows.append(f"{fault:<10}{len(of):>7}{worst[0]:>10.1f}{worst[1]:>16.1f}{worst[2]:>10.1f}{after:>15}\n")
    typical = statistics.median(result.cancelled_ms for result in results)
    return head + "".join(rows) + f"Worst of each; the median last cancel came {typical:.0f} ms after the press.\n"


if __name__ == "__main__":
    sys.exit(main())
