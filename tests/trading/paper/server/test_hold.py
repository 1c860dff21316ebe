"""A held replay: it stands still until it is told to go, then plays the chosen window from its first trade."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.paper import PaperExchange

SYMBOL = "SOLUSDT"


@pytest.fixture
def paper() -> Iterator[PaperExchange]:
    with PaperExchange("--replay", "--hold", "--speed", "300") as running:
        yield running


def seconds(paper: PaperExchange) -> list[list[Any]]:
    return paper.get("/api/v3/klines", symbol=SYMBOL, interval="1s", limit=1000).json()


def until_step(paper: PaperExchange, step: int) -> dict[str, Any]:
    while (state := paper.read("state"))["replayStep"] < step:
        continue
    return state


def test_it_stands_still_and_quotes(paper: PaperExchange) -> None:
    before = paper.read("state")
    book = paper.get("/api/v3/ticker/bookTicker", symbol=SYMBOL).json()
    first = seconds(paper)[-1]
    while seconds(paper)[-1][0] < first[0] + 2000:
        continue
    assert paper.read("state")["prices"] == before["prices"]
    assert paper.read("state")["replay"]["held"]
    assert Decimal(book["bidPrice"]) < Decimal(before["prices"][SYMBOL]) < Decimal(book["askPrice"])
    assert [row[8] for row in seconds(paper)[-2:]] == [0, 0]  # candles go on, without trades


def test_an_order_can_be_traded_while_it_stands(paper: PaperExchange) -> None:
    client = paper.ccxt()
    assert client.create_order("SOL/USDT", "market", "buy", "1")["status"] == "closed"


def test_the_start_is_told_once_and_the_past_reaches_up_to_it(paper: PaperExchange) -> None:
    price = paper.read("state")["prices"][SYMBOL]
    told = paper.control("start", {})
    assert paper.control("start", {}) == told
    assert (told["held"], told["startedMs"] > 0) == (False, True)
    state = until_step(paper, paper.read("state")["replayStep"] + 3)
    rows = {row[0]: row for row in seconds(paper)}
    last_of_past, first_of_window = rows[told["anchorMs"] - 1000], rows[told["anchorMs"]]
    assert last_of_past[4] == price  # no hole between the past and the start
    assert (last_of_past[8], first_of_window[8]) == (4, 4)
    assert state["prices"][SYMBOL] != price


def test_a_started_replay_goes_on_after_a_kill(paper: PaperExchange) -> None:
    told = paper.control("start", {})
    before = until_step(paper, paper.read("state")["replayStep"] + 3)
    paper.kill()
    paper.start()
    after = paper.read("state")
    assert after["replay"]["startedMs"] == told["startedMs"]
    assert not after["replay"]["held"]
    assert after["replayStep"] >= before["replayStep"]


def test_a_replay_that_was_never_started_is_held_again(paper: PaperExchange) -> None:
    before = paper.read("state")["prices"]
    paper.kill()
    paper.start()
    assert paper.read("state")["replay"]["held"]
    assert paper.read("state")["prices"] == before


def test_without_hold_a_start_changes_nothing() -> None:
    with PaperExchange() as manual:
        assert manual.control("start", {}) == {"held": False, "startedMs": 0, "anchorMs": 0, "stepMs": 0}
