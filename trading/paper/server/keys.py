"""API keys: which key speaks for which account. The file is read again when an unknown key comes."""

import hashlib
import hmac
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

logger = logging.getLogger("paper.keys")

MAY_TRADE = frozenset({"trade"})


@dataclass(frozen=True, slots=True)
class Credential:
    """A key's account, and its HMAC-SHA256 already keyed: copied for each request; its passphrase, if it has one.

    rights: what it may do beyond reading (`trade`, `withdraw`), and `bound` where only listed addresses may use it.
    """

    account: str
    mac: hmac.HMAC
    passphrase: str = ""
    rights: frozenset[str] = MAY_TRADE

    def signature(self, payload: bytes) -> str:
        """Hex HMAC-SHA256 of the payload under this key's secret."""
        return self.digest(payload).hex()

    def digest(self, payload: bytes) -> bytes:
        """HMAC-SHA256 of the payload under this key's secret."""
        mac = self.mac.copy()
        mac.update(payload)
        return mac.digest()


class KeyRing:
    """The keys of a JSON file: [{"key", "secret", "account"}, …], for KuCoin with a "passphrase".

    A row may name its "rights", which the venues' own questions about a key then tell; nothing else asks for them.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp = 0
        self._credentials: dict[str, Credential] = {}

    def find(self, key: str) -> Credential | None:
        """The credential of a key, after a fresh look at the file if it is unknown."""
        found = self._credentials.get(key)
        if found is None and self._refresh():
            found = self._credentials.get(key)
        return found

    def accounts(self) -> set[str]:
        """Every account that has a key now."""
        self._refresh()
        return {credential.account for credential in self._credentials.values()}

    def rights(self, account: str) -> frozenset[str]:
        """What an account's latest key may do."""
        held = [one.rights for one in self._credentials.values() if one.account == account]
        return held[-1] if held else frozenset()

    def _refresh(self) -> bool:
        if self._path is None or not self._path.exists():
            return False
        stamp = self._path.stat().st_mtime_ns
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        return self._read(self._path)

    def _read(self, path: Path) -> bool:
        try:
            rows = json.loads(path.read_text())
            self._credentials = {row["key"]: _credential(row) for row in rows}
        except (ValueError, KeyError, TypeError):
            logger.error("key file %s is not a list of {key, secret, account}; the known keys stay", path)
            return False
        logger.info("key file read: %d keys", len(self._credentials))
        return True


def _credential(row: dict[str, Any]) -> Credential:
    mac = hmac.new(row["secret"].encode(), digestmod=hashlib.sha256)
    rights = frozenset(row.get("rights", MAY_TRADE))
    return Credential(account=row["account"], mac=mac, passphrase=row.get("passphrase", ""), rights=rights)
