"""Every recorded KuCoin request: ccxt still sends it, the exchange answers it, ccxt understands the answer."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import ccxt
import pytest

from tests.trading.paper.contract import Recorder, recorded
from tests.trading.paper.kucoin import PERP, KucoinPaper, kucoin_paper

CONTRACT = recorded("kucoinfutures_rest")

_ids = count(1)


class World:
    """A client that is noted, another that prepares what the calls need; a fresh account each."""

    def __init__(self, venue: KucoinPaper) -> None:
        self.name = f"trader{next(_ids)}"
        venue.add_key(self.name)
        venue.paper.price("BTCUSDT", "30000")
        self.venue = venue
        self.other = venue.client(self.name)
        self.recorder = Recorder(venue.client(self.name))

    def order(self, **params: Any) -> str:
        """The id of a fresh order that rests."""
        return str(self.other.create_order(PERP, "limit", "buy", 1, 29000, params)["id"])

    def two(self) -> list[str]:
        """Two of them."""
        return [self.order(), self.order()]

    def named(self) -> str:
        """The client order id of a fresh order that rests."""
        name = f"named-{next(_ids)}"
        self.order(clientOid=name)
        return name

    def stop(self) -> str:
        """The id of a fresh conditional order."""
        order = self.other.create_order(PERP, "market", "sell", 1, None, {"stopLossPrice": 25000})
        return str(order["id"])

    def position(self) -> str:
        """The id of a filled order that has opened a position."""
        return str(self.other.create_order(PERP, "market", "buy", 2)["id"])

    def hedged(self) -> None:
        """Longs and shorts apart."""
        self.other.set_position_mode(True)

    def funded(self) -> None:
        """A position that has paid funding."""
        self.position()
        self.venue.paper.control("funding", {"rate": "0.0001", "symbol": "XBTUSDTM", "market": "kucoin"})


@pytest.fixture(scope="module")
def venue() -> Iterator[KucoinPaper]:
    with kucoin_paper() as running:
        yield running


def nothing(_world: World) -> None:
    """No preparation."""


def buy(kind: str, price: int | None = 29000, **params: Any) -> Callable[[Any, Any], Any]:
    return lambda client, _: client.create_order(PERP, kind, "buy", 1, price, params)


def sell(kind: str, price: int | None = None, **params: Any) -> Callable[[Any, Any], Any]:
    return lambda client, _: client.create_order(PERP, kind, "sell", 1, price, params)


def as_stranger(client: Any, _: Any) -> Any:
    client.apiKey = client.secret = client.password = ""
    return client.load_markets(True)


def as_newcomer(client: Any, _: Any) -> Any:
    """Nothing is known about the account yet."""
    client.options |= {"uta": None, "hf": None}
    return client.load_markets(True)


ATTACHED = {"stopLoss": {"triggerPrice": 25000}, "takeProfit": {"triggerPrice": 40000}}
TWO = [
    {"symbol": PERP, "type": "limit", "side": "buy", "amount": 1, "price": 29000},
    {"symbol": PERP, "type": "limit", "side": "buy", "amount": 1, "price": 28000},
]
TRIGGER = {"trigger": True}

CALLS: dict[str, tuple[Callable[[World], Any], Callable[[Any, Any], Any]]] = {
    "load_markets (with keys)": (nothing, as_newcomer),
    "load_markets (no keys)": (nothing, as_stranger),
    "fetch_time": (nothing, lambda c, _: c.fetch_time()),
    "fetch_status": (nothing, lambda c, _: c.fetch_status()),
    "fetch_ticker": (nothing, lambda c, _: c.fetch_ticker(PERP)),
    "fetch_tickers": (nothing, lambda c, _: c.fetch_tickers()),
    "fetch_bids_asks": (nothing, lambda c, _: c.fetch_bids_asks()),
    "fetch_order_book": (nothing, lambda c, _: c.fetch_order_book(PERP, 20)),
    "fetch_order_book full": (nothing, lambda c, _: c.fetch_order_book(PERP)),
    "fetch_ohlcv": (nothing, lambda c, _: c.fetch_ohlcv(PERP, "1m", 1700000000000, 100)),
    "fetch_trades": (nothing, lambda c, _: c.fetch_trades(PERP)),
    "create_order limit": (nothing, buy("limit")),
    "create_order limit full": (nothing, buy("limit", marginMode="isolated", leverage=5)),
    "create_order market": (nothing, buy("market", None)),
    "create_order postOnly": (nothing, buy("limit", postOnly=True)),
    "create_order IOC": (nothing, buy("limit", timeInForce="IOC")),
    "create_order reduceOnly": (World.position, sell("market", reduceOnly=True)),
    "create_order closeOrder": (World.position, sell("market", closeOrder=True)),
    "create_order stopLossPrice market": (nothing, sell("market", stopLossPrice=25000)),
    "create_order takeProfitPrice market": (nothing, sell("market", takeProfitPrice=40000)),
    "create_order triggerPrice limit": (nothing, sell("limit", 24900, triggerPrice=25000, triggerDirection="down")),
    "create_order with stopLoss+takeProfit attached": (nothing, buy("limit", **ATTACHED)),
    "create_order trailing": (nothing, sell("market", trailingPercent=1)),
    "create_order hedged": (World.hedged, buy("limit", positionSide="LONG")),
    "create_order test": (nothing, buy("limit", test=True)),
    "create_orders": (nothing, lambda c, _: c.create_orders(TWO)),
    "cancel_order": (World.order, lambda c, id_: c.cancel_order(id_, PERP)),
    "cancel_order clientOrderId": (World.named, lambda c, n: c.cancel_order("", PERP, {"clientOrderId": n})),
    "cancel_order trigger": (World.stop, lambda c, id_: c.cancel_order(id_, PERP, TRIGGER)),
    "cancel_orders": (World.two, lambda c, ids: c.cancel_orders(ids, PERP)),
    "cancel_all_orders": (World.order, lambda c, _: c.cancel_all_orders(PERP)),
    "cancel_all_orders trigger": (World.stop, lambda c, _: c.cancel_all_orders(PERP, TRIGGER)),
    "fetch_order": (World.order, lambda c, id_: c.fetch_order(id_, PERP)),
    "fetch_order clientOrderId": (World.named, lambda c, n: c.fetch_order(None, PERP, {"clientOid": n})),
    "fetch_open_orders": (World.order, lambda c, _: c.fetch_open_orders(PERP)),
    "fetch_open_orders trigger": (World.stop, lambda c, _: c.fetch_open_orders(PERP, params=TRIGGER)),
    "fetch_open_orders all": (World.order, lambda c, _: c.fetch_open_orders()),
    "fetch_closed_orders": (World.position, lambda c, _: c.fetch_closed_orders(PERP)),
    "fetch_my_trades": (World.position, lambda c, _: c.fetch_my_trades(PERP)),
    "fetch_positions": (World.position, lambda c, _: c.fetch_positions()),
    "fetch_position": (World.position, lambda c, _: c.fetch_position(PERP)),
    "set_leverage": (nothing, lambda c, _: c.set_leverage(5, PERP)),
    "set_leverage cross": (nothing, lambda c, _: c.set_leverage(5, PERP, {"marginMode": "cross"})),
    "fetch_leverage": (nothing, lambda c, _: c.fetch_leverage(PERP)),
    "set_margin_mode": (nothing, lambda c, _: c.set_margin_mode("cross", PERP)),
    "fetch_margin_mode": (nothing, lambda c, _: c.fetch_margin_mode(PERP)),
    "set_position_mode": (nothing, lambda c, _: c.set_position_mode(True)),
    "fetch_position_mode": (nothing, lambda c, _: c.fetch_position_mode()),
    "fetch_funding_rate": (nothing, lambda c, _: c.fetch_funding_rate(PERP)),
    "fetch_funding_rate_history": (World.funded, lambda c, _: c.fetch_funding_rate_history(PERP)),
    "fetch_funding_history": (World.funded, lambda c, _: c.fetch_funding_history(PERP)),
    "fetch_mark_price": (nothing, lambda c, _: c.fetch_mark_price(PERP)),
    "fetch_trading_fee": (nothing, lambda c, _: c.fetch_trading_fee(PERP)),
    "fetch_leverage_tiers(market)": (nothing, lambda c, _: c.fetch_market_leverage_tiers(PERP)),
    "add_margin": (World.position, lambda c, _: c.add_margin(PERP, 10)),
    "close_position": (World.position, lambda c, _: c.close_position(PERP)),
    "fetch_currencies": (nothing, lambda c, _: c.fetch_currencies()),
}


def test_the_table_is_the_recording() -> None:
    assert set(CALLS) == set(CONTRACT)


def nameless(sent: Any) -> tuple[str, str, str, str]:
    """Order ids differ from run to run."""
    method, path, query, body = sent
    return method, re.sub(r"/orders/(client-order/)?(?!multi|test|byClientOid).+", r"/orders/\1*", path), query, body


@pytest.mark.parametrize("label", CALLS)
def test_the_recorded_call_is_answered_and_understood(venue: KucoinPaper, label: str) -> None:
    world = World(venue)
    prepare, call = CALLS[label]
    given = prepare(world)
    world.recorder.client.load_markets()
    world.recorder.sent.clear()
    call(world.recorder.client, given)
    assert {nameless(one) for one in CONTRACT[label]} <= {nameless(one) for one in world.recorder.sent}


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        ({"apiKey": "nobody"}, ccxt.AuthenticationError),
        ({"secret": "wrong"}, ccxt.AuthenticationError),
        ({"password": "wrong"}, ccxt.AuthenticationError),
    ],
)
def test_a_wrong_key_is_turned_away(venue: KucoinPaper, spoil: dict[str, str], error: type[Exception]) -> None:
    client = World(venue).other
    for name, value in spoil.items():
        setattr(client, name, value)
    with pytest.raises(error):
        client.fetch_positions()
