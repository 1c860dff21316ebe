"""A drill: every step of a kill is tried and timed, and nothing is traded, cancelled or stopped."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from project.accounts import latch as latches
from project.accounts import sealed
from project.accounts.envelope import VaultError
from trading.errors import WindlassError
from trading.kill import desk as desks
from trading.kill import engine
from trading.kill.journal import Journal
from trading.kill.options import Surroundings


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what was found, how long it took; trouble: it would not have worked."""

    name: str
    words: str
    ms: float
    trouble: bool = False


class NothingLeaves:
    """A socket guard for drills."""

    def refusal(self, *, opens_position: bool) -> str:
        """Why an order may not go."""
        return "this is a drill"


def run(around: Surroundings) -> Iterator[Step]:
    """The steps as they are done, in the order of a real kill."""
    yield _timed("latch", lambda: _latch(around))
    if around.door is None:
        yield from reach(around)
        yield _timed("entry workers", lambda: f"{engine.count_workers(around.home)} would be stopped")
    else:
        yield _timed("door", lambda: _door(around))
    keys = _timed("accounts.enc", lambda: f"{len(_accounts(around))} accounts")
    yield keys
    if not keys.trouble:
        for account in _accounts(around):
            yield _timed(account.name, lambda one=account: _look(around, one))  # type: ignore[misc]


def reach(around: Surroundings) -> Iterator[Step]:
    """Whether database and broker let this process in."""
    yield _timed("mode row", lambda: engine.ask_database(around.database_url))
    yield _timed("broker", lambda: engine.ask_broker(around.redis_url))


def _timed(name: str, work: Callable[[], str]) -> Step:
    began = time.perf_counter()
    trouble = False
    try:
        words = work()
    except (WindlassError, VaultError, OSError, ValueError) as error:
        words, trouble = str(error), True
    return Step(name, words, round((time.perf_counter() - began) * 1000, 1), trouble)


def _latch(around: Surroundings) -> str:
    """Written and synced as a real one, under a name that stops nothing."""
    folder = around.home / "kill-drill"
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        latches.engage(folder, operator="drill", reason="drill", source="drill")
    finally:
        with suppress(OSError):
            latches.lift(folder)
            folder.rmdir()
    return "written and synced, then taken away"


def _door(around: Surroundings) -> str:
    if around.door is None or around.door.beat() is None:
        raise OSError("the engine's door was not reached")
    return "the engine answers"


def _accounts(around: Surroundings) -> list[sealed.SealedAccount]:
    return sealed.read(around.home, keys=around.keys())


def _look(around: Surroundings, account: sealed.SealedAccount) -> str:
    """What a kill would do at this account now."""
    desk = desks.opened(
        account,
        home=around.home,
        live_allowed=around.live_allowed,
        timing=around.timing,
        journal=Journal(around.home, "drill"),
        clock=lambda: datetime.now(UTC),
        guard=NothingLeaves(),
    )
    left = desk.look(as_if_cancelled=True)
    closings = ", ".join(f"{c.side.value} {c.qty:f} {c.symbol}" for c in left.closings) or "nothing"
    return f"{left.resting} orders would be cancelled on {len(left.symbols)} markets; at market: {closings}"
