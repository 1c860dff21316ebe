"""Reset and top-up: an account begins anew on every side, its books still add up, and a restart keeps it so."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.paper import PaperExchange

PAIR, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
FIRST = {"USDT": {"free": "10000.00000000", "locked": "0.00000000"}}


@pytest.fixture(scope="module")
def own() -> Iterator[PaperExchange]:
    with PaperExchange() as running:
        running.price("BTCUSDT", "60000")
        yield running


def trade(paper: PaperExchange) -> None:
    """Leave orders, a list, a stop, coins and two positions behind."""
    spot, usdm = paper.ccxt(), paper.ccxt_usdm()
    spot.create_order(PAIR, "market", "buy", "0.01")
    spot.create_order(PAIR, "limit", "buy", "0.01", "50000")
    spot.create_order(PAIR, "limit", "sell", "0.001", "59000", {"stopLossPrice": "59500"})
    usdm.create_order(PERPETUAL, "market", "buy", "0.01")
    usdm.create_order(PERPETUAL, "limit", "sell", "0.01", "61000", {"reduceOnly": True})
    usdm.create_order(PERPETUAL, "market", "sell", "0.01", None, {"stopLossPrice": 55000})


def open_now(books: Any) -> list[str]:
    rows = books["orders"] + books.get("algoOrders", [])
    return [row["status"] for row in rows if row["status"] in ("NEW", "PARTIALLY_FILLED")]


def balances(books: Any) -> Any:
    return {asset: one for asset, one in books["balances"].items() if set(one.values()) != {"0.00000000"}}


def test_an_account_begins_anew_and_stays_so(own: PaperExchange) -> None:
    trade(own)
    own.price("BTCUSDT", "60400")
    own.control("reset", {"account": "test"})
    for _ in range(2):
        spot, usdm = own.ledger(), own.futures()
        assert balances(spot) == FIRST
        assert open_now(spot) == []
        assert (usdm["wallet"], usdm["positions"], open_now(usdm)) == ("10000.00000000", [], [])
        own.kill()
        own.start()
    assert sum(Decimal(one["amount"]) for one in own.futures()["incomes"]) == Decimal(10_000)
    deposited = sum(Decimal(one["amount"]) for one in own.ledger()["deposits"] if one["asset"] == "BTC")
    bought = [one for one in own.ledger()["fills"] if one["side"] == "BUY"]
    assert deposited + sum(Decimal(one["qty"]) - Decimal(one["fee"]) for one in bought) == 0


def test_others_keep_theirs_and_nobody_is_invented(own: PaperExchange) -> None:
    own.add_key("other", "other", "other")
    own.deposit({"BTC": "1"}, "other")
    own.control("reset", {"account": "test"})
    assert own.ledger("other")["balances"]["BTC"]["free"] == "1.00000000"
    with pytest.raises(AssertionError, match="no account nobody"):
        own.control("reset", {"account": "nobody"})


def test_a_top_up_comes_on_top(own: PaperExchange) -> None:
    own.control("reset", {"account": "test"})
    own.deposit({"USDT": "5"})
    own.deposit({"USDT": "7"}, market="usdm")
    assert own.ledger()["balances"]["USDT"]["free"] == "10005.00000000"
    assert own.futures()["wallet"] == "10007.00000000"
