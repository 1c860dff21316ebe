"""accounts.enc: the keys of every account in one envelope, for the kill process, which may have no database to ask.

0600, under the key-encryption key, replaced in one step; never written plain. No Django.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from project.accounts import envelope
from project.accounts.envelope import VaultError
from project.services.files import write_private_bytes

NAME = "accounts.enc"
AAD = b"windlass-accounts-enc"


@dataclass(frozen=True, slots=True)
class SealedAccount:
    """What it takes to reach an account at its venue. credentials never appear in a repr.

    locked: why the keys could not be opened when the file was written; then there are no credentials.
    """

    id: int
    name: str
    venue: str
    environment: str
    base_url: str
    quote: str
    hedge: bool
    credentials: Mapping[str, str] = field(repr=False)
    locked: str = ""


def path(home: Path) -> Path:
    """Where the file lies."""
    return home / NAME


def write(home: Path, accounts: Sequence[SealedAccount], *, key: bytes) -> None:
    """Replace the file. `key` is the 32-byte key-encryption key."""
    plain = json.dumps([asdict(account) for account in accounts]).encode()
    write_private_bytes(path(home), envelope.seal(plain, aad=AAD, key=key))


def read(home: Path, *, keys: Sequence[bytes]) -> list[SealedAccount]:
    """The accounts. Raises VaultError, or FileNotFoundError where the engine never ran."""
    plain = envelope.open_sealed(path(home).read_bytes(), aad=AAD, keys=keys)
    try:
        return [SealedAccount(**fields) for fields in json.loads(plain)]
    except TypeError:  # written by another version: a copy on a remote Pi, say
        raise VaultError("accounts.enc is of another version of Windlass: copy it again") from None
