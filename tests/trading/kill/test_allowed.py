"""Which accounts a kill reaches at all: what it may never reach must end it, not keep it trying."""

import pytest

from project.accounts.sealed import SealedAccount
from trading.errors import LiveNotAllowed, LockedKeys, NoTestnet, UnsafeEndpoint, UnsupportedVenue
from trading.kill import desk
from trading.kill.sequence import NEVER

LOCAL = "http://127.0.0.1:8082"


def account(venue: str, environment: str, base_url: str = "", locked: str = "") -> SealedAccount:
    return SealedAccount(1, "mine", venue, environment, base_url, "USDT", hedge=False, credentials={}, locked=locked)


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (account("nowhere", "live"), UnsupportedVenue),
        (account("kucoinfutures", "testnet"), NoTestnet),
        (account("binance", "testnet", locked="another key-encryption key"), LockedKeys),
        (account("binance", "live", LOCAL), UnsafeEndpoint),
        (account("binance", "paper"), UnsafeEndpoint),
        (account("binance", "paper", "https://api.binance.com"), UnsafeEndpoint),
        (account("binance", "live"), LiveNotAllowed),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else value.environment,
)
def test_what_may_never_be_reached_ends_the_account_s_kill(refused: SealedAccount, error: type[Exception]) -> None:
    with pytest.raises(error) as told:
        desk.checked(refused, live_allowed=False)
    assert isinstance(told.value, NEVER)


@pytest.mark.parametrize(
    "allowed",
    [account("binance", "live"), account("binanceusdm", "testnet"), account("kucoinfutures", "paper", LOCAL)],
    ids=lambda value: value.environment,
)
def test_the_rest_is_reached(allowed: SealedAccount) -> None:
    assert desk.checked(allowed, live_allowed=True).name == allowed.venue
