"""The futures side after kill -9: wallets, positions, orders, conditional orders and settings are all still there."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.paper import PaperExchange
from trading.paper.server.futures import FUNDING_MS
from trading.paper.server.options import parse
from trading.paper.server.run import build

PERP = "BTC/USDT:USDT"
STOPS = {"trigger": True}


@pytest.fixture
def paper() -> Iterator[PaperExchange]:
    with PaperExchange() as running:
        running.price("BTCUSDT", "60000")
        yield running


def test_everything_goes_on_after_a_kill(paper: PaperExchange) -> None:
    client = paper.ccxt_usdm()
    client.set_leverage(10, PERP)
    client.set_margin_mode("isolated", PERP)
    client.create_order(PERP, "market", "buy", "0.1")
    client.create_order(PERP, "limit", "buy", "0.1", "59000", {"clientOrderId": "resting"})
    client.create_order(PERP, "market", "sell", "0.1", None, {"stopLossPrice": "57000", "reduceOnly": True})
    client.create_order(PERP, "market", "sell", "0.1", None, {"trailingPercent": "1", "reduceOnly": True})
    paper.price("BTCUSDT", "60400")
    paper.funding()
    before = paper.futures()
    paper.kill()
    paper.start()
    assert paper.futures() == before
    assert client.fetch_leverage(PERP)["longLeverage"] == 10
    paper.price("BTCUSDT", "59796")  # 1 % below 60,400, which the trailing stop has not forgotten
    assert client.fetch_positions([PERP]) == []
    later = client.create_order(PERP, "limit", "buy", "0.1", "58000")
    assert int(later["id"]) > max(order["orderId"] for order in before["orders"])


def test_a_torn_line_takes_neither_an_order_nor_half_of_it(paper: PaperExchange) -> None:
    client = paper.ccxt_usdm()
    client.create_order(PERP, "market", "buy", "0.1")
    before = paper.futures()
    paper.kill()
    with (paper.data / "ledger.jsonl").open("ab") as file:
        file.write(b'[["UA",1795219684467,"test","BTCUSDT",2,"x","BUY","MARKET"')
    paper.start()
    assert paper.futures() == before


def test_the_price_and_the_trade_ids_are_remembered(paper: PaperExchange) -> None:
    client = paper.ccxt_usdm()
    client.create_order(PERP, "market", "buy", "0.1")
    first = client.fetch_my_trades(PERP)[-1]["id"]
    paper.kill()
    paper.start()
    assert Decimal(client.fetch_ticker(PERP)["last"]) == 60000
    client.create_order(PERP, "market", "buy", "0.1")
    assert int(client.fetch_my_trades(PERP)[-1]["id"]) > int(first)


def test_funding_is_settled_once_every_eight_hours(tmp_path: Path) -> None:
    exchange = build(parse(["--manual", "--data", str(tmp_path)]))
    futures = exchange.futures
    exchange.set_price("BTCUSDT", 60_000 * 10**8, qty=None)
    futures.set_price("BTCUSDT", 60_000 * 10**8, qty=None)
    start = exchange.now_ms() // FUNDING_MS * FUNDING_MS
    seen = []
    for minutes in (0, 479, 480, 481, 959, 960, 2000):  # past the boundaries at 480, 960, and 1440 and 1920 at once
        futures._now_ms = lambda minutes=minutes: start + minutes * 60_000
        futures.fund_if_due()
        seen.append(len(futures.perps.fundings))
    exchange.journal.close()
    assert seen == [0, 0, 1, 1, 1, 2, 3]
