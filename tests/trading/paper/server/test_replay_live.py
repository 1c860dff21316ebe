"""The replay in a live process: history from the first second, moving prices, and a restart that goes on."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.support.paper import PaperExchange

SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


@pytest.fixture(scope="module")
def paper() -> Iterator[PaperExchange]:
    with PaperExchange("--replay", "--speed", "600", "--seed", "3") as running:
        yield running


def candles(paper: PaperExchange, symbol: str, interval: str) -> list[list]:
    return paper.get("/api/v3/klines", symbol=symbol, interval=interval, limit=1000).json()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_there_is_history_at_once_without_holes(paper: PaperExchange, symbol: str) -> None:
    minutes = candles(paper, symbol, "1m")
    starts = [row[0] for row in minutes]
    assert len(starts) > 100
    assert starts == list(range(starts[0], starts[-1] + 60_000, 60_000))
    assert all(
        Decimal(row[3])
        <= min(Decimal(row[1]), Decimal(row[4]))
        <= max(Decimal(row[1]), Decimal(row[4]))
        <= Decimal(row[2])
        for row in minutes
    )


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_longer_candles_are_made_of_shorter_ones(paper: PaperExchange, symbol: str) -> None:
    minutes = {row[0]: row for row in candles(paper, symbol, "1m")}
    for row in candles(paper, symbol, "5m")[1:-1]:
        parts = [minutes[row[0] + 60_000 * number] for number in range(5)]
        assert (row[1], row[4]) == (parts[0][1], parts[-1][4])
        assert Decimal(row[2]) == max(Decimal(part[2]) for part in parts)
        assert Decimal(row[3]) == min(Decimal(part[3]) for part in parts)
        assert Decimal(row[5]) == sum(Decimal(part[5]) for part in parts)


def test_other_markets_are_closed(paper: PaperExchange) -> None:
    rows = paper.get("/api/v3/exchangeInfo").json()["symbols"]
    assert {row["symbol"] for row in rows if row["status"] == "TRADING"} == set(SYMBOLS)
    order = {"symbol": "LTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    assert paper.signed("POST", "/api/v3/order", order).json()["msg"] == "Market is closed."


def test_an_order_at_the_last_price_fills(paper: PaperExchange) -> None:
    client = paper.ccxt()
    price = client.fetch_ticker("SOL/USDT")["last"]
    order = client.create_order("SOL/USDT", "limit", "buy", "1", price)
    while client.fetch_order(order["id"], "SOL/USDT")["status"] == "open":
        continue
    assert Decimal(client.fetch_order(order["id"], "SOL/USDT")["average"]) <= Decimal(price)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_perpetuals_follow_spot_on_their_own_ticks(paper: PaperExchange, symbol: str) -> None:
    minutes = paper.get("/fapi/v1/klines", symbol=symbol, interval="1m", limit=1000).json()
    spot = {row[0]: row for row in candles(paper, symbol, "1m")}
    tick = Decimal("0.1") if symbol == "BTCUSDT" else Decimal("0.01")
    assert len(minutes) > 100
    for row in minutes[:-1]:
        assert [Decimal(price) for price in row[1:5]] == [Decimal(price) // tick * tick for price in spot[row[0]][1:5]]


def test_prices_move_and_a_restart_goes_on_where_it_was(paper: PaperExchange) -> None:
    first = paper.read("state")
    while paper.read("state")["replayStep"] < first["replayStep"] + 3:
        continue
    before = paper.read("state")
    assert before["prices"] != first["prices"]
    paper.kill()
    paper.start()
    after = paper.read("state")
    assert before["replayStep"] <= after["replayStep"] <= before["replayStep"] + 10
    for symbol in SYMBOLS:
        assert abs(Decimal(after["prices"][symbol]) / Decimal(before["prices"][symbol]) - 1) < Decimal("0.06")
