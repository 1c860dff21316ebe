"""Every recorded futures request: ccxt still sends it, the exchange answers it, ccxt understands the answer."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.contract import recorded
from tests.trading.paper.contract.stage import Calls, Stage, buy, nothing, played, sell, two_buys

CONTRACT = recorded("binanceusdm_rest")
PERP = "BTC/USDT:USDT"

NOT_UNDERSTOOD = {"fetch_trading_limits?"}
# A probe of the recording that is not a call of its own.

_ids = count(1)


class World(Stage):
    """USD-M futures; a fresh account each."""

    symbol, amount, low = PERP, "0.002", "29000"

    def __init__(self, paper: PaperExchange) -> None:
        name = f"trader{next(_ids)}"
        paper.add_key(name, f"{name}-secret", name)
        paper.price("BTCUSDT", "30000")
        self.paper = paper
        client, other = (paper.ccxt_usdm(key=name, secret=f"{name}-secret") for _ in range(2))
        client.options |= {"fetchCurrencies": True, "fetchMargins": True}
        super().__init__(client, other)

    def isolated(self) -> None:
        """An isolated position."""
        self.other.set_margin_mode("isolated", PERP)
        self.traded()

    def funded(self) -> None:
        """A position that has paid funding."""
        self.traded()
        self.paper.funding()


@pytest.fixture(scope="module")
def paper() -> Iterator[PaperExchange]:
    with PaperExchange() as running:
        yield running


def without_warning(client: Any, _: Any) -> Any:
    client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    return client.fetch_open_orders()


def as_stranger(client: Any, _: Any) -> Any:
    client.apiKey = ""
    return client.load_markets(True)


TWO = two_buys(World)
TRIGGER = {"trigger": True}
CLOSING = {"stopLossPrice": 25000, "closePosition": True}

CALLS: Calls = {
    "load_markets (with keys)": (nothing, lambda c, _: c.load_markets(True)),
    "load_markets (no keys)": (nothing, as_stranger),
    "fetch_time": (nothing, lambda c, _: c.fetch_time()),
    "fetch_status": (nothing, lambda c, _: c.fetch_status()),
    "fetch_ticker": (nothing, lambda c, _: c.fetch_ticker(PERP)),
    "fetch_tickers([2])": (nothing, lambda c, _: c.fetch_tickers([PERP, "ETH/USDT:USDT"])),
    "fetch_tickers()": (nothing, lambda c, _: c.fetch_tickers()),
    "fetch_bids_asks([2])": (nothing, lambda c, _: c.fetch_bids_asks([PERP, "ETH/USDT:USDT"])),
    "fetch_last_prices": (nothing, lambda c, _: c.fetch_last_prices()),
    "fetch_order_book": (nothing, lambda c, _: c.fetch_order_book(PERP, 100)),
    "fetch_ohlcv": (nothing, lambda c, _: c.fetch_ohlcv(PERP, "1m", 1700000000000)),
    "fetch_trades": (nothing, lambda c, _: c.fetch_trades(PERP, None, 100)),
    "fetch_trades since": (nothing, lambda c, _: c.fetch_trades(PERP, 1700000000000)),
    "fetch_balance": (nothing, lambda c, _: c.fetch_balance()),
    "create_order limit": (nothing, buy(World, "limit")),
    "create_order limit clientOrderId": (nothing, buy(World, "limit", clientOrderId="my-1")),
    "create_order market": (nothing, buy(World, "market")),
    "create_order postOnly": (nothing, buy(World, "limit", postOnly=True)),
    "create_order IOC": (nothing, buy(World, "limit", timeInForce="IOC")),
    "create_order stopLossPrice market": (nothing, sell(World, "market", stopLossPrice=25000)),
    "create_order stopLossPrice limit": (nothing, sell(World, "limit", stopLossPrice=25000)),
    "create_order takeProfitPrice market": (nothing, sell(World, "market", takeProfitPrice=40000)),
    "create_order triggerPrice limit": (nothing, sell(World, "limit", triggerPrice=25000)),
    "create_order trailingPercent": (nothing, sell(World, "market", trailingPercent="1.0", trailingTriggerPrice=31000)),
    "create_order reduceOnly": (World.traded, sell(World, "market", reduceOnly=True)),
    "create_order closePosition SL": (World.traded, sell(World, "market", **CLOSING)),
    "create_order hedged": (World.hedged, buy(World, "limit", hedged=True)),
    "create_order test": (nothing, buy(World, "limit", test=True)),
    "create_orders x2": (nothing, lambda c, _: c.create_orders(TWO)),
    "edit_order": (World.order, lambda c, id_: c.edit_order(id_, PERP, "limit", "buy", "0.003", "28000")),
    "cancel_order id": (World.order, lambda c, id_: c.cancel_order(id_, PERP)),
    "cancel_order clientOrderId": (World.named, lambda c, n: c.cancel_order("", PERP, {"clientOrderId": n})),
    "cancel_order trigger": (World.stop, lambda c, id_: c.cancel_order(id_, PERP, TRIGGER)),
    "cancel_orders": (World.two, lambda c, ids: c.cancel_orders(ids, PERP)),
    "cancel_all_orders": (World.order, lambda c, _: c.cancel_all_orders(PERP)),
    "cancel_all_orders trigger": (World.stop, lambda c, _: c.cancel_all_orders(PERP, TRIGGER)),
    "fetch_order id": (World.order, lambda c, id_: c.fetch_order(id_, PERP)),
    "fetch_order clientOrderId": (World.named, lambda c, n: c.fetch_order("", PERP, {"clientOrderId": n})),
    "fetch_order trigger": (World.stop, lambda c, id_: c.fetch_order(id_, PERP, TRIGGER)),
    "fetch_open_order": (World.order, lambda c, id_: c.fetch_open_order(id_, PERP)),
    "fetch_open_orders symbol": (World.order, lambda c, _: c.fetch_open_orders(PERP)),
    "fetch_open_orders all (nowarn)": (World.order, without_warning),
    "fetch_open_orders trigger": (World.stop, lambda c, _: c.fetch_open_orders(PERP, params=TRIGGER)),
    "fetch_orders": (World.order, lambda c, _: c.fetch_orders(PERP, None, 10)),
    "fetch_closed_orders": (World.traded, lambda c, _: c.fetch_closed_orders(PERP)),
    "fetch_my_trades": (World.traded, lambda c, _: c.fetch_my_trades(PERP, None, 10)),
    "fetch_my_trades orderId": (World.traded, lambda c, id_: c.fetch_my_trades(PERP, params={"orderId": id_})),
    "fetch_trading_fee": (nothing, lambda c, _: c.fetch_trading_fee(PERP)),
    "fetch_trading_fees": (nothing, lambda c, _: c.fetch_trading_fees()),
    "fetch_currencies": (nothing, lambda c, _: c.fetch_currencies()),
    "fetch_positions": (World.traded, lambda c, _: c.fetch_positions()),
    "fetch_positions [S]": (World.traded, lambda c, _: c.fetch_positions([PERP])),
    "fetch_account_positions": (World.traded, lambda c, _: c.fetch_account_positions()),
    "set_leverage": (nothing, lambda c, _: c.set_leverage(10, PERP)),
    "fetch_leverage": (nothing, lambda c, _: c.fetch_leverage(PERP)),
    "fetch_leverages": (nothing, lambda c, _: c.fetch_leverages([PERP])),
    "fetch_leverage_tiers": (nothing, lambda c, _: c.fetch_leverage_tiers()),
    "set_margin_mode": (nothing, lambda c, _: c.set_margin_mode("isolated", PERP)),
    "fetch_margin_mode": (nothing, lambda c, _: c.fetch_margin_mode(PERP)),
    "set_position_mode": (nothing, lambda c, _: c.set_position_mode(True)),
    "fetch_position_mode": (nothing, lambda c, _: c.fetch_position_mode()),
    "fetch_funding_rate": (nothing, lambda c, _: c.fetch_funding_rate(PERP)),
    "fetch_funding_rates": (nothing, lambda c, _: c.fetch_funding_rates()),
    "fetch_funding_rate_history": (World.funded, lambda c, _: c.fetch_funding_rate_history(PERP, None, 5)),
    "fetch_funding_history": (World.funded, lambda c, _: c.fetch_funding_history(PERP)),
    "fetch_mark_price": (nothing, lambda c, _: c.fetch_mark_price(PERP)),
    "fetch_open_interest": (World.traded, lambda c, _: c.fetch_open_interest(PERP)),
    "add_margin": (World.isolated, lambda c, _: c.add_margin(PERP, 10)),
    "fetch_ohlcv mark": (nothing, lambda c, _: c.fetch_ohlcv(PERP, "1m", None, 5, {"price": "mark"})),
}
# Calls that the venue refuses where nothing is there get something first.


def test_the_table_is_the_recording() -> None:
    extra = {"fetch_trading_fees", "fetch_margin_mode"}  # the recorder's answers were too thin for these two
    assert set(CALLS) - extra == set(CONTRACT) - NOT_UNDERSTOOD


@pytest.mark.parametrize("label", CALLS)
def test_the_recorded_call_is_answered_and_understood(paper: PaperExchange, label: str) -> None:
    played(World(paper), CALLS, label, CONTRACT)
