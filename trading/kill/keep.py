"""What makes a later kill quick: the venues' markets kept on disk, and ccxt loaded beforehand where asked for."""

import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime

from project.accounts import sealed
from project.accounts.envelope import VaultError
from project.accounts.sealed import SealedAccount
from project.services.files import write_private
from project.services.spawn import die_with_parent
from signals.market import lean_ccxt, venues
from trading.errors import WindlassError
from trading.kill import desk as desks
from trading.kill import places
from trading.kill.options import Surroundings

log = logging.getLogger("trading.kill")

FIRST_SECS = 60.0
# Not while the stack starts.
EVERY_SECS = 6 * 3600.0
CHILD_SECS = 120.0

_loading = threading.Lock()


def load_ccxt() -> None:
    """Import every venue's client now; a second caller waits until it is whole."""
    with _loading:
        lean_ccxt.install(*{venue.ccxt_id for venue in venues.VENUES.values()})
        from trading.gateways import ccxt_gateway  # noqa: F401


def in_background(around: Surroundings, stop: threading.Event) -> None:
    """Keep the markets fresh by a child of its own: what it imports is gone when it ends."""
    threading.Thread(target=_refresh, args=(stop,), name="kill-markets", daemon=True).start()


def _refresh(stop: threading.Event) -> None:
    wait = FIRST_SECS
    while not stop.wait(wait):
        wait = EVERY_SECS
        command = [sys.executable, "-m", "trading.kill", "--keep-markets"]
        try:
            subprocess.run(command, timeout=CHILD_SECS, check=False, preexec_fn=die_with_parent())
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("the venues' markets could not be kept: %s", error)


def keep_markets(around: Surroundings) -> int:
    """Fetch and keep the markets of every real venue; a paper exchange answers at once and is asked when it counts."""
    try:
        accounts = sealed.read(around.home, keys=around.keys())
    except (VaultError, OSError, ValueError) as error:
        log.error("accounts.enc cannot be opened: a kill could not reach any venue: %s", error)
        return 1
    real = {
        (account.venue, account.environment): account
        for account in accounts
        if not account.base_url and not account.locked
    }
    return 1 if [account for account in real.values() if not _kept(around, account)] else 0


def _kept(around: Surroundings, account: SealedAccount) -> bool:
    path = places.markets_path(around.home, account.venue, account.environment)
    try:
        venue = desks.checked(account, live_allowed=around.live_allowed)
        gateway, client = desks.connected(account, venue, around.timing, lambda: datetime.now(UTC))
        gateway.instruments()
    except WindlassError as error:
        log.warning("the markets of %s could not be kept: %s", account.name, error)
        return False
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(path, json.dumps(list(desks.kept_markets(client, account.quote))))
    return True
