"""What a kill does, in its order (docs/kill-switch.md): latch, mode row, bells, workers, venues, once more, done."""

import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from project import failpoints
from project.accounts import latch as latches
from project.accounts import sealed
from project.accounts.envelope import VaultError
from project.accounts.latch import Latch
from project.accounts.sealed import SealedAccount
from trading.errors import LiveNotAllowed, LockedKeys, UnknownHoldings, UnsafeEndpoint, UnsupportedVenue, VenueError
from trading.kill import desk as desks
from trading.kill import engine, journal, keep, places
from trading.kill.desk import KillDesk, Left
from trading.kill.journal import Journal
from trading.kill.options import Surroundings
from trading.kill.pace import Pace, Silence
from trading.kill.places import Picture

log = logging.getLogger("trading.kill")

ROW_SECS = engine.ROW_MS / 1000
FLAT_READS = 3
# One look may fall between two orders; three in a row, after everything signed before the latch has died, do not.
RETRY_SECS = 1.0
ALARM_SECS = 60.0
MEMORY, LATE = "memory", "late"
# The source of a latch that no disk would take, so that it ends with the process; and of one that was taken later.
Place = tuple[str, str]
# Venue and environment.
NEVER = (LiveNotAllowed, LockedKeys, UnsafeEndpoint, UnsupportedVenue)


@dataclass(slots=True)
class Emergency:
    """One emergency being brought to its end. `run` may be repeated: it starts from what the venues say."""

    around: Surroundings
    latch: Latch
    journal: Journal
    _declared: bool = field(default=False, init=False)  # the mode row has said EMERGENCY
    _left: bool = field(default=False, init=False)  # and then something else: a person has left
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _picture: Picture | None = field(default=None, init=False)
    _there: Mapping[Place, int] = field(default_factory=dict, init=False)  # how many accounts at each venue
    _silences: Mapping[Place, Silence] = field(default_factory=dict, init=False)

    def run(self) -> bool:
        """Everything from the mode row on; True when flat, False when the latch was lifted before that."""
        try:
            return self._run()
        finally:
            self._ended.set()

    def _run(self) -> bool:
        self.journal.write("begun", operator=self.latch.operator, reason=self.latch.reason, source=self.latch.source)
        loading = _beside("ccxt", keep.load_ccxt)  # half a second on a small computer: meanwhile the engine is told
        failpoints.point("kill.begun")
        self._tell_engine()
        loading.join()
        failpoints.point("kill.engine_told")
        flat = self._flatten_all(self._accounts())
        failpoints.point("kill.flat.before")
        if flat:
            self.journal.write(journal.FLAT)
        return flat

    # the engine -----------------------------------------------------------------------------

    def _tell_engine(self) -> None:
        """The row is waited for, half a second at most; the others go on beside the venues."""
        if self.around.door is not None:
            return _beside("told", self._tell_door).join(ROW_SECS)
        row = _beside("row", lambda: self._note("row", self._write_mode))
        row.join(ROW_SECS)
        _beside("bells", lambda: self._note("bells", lambda: engine.purge_bells(self.around.redis_url)))
        _beside("workers", lambda: self._note("workers", lambda: engine.stop_entry_workers(self.around.home)))
        return None

    def _write_mode(self) -> str:
        return engine.write_mode(self.around.database_url, self.latch)

    def _note(self, kind: str, deed: Callable[[], str]) -> None:
        try:
            words = deed()
        except OSError as error:
            words = f"not done: {error}"
        self.journal.write(kind, words=words)

    def _tell_door(self) -> None:
        """The remote layout: the engine sets its own latch. Said again until it is heard."""
        assert self.around.door is not None
        while self._stands() and not self.around.door.tell(self.latch):
            time.sleep(RETRY_SECS)
        words = "the engine has been told" if self._stands() else "the latch was lifted"
        self.journal.write("door", words=words)

    # a disk that takes nothing --------------------------------------------------------------

    def remember(self) -> None:
        """What the disk did not take is tried again until it stands there: the latch, and every line of the journal."""
        while not (self._is_latched() and self.journal.settle() and self._ended.is_set()):
            time.sleep(RETRY_SECS)

    def _is_latched(self) -> bool:
        """Whether the latch is written; or is needed no more: a person has left, or all is flat and the mode row remembers."""
        if self.latch.source != MEMORY:
            return True
        says = self._mode_row()
        self._left = self._declared and says not in ("", "EMERGENCY")
        self._declared |= says == "EMERGENCY"
        if self._left or (says == "EMERGENCY" and self._ended.is_set()):
            return True
        if self._declared and not says:  # nobody can tell whether it was left: a latch could bring it back
            return False
        try:
            self.latch = latches.place(self.around.home, replace(self.latch, source=LATE))
        except OSError as error:
            log.error("the latch cannot be written yet (%s)", error)
            return False
        return True

    def _mode_row(self) -> str:
        """What the row says; empty where nobody can tell."""
        try:
            return "" if self.around.door else engine.read_mode(self.around.database_url)
        except OSError:
            return ""

    # the venues -----------------------------------------------------------------------------

    def _accounts(self) -> Sequence[SealedAccount]:
        """Who is to be flattened. Without keys nothing can be done, and that is said until a person comes."""
        while self._stands():
            try:
                return sealed.read(self.around.home, keys=self.around.keys())
            except (VaultError, OSError, ValueError) as error:
                words = f"accounts.enc cannot be opened: {error}. Close the positions at the venue by hand."
                self.journal.write("alarm", words=words)
                time.sleep(ALARM_SECS)
        return []

    def _flatten_all(self, accounts: Sequence[SealedAccount]) -> bool:
        """All accounts at once, each in a thread of its own."""
        results: dict[int, bool] = {}
        self._picture = places.picture(self.around.home, self.latch.id)
        self._there = Counter(map(_place, accounts))
        self._silences = {place: Silence() for place in self._there}

        def work(account: SealedAccount) -> None:
            results[account.id] = self._until_flat(account)

        threads = [_beside(account.name, partial(work, account)) for account in accounts]
        for thread in threads:
            thread.join()
        return self._stands() and len(results) == len(accounts) and all(results.values())

    def _until_flat(self, account: SealedAccount) -> bool:
        """Whatever goes wrong with one account, it is begun again: the others do not wait, and nobody gives up."""
        while self._stands():
            try:
                return self._flatten(account)
            except Exception as error:  # noqa: BLE001 - the edge: an unforeseen answer must not end a kill
                log.error("account %s\n%s", account.id, "".join(traceback.format_tb(error.__traceback__)))
                self.journal.write(
                    "alarm", account=account.id, words=f"unforeseen: {type(error).__name__}; beginning again"
                )
                time.sleep(RETRY_SECS)
        return False

    def _flatten(self, account: SealedAccount) -> bool:
        """Cancel, close, look again, until three looks after the receive window found nothing."""
        desk = self._desk(account)
        if desk is None:
            return False
        reads, window_over = 0, self._window_over(desk.window)
        alarm_at, pace = window_over + ALARM_SECS, Pace(self._there[_place(account)])
        while reads < FLAT_READS and self._stands():
            left, now = self._round(desk), time.monotonic()
            flat = left is not None and left.flat
            reads = reads + 1 if flat and now >= window_over else 0
            if not flat and now > alarm_at:
                self.journal.write("alarm", account=account.id, words=f"{account.name} is still not flat; going on")
                alarm_at = now + ALARM_SECS
            self._wait(desk, pace.after(left, flat=flat, window_secs=window_over - now))
        if reads == FLAT_READS:
            self.journal.write("account flat", account=account.id, name=account.name)
        return reads == FLAT_READS

    def _wait(self, desk: KillDesk, secs: float) -> None:
        """Until the next look: longer where the venue asked for silence, and no longer than the emergency stands."""
        time.sleep(secs)
        while desk.silence.secs and self._stands():
            time.sleep(min(desk.silence.secs, RETRY_SECS))

    def _window_over(self, receive_window: timedelta) -> float:
        """From when on nothing that was signed before the latch can be accepted any more, on the steady clock."""
        age = (datetime.now(UTC) - datetime.fromisoformat(self.latch.at)).total_seconds()
        window = receive_window + self.around.timing.margin
        return time.monotonic() + max(window.total_seconds() - max(age, 0), 0)

    def _round(self, desk: KillDesk) -> Left | None:
        """One look and what follows from it; what it found, None where the venue did not say."""
        try:
            resting = desk.resting()
            desk.cancel(sorted(set(resting)))  # what is cancelled frees what it held
            left = desk.left(resting)
            if left.flat:
                return left
            desk.tell_strange()
            if not desk.known:
                desk.complain("not sold", UnknownHoldings(account=desk.account.name))
            desk.close(left.closings)
        except VenueError as error:
            desk.complain("not looked", error)
            time.sleep(RETRY_SECS)
            return None
        return left

    def _desk(self, account: SealedAccount) -> KillDesk | None:
        """The account's desk, tried until the venue answers; None where this installation may not trade at all."""
        while self._stands():
            try:
                return self._opened(account)
            except NEVER as error:
                self.journal.write("alarm", account=account.id, code=error.code, words=str(error))
                return None
            except VenueError as error:
                self.journal.write(
                    "refused", what="not reached", account=account.id, code=error.code, detail=str(error)
                )
                time.sleep(max(RETRY_SECS, self._silences[_place(account)].secs))
        return None

    def _opened(self, account: SealedAccount) -> KillDesk:
        return desks.opened(
            account,
            home=self.around.home,
            live_allowed=self.around.live_allowed,
            timing=self.around.timing,
            journal=self.journal,
            clock=lambda: datetime.now(UTC),
            picture=self._picture,
            silence=self._silences[_place(account)],
        )

    def _stands(self) -> bool:
        """Whether the emergency goes on: a person may lift the latch at any moment."""
        if self.latch.source == MEMORY:
            return not self._left
        standing = latches.read(self.around.home)
        return standing is not None and standing.id == self.latch.id


def _place(account: SealedAccount) -> Place:
    """What counts an account's calls together with others'."""
    return account.venue, account.environment


def _beside(name: str, work: Callable[[], object]) -> threading.Thread:
    """Run it in a thread that does not keep the process alive."""
    thread = threading.Thread(target=work, name=f"kill-{name}", daemon=True)
    thread.start()
    return thread


def run(around: Surroundings, latch: Latch, *, pressed: float | None = None, to_disk: bool = False) -> bool:
    """Bring an emergency to its end; True when flat. pressed: when it began, on the steady clock.

    to_disk: come back only when everything is written down, for a process that ends then.
    """
    emergency = Emergency(around, latch, Journal(around.home, latch.id, pressed=pressed))
    memory = _beside("memory", emergency.remember)
    flat = emergency.run()
    if to_disk:
        memory.join()
    return flat
