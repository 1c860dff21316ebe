"""The last question before an order is written to the wire: does the kill latch, the mode or the account forbid it?"""

import time
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from project.accounts import latch, mode
from project.accounts.models import ExchangeAccount
from project.reads import Read

FRESH_SECS = 2.0
# The mode and the account that are checked at the socket were read at most this long ago.
ACCOUNT = Read(lambda pk: ExchangeAccount.objects.filter(pk=pk))

OPENS_AND_CLOSES = {
    mode.Mode.NORMAL: (True, True),
    mode.Mode.PAUSED: (False, True),
    mode.Mode.REDUCED: (False, True),
    mode.Mode.EMERGENCY: (False, False),
}


def latch_path() -> Path:
    """The kill latch: while this file exists no order leaves, whatever the database says."""
    return latch.path(settings.WINDLASS.home)


class ModeGuard:
    """Reads the mode row at most every 2 s. One per process."""

    def __init__(self) -> None:
        self._mode = ""
        self._read_at = float("-inf")

    def forget(self) -> None:
        """Read the mode anew at the next question."""
        self._read_at = float("-inf")

    def refusal(self, *, opens_position: bool) -> str:
        """Why the order may not go; empty when it may. A mode that cannot be read forbids."""
        if latch.is_set(settings.WINDLASS.home):
            return "the kill latch is set"
        try:
            current = self._current()
        except DatabaseError as error:
            return f"the trading mode could not be read ({type(error).__name__})"
        opens, closes = OPENS_AND_CLOSES[mode.Mode(current)]
        allowed = opens if opens_position else closes
        return "" if allowed else f"the trading mode is {current}"

    def _current(self) -> str:
        if time.monotonic() - self._read_at > FRESH_SECS:
            self._mode, self._read_at = mode.current().mode, time.monotonic()
        return self._mode


class AccountGuard:
    """The same for one account: switched off, its entries stop, claimed ones too. One per gateway."""

    def __init__(self, guard: ModeGuard, account_id: int) -> None:
        self._guard, self._account_id = guard, account_id
        self._may_open, self._read_at = False, float("-inf")

    def refusal(self, *, opens_position: bool) -> str:
        """Why the order may not go; empty when it may. An account that cannot be read forbids."""
        if why := self._guard.refusal(opens_position=opens_position):
            return why
        try:
            return "" if not opens_position or self._opens() else "the account is switched off"
        except DatabaseError as error:
            return f"the account could not be read ({type(error).__name__})"

    def _opens(self) -> bool:
        if time.monotonic() - self._read_at > FRESH_SECS:
            row = ACCOUNT.first(pk=self._account_id)
            self._may_open, self._read_at = row is not None and row.may_open, time.monotonic()
        return self._may_open
