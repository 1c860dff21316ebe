"""Whatever anybody sends to the futures side: an answer in Binance's terms, and wallets that add up."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.paper.dialects.binance_usdm import routes
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request
from trading.paper.server.options import parse
from trading.paper.server.run import build

NOW = 1_800_000_000_000
NAMES = [
    "activatePrice", "algoId", "algoType", "amount", "batchOrders", "callbackRate", "clientAlgoId", "closePosition",
    "dualSidePosition", "endTime", "fromId", "incomeType", "interval", "leverage", "limit", "marginType",
    "newClientOrderId", "newOrderRespType", "orderId", "orderIdList", "origClientOrderId", "positionSide", "price",
    "quantity", "reduceOnly", "side", "startTime", "symbol", "timeInForce", "triggerPrice", "type", "workingType",
]  # fmt: skip
VALUES = [
    "", "-1", "0", "0.01", "1", "1.0", "10", "1e3", "50", "59000", "61000", "9" * 19, "1m", "ACK", "BOTH", "BTCUSDT",
    "BUY", "CONDITIONAL", "CROSSED", "GTC", "GTX", "ISOLATED", "LIMIT", "LONG", "MARKET", "RESULT", "SELL",
    "STOP_MARKET", "TRAILING_STOP_MARKET", "[1]", "[{}]", "true", "false", "{}", "ü%", "٣",
]  # fmt: skip
LIKELY = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01", "algoType": "CONDITIONAL",
}  # fmt: skip

params = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=5), max_size=9)
paths = st.sampled_from(sorted({*routes.PUBLIC, *routes.PRIVATE}))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder: Path = tmp_path_factory.mktemp("paper")
    (folder / "keys.json").write_text(json.dumps([{"key": "k", "secret": "s", "account": "ann"}]))
    built = build(parse(["--manual", "--data", str(folder), "--keys", str(folder / "keys.json")]))
    built.now_ms = lambda: NOW
    built.futures.set_price("BTCUSDT", 60_000 * 10**8, qty=None)
    yield built
    built.journal.close()


def ask(exchange: Exchange, route: tuple[str, str], given_params: dict[str, str]) -> Reply:
    query = urlencode({"timestamp": str(NOW)} | given_params).encode()
    signature = hmac.new(b"s", query, hashlib.sha256).hexdigest().encode()
    method, path = route
    headers = {b"x-mbx-apikey": b"k"}
    return routes.answer(exchange, Request(method, path, query + b"&signature=" + signature, b"", headers))


@settings(max_examples=800)
@given(route=paths, likely=st.booleans(), given_params=params)
def test_every_request_gets_a_sound_answer(
    exchange: Exchange, route: tuple[str, str], likely: bool, given_params: dict[str, str]
) -> None:
    reply = ask(exchange, route, (LIKELY if likely else {}) | given_params)
    body = json.loads(reply.body)
    assert reply.status == 200 or (reply.status == 400 and body["code"] < 0 and body["msg"])
    for account in exchange.state.perps.accounts.values():
        assert account.wallet == sum(one.amount for one in account.incomes) <= 10_000 * 10**8
