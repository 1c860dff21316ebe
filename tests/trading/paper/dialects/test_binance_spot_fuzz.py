"""Whatever anybody sends: an answer in Binance's terms, never a crash, and no funds from nowhere."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.paper.dialects.binance_spot import routes
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request
from trading.paper.server.options import parse
from trading.paper.server.run import build

NOW = 1_800_000_000_000
NAMES = [
    "endTime", "fromId", "interval", "limit", "newClientOrderId", "newOrderRespType", "orderId", "origClientOrderId",
    "price", "quantity", "quoteOrderQty", "side", "startTime", "symbol", "symbols", "timeInForce", "type",
]  # fmt: skip
VALUES = [
    "", "-1", "0", "0.001", "1", "1e3", "50", "60000", "9" * 19, "1m", "ACK", "BTCUSDT", "BUY", "FOK", "GTC", "LIMIT",
    "LIMIT_MAKER", "MARKET", "NOPE", "SELL", '["BTCUSDT"]', "[1]", "{}", "ü%", "٣",
]  # fmt: skip

params = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=5), max_size=9)
paths = st.sampled_from(sorted({*routes.PUBLIC, *routes.PRIVATE}))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder: Path = tmp_path_factory.mktemp("paper")
    (folder / "keys.json").write_text(json.dumps([{"key": "k", "secret": "s", "account": "ann"}]))
    options = ["--manual", "--data", str(folder), "--keys", str(folder / "keys.json"), "--deposit", "USDT=1000,BTC=1"]
    built = build(parse(options))
    built.now_ms = lambda: NOW
    built.set_price("BTCUSDT", 60_000 * 10**8, qty=None)
    built.open_account("ann")
    yield built
    built.journal.close()


def ask(exchange: Exchange, route: tuple[str, str], given_params: dict[str, str]) -> Reply:
    query = urlencode({"timestamp": str(NOW)} | given_params).encode()
    signature = hmac.new(b"s", query, hashlib.sha256).hexdigest().encode()
    method, path = route
    headers = {b"x-mbx-apikey": b"k"}
    return routes.answer(exchange, Request(method, path, query + b"&signature=" + signature, b"", headers))


@settings(max_examples=600)
@given(route=paths, given_params=params)
def test_every_request_gets_a_sound_answer(
    exchange: Exchange, route: tuple[str, str], given_params: dict[str, str]
) -> None:
    reply = ask(exchange, route, given_params)
    body = json.loads(reply.body)
    assert reply.status == 200 or (reply.status == 400 and body["code"] < 0 and body["msg"])
    worth = sum(one.free + one.locked for one in exchange.state.accounts["ann"].balances.values())
    assert worth <= 70_000 * 10**8  # 1,000 USDT and 1 BTC at 60,000, whatever was traded


ORDERS = st.fixed_dictionaries(
    {
        "symbol": st.just("BTCUSDT"),
        "side": st.sampled_from(["BUY", "SELL"]),
        "type": st.just("LIMIT"),
        "timeInForce": st.sampled_from(["GTC", "IOC", "FOK"]),
        "quantity": st.sampled_from(["0.001", "0.0015", "0.00009"]),
        "price": st.integers(5_990_000, 6_010_000).map(lambda ticks: f"{ticks // 100}.{ticks % 100:02d}"),
    }
)


@settings(max_examples=200)
@given(order=ORDERS)
def test_a_well_formed_order_is_placed_or_refused_for_a_reason(exchange: Exchange, order: dict[str, str]) -> None:
    reply = ask(exchange, ("POST", "/api/v3/order"), order)
    body = json.loads(reply.body)
    assert reply.status == 200 or body["msg"] in {
        "Account has insufficient balance for requested action.",
        "Filter failure: MAX_NUM_ORDERS",
        "Filter failure: NOTIONAL",
    }
