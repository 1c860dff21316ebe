"""kill -9 at any moment: everything that was answered is still there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest

from tests.support.paper import PaperExchange

RESTING = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.001",
    "price": "50000",
}
TAKING = RESTING | {"price": "60000.01"}


@pytest.fixture
def paper() -> Iterator[PaperExchange]:
    with PaperExchange(deposit="USDT=1000000") as running:
        running.price("BTCUSDT", "60000")
        yield running


def orders(paper: PaperExchange) -> dict[int, dict[str, Any]]:
    return {order["orderId"]: order for order in paper.ledger()["orders"]}


def place_until_dead(paper: PaperExchange, worker: int) -> list[dict[str, Any]]:
    answered: list[dict[str, Any]] = []
    for number in count():
        wanted = [TAKING, RESTING][number % 2] | {"newClientOrderId": f"w{worker}-{number}"}
        try:
            answered.append(paper.signed("POST", "/api/v3/order", wanted).json())
        except httpx.TransportError:
            return answered
    raise AssertionError("unreachable")


def test_what_was_answered_survives_a_kill_under_load(paper: PaperExchange) -> None:
    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(place_until_dead, paper, number) for number in range(4)]
        while len(paper.ledger().get("orders", [])) < 50:
            continue
        paper.kill()
        answered = [reply for worker in workers for reply in worker.result() if "orderId" in reply]
    paper.start()
    kept = orders(paper)
    assert len(answered) >= 40
    for reply in answered:
        order = kept[reply["orderId"]]
        assert (order["clientOrderId"], order["status"]) == (reply["clientOrderId"], reply["status"])
        assert order["filled"] == reply["executedQty"]


def test_balances_ids_and_open_orders_go_on_after_a_kill(paper: PaperExchange) -> None:
    resting = paper.signed("POST", "/api/v3/order", RESTING).json()
    taken = paper.signed("POST", "/api/v3/order", TAKING).json()
    before = paper.ledger()
    paper.kill()
    paper.start()
    assert paper.ledger() == before
    third = paper.signed("POST", "/api/v3/order", TAKING).json()
    assert third["orderId"] > taken["orderId"] > resting["orderId"]
    assert third["fills"][0]["tradeId"] > taken["fills"][0]["tradeId"]
    paper.price("BTCUSDT", "49000")
    assert orders(paper)[resting["orderId"]]["status"] == "FILLED"


def test_the_price_is_remembered(paper: PaperExchange) -> None:
    paper.kill()
    paper.start()
    assert Decimal(paper.get("/api/v3/ticker/price", symbol="BTCUSDT").json()["price"]) == 60000


def test_a_torn_last_line_costs_only_itself(paper: PaperExchange) -> None:
    kept = paper.signed("POST", "/api/v3/order", RESTING).json()
    paper.kill()
    with (paper.data / "ledger.jsonl").open("ab") as file:
        file.write(b'[["A",1795219684467,"test","BTC')
    paper.start()
    assert list(orders(paper)) == [kept["orderId"]]
    assert paper.signed("POST", "/api/v3/order", RESTING).status_code == 200
    assert "torn" in paper.log()


def test_two_exchanges_cannot_share_a_folder(paper: PaperExchange) -> None:
    other = PaperExchange()
    other.data = paper.data
    with pytest.raises(RuntimeError, match="DataFolderBusy"):
        other.start()


def test_secrets_are_never_logged(paper: PaperExchange) -> None:
    paper.signed("POST", "/api/v3/order", RESTING)
    paper.signed("GET", "/api/v3/account", {"secret": paper.secret})
    paper.stop()
    assert paper.secret not in paper.log()
    paper.start()
