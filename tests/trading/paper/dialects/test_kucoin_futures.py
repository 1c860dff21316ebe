"""KuCoin's own ways: contracts and multipliers, margin modes, stops that keep their id, refusals, crashes."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import ccxt
import pytest

from tests.trading.paper.kucoin import PERP, KucoinPaper, kucoin_paper

_ids = count(1)


@pytest.fixture(scope="module")
def venue() -> Iterator[KucoinPaper]:
    with kucoin_paper() as running:
        yield running


@pytest.fixture
def name(venue: KucoinPaper) -> str:
    found = f"trader{next(_ids)}"
    venue.add_key(found)
    venue.paper.price("BTCUSDT", "30000")
    return found


@pytest.mark.parametrize(
    ("symbol", "base", "multiplier", "tick", "leverage"),
    [
        ("XBTUSDTM", "XBT", 0.001, 0.1, 125),
        ("ETHUSDTM", "ETH", 0.01, 0.01, 100),
        ("SOLUSDTM", "SOL", 0.1, 0.01, 75),
    ],
)
def test_contracts(venue: KucoinPaper, symbol: str, base: str, multiplier: float, tick: float, leverage: int) -> None:
    rows = venue.paper._http.get(f"{venue.url}/api/v1/contracts/active").json()["data"]
    found = next(row for row in rows if row["symbol"] == symbol)
    assert [found[key] for key in ("baseCurrency", "multiplier", "tickSize", "maxLeverage")] == [
        base,
        multiplier,
        tick,
        leverage,
    ]


def test_a_contract_is_its_multiplier_in_base(venue: KucoinPaper, name: str) -> None:
    client = venue.client(name)
    client.create_order(PERP, "market", "buy", 5)
    position = client.fetch_position(PERP)
    assert (position["contracts"], position["side"], position["marginMode"]) == (5.0, "long", "isolated")
    books = venue.account(name)
    fill = books["fills"][0]
    assert (fill["qty"], Decimal(fill["notional"])) == ("0.00500000", Decimal(fill["price"]) * Decimal("0.005"))
    # 6 bps taker fee
    assert Decimal(fill["fee"]) == (Decimal(fill["notional"]) * Decimal("0.0006")).quantize(
        Decimal("1e-8"), "ROUND_DOWN"
    )
    assert Decimal(books["wallet"]) == 10000 - Decimal(fill["fee"])


def test_a_stop_keeps_its_id_through_trigger_and_fills(venue: KucoinPaper, name: str) -> None:
    client = venue.client(name)
    client.create_order(PERP, "market", "buy", 2)
    stop = client.create_order(PERP, "market", "sell", 2, None, {"stopLossPrice": 29000, "reduceOnly": True})
    venue.paper.price("BTCUSDT", "28990")
    found = client.fetch_order(stop["id"], PERP)
    assert (found["id"], found["status"], found["filled"]) == (stop["id"], "closed", 2.0)
    assert [trade["order"] for trade in client.fetch_my_trades(PERP)].count(stop["id"]) == 1
    assert client.fetch_positions() == []


def test_attached_exits_close_what_the_order_opened(venue: KucoinPaper, name: str) -> None:
    client = venue.client(name)
    exits = {"stopLoss": {"triggerPrice": 29000}, "takeProfit": {"triggerPrice": 31000}}
    client.create_order(PERP, "limit", "buy", 1, 30100, exits)
    assert len(client.fetch_open_orders(PERP, params={"trigger": True})) == 2
    venue.paper.price("BTCUSDT", "31000")
    assert client.fetch_positions() == []


def refuse(client: Any, what: str) -> None:
    actions = {
        "unknown": lambda: client.fetch_order("300000000000999999", PERP),
        "reduce": lambda: client.create_order(PERP, "market", "sell", 1, None, {"reduceOnly": True}),
        "mode": lambda: client.create_order(PERP, "limit", "buy", 1, 29000, {"marginMode": "cross"}),
        "funds": lambda: client.create_order(PERP, "limit", "buy", 100_000, 29000),
        "leverage": lambda: client.create_order(PERP, "limit", "buy", 1, 29000, {"leverage": 126}),
        "taking": lambda: client.create_order(PERP, "limit", "buy", 1, 30500, {"postOnly": True}),
        "size": lambda: client.futuresPrivatePostOrders(
            {"symbol": "XBTUSDTM", "side": "buy", "type": "market", "size": 0}
        ),
        "symbol": lambda: client.futuresPrivatePostOrders({"symbol": "NOPE", "side": "buy", "size": 1}),
        "cancel": lambda: client.cancel_order("300000000000999999", PERP),
    }
    actions[what]()


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("unknown", ccxt.OrderNotFound),
        ("reduce", ccxt.InvalidOrder),
        ("mode", ccxt.InvalidOrder),
        ("funds", ccxt.InsufficientFunds),
        ("leverage", ccxt.ExchangeError),
        ("taking", ccxt.ExchangeError),
        ("size", ccxt.BadRequest),
        ("symbol", ccxt.BadRequest),
        ("cancel", ccxt.BadRequest),
    ],
)
def test_a_refusal_arrives_as_its_class_and_changes_nothing(
    venue: KucoinPaper, name: str, what: str, error: type[Exception]
) -> None:
    client = venue.client(name)
    client.load_markets()
    with pytest.raises(error):
        refuse(client, what)
    assert client.fetch_open_orders(PERP) == []


def test_a_stale_timestamp_is_refused(venue: KucoinPaper, name: str) -> None:
    venue.paper.control("clock", {"skew_ms": 60_000})
    try:
        with pytest.raises(ccxt.InvalidNonce):
            venue.client(name).fetch_positions()
    finally:
        venue.paper.control("clock", {"skew_ms": 0})


def test_its_books_are_its_own_and_survive_a_crash() -> None:
    with kucoin_paper() as venue:
        venue.add_key("ann")
        client = venue.client("ann")
        client.create_order(PERP, "market", "buy", 3)
        client.create_order(PERP, "limit", "buy", 1, 29000)
        client.create_order(PERP, "market", "sell", 3, None, {"takeProfitPrice": 40000})
        before = venue.account("ann")
        venue.paper.kill()
        venue.paper.start()
        assert venue.account("ann") == before
        assert venue.paper.futures("ann") == {}
        assert len(client.fetch_open_orders(PERP)) == 1
