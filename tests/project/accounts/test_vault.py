"""The key vault: what is sealed opens for its owner under its key, and for nobody else."""

import base64
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.accounts import vault
from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError, open_credentials, open_sealed, seal, seal_credentials
from tests.support.factories import make_user

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(bytes(32)).decode()
SECRET = b"the secret of the account"
AAD = b"user:1|account:2|venue:binance"


@pytest.fixture
def kek(settings: Any) -> Any:
    """Sets the key-encryption keys, as WINDLASS_KEK does."""

    def change(text: str) -> None:
        settings.WINDLASS = replace(settings.WINDLASS, kek=text)

    change(KEY)
    return change


@given(st.binary(max_size=500), st.binary(max_size=80))
def test_what_is_sealed_opens(plain: bytes, aad: bytes) -> None:
    assert open_sealed(seal(plain, aad=aad), aad=aad) == plain


def test_two_envelopes_of_one_secret_share_nothing(kek: Any) -> None:
    first, second = (seal(SECRET, aad=AAD)[5:] for _ in range(2))
    assert not {first[i : i + 8] for i in range(len(first) - 8)} & {second[i : i + 8] for i in range(len(second) - 8)}
    assert SECRET not in first


@pytest.mark.parametrize(
    "aad", [b"", b"user:2|account:2|venue:binance", b"user:1|account:3|venue:binance", b"user:1|account:2|venue:kraken"]
)
def test_another_owner_cannot_open_it(kek: Any, aad: bytes) -> None:
    with pytest.raises(VaultError, match="belongs to another account"):
        open_sealed(seal(SECRET, aad=AAD), aad=aad)


def test_another_key_encryption_key_is_named_as_the_cause(kek: Any) -> None:
    envelope = seal(SECRET, aad=AAD)
    kek(OTHER)
    with pytest.raises(VaultError, match="another key-encryption key: restore the file `kek`"):
        open_sealed(envelope, aad=AAD)


def test_during_a_rotation_old_keys_open_and_the_first_seals(kek: Any) -> None:
    old = seal(SECRET, aad=AAD)
    kek(f"{OTHER},{KEY}")
    assert open_sealed(old, aad=AAD) == SECRET
    new = seal(SECRET, aad=AAD)
    kek(OTHER)
    assert open_sealed(new, aad=AAD) == SECRET


@pytest.mark.parametrize("place", [0, 1, 4, 5, 17, 40, 64, 65, 76, 77, 100, -1])
def test_one_changed_byte_closes_it(kek: Any, place: int) -> None:
    envelope = bytearray(seal(SECRET, aad=AAD))
    envelope[place] ^= 1
    with pytest.raises(VaultError):
        open_sealed(bytes(envelope), aad=AAD)


@pytest.mark.parametrize("length", [0, 1, 4, 5, 10, 17, 20, 65, 70, 77, 78, 92, 100])
def test_a_torn_envelope_is_refused_in_words(kek: Any, length: int) -> None:
    with pytest.raises(VaultError):
        open_sealed(seal(SECRET, aad=AAD)[:length], aad=AAD)


@pytest.mark.parametrize("text", ["short", base64.b64encode(bytes(31)).decode(), "not base64 at all!", "ä" * 43])
def test_a_malformed_key_is_refused_in_words(kek: Any, text: str) -> None:
    kek(text)
    with pytest.raises(VaultError, match="32 bytes in base64"):
        seal(SECRET, aad=AAD)


def test_the_key_is_made_at_first_use_for_its_owner_only(settings: Any, tmp_path: Path) -> None:
    settings.WINDLASS = replace(settings.WINDLASS, home=tmp_path, kek="")
    envelope = seal(SECRET, aad=AAD)
    assert stat.S_IMODE(vault.kek_path().stat().st_mode) == 0o600
    assert open_sealed(envelope, aad=AAD) == SECRET


def test_a_key_id_tells_nothing_of_the_key() -> None:
    key = os.urandom(32)
    assert len(vault.kek_id(key)) == 4
    assert vault.kek_id(key) not in key


# credentials -------------------------------------------------------------------------------------


def account(**changed: Any) -> ExchangeAccount:
    return ExchangeAccount.objects.create(user=make_user(), name="main", **changed)


@pytest.mark.django_db
def test_credentials_come_back_and_are_never_shown() -> None:
    made = account()
    seal_credentials(made, {"apiKey": "key-7", "secret": "hush-hush"})
    made.save()
    read = ExchangeAccount.objects.get(pk=made.pk)
    assert open_credentials(read) == {"apiKey": "key-7", "secret": "hush-hush"}
    shown = f"{read!r} {read} {read.__dict__}"
    assert "hush-hush" not in shown
    assert "key-7" not in shown


@pytest.mark.django_db
def test_an_account_without_keys_has_no_credentials() -> None:
    assert open_credentials(account()) == {}


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"venue": "kraken"}, {"user_id": 999}, {"pk": 999}])
def test_credentials_are_bound_to_user_account_and_venue(changed: dict[str, Any]) -> None:
    made = account()
    seal_credentials(made, {"apiKey": "key-7", "secret": "hush-hush"})
    for name, value in changed.items():
        setattr(made, name, value)
    with pytest.raises(VaultError) as caught:
        open_credentials(made)
    assert "hush" not in str(caught.value)
