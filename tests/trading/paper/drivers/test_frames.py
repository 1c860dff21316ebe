"""The recorded market, live: books and streams of both sides fit together, lap after lap; orders trade with it."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.dialects.test_binance_sockets import hear, socket
from tests.trading.paper.drivers.waiting import until
from trading.paper.market.frame_book import FrameBook, follow
from trading.paper.market.frames import parse

PAIR = "BTC/USDT"
SIDES = {
    "spot": ("/ws/btcusdt@depth@100ms", "/api/v3/depth"),
    "usdm": ("/fut/ws/btcusdt@depth@100ms", "/fapi/v1/depth"),
}


@pytest.fixture(scope="module")
def paper() -> Iterator[PaperExchange]:
    with PaperExchange("--market", "frames", "--speed", "20") as running:
        yield running


def told(content: Any) -> Any:
    """What a stream or a snapshot says, as a recording would keep it."""
    wrapped = content if "lastUpdateId" in content else {"stream": "x@depth", "data": content}
    return parse(f"1 {json.dumps(wrapped)}")


def lap(paper: PaperExchange) -> int:
    return int(paper.read("state")["market"]["note"].split()[1])


@pytest.mark.parametrize("side", SIDES)
def test_our_own_streams_have_no_gap_and_end_at_our_own_book(paper: PaperExchange, side: str) -> None:
    stream, rest = SIDES[side]
    paper.control("pause", {"on": False})
    with socket(paper, stream) as opened:
        heard = [hear(opened)]
        heard.append(paper.get(rest, symbol="BTCUSDT", limit=1000).json())
        first = lap(paper)
        until(lambda: lap(paper) >= first + 2)
        paper.control("pause", {"on": True})
        final = paper.get(rest, symbol="BTCUSDT", limit=1000).json()
        while heard[-1].get("u", 0) < final["lastUpdateId"]:
            heard.append(hear(opened))
    book = FrameBook()
    list(follow(book, map(told, heard)))
    whole = told(final)
    assert book.last_id == whole.last_id
    assert [(one.price, one.qty) for one in list(book.ladder.bids.walk())[:500]] == whole.bids[:500]
    assert [(one.price, one.qty) for one in list(book.ladder.asks.walk())[:500]] == whole.asks[:500]


def test_orders_take_the_recorded_levels_and_leave_them(paper: PaperExchange) -> None:
    paper.control("pause", {"on": True})
    client = paper.ccxt()
    book = client.fetch_order_book(PAIR)
    best, next_best = book["asks"][:2]
    paper.deposit({"USDT": "10000000"})
    amount = Decimal(str(best[1])) + Decimal(str(next_best[1]))
    order = client.create_order(PAIR, "market", "buy", str(amount))
    fills = [(Decimal(one["price"]), Decimal(one["amount"])) for one in order["trades"]]
    assert fills == [(Decimal(str(price)), Decimal(str(qty))) for price, qty, *_ in (best, next_best)]
    assert client.fetch_order_book(PAIR)["asks"] == book["asks"]


def test_resting_orders_fill_when_the_recording_reaches_them(paper: PaperExchange) -> None:
    paper.control("pause", {"on": True})
    paper.deposit({"BTC": "5"})
    client = paper.ccxt()
    ask = client.fetch_order_book(PAIR)["asks"][0][0]
    placed = client.create_order(PAIR, "limit", "sell", "0.001", ask, {"postOnly": True})
    paper.control("pause", {"on": False})
    filled = until(lambda: client.fetch_order(placed["id"], PAIR)["status"] == "closed")
    assert filled
    fill = next(one for one in paper.ledger()["fills"] if str(one["orderId"]) == placed["id"])
    assert (fill["maker"], Decimal(fill["price"])) == (True, Decimal(str(ask)))


def test_what_is_not_recorded_does_not_trade(paper: PaperExchange) -> None:
    status = {one["symbol"]: one["status"] for one in paper.get("/api/v3/exchangeInfo").json()["symbols"]}
    assert (status["BTCUSDT"], status["ETHUSDT"]) == ("TRADING", "BREAK")


def test_a_broken_recording_stops_the_start(tmp_path: Any) -> None:
    broken = tmp_path / "broken.txt"
    broken.write_text("1 {}\n")
    with (
        pytest.raises(Exception, match=r"broken\.txt, line 1"),
        PaperExchange("--market", "frames", "--frames", str(broken)),
    ):
        pass
