"""The levers: faults, deposits, depth, prices, and who may turn them."""

from decimal import Decimal

import ccxt
import httpx
import pytest

from tests.support import plain_http
from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

ORDER = "/api/v3/order"
PAIR = "BTC/USDT"


def impatient(trader: Trader) -> ccxt.binance:
    client = trader.ccxt()
    client.load_markets()
    client.timeout = 400
    return client


def send(client: ccxt.binance) -> object:
    return client.create_order(PAIR, "limit", "buy", "0.001", "50000", {"clientOrderId": "lost"})


@pytest.mark.parametrize(
    ("action", "error", "accepted"),
    [
        ("timeout_after_accept", ccxt.RequestTimeout, ["lost"]),
        ("timeout_before_accept", ccxt.RequestTimeout, []),
        ("http_503_after_accept", ccxt.ExchangeNotAvailable, ["lost"]),
        ("http_503_before_accept", ccxt.ExchangeNotAvailable, []),
    ],
)
def test_a_fault_hits_once_and_the_ledger_tells_the_truth(
    trader: Trader, action: str, error: type, accepted: list[str]
) -> None:
    client = impatient(trader)
    trader.paper.fault(action, method="POST", path=ORDER)
    with pytest.raises(error):
        send(client)
    assert [order["clientOrderId"] for order in trader.ledger().get("orders", [])] == accepted
    assert client.fetch_ticker(PAIR)  # other requests, and the next ones, are unharmed
    client.create_order(PAIR, "limit", "buy", "0.001", "50000", {"clientOrderId": "next"})


def test_garbage_looks_like_an_order_without_an_id(trader: Trader) -> None:
    trader.paper.fault("garbage_after_accept", method="POST", path=ORDER)
    assert send(trader.ccxt())["id"] is None  # ccxt raises nothing: whoever reads this must call it unknown
    assert [order["clientOrderId"] for order in trader.ledger()["orders"]] == ["lost"]


def test_a_delay_answers_all_the_same(trader: Trader) -> None:
    trader.paper.fault("delay_ms", method="POST", path=ORDER, ms=50, times=2)
    client = trader.ccxt()
    assert send(client)["status"] == "open"


def test_faults_can_be_called_off(trader: Trader) -> None:
    trader.paper.fault("http_503_before_accept", times=100)
    trader.paper.faults([])
    assert trader.ccxt().fetch_time()


def test_a_rule_must_be_known(trader: Trader) -> None:
    with pytest.raises(AssertionError, match="timeout_after_accept"):
        trader.paper.fault("explode")


def test_a_deposit_is_free_at_once_and_recorded(trader: Trader) -> None:
    trader.paper.deposit({"BTC": "0.5"}, trader.name)
    assert trader.ledger()["balances"]["BTC"] == {"free": "0.50000000", "locked": "0.00000000"}
    deposits = [(one["asset"], one["amount"]) for one in trader.ledger()["deposits"]]
    assert deposits == [("USDT", "10000.00000000"), ("BTC", "0.50000000")]


def test_the_ledger_of_one_account_names_no_other(trader: Trader) -> None:
    for name in (trader.name, "somebody-else"):
        trader.paper.deposit({"USDT": "1"}, name)
    whole, own = trader.paper.read("ledger"), trader.paper.read("ledger", account=trader.name)
    assert {trader.name, "somebody-else"} <= whole["accounts"].keys()
    assert own["accounts"] == {trader.name: whole["accounts"][trader.name]}
    assert own["usdm"]["accounts"].keys() <= {trader.name}
    assert trader.paper.read("ledger", account="nobody")["accounts"] == {}
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        trader.paper.read("ledger", acount=trader.name)


def test_several_prices_in_one_request_come_one_after_the_other(trader: Trader) -> None:
    trader.paper.price("ETHUSDT", "3000")
    client = trader.ccxt()
    placed = client.create_order("ETH/USDT", "limit", "buy", "0.1", "2990")
    trader.paper.prices([("ETHUSDT", "2980"), ("ETHUSDT", "3000")])
    assert client.fetch_order(placed["id"], "ETH/USDT")["status"] == "closed"
    assert trader.paper.read("state")["prices"]["ETHUSDT"] == "3000.00000000"


def test_depth_shapes_what_a_market_order_pays(trader: Trader) -> None:
    trader.paper.price("ETHUSDT", "3000")
    trader.paper.depth("ETHUSDT", spread_ticks=100, levels=2, step_bps=100, level_notional="3000.5")
    fills = trader.order(symbol="ETHUSDT", side="BUY", type="MARKET", quantity="1.5").json()["fills"]
    # half the spread is 0.50; the next level lies 1 % of 3,000 = 30 above
    assert [(fill["price"], fill["qty"]) for fill in fills] == [
        ("3000.50000000", "1.00000000"),
        ("3030.50000000", "0.50000000"),
    ]


def test_a_price_with_a_quantity_fills_in_part(trader: Trader) -> None:
    client = trader.ccxt()
    order = client.create_order(PAIR, "limit", "buy", "0.01", "55000")
    trader.paper.price("BTCUSDT", "54000", qty="0.004")
    found = client.fetch_order(order["id"], PAIR)
    assert (found["status"], Decimal(found["filled"])) == ("open", Decimal("0.004"))


@pytest.mark.parametrize(
    "body",
    [
        {"symbol": "NOPE", "price": "1"},
        {"symbol": "BTCUSDT", "price": "1.001"},
        {"symbol": "BTCUSDT", "price": "x"},
        {},
    ],
)
def test_a_bad_price_is_refused(paper: PaperExchange, body: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="error"):
        paper.control("price", body)


def test_the_token_guards_the_levers() -> None:
    with PaperExchange("--manual", "--control-token", "open-sesame") as paper:
        assert plain_http.get(f"{paper.url}/_control/state").status_code == 403
        wrong = plain_http.get(f"{paper.url}/_control/state", headers={"X-Control-Token": "sesame"})
        right = plain_http.get(f"{paper.url}/_control/state", headers={"X-Control-Token": "open-sesame"})
    assert (wrong.status_code, right.status_code) == (403, 200)


def test_a_key_added_later_is_noticed(paper: PaperExchange) -> None:
    assert paper.signed("GET", "/api/v3/account", key="late", secret="late").status_code == 401
    paper.add_key("late", "late", "latecomer")
    assert paper.signed("GET", "/api/v3/account", key="late", secret="late").status_code == 200
