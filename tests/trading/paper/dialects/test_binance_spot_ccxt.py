"""An unmodified ccxt client against the live process."""

from decimal import Decimal
from urllib.parse import urlsplit

import ccxt
import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

PAIR = "BTC/USDT"


def test_no_url_points_elsewhere(paper: PaperExchange) -> None:
    hosts = {urlsplit(url).netloc for url in paper.ccxt().urls["api"].values()}
    assert hosts == {f"127.0.0.1:{paper.port}"}


def test_markets_carry_their_limits(trader: Trader) -> None:
    market = trader.ccxt().load_markets()[PAIR]
    assert (market["active"], market["spot"], market["base"], market["quote"]) == (True, True, "BTC", "USDT")
    assert Decimal(market["precision"]["price"]) == Decimal("0.01")
    assert Decimal(market["precision"]["amount"]) == Decimal("0.00001")
    assert Decimal(market["limits"]["cost"]["min"]) == 5
    assert Decimal(market["limits"]["market"]["max"]) == Decimal("100.05381873")


def test_ticker_book_trades_and_candles_agree(trader: Trader) -> None:
    client = trader.ccxt()
    trader.paper.price("BTCUSDT", "61000")
    ticker, book = client.fetch_ticker(PAIR), client.fetch_order_book(PAIR, 5)
    assert Decimal(ticker["last"]) == 61000
    assert (ticker["bid"], ticker["ask"]) == ("60999.99000000", "61000.01000000")
    assert (Decimal(str(book["bids"][0][0])), Decimal(str(book["asks"][0][0]))) == (
        Decimal("60999.99"),
        Decimal("61000.01"),
    )
    assert Decimal(client.fetch_trades(PAIR)[-1]["price"]) == 61000
    assert Decimal(client.fetch_ohlcv(PAIR, "1m")[-1][4]) == 61000
    assert Decimal(client.fetch_last_prices([PAIR])[PAIR]["price"]) == 61000


@pytest.mark.parametrize("timeframe", ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "4h", "1d"])
def test_every_interval_is_served(trader: Trader, timeframe: str) -> None:
    assert trader.ccxt().fetch_ohlcv(PAIR, timeframe, limit=2)


def test_a_new_account_has_its_deposit(trader: Trader) -> None:
    assert trader.ccxt().fetch_balance()["USDT"] == {"free": "10000.00000000", "used": "0.00000000", "total": "10000"}


def test_a_limit_order_rests_locks_fills_and_pays_in_the_received_asset(trader: Trader) -> None:
    client = trader.ccxt()
    order = client.create_order(PAIR, "limit", "buy", "0.1", "59000", {"clientOrderId": "leg1"})
    assert (order["status"], order["clientOrderId"]) == ("open", "leg1")
    assert client.fetch_balance()["USDT"]["used"] == "5900.00000000"  # 0.1 × 59,000
    trader.paper.price("BTCUSDT", "58900")
    done = client.fetch_order(None, PAIR, {"clientOrderId": "leg1"})
    assert (done["status"], Decimal(done["filled"]), Decimal(done["average"])) == ("closed", Decimal("0.1"), 59000)
    trade = client.fetch_my_trades(PAIR)[0]
    assert (trade["order"], trade["takerOrMaker"], trade["fee"]["currency"]) == (order["id"], "maker", "BTC")
    balance = client.fetch_balance()
    assert Decimal(balance["BTC"]["free"]) == Decimal("0.1") - Decimal("0.0001")  # 10 bps of what was received
    assert Decimal(balance["USDT"]["total"]) == 4100


def test_a_market_sell_pays_its_fee_in_quote(trader: Trader) -> None:
    client = trader.ccxt()
    trader.paper.deposit({"BTC": "1"}, trader.name)
    order = client.create_order(PAIR, "market", "sell", "0.5")
    assert (order["status"], Decimal(order["average"])) == ("closed", Decimal("59999.99"))
    assert order["fee"]["currency"] == "USDT"
    assert Decimal(order["fee"]["cost"]) == Decimal("29.999995")
    # 10,000 + 0.5 × 59,999.99 − 29.999995 = 39,969.995005
    assert Decimal(client.fetch_balance()["USDT"]["free"]) == Decimal("39969.995005")


def test_a_market_buy_by_cost_spends_no_more(trader: Trader) -> None:
    order = trader.ccxt().create_market_buy_order_with_cost(PAIR, "100")
    assert order["status"] == "closed"
    assert Decimal("99.4") < Decimal(order["cost"]) <= 100  # a lot of 0.00001 BTC is worth 0.60


def test_cancelling_gives_the_funds_back(trader: Trader) -> None:
    client = trader.ccxt()
    order = client.create_order(PAIR, "limit", "buy", "0.01", "50000")
    assert client.cancel_order(order["id"], PAIR)["status"] == "canceled"
    assert client.fetch_balance()["USDT"]["used"] == "0.00000000"
    assert client.fetch_order(order["id"], PAIR)["status"] == "canceled"


def test_cancel_all_and_the_lists(trader: Trader) -> None:
    client = trader.ccxt()
    ids = [client.create_order(PAIR, "limit", "buy", "0.001", str(50_000 + n))["id"] for n in range(3)]
    assert [order["id"] for order in client.fetch_open_orders(PAIR)] == ids
    client.cancel_all_orders(PAIR)
    assert client.fetch_open_orders(PAIR) == []
    assert [order["status"] for order in client.fetch_orders(PAIR)] == ["canceled"] * 3


def test_the_client_id_finds_the_latest_order(trader: Trader) -> None:
    client = trader.ccxt()
    client.create_order(PAIR, "market", "buy", "0.001", None, {"clientOrderId": "again"})
    second = client.create_order(PAIR, "limit", "buy", "0.001", "50000", {"clientOrderId": "again"})
    assert client.fetch_order(None, PAIR, {"clientOrderId": "again"})["id"] == second["id"]


@pytest.mark.parametrize(
    ("params", "status"),
    [({"timeInForce": "IOC"}, "expired"), ({"timeInForce": "FOK"}, "expired"), ({"postOnly": True}, "open")],
)
def test_time_in_force_and_post_only(trader: Trader, params: dict, status: str) -> None:
    client = trader.ccxt()
    order = client.create_order(PAIR, "limit", "buy", "0.001", "59000", params)
    assert client.fetch_order(order["id"], PAIR)["status"] == status


def test_fees_and_status(trader: Trader) -> None:
    client = trader.ccxt()
    assert Decimal(client.fetch_trading_fee(PAIR)["maker"]) == Decimal("0.001")
    assert PAIR in client.fetch_trading_fees()
    assert client.fetch_status()["status"] == "ok"
    assert abs(client.fetch_time() - client.milliseconds()) < 2_000


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((PAIR, "limit", "buy", "1", "50000"), ccxt.InsufficientFunds),
        ((PAIR, "limit", "buy", "0.001", "300000.01"), ccxt.InvalidOrder),
        ((PAIR, "limit", "buy", "0.00001", "50000"), ccxt.BadRequest),
        ((PAIR, "limit", "buy", "0.001", "60010", {"postOnly": True}), ccxt.OrderImmediatelyFillable),
        ((PAIR, "limit", "sell", "0.001", "50000", {"stopLossPrice": "61000"}), ccxt.OrderImmediatelyFillable),
    ],
)
def test_refusals_arrive_as_the_right_class(trader: Trader, arguments: tuple, error: type) -> None:
    with pytest.raises(error):
        trader.ccxt().create_order(*arguments)


def test_a_duplicate_open_id_is_an_invalid_order(trader: Trader) -> None:
    client = trader.ccxt()
    client.create_order(PAIR, "limit", "buy", "0.001", "50000", {"clientOrderId": "twin"})
    with pytest.raises(ccxt.InvalidOrder, match="Duplicate"):
        client.create_order(PAIR, "limit", "buy", "0.001", "50000", {"clientOrderId": "twin"})


def test_unknown_orders_and_wrong_keys(trader: Trader) -> None:
    client = trader.ccxt()
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order("999999", PAIR)
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order("999999", PAIR)
    with pytest.raises(ccxt.AuthenticationError):
        trader.paper.ccxt(key=trader.name, secret="wrong").fetch_balance()
    with pytest.raises(ccxt.AuthenticationError):
        trader.paper.ccxt(key="stranger", secret="wrong").fetch_balance()


def test_a_test_order_is_checked_and_not_placed(trader: Trader) -> None:
    client = trader.ccxt()
    client.create_order(PAIR, "limit", "buy", "0.001", "50000", {"test": True})
    assert client.fetch_orders(PAIR) == []
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order(PAIR, "limit", "buy", "1", "50000", {"test": True})
