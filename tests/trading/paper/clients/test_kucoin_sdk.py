"""KuCoin's universal SDK on its futures: place, query, cancel and stream."""

import warnings
from collections.abc import Iterator
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from tests.trading.paper.clients.venues import Running
from tests.trading.paper.kucoin import PASSPHRASE

with warnings.catch_warnings():  # its models are older than the library they are made with
    warnings.simplefilter("ignore")
    from kucoin_universal_sdk.api import DefaultClient
    from kucoin_universal_sdk.generate.account.account import GetFuturesAccountReqBuilder
    from kucoin_universal_sdk.generate.futures import market, order, positions
    from kucoin_universal_sdk.generate.futures.order import AddOrderReq
    from kucoin_universal_sdk.model import ClientOptionBuilder, TransportOptionBuilder, WebSocketClientOptionBuilder
    from kucoin_universal_sdk.model.common import RestError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PATIENCE_SECS = 60
SYMBOL = "XBTUSDTM"


def connected(still: Running, key: str, secret: str = "") -> DefaultClient:
    """A client whose every address is the paper exchange."""
    url = still.kucoin.url
    options = ClientOptionBuilder().set_key(key).set_secret(secret or f"{key}-secret").set_passphrase(PASSPHRASE)
    options = options.set_spot_endpoint(url).set_futures_endpoint(url).set_broker_endpoint(url)
    options = options.set_transport_option(TransportOptionBuilder().build())
    return DefaultClient(options.set_websocket_client_option(WebSocketClientOptionBuilder().build()).build())


@pytest.fixture
def client(still: Running, key: str) -> DefaultClient:
    return connected(still, key)


@pytest.fixture
def orders(client: DefaultClient) -> Any:
    return client.rest_service().get_futures_service().get_order_api()


def asked(name: str, *, size: int = 1, price: str = "", **more: Any) -> AddOrderReq:
    """A buy of so many contracts."""
    kind = AddOrderReq.TypeEnum.LIMIT if price else AddOrderReq.TypeEnum.MARKET
    made = order.AddOrderReqBuilder().set_client_oid(name).set_side(AddOrderReq.SideEnum.BUY).set_symbol(SYMBOL)
    made = made.set_leverage(5).set_type(kind).set_size(size)
    return (made.set_price(price) if price else made).build()


def test_public_data(client: DefaultClient) -> None:
    api = client.rest_service().get_futures_service().get_market_api()
    assert api.get_symbol(market.GetSymbolReqBuilder().set_symbol(SYMBOL).build()).multiplier == 0.001
    assert api.get_ticker(market.GetTickerReqBuilder().set_symbol(SYMBOL).build()).price == "30000"
    book = api.get_part_order_book(market.GetPartOrderBookReqBuilder().set_symbol(SYMBOL).set_size("20").build())
    assert book.bids[0][0] < 30000 < book.asks[0][0]
    assert api.get_klines(market.GetKlinesReqBuilder().set_symbol(SYMBOL).set_granularity(1).build()).data
    assert api.get_service_status().status.value == "open"


def test_an_order_is_placed_found_and_cancelled(orders: Any) -> None:
    placed = orders.add_order(asked("mine-1", price="29000")).order_id
    found = orders.get_order_by_client_oid(order.GetOrderByClientOidReqBuilder().set_client_oid("mine-1").build())
    assert (found.id, found.status.value) == (placed, "open")
    resting = orders.get_open_order_value(order.GetOpenOrderValueReqBuilder().set_symbol(SYMBOL).build())
    assert (resting.open_order_buy_size, resting.open_order_buy_cost) == (1, "29")  # 29,000 × 0.001
    gone = orders.cancel_order_by_id(order.CancelOrderByIdReqBuilder().set_order_id(placed).build())
    assert gone.cancelled_order_ids == [placed]
    done = orders.get_order_by_order_id(order.GetOrderByOrderIdReqBuilder().set_order_id(placed).build())
    assert (done.status.value, done.cancel_exist) == ("done", True)


def test_a_trade_shows_everywhere(client: DefaultClient, orders: Any) -> None:
    placed = orders.add_order(asked("mine-2", size=2)).order_id
    api = client.rest_service().get_futures_service().get_positions_api()
    held = api.get_position_details(positions.GetPositionDetailsReqBuilder().set_symbol(SYMBOL).build())
    assert (held.current_qty, held.leverage) == (2, 5)
    traded = orders.get_recent_trade_history(order.GetRecentTradeHistoryReqBuilder().set_symbol(SYMBOL).build())
    assert [one.order_id for one in traded.data] == [placed]
    account = client.rest_service().get_account_service().get_account_api()
    wallet = account.get_futures_account(GetFuturesAccountReqBuilder().set_currency("USDT").build())
    assert wallet.account_equity < 10_000
    most = positions.GetMaxOpenSizeReqBuilder().set_symbol(SYMBOL).set_price("30000").set_leverage(5).build()
    assert api.get_max_open_size(most).max_buy_open_size > 1_000


def test_everything_is_cancelled_at_once(orders: Any) -> None:
    placed = [orders.add_order(asked(f"mine-{price}", price=price)).order_id for price in ("29000", "28000")]
    gone = orders.cancel_all_orders_v3(order.CancelAllOrdersV3ReqBuilder().set_symbol(SYMBOL).build())
    assert sorted(gone.cancelled_order_ids) == sorted(placed)


def test_refusals_are_kucoins_own(orders: Any, still: Running, key: str) -> None:
    with pytest.raises(RestError, match="300003"):
        orders.add_order(asked("mine-3", size=100_000, price="29000"))
    stranger = connected(still, key, secret="wrong").rest_service().get_futures_service().get_order_api()
    with pytest.raises(RestError, match=r"40000[45]"):
        stranger.add_order(asked("mine-4", price="29000"))


def parted(stream: Any) -> None:
    """Say goodbye, and leave the client to its own slow end."""
    Thread(target=stream.stop, daemon=True).start()


@pytest.fixture
def own(client: DefaultClient) -> Iterator[Any]:
    stream = client.ws_service().new_futures_private_ws()
    stream.start()
    yield stream
    parted(stream)


@pytest.fixture
def markets(client: DefaultClient) -> Iterator[Any]:
    stream = client.ws_service().new_futures_public_ws()
    stream.start()
    yield stream
    parted(stream)


def kept(heard: "Queue[Any]") -> Any:
    """A callback of the SDK that keeps the data."""
    return lambda _topic, _subject, data: heard.put(data)


def test_the_own_events_come(own: Any, orders: Any) -> None:
    told, held, wallet = Queue[Any](), Queue[Any](), Queue[Any]()
    own.order(SYMBOL, kept(told))
    own.position(SYMBOL, kept(held))
    own.balance(kept(wallet))
    placed = orders.add_order(asked("mine-5")).order_id
    assert told.get(timeout=PATIENCE_SECS).order_id == placed
    assert held.get(timeout=PATIENCE_SECS).current_qty == 1
    assert wallet.get(timeout=PATIENCE_SECS).currency == "USDT"


def test_the_markets_speak(markets: Any, still: Running) -> None:
    heard = [Queue[Any]() for _ in range(4)]
    markets.ticker_v2(SYMBOL, kept(heard[0]))
    markets.orderbook_level5(SYMBOL, kept(heard[1]))
    markets.klines(SYMBOL, "1min", kept(heard[2]))
    markets.execution(SYMBOL, kept(heard[3]))
    still.paper.price("BTCUSDT", "30001")
    ticker, book, candle, execution = (queue.get(timeout=PATIENCE_SECS) for queue in heard)
    assert float(ticker.best_bid_price) > 0
    assert len(book.bids) == 5
    assert candle.symbol == SYMBOL
    assert execution.symbol == SYMBOL
