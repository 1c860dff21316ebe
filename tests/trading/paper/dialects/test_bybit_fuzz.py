"""Whatever anybody sends to Bybit's paths: an answer in Bybit's terms, and a wallet that adds up."""

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

from trading.paper.dialects.bybit import routes
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request
from trading.paper.server.options import parse
from trading.paper.server.run import build

NOW = 1_800_000_000_000
NAME = "bybit:ann"
NAMES = [
    "accountType", "baseCoin", "buyLeverage", "category", "closeOnTrigger", "coin", "cursor", "end", "endTime", "execType",
    "interval", "intervalTime", "limit", "margin", "marketUnit", "mode", "openOnly", "orderFilter", "orderId",
    "orderLinkId", "orderType", "positionIdx", "price", "qty", "reduceOnly", "request", "sellLeverage",
    "setMarginMode", "settleCoin", "side", "smpType", "start", "startTime", "status", "stopLoss", "symbol", "timeInForce",
    "triggerBy", "triggerDirection", "triggerPrice",
]  # fmt: skip
VALUES: list[Any] = [
    "", "-1", "0", "0.01", 1, 1.5, 10, "1e3", 59000, "61000", 9 * 10**18, "BTCUSDT", "Buy", "Sell", "Limit", "Market",
    "GTC", "FOK", "PostOnly", "spot", "linear", "inverse", "baseCoin", "quoteCoin", "StopOrder", "Order", "UNIFIED",
    "ISOLATED_MARGIN", "CancelBoth", "D", True, False, None, [], [1], [{}], {}, "USDT", "1900000000000000001",
    "b7b17000-0000-4000-8000-000000000001", "ü%", "٣", "\x00",
]  # fmt: skip
LIKELY = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "orderType": "Market",
    "qty": "0.01",
    "interval": "1",
}

params = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=5), max_size=9)
asked = st.sampled_from(sorted({*routes.PUBLIC, *routes.PRIVATE}))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder: Path = tmp_path_factory.mktemp("paper")
    (folder / "keys.json").write_text(json.dumps([{"key": "k", "secret": "s", "account": "ann"}]))
    built = build(parse(["--manual", "--data", str(folder), "--keys", str(folder / "keys.json")]))
    built.now_ms = lambda: NOW
    built.set_price("BTCUSDT", 60_000 * 10**8, qty=None)
    built.venues["bybit"].set_price("BTCUSDT", 60_000 * 10**8, qty=None)
    yield built
    built.journal.close()


def ask(exchange: Exchange, route: str, content: bytes) -> Reply:
    method, path = route.split(" ")
    mac = hmac.new(b"s", f"{NOW}k5000".encode() + content, hashlib.sha256).hexdigest()
    headers = {b"x-bapi-api-key": b"k", b"x-bapi-timestamp": str(NOW).encode(), b"x-bapi-recv-window": b"5000"}
    headers[b"x-bapi-sign"] = mac.encode()
    query, body = (content, b"") if method == "GET" else (b"", content)
    return routes.answer(exchange, Request(method, path, query, body, headers, path.encode()))


def worth(exchange: Exchange) -> int:
    """All dollars that were ever put in: what is moved between the two wallets cancels out."""
    deposits = sum(one.amount for one in exchange.state.deposits[NAME] if one.asset == "USDT")
    return deposits + sum(one.amount for one in exchange.state.venues["bybit"].deposits[NAME])


@settings(max_examples=150)
@given(route=asked, likely=st.sampled_from([{}, LIKELY, LIKELY | {"category": "spot"}]), given_params=params)
def test_every_request_gets_a_sound_answer(
    exchange: Exchange, route: str, likely: dict[str, Any], given_params: dict[str, Any]
) -> None:
    content = likely | given_params
    reply = ask(exchange, route, (urlencode(content) if route.startswith("GET") else json.dumps(content)).encode())
    body = json.loads(reply.body)
    assert reply.status == 200
    assert body["retMsg"] == "OK" if body["retCode"] == 0 else body["retCode"] > 10_000
    for account in exchange.state.venues["bybit"].accounts.values():
        assert account.wallet == sum(one.amount for one in account.incomes)
        assert worth(exchange) == 10_000 * 10**8


@pytest.mark.parametrize("content", [b"", b"[]", b"1", b"{", b"\xff", b'{"qty":NaN}', b"null", b"[" * 5000])
def test_a_body_that_is_none(exchange: Exchange, content: bytes) -> None:
    body = json.loads(ask(exchange, "POST /v5/order/create", content).body)
    assert body["retCode"] == 10001
