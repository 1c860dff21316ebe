"""Each venue's question about a key, answered by the paper exchange as its key file says, and read as the engine reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trading.domain.key_rights import KeyRights, rights_of
from trading.paper.dialects.binance_spot import account as binance
from trading.paper.dialects.bybit import account as bybit
from trading.paper.dialects.kucoin_futures import account as kucoin
from trading.paper.server.keys import KeyRing

VENUES: dict[str, Callable[[Any], Any]] = {
    "binanceusdm": lambda exchange: binance.restrictions(exchange, "me", {}),
    "bybit": lambda exchange: bybit.api_key(exchange, "me", {}),
    "kucoinfutures": lambda exchange: kucoin.api_key(exchange, SimpleNamespace(name="me"), {}),
}


def exchange(folder: Path, row: dict[str, Any]) -> Any:
    """As far as these answers look: an exchange with a key file."""
    path = folder / "keys.json"
    path.write_text(json.dumps([{"key": "old", "secret": "s", "account": "me"}, row]))
    ring = KeyRing(path)
    assert ring.find("k") is not None
    return SimpleNamespace(keys=ring)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    ("more", "trading", "withdrawal", "bound"),
    [
        ({}, True, False, False),
        ({"rights": ["trade", "withdraw"]}, True, True, False),
        ({"rights": ["bound"]}, False, False, True),
    ],
)
def test_the_latest_keys_rights(
    tmp_path: Path, venue: str, more: dict[str, Any], trading: bool, withdrawal: bool, bound: bool
) -> None:
    answer = VENUES[venue](exchange(tmp_path, {"key": "k", "secret": "s", "account": "me"} | more))
    found = rights_of(venue, answer, derivative=True)
    assert found == KeyRights(trading=trading, withdrawal=withdrawal, transfer=False, ip_bound=bound)
