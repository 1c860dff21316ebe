"""Whatever anybody sends to KuCoin's side: an answer in KuCoin's terms, and wallets that add up."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.paper.dialects.kucoin_futures import routes
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request
from trading.paper.server.options import parse
from trading.paper.server.run import build

NOW = 1_800_000_000_000
NAMES = [
    "clientOid", "closeOrder", "currentPage", "endAt", "from", "granularity", "leverage", "margin", "marginMode",
    "orderId", "orderIdsList", "pageSize", "positionMode", "positionSide", "postOnly", "price", "qty", "reduceOnly",
    "rows", "side", "size", "startAt", "status", "stop", "stopPrice", "stopPriceType", "symbol", "timeInForce", "to",
    "triggerStopDownPrice", "triggerStopUpPrice", "type", "withdrawAmount",
]  # fmt: skip
VALUES: list[Any] = [
    "", "-1", "0", "0.01", 1, 1.5, 10, "1e3", 59000, "61000", 9 * 10**18, "BOTH", "XBTUSDTM", "buy", "CROSS", "GTC",
    "ISOLATED", "limit", "LONG", "market", "sell", "up", "down", "TP", True, False, None, [], [1], ["x"], {}, [{}],
    "active", "done", "ü%", "٣", "300000000000000001",
]  # fmt: skip
LIKELY = {"symbol": "XBTUSDTM", "side": "buy", "type": "market", "size": 1, "leverage": 5}
PLACES = {"{symbol}": "XBTUSDTM", "{orderId}": "300000000000000001", "{clientOid}": "x", "{depth}": "20"}

params = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=5), max_size=9)
asked = st.sampled_from(sorted({*routes.PUBLIC, *routes.PRIVATE}))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder: Path = tmp_path_factory.mktemp("paper")
    (folder / "keys.json").write_text(json.dumps([{"key": "k", "secret": "s", "account": "ann"}]))
    built = build(parse(["--manual", "--data", str(folder), "--keys", str(folder / "keys.json")]))
    built.now_ms = lambda: NOW
    built.venues["kucoin"].set_price("XBTUSDTM", 60_000 * 10**8, qty=None)
    yield built
    built.journal.close()


def ask(exchange: Exchange, route: str, given_params: dict[str, Any]) -> Reply:
    method, path = route.split(" ")
    for place, value in PLACES.items():
        path = path.replace(place, value)
    query = urlencode(given_params).encode() if method in ("GET", "DELETE") else b""
    body = json.dumps(given_params).encode() if method == "POST" else b""
    payload = f"{NOW}{method}{path}".encode() + (b"?" + query if query else b"") + body
    sign = base64.b64encode(hmac.new(b"s", payload, hashlib.sha256).digest())
    headers = {b"kc-api-key": b"k", b"kc-api-sign": sign, b"kc-api-passphrase": b"p"}
    headers[b"kc-api-timestamp"] = str(NOW).encode()
    return routes.answer(exchange, Request(method, path, query, body, headers, path.encode()))


@settings(max_examples=600)
@given(route=asked, likely=st.booleans(), given_params=params)
def test_every_request_gets_a_sound_answer(
    exchange: Exchange, route: str, likely: bool, given_params: dict[str, Any]
) -> None:
    reply = ask(exchange, route, (LIKELY if likely else {}) | given_params)
    body = json.loads(reply.body)
    assert reply.status == 200
    assert body["code"] == "200000" or body["msg"]
    for account in exchange.state.venues["kucoin"].accounts.values():
        assert account.wallet == sum(one.amount for one in account.incomes) <= 10_000 * 10**8
