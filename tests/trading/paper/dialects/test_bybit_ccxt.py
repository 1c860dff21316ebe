"""Every unified call of ccxt's Bybit client that makes sense here: answered, understood, and with the outcome it names."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import ccxt
import ccxt.pro
import pytest

from tests.trading.paper import bybit
from tests.trading.paper.bybit import PAIR, PERP
from tests.trading.paper.clients.venues import Running
from tests.trading.paper.contract.stage import Calls, Stage, buy, nothing, sell, two_buys

KNOWN = {"acknowledged": True}
TRIGGER = {"trigger": True}


class Spot(Stage):
    """Coins."""

    symbol, amount, low = PAIR, 0.01, 29000

    def stop(self) -> str:
        """The id of a fresh order that waits for its price."""
        self.traded()
        return str(self.other.create_order(PAIR, "market", "sell", 0.005, None, {"triggerPrice": 25000})["id"])


class Linear(Stage):
    """Contracts."""

    symbol, amount, low = PERP, 0.01, 29000


def shared(kind: type[Stage]) -> Calls:
    """Calls of both categories."""
    symbol = kind.symbol
    return {
        "cancel_all_orders": (kind.order, lambda c, _: c.cancel_all_orders(symbol)),
        "cancel_order": (kind.order, lambda c, id_: c.cancel_order(id_, symbol)),
        "cancel_order clientOrderId": (kind.named, lambda c, n: c.cancel_order(None, symbol, {"orderLinkId": n})),
        "cancel_order trigger": (kind.stop, lambda c, id_: c.cancel_order(id_, symbol, TRIGGER)),
        "cancel_orders": (kind.two, lambda c, ids: c.cancel_orders(ids, symbol)),
        "create_order IOC": (nothing, buy(kind, "limit", timeInForce="IOC")),
        "create_order limit": (nothing, buy(kind, "limit")),
        "create_order market": (nothing, buy(kind, "market")),
        "create_order postOnly": (nothing, buy(kind, "limit", postOnly=True)),
        "create_orders": (nothing, lambda c, _: c.create_orders(two_buys(kind))),
        "edit_order": (kind.order, lambda c, id_: c.edit_order(id_, symbol, "limit", "buy", 0.005)),
        "fetch_bids_asks": (nothing, lambda c, _: c.fetch_bids_asks([symbol])),
        "fetch_canceled_orders": (nothing, lambda c, _: c.fetch_canceled_orders(symbol)),
        "fetch_closed_order": (kind.traded, lambda c, id_: c.fetch_closed_order(id_, symbol)),
        "fetch_closed_orders": (kind.traded, lambda c, _: c.fetch_closed_orders(symbol)),
        "fetch_my_trades": (kind.traded, lambda c, _: c.fetch_my_trades(symbol)),
        "fetch_ohlcv": (nothing, lambda c, _: c.fetch_ohlcv(symbol, "1m", 1700000000000)),
        "fetch_open_order": (kind.order, lambda c, id_: c.fetch_open_order(id_, symbol)),
        "fetch_open_orders": (kind.order, lambda c, _: c.fetch_open_orders(symbol)),
        "fetch_open_orders trigger": (kind.stop, lambda c, _: c.fetch_open_orders(symbol, params=TRIGGER)),
        "fetch_order": (kind.order, lambda c, id_: c.fetch_order(id_, symbol, KNOWN)),
        "fetch_order_book": (nothing, lambda c, _: c.fetch_order_book(symbol, 50)),
        "fetch_order_trades": (kind.traded, lambda c, id_: c.fetch_order_trades(id_, symbol)),
        "fetch_tickers": (nothing, lambda c, _: c.fetch_tickers([symbol])),
        "fetch_trades": (nothing, lambda c, _: c.fetch_trades(symbol)),
        "fetch_trading_fee": (nothing, lambda c, _: c.fetch_trading_fee(symbol)),
    }


SPOT: Calls = shared(Spot) | {
    "create_order cost": (nothing, lambda c, _: c.create_market_buy_order_with_cost(PAIR, 50)),
    "create_order trigger": (
        Spot.traded,
        lambda c, _: c.create_order(PAIR, "limit", "sell", 0.005, 24900, {"triggerPrice": 25000}),
    ),
    "create_order stopLossPrice": (
        Spot.traded,
        lambda c, _: c.create_order(PAIR, "market", "sell", 0.005, None, {"stopLossPrice": 25000}),
    ),
    "fetch_balance": (nothing, lambda c, _: c.fetch_balance()),
    "fetch_currencies": (nothing, lambda c, _: c.fetch_currencies()),
    "fetch_status": (nothing, lambda c, _: c.fetch_status()),
    "fetch_time": (nothing, lambda c, _: c.fetch_time()),
}
LINEAR: Calls = shared(Linear) | {
    "create_order hedged": (Linear.hedged, buy(Linear, "limit", hedged=True)),
    "create_order reduceOnly": (Linear.traded, sell(Linear, "market", reduceOnly=True)),
    "create_order stopLossPrice": (Linear.traded, sell(Linear, "market", stopLossPrice=25000)),
    "create_order takeProfitPrice": (Linear.traded, sell(Linear, "market", takeProfitPrice=40000)),
    "create_order trigger": (nothing, sell(Linear, "limit", triggerPrice=25000, triggerDirection="descending")),
    "edit_order price": (Linear.order, lambda c, id_: c.edit_order(id_, PERP, "limit", "buy", 0.02, 28500)),
    "fetch_funding_history": (Linear.traded, lambda c, _: c.fetch_funding_history(PERP)),
    "fetch_funding_rate": (nothing, lambda c, _: c.fetch_funding_rate(PERP)),
    "fetch_funding_rate_history": (nothing, lambda c, _: c.fetch_funding_rate_history(PERP)),
    "fetch_funding_rates": (nothing, lambda c, _: c.fetch_funding_rates([PERP])),
    "fetch_leverage": (nothing, lambda c, _: c.fetch_leverage(PERP)),
    "fetch_leverage_tiers": (nothing, lambda c, _: c.fetch_leverage_tiers([PERP])),
    "fetch_margin_mode": (nothing, lambda c, _: c.fetch_margin_mode(PERP)),
    "fetch_mark_ohlcv": (nothing, lambda c, _: c.fetch_mark_ohlcv(PERP, "1m")),
    "fetch_open_interest": (nothing, lambda c, _: c.fetch_open_interest(PERP)),
    "fetch_open_orders of all": (Linear.order, lambda c, _: c.fetch_open_orders()),
    "fetch_position": (Linear.traded, lambda c, _: c.fetch_position(PERP)),
    "fetch_positions": (Linear.traded, lambda c, _: c.fetch_positions()),
    "fetch_trading_fees": (nothing, lambda c, _: c.fetch_trading_fees()),
    "set_leverage": (nothing, lambda c, _: c.set_leverage(5, PERP)),
    "set_margin_mode": (nothing, lambda c, _: c.set_margin_mode("isolated")),
    "set_position_mode": (nothing, lambda c, _: c.set_position_mode(True, PERP)),
}
MAY_BE_EMPTY = {"fetch_canceled_orders", "fetch_funding_history", "fetch_funding_rate_history"}


def staged(world: Running, kind: type[Stage], category: str) -> Stage:
    """A fresh account's client that sees one category; prices as they were."""
    world.paper.price("BTCUSDT", "30000")
    client = bybit.only(bybit.aimed(world.paper, world.account()), category)
    return kind(client, client)


def played(stage: Stage, calls: Calls, label: str) -> Any:
    prepare, act = calls[label]
    return act(stage.recorder.client, prepare(stage))


@pytest.mark.parametrize("label", SPOT)
def test_spot(world: Running, label: str) -> None:
    assert played(staged(world, Spot, "spot"), SPOT, label) or label in MAY_BE_EMPTY


@pytest.mark.parametrize("label", LINEAR)
def test_linear(world: Running, label: str) -> None:
    assert played(staged(world, Linear, "linear"), LINEAR, label) or label in MAY_BE_EMPTY


def test_no_url_points_elsewhere(world: Running) -> None:
    client = bybit.aimed(world.paper, "anybody", made=ccxt.pro.bybit)
    rest = [url for url in client.urls["api"].values() if isinstance(url, str)]
    sockets = [*client.urls["api"]["ws"]["public"].values(), client.urls["api"]["ws"]["private"]["contract"]]
    assert {urlsplit(url).netloc for url in rest + sockets} == {f"127.0.0.1:{world.paper.port}"}


def test_a_position_from_entry_to_exit(world: Running) -> None:
    client = staged(world, Linear, "linear").other
    client.create_order(PERP, "market", "buy", 0.1)
    world.paper.price("BTCUSDT", "31000")
    (held,) = client.fetch_positions([PERP])
    assert (held["side"], held["contracts"], held["entryPrice"]) == ("long", 0.1, 30000.1)
    assert held["unrealizedPnl"] == 99.99  # 0.1 × (31,000 − 30,000.1)
    client.create_order(PERP, "market", "sell", 0.1, None, {"reduceOnly": True})
    # 0.1 × (30,999.9 − 30,000.1) = 99.98, less 5.5 bps of 3,000.01 and of 3,099.99
    paid = Decimal("3000.01") * Decimal("0.00055") + Decimal("3099.99") * Decimal("0.00055")
    free = Decimal(str(client.fetch_balance()["USDT"]["free"]))
    assert abs(free - (Decimal("10099.98") - paid)) < Decimal("0.0001")


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda c: c.create_order(PERP, "limit", "buy", 9, 29000), ccxt.InsufficientFunds),
        (lambda c: c.create_order(PERP, "market", "sell", 0.01, None, {"reduceOnly": True}), ccxt.InvalidOrder),
        (lambda c: c.cancel_order("b7b17000-0000-4000-8000-00000000ffff", PERP), ccxt.OrderNotFound),
        (lambda c: c.fetch_order("b7b17000-0000-4000-8000-00000000ffff", PERP, KNOWN), ccxt.OrderNotFound),
        (lambda c: c.set_leverage(500, PERP), ccxt.BadRequest),
    ],
)
def test_a_refusal_arrives_as_its_class(world: Running, act: Any, error: type[Exception]) -> None:
    client = staged(world, Linear, "linear").other
    with pytest.raises(error):
        act(client)
    assert client.fetch_open_orders(PERP) == []


@pytest.mark.parametrize(
    ("spoil", "error"),
    [({"apiKey": "nobody"}, ccxt.AuthenticationError), ({"secret": "wrong"}, ccxt.AuthenticationError)],
)
def test_a_wrong_key_is_turned_away(world: Running, spoil: dict[str, str], error: type[Exception]) -> None:
    client = staged(world, Linear, "linear").other
    for name, value in spoil.items():
        setattr(client, name, value)
    with pytest.raises(error):
        client.fetch_balance()


def test_a_stale_clock_is_refused(world: Running) -> None:
    world.paper.control("clock", {"skew_ms": 60_000})
    try:
        with pytest.raises(ccxt.InvalidNonce):
            staged(world, Linear, "linear").other.fetch_balance()
    finally:
        world.paper.control("clock", {"skew_ms": 0})
