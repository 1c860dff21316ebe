"""Every recorded KuCoin request: ccxt still sends it, the exchange answers it, ccxt understands the answer."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import ccxt
import pytest

from tests.trading.paper.contract import Sent, recorded
from tests.trading.paper.contract.stage import Calls, Stage, buy, nothing, played, sell, two_buys
from tests.trading.paper.kucoin import PERP, KucoinPaper, kucoin_paper

CONTRACT = recorded("kucoinfutures_rest")

_ids = count(1)


class World(Stage):
    """KuCoin futures; a fresh account each."""

    symbol, amount, low, name_field = PERP, 1, 29000, "clientOid"

    def __init__(self, venue: KucoinPaper) -> None:
        name = f"trader{next(_ids)}"
        venue.add_key(name)
        venue.paper.price("BTCUSDT", "30000")
        self.venue = venue
        super().__init__(venue.client(name), venue.client(name))

    def position(self) -> str:
        """The id of a filled order that has opened a position of two contracts."""
        return str(self.other.create_order(PERP, "market", "buy", 2)["id"])

    def funded(self) -> None:
        """A position that has paid funding."""
        self.position()
        self.venue.paper.control("funding", {"rate": "0.0001", "symbol": "XBTUSDTM", "market": "kucoin"})


@pytest.fixture(scope="module")
def venue() -> Iterator[KucoinPaper]:
    with kucoin_paper() as running:
        yield running


def as_stranger(client: Any, _: Any) -> Any:
    client.apiKey = client.secret = client.password = ""
    return client.load_markets(True)


def as_newcomer(client: Any, _: Any) -> Any:
    """Nothing is known about the account yet."""
    client.options |= {"uta": None, "hf": None}
    return client.load_markets(True)


ATTACHED = {"stopLoss": {"triggerPrice": 25000}, "takeProfit": {"triggerPrice": 40000}}
TWO = two_buys(World)
TRIGGER = {"trigger": True}

CALLS: Calls = {
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
    "create_order limit": (nothing, buy(World, "limit")),
    "create_order limit full": (nothing, buy(World, "limit", marginMode="isolated", leverage=5)),
    "create_order market": (nothing, buy(World, "market")),
    "create_order postOnly": (nothing, buy(World, "limit", postOnly=True)),
    "create_order IOC": (nothing, buy(World, "limit", timeInForce="IOC")),
    "create_order reduceOnly": (World.position, sell(World, "market", reduceOnly=True)),
    "create_order closeOrder": (World.position, sell(World, "market", closeOrder=True)),
    "create_order stopLossPrice market": (nothing, sell(World, "market", stopLossPrice=25000)),
    "create_order takeProfitPrice market": (nothing, sell(World, "market", takeProfitPrice=40000)),
    "create_order triggerPrice limit": (nothing, sell(World, "limit", triggerPrice=25000, triggerDirection="down")),
    "create_order with stopLoss+takeProfit attached": (nothing, buy(World, "limit", **ATTACHED)),
    "create_order trailing": (nothing, sell(World, "market", trailingPercent=1)),
    "create_order hedged": (World.hedged, buy(World, "limit", positionSide="LONG")),
    "create_order test": (nothing, buy(World, "limit", test=True)),
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


def nameless(sent: Any) -> Sent:
    """Order ids differ from run to run."""
    method, path, query, body = sent
    return method, re.sub(r"/orders/(client-order/)?(?!multi|test|byClientOid).+", r"/orders/\1*", path), query, body


@pytest.mark.parametrize("label", CALLS)
def test_the_recorded_call_is_answered_and_understood(venue: KucoinPaper, label: str) -> None:
    played(World(venue), CALLS, label, CONTRACT, told=nameless)


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
