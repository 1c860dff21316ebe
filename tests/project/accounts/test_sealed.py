"""accounts.enc: private, never plain, opened by the installation's keys only."""

import secrets
import stat
from pathlib import Path

import pytest

from project.accounts import sealed
from project.accounts.envelope import VaultError
from project.accounts.sealed import SealedAccount

KEY, OTHER = secrets.token_bytes(32), secrets.token_bytes(32)
ACCOUNT = SealedAccount(
    7, "spot", "binance", "paper", "http://127.0.0.1:1", "USDT", False, {"apiKey": "k3y", "secret": "s3cret"}
)


def test_what_was_sealed_is_read_again(tmp_path: Path) -> None:
    sealed.write(tmp_path, [ACCOUNT], key=KEY)
    assert sealed.read(tmp_path, keys=[OTHER, KEY]) == [ACCOUNT]


def test_it_is_private_and_never_plain(tmp_path: Path) -> None:
    sealed.write(tmp_path, [ACCOUNT], key=KEY)
    assert stat.S_IMODE(sealed.path(tmp_path).stat().st_mode) == 0o600
    content = sealed.path(tmp_path).read_bytes()
    assert [secret for secret in (b"s3cret", b"k3y", b"binance") if secret in content] == []
    assert "s3cret" not in repr(ACCOUNT)


@pytest.mark.parametrize("keys", [[], [OTHER]])
def test_another_key_opens_nothing(tmp_path: Path, keys: list[bytes]) -> None:
    sealed.write(tmp_path, [ACCOUNT], key=KEY)
    with pytest.raises(VaultError):
        sealed.read(tmp_path, keys=keys)


@pytest.mark.parametrize("damage", [lambda raw: raw[:40], lambda raw: raw[:-1] + b"x", lambda raw: b""])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: object) -> None:
    sealed.write(tmp_path, [ACCOUNT], key=KEY)
    raw = sealed.path(tmp_path).read_bytes()
    sealed.path(tmp_path).write_bytes(damage(raw))  # type: ignore[operator]
    with pytest.raises(VaultError):
        sealed.read(tmp_path, keys=[KEY])
