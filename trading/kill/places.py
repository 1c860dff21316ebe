"""Files of the kill process in the data folder, and what the engine leaves there for it. No Django."""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from pathlib import Path
from typing import Any

from project.services.files import write_private
from project.services.stackfile import ProcessId, myself

log = logging.getLogger("trading.kill")

HEARTBEAT = "heartbeat.json"
HOLDINGS = "kill-holdings.json"
JOURNALS = "kill-journal"
LOCK = "kill.lock"
FRESH_SECS = 30.0
MARKETS = "kill-markets"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one group holds: qty base or contracts. Sold in parcels, a sale is booked to its group afterwards."""

    symbol: str
    side: str
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the engine knew of an account: which coins are not ours to sell, what its groups hold, where it traded."""

    not_ours: Mapping[str, Decimal] = field(default_factory=dict)
    parcels: tuple[Parcel, ...] = ()
    symbols: tuple[str, ...] = ()

    def with_parcels(self, parcels: Iterable[Parcel]) -> "Holdings":
        """The same with what turned up since."""
        return Holdings(self.not_ours, (*self.parcels, *parcels), self.symbols)

    def with_only(self, symbol: str, side: str, parcels: Iterable[Decimal]) -> "Holdings":
        """The same with these on one side of a market."""
        others = (parcel for parcel in self.parcels if (parcel.symbol, parcel.side) != (symbol, side))
        return Holdings(self.not_ours, (*others, *(Parcel(symbol, side, qty) for qty in parcels)), self.symbols)

    def parcels_of(self, symbol: str, side: str) -> list[Decimal]:
        """The groups' quantities on one side of a market."""
        return [parcel.qty for parcel in self.parcels if (parcel.symbol, parcel.side) == (symbol, side)]


def holdings(home: Path) -> Mapping[int, Holdings]:
    """By account id; empty when the file is missing or damaged."""
    try:
        return parsed_holdings((home / HOLDINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        return {}


@dataclass(frozen=True, slots=True)
class Picture:
    """What the engine knew when an emergency began. told_at: a Unix time; fresh: seconds before the press."""

    holdings: Mapping[int, Holdings]
    told_at: float | None
    fresh: bool


def picture(home: Path, latch_id: str = "") -> Picture:
    """The engine's picture now; of an emergency, as it was at its beginning, for the engine goes on and books its sales.

    The sign of life is read last: what is sold between the two is then ours to sell again, rather than left.
    """
    kept = home / JOURNALS / f"{latch_id}.holdings.json"
    found = _read_picture(kept) if latch_id else None
    if found is None:
        known = holdings(home)
        _, age = heartbeat(home, now=0.0)
        found = Picture(known, None if age is None else -age, is_fresh(home))
        if latch_id and known:
            _keep_picture(kept, found)
    return found


def _read_picture(kept: Path) -> Picture | None:
    try:
        said = json.loads(kept.read_text(encoding="utf-8"))
        told_at = None if said["told_at"] is None else float(said["told_at"])
        return Picture(parsed_holdings(said["holdings"]), told_at, bool(said["fresh"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        return None


def _keep_picture(kept: Path, found: Picture) -> None:
    """For a kill process that starts anew; a full disk costs no more than that."""
    said = {"told_at": found.told_at, "fresh": found.fresh, "holdings": written_holdings(found.holdings)}
    with suppress(OSError):
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(kept, json.dumps(said))


def parsed_holdings(text: str) -> Mapping[int, Holdings]:
    """The file's content. Raises ValueError, TypeError, KeyError, AttributeError or InvalidOperation when damaged."""
    return {int(account): _holding(known) for account, known in json.loads(text).items()}


def _holding(known: Mapping[str, Any]) -> Holdings:
    return Holdings(
        not_ours={currency: Decimal(amount) for currency, amount in known["not_ours"].items()},
        parcels=tuple(Parcel(symbol, side, Decimal(qty)) for symbol, side, qty in known["parcels"]),
        symbols=tuple(known["symbols"]),
    )


def written_holdings(known: Mapping[int, Holdings]) -> str:
    """The text that parsed_holdings reads."""
    rows = {
        str(account): {
            "not_ours": {currency: str(amount) for currency, amount in sorted(held.not_ours.items())},
            "parcels": [[parcel.symbol, parcel.side, str(parcel.qty)] for parcel in held.parcels],
            "symbols": sorted(held.symbols),
        }
        for account, held in sorted(known.items())
    }
    return json.dumps(rows)


def heartbeat(home: Path, *, now: float) -> tuple[str, float | None]:
    """The engine's mode and how old its last sign of life is, seconds; now is a Unix time."""
    try:
        age = now - (home / HEARTBEAT).stat().st_mtime
        return str(json.loads((home / HEARTBEAT).read_text(encoding="utf-8"))["mode"]), age
    except (OSError, ValueError, TypeError, KeyError):
        return "", None


def is_fresh(home: Path) -> bool:
    """Whether the engine wrote its picture while it was alive, seconds before the latch (or now, without one)."""
    try:
        beat = (home / HEARTBEAT).stat().st_mtime
        pressed = (home / "kill.latch").stat().st_mtime if (home / "kill.latch").exists() else time.time()
    except OSError:
        return False
    return pressed - beat < FRESH_SECS


def markets(home: Path, venue: str, environment: str) -> Sequence[Any]:
    """The venue's markets as they were last kept; empty when never."""
    try:
        found: Sequence[Any] = json.loads(markets_path(home, venue, environment).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return found


def markets_path(home: Path, venue: str, environment: str) -> Path:
    """Where they are kept."""
    return home / MARKETS / f"{venue}-{environment}.json"


@contextmanager
def only_watcher(home: Path) -> Iterator[bool]:
    """Hold the data folder's kill lock; False when another process watches already.

    Where there is no lock to be had at all, this one watches: two that flatten are better than none.
    """
    descriptor = _opened(home)
    held = _lock(descriptor)
    try:
        if held is Held.UNKNOWN:
            log.critical("%s cannot be held: a second kill process would not see this one", home / LOCK)
        elif held is Held.BY_US and descriptor is not None:
            _sign(descriptor)
        yield held is not Held.BY_ANOTHER
    finally:
        _close(descriptor)


def _opened(home: Path) -> int | None:
    """The lock's file; only to be read where the folder is read-only or full, for that is enough to hold it. None: not even so."""
    for flags in (os.O_CREAT | os.O_RDWR, os.O_RDONLY):
        with suppress(OSError):
            return os.open(home / LOCK, flags, 0o600)
    return None


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    """Our number into the lock, for who cannot leave a latch; a full disk is no reason not to watch."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(asdict(myself())).encode())


def watcher(home: Path) -> int | None:
    """The kill process that watches this data folder now; None without one, or where it could not sign."""
    try:
        signer = ProcessId(**json.loads((home / LOCK).read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None
    # a read-only folder keeps the number of one long gone
    return signer.pid if is_watched(home) and signer.is_alive() else None


class Held(Enum):
    """What came of asking for the lock. UNKNOWN: there is none to be had."""

    BY_US = auto()
    BY_ANOTHER = auto()
    UNKNOWN = auto()


def _lock(descriptor: int | None, kind: int = fcntl.LOCK_EX) -> Held:
    if descriptor is None:
        return Held.UNKNOWN
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return Held.BY_ANOTHER
    except OSError:
        return Held.UNKNOWN
    return Held.BY_US


def is_watched(home: Path) -> bool:
    """Whether a kill process watches this data folder now; where nobody can tell, none does."""
    descriptor = _opened(home)
    try:
        # shared: two who ask at once do not see each other
        return _lock(descriptor, fcntl.LOCK_SH) is Held.BY_ANOTHER
    finally:
        _close(descriptor)
