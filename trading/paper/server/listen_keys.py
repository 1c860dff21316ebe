"""Listen keys: who may follow an account's futures events, and until when."""

import hashlib
from dataclasses import dataclass

LIFE_MS = 3_600_000
# One hour, unless it is asked for again.


@dataclass(slots=True)
class ListenKey:
    """A key, its account, and when it ends."""

    text: str
    account: str
    until_ms: int


class ListenKeys:
    """One key per account at a time; kept in memory, so a restart ends them all, as on the venue."""

    def __init__(self) -> None:
        self._by_account: dict[str, ListenKey] = {}

    def open(self, account: str, *, now_ms: int) -> ListenKey:
        """The account's key, made if there is none, with its hour begun anew."""
        found = self._by_account.get(account)
        if found is None:
            text = hashlib.sha512(f"{account} {now_ms}".encode()).hexdigest()[:64]
            found = self._by_account[account] = ListenKey(text, account, 0)
        found.until_ms = now_ms + LIFE_MS
        return found

    def close(self, account: str) -> None:
        """End the account's key."""
        self._by_account.pop(account, None)

    def find(self, text: str) -> ListenKey | None:
        """The key of this text."""
        return next((key for key in self._by_account.values() if key.text == text), None)

    def of(self, account: str) -> ListenKey | None:
        """The account's key."""
        return self._by_account.get(account)

    def expire(self, *, now_ms: int) -> list[ListenKey]:
        """Take out the keys whose time is over."""
        ended = [key for key in self._by_account.values() if key.until_ms <= now_ms]
        for key in ended:
            del self._by_account[key.account]
        return ended

    def age(self, by_ms: int) -> None:
        """Let all keys be that much older: for tests of their end."""
        for key in self._by_account.values():
            key.until_ms -= by_ms
