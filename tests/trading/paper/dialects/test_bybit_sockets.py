"""Bybit's sockets by hand: snapshots and changes that give the book, pings, sign-in, topics that do not exist."""

import json
from itertools import count, pairwise
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.trading.paper.clients.venues import Running
from tests.trading.paper.dialects.cards.bybit import BybitLinear
from tests.trading.paper.dialects.cards.desk import Asked, whole
from tests.trading.paper.dialects.test_binance_sockets import hear, socket

_prices = count(30_001)


@pytest.fixture
def desk(world: Running) -> BybitLinear:
    world.paper.price("BTCUSDT", "30000")
    return BybitLinear(world, world.account())


def ask(opened: ClientConnection, **content: Any) -> Any:
    opened.send(json.dumps(content))
    return hear(opened)


def side(rows: list[list[str]]) -> dict[str, str]:
    return dict(map(tuple, rows))


def applied(book: dict[str, dict[str, str]], change: Any) -> dict[str, dict[str, str]]:
    """The book after a message."""
    if change["type"] == "snapshot":
        return {name: side(change["data"][name]) for name in "ba"}
    merged = {name: book[name] | side(change["data"][name]) for name in "ba"}
    return {name: {price: qty for price, qty in rows.items() if qty != "0"} for name, rows in merged.items()}


@pytest.mark.parametrize("category", ["spot", "linear"])
@pytest.mark.parametrize("depth", [1, 50])
def test_a_snapshot_and_the_changes_after_it_give_the_book(world: Running, category: str, depth: int) -> None:
    topic, market = f"orderbook.{depth}.BTCUSDT", {"category": category, "symbol": "BTCUSDT", "limit": depth}
    with socket(world.paper, f"/v5/public/{category}") as opened:
        assert ask(opened, op="subscribe", args=[topic], req_id="7")["success"]
        heard = [hear(opened)]
        for _ in range(4):
            world.paper.price("BTCUSDT", str(next(_prices)))
            heard.append(hear(opened))
        final = world.paper.get("/v5/market/orderbook", **market).json()["result"]
        while heard[-1]["data"]["seq"] < final["seq"]:
            heard.append(hear(opened))
    assert {one["topic"] for one in heard} == {topic}
    numbers = [one["data"]["u"] for one in heard if one["type"] == "delta"]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    book: dict[str, dict[str, str]] = {}
    for one in heard:
        book = applied(book, one)
    assert book == {name: side(final[name]) for name in "ba"}


def test_a_latecomer_gets_a_snapshot_of_its_own(world: Running) -> None:
    topic = "orderbook.50.BTCUSDT"
    with socket(world.paper, "/v5/public/spot") as first, socket(world.paper, "/v5/public/spot") as second:
        ask(first, op="subscribe", args=[topic])
        hear(first)
        ask(second, op="subscribe", args=[topic])
        late = hear(second)
        world.paper.price("BTCUSDT", str(next(_prices)))
        deltas = [hear(one) for one in (first, second)]
    assert late["type"] == "snapshot"
    assert deltas[0] == deltas[1]
    assert (deltas[0]["type"], deltas[0]["data"]["u"]) == ("delta", late["data"]["u"] + 1)


def test_a_ticker_begins_whole_and_goes_on_with_what_changes(world: Running) -> None:
    with socket(world.paper, "/v5/public/linear") as opened:
        ask(opened, op="subscribe", args=["tickers.BTCUSDT"])
        first = hear(opened)
        price = str(next(_prices))
        world.paper.price("BTCUSDT", price)
        second = hear(opened)
    assert (first["type"], second["type"]) == ("snapshot", "delta")
    assert second["data"]["lastPrice"] == price
    assert set(second["data"]) < set(first["data"])


def test_pings(world: Running, desk: BybitLinear) -> None:
    with socket(world.paper, "/v5/public/spot") as opened:
        told = ask(opened, op="ping", req_id="1")
        assert (told["op"], told["ret_msg"], told["success"], told["req_id"]) == ("ping", "pong", True, "1")
    with socket(world.paper, "/v5/private") as opened:
        told = ask(opened, op="ping", req_id="2")
        assert (told["op"], told["req_id"], len(told["args"])) == ("pong", "2", 1)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/v5/public/spot", {"op": "subscribe", "args": ["orderbook.7.BTCUSDT"]}),
        ("/v5/public/spot", {"op": "subscribe", "args": ["tickers.NOSUCHPAIR"]}),
        ("/v5/public/spot", {"op": "subscribe", "args": []}),
        ("/v5/public/spot", {"op": "dance"}),
        ("/v5/public/inverse", {"op": "subscribe", "args": ["tickers.BTCUSDT"]}),
        ("/v5/private", {"op": "subscribe", "args": ["order"]}),
        ("/v5/private", {"op": "auth", "args": ["nobody", 9999999999999, "x"]}),
        ("/v5/private", {"op": "auth", "args": []}),
    ],
)
def test_what_is_not_understood_is_refused(world: Running, path: str, content: dict[str, Any]) -> None:
    with socket(world.paper, path) as opened:
        assert ask(opened, **content)["success"] is False


def test_nonsense_is_answered(world: Running) -> None:
    with socket(world.paper, "/v5/public/spot") as opened:
        opened.send("nonsense")
        assert hear(opened)["success"] is False
        opened.send("[1]")
        assert hear(opened)["success"] is False


def test_a_topic_can_be_dropped(desk: BybitLinear) -> None:
    url, (auth, wanted) = desk.own_stream()
    with socket(desk.world.paper, "", url=url) as opened:
        assert ask(opened, **auth)["success"]
        assert ask(opened, **wanted | {"args": ["order.linear", "wallet"]})["success"]
        desk.place(Asked())
        told = {hear(opened)["topic"] for _ in range(4)}
        assert told == {"order.linear", "wallet"}
        opened.send(json.dumps({"op": "unsubscribe", "args": ["wallet"], "req_id": "9"}))
        while hear(opened).get("req_id") != "9":
            continue
        placed = desk.place(Asked())
        message = hear(opened)
        assert (message["topic"], whole(message["data"])["orderId"]) == ("order.linear", placed.order_id)


def test_orders_over_a_socket_want_a_sign_in_and_a_fresh_time(desk: BybitLinear) -> None:
    order = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.01",
        "price": "29000",
    }
    header = {"X-BAPI-TIMESTAMP": str(desk.clock())}
    _, (auth, _) = desk.own_stream()
    with socket(desk.world.paper, "/v5/trade") as opened:
        assert ask(opened, op="order.create", reqId="1", header=header, args=[order])["retCode"] == 20003
        assert ask(opened, **auth)["retCode"] == 0
        assert ask(opened, op="order.create", reqId="2", header={}, args=[order])["retCode"] == 10002
        assert ask(opened, op="order.create", reqId="3", header=header, args=[])["retCode"] == 10001
        made = ask(opened, op="order.create", reqId="4", header=header, args=[order])
        assert (made["retCode"], made["reqId"]) == (0, "4")
        assert (
            ask(opened, op="order.create", reqId="5", header=header, args=[order | {"qty": "9"}])["retCode"] == 110007
        )
    assert desk.working() == [made["data"]["orderId"]]
