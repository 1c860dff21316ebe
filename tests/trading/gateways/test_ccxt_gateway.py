"""The gateway against the live paper exchange: what is asked, what is answered, and every number exact."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from django.utils import timezone

from tests.trading.gateways.conftest import Bench
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import OrderType, Side, TimeInForce
from trading.errors import NotReached, OrderNotOpen, Unknown
from trading.gateways.reports import book_report, decimal, exact_level, fill_report, order_report, ticker_report
from trading.gateways.wire import signed_at

SELL_ALL = {"side": Side.SELL, "type": OrderType.MARKET, "price": None}


def bought(bench: Bench) -> str:
    """A market buy of 0.001 BTC; the venue's order id."""
    return bench.gateway.place(bench.request(type=OrderType.MARKET, price=None)).venue_order_id


# orders ------------------------------------------------------------------------------------------


def test_a_limit_order_rests_under_our_id(bench: Bench) -> None:
    request = bench.request()
    report = bench.gateway.place(request)
    assert (report.status, report.filled_qty) == (VenueStatus.OPEN, Decimal(0))
    assert report.client_order_id == request.client_order_id
    [theirs] = bench.ledger
    told = [theirs[name] for name in ("clientOrderId", "side", "type", "timeInForce", "status")]
    assert told == [request.client_order_id, "BUY", "LIMIT", "GTC", "NEW"]
    assert (Decimal(theirs["price"]), Decimal(theirs["qty"])) == (request.price, request.qty)


def test_a_market_order_fills_at_once(bench: Bench) -> None:
    report = bench.gateway.place(bench.request(type=OrderType.MARKET, price=None))
    assert (report.status, report.filled_qty) == (VenueStatus.FILLED, Decimal("0.001"))


@pytest.mark.parametrize(
    ("time_in_force", "price", "status"),
    [
        (TimeInForce.GTC, "59000", VenueStatus.OPEN),
        (TimeInForce.GTC, "60100", VenueStatus.FILLED),
        (TimeInForce.IOC, "59000", VenueStatus.EXPIRED),
        (TimeInForce.FOK, "59000", VenueStatus.EXPIRED),
    ],
)
def test_how_an_order_ends_inside_the_call(
    bench: Bench, time_in_force: TimeInForce, price: str, status: VenueStatus
) -> None:
    report = bench.gateway.place(bench.request(time_in_force=time_in_force, price=Decimal(price)))
    assert report.status is status


def test_an_order_is_found_by_either_id_and_nothing_else(bench: Bench) -> None:
    request = bench.request()
    placed = bench.gateway.place(request)
    by_ours = bench.gateway.find_order(symbol="BTC/USDT", client_order_id=request.client_order_id)
    by_theirs = bench.gateway.find_order(symbol="BTC/USDT", client_order_id="", venue_order_id=placed.venue_order_id)
    assert by_ours == by_theirs
    assert by_ours is not None
    assert by_ours.venue_order_id == placed.venue_order_id
    assert bench.gateway.find_order(symbol="BTC/USDT", client_order_id="wneverplaced00") is None
    assert bench.gateway.find_order(symbol="BTC/USDT", client_order_id="", venue_order_id="999999999") is None


def test_open_orders_are_those_of_the_symbol(bench: Bench) -> None:
    placed = [bench.gateway.place(bench.request(price=Decimal(price))) for price in (59000, 58000)]
    found = bench.gateway.open_orders("BTC/USDT")
    assert {report.venue_order_id for report in found} == {report.venue_order_id for report in placed}
    assert bench.gateway.open_orders("ETH/USDT") == []


def test_a_cancelled_order_is_cancelled_once(bench: Bench) -> None:
    placed = bench.gateway.place(bench.request())
    bench.gateway.cancel(symbol="BTC/USDT", venue_order_id=placed.venue_order_id)
    found = bench.gateway.find_order(symbol="BTC/USDT", client_order_id=placed.client_order_id)
    assert found is not None
    assert found.status is VenueStatus.CANCELED
    with pytest.raises(OrderNotOpen):
        bench.gateway.cancel(symbol="BTC/USDT", venue_order_id=placed.venue_order_id)


# fills -------------------------------------------------------------------------------------------


def test_fills_carry_cost_and_the_fee_in_what_was_received(bench: Bench) -> None:
    [buy] = bench.gateway.fills_of(symbol="BTC/USDT", venue_order_id=bought(bench))
    assert (buy.side, buy.qty, buy.fee_currency, buy.maker) == (Side.BUY, Decimal("0.001"), "BTC", False)
    assert buy.cost == buy.price * buy.qty
    assert buy.fee == Decimal("0.000001")  # 0.1 % of 0.001 BTC
    sold = bench.gateway.place(bench.request(**SELL_ALL, qty=Decimal("0.00099")))
    [sell] = bench.gateway.fills_of(symbol="BTC/USDT", venue_order_id=sold.venue_order_id)
    assert (sell.side, sell.fee_currency) == (Side.SELL, "USDT")
    # 0.1 % of the proceeds, down to 8 places: never more than 0.1 %
    assert 0 <= sell.cost / 1000 - sell.fee < Decimal("1E-8")


def test_fills_of_one_order_are_only_its_own(bench: Bench) -> None:
    first, second = bought(bench), bought(bench)
    assert {f.venue_order_id for f in bench.gateway.fills_of(symbol="BTC/USDT", venue_order_id=first)} == {first}
    assert {f.venue_order_id for f in bench.gateway.fills_of(symbol="BTC/USDT", venue_order_id=second)} == {second}


def test_fills_since_are_ordered_and_bounded(bench: Bench) -> None:
    ids = [bought(bench) for _ in range(3)]
    hour_ago, in_an_hour = (timezone.now() + timedelta(hours=hours) for hours in (-1, 1))
    found = bench.gateway.fills_since(symbol="BTC/USDT", since=hour_ago)
    assert [fill.venue_order_id for fill in found] == ids
    assert [fill.at for fill in found] == sorted(fill.at for fill in found)
    assert bench.gateway.fills_since(symbol="BTC/USDT", since=in_an_hour) == []


def test_partial_fills_add_up(bench: Bench) -> None:
    placed = bench.gateway.place(bench.request(price=Decimal("59999.77"), qty=Decimal("0.01")))  # nobody before us
    bench.paper.price("BTCUSDT", "59999.77", qty="0.004")
    found = bench.gateway.find_order(symbol="BTC/USDT", client_order_id=placed.client_order_id)
    fills = bench.gateway.fills_of(symbol="BTC/USDT", venue_order_id=placed.venue_order_id)
    assert found is not None
    assert found.status is VenueStatus.OPEN
    assert found.filled_qty == sum(fill.qty for fill in fills) == Decimal("0.004")
    assert all(fill.maker for fill in fills)


# the account and the market ----------------------------------------------------------------------


def test_balances_tell_total_and_free(bench: Bench) -> None:
    bench.gateway.place(bench.request(price=Decimal("59000"), qty=Decimal("0.01")))
    held = {report.currency: report for report in bench.gateway.balances()}
    # 10 000 deposited; 0.01 × 59 000 = 590 locked by the order
    assert (held["USDT"].total, held["USDT"].free) == (Decimal(10000), Decimal(9410))


def test_tickers_bracket_the_price(bench: Bench) -> None:
    found = bench.gateway.tickers(["BTC/USDT", "ETH/USDT"])
    assert set(found) == {"BTC/USDT", "ETH/USDT"}
    ticker = found["BTC/USDT"]
    assert ticker.bid < ticker.ask
    assert ticker.last == Decimal(60000)


def test_instruments_carry_the_venues_rules(bench: Bench) -> None:
    found = {report.symbol: report for report in bench.gateway.instruments()}
    btc = found["BTC/USDT"]
    assert (btc.venue_symbol, btc.base, btc.quote, btc.kind) == ("BTCUSDT", "BTC", "USDT", "SPOT")
    assert (btc.tick_size, btc.lot_step) == (Decimal("0.01"), Decimal("0.00001"))
    assert (btc.contract_size, btc.max_open_orders) == (Decimal(1), 200)
    assert btc.min_notional == Decimal(5)
    assert btc.active


def test_the_venues_clock_is_ours(bench: Bench) -> None:
    asked = timezone.now()
    theirs = bench.gateway.server_time()
    assert theirs.tzinfo is UTC
    assert asked - timedelta(seconds=1) < theirs <= timezone.now() + timedelta(seconds=1)


# exactness ---------------------------------------------------------------------------------------


def values(report: Any) -> Iterator[Any]:
    """Everything inside a report, down to the last field."""
    parts = report.values() if isinstance(report, dict) else report if isinstance(report, list) else ()
    inside = [getattr(report, field.name) for field in fields(report)] if is_dataclass(report) else parts
    yield report
    for part in inside:
        yield from values(part)


QUESTIONS: dict[str, Callable[[Bench], Any]] = {
    "balances": lambda b: b.gateway.balances(),
    "fills_of": lambda b: b.gateway.fills_of(symbol="BTC/USDT", venue_order_id=bought(b)),
    "fills_since": lambda b: (
        bought(b) and b.gateway.fills_since(symbol="BTC/USDT", since=timezone.now() - timedelta(hours=1))
    ),
    "instruments": lambda b: b.gateway.instruments(),
    "open_orders": lambda b: b.gateway.place(b.request()) and b.gateway.open_orders("BTC/USDT"),
    "place": lambda b: b.gateway.place(b.request()),
    "tickers": lambda b: dict(b.gateway.tickers(["BTC/USDT"])),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_float_is_in_any_report(bench: Bench, question: str) -> None:
    found = list(values(QUESTIONS[question](bench)))
    assert [value for value in found if isinstance(value, float)] == []
    assert [value for value in found if isinstance(value, Decimal)]


@pytest.mark.parametrize("question", ["balances", "fills_of", "tickers"])
def test_a_client_that_makes_floats_is_refused(bench: Bench, question: str) -> None:
    placed = bought(bench)
    bench.client.number = float
    asked = {**QUESTIONS, "fills_of": lambda b: b.gateway.fills_of(symbol="BTC/USDT", venue_order_id=placed)}
    with pytest.raises(NotReached, match="float"):
        asked[question](bench)


def test_an_order_answered_in_floats_is_unknown_and_stands(bench: Bench) -> None:
    bench.client.number = float
    with pytest.raises(Unknown, match="looked up"):
        bench.gateway.place(bench.request())
    assert len(bench.ledger) == 1


def test_a_float_has_lost_something_already() -> None:
    with pytest.raises(TypeError, match="float"):
        decimal(0.1)
    assert [decimal(value) for value in (None, "0.10", 3)] == [Decimal(0), Decimal("0.10"), Decimal(3)]


# readings of one row -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, VenueStatus.OPEN),
        ("open", VenueStatus.OPEN),
        ("canceling", VenueStatus.OPEN),
        ("closed", VenueStatus.FILLED),
        ("canceled", VenueStatus.CANCELED),
        ("expired", VenueStatus.EXPIRED),
        ("rejected", VenueStatus.REJECTED),
    ],
)
def test_a_status_in_our_words(status: str | None, expected: VenueStatus) -> None:
    assert order_report({"id": 7, "status": status, "filled": "1"}).status is expected


def test_a_status_nobody_knows_is_refused_not_guessed() -> None:
    with pytest.raises(KeyError):
        order_report({"id": 7, "status": "sleeping"})


@pytest.mark.parametrize("raw", [{}, {"id": None, "status": "open"}, {"id": ""}])
def test_an_order_without_the_venues_id_is_no_answer(raw: dict[str, Any]) -> None:
    with pytest.raises(ccxt.BadResponse, match="no order id"):
        order_report(raw)


def test_a_ticker_without_a_price_is_none() -> None:
    row = {"symbol": "BTC/USDT", "bid": "1", "ask": "2", "last": "1.5"}
    assert ticker_report(row) is not None
    assert [ticker_report({**row, name: None}) for name in ("bid", "ask", "last")] == [None] * 3


def test_the_order_book_is_exact_and_best_first(bench: Bench) -> None:
    book = bench.gateway.order_book("BTC/USDT")
    ticker = bench.gateway.tickers(["BTC/USDT"])["BTC/USDT"]
    assert (book.bids[0][0], book.asks[0][0]) == (ticker.bid, ticker.ask)
    assert list(book.bids) == sorted(book.bids, reverse=True)
    assert list(book.asks) == sorted(book.asks)
    assert {type(number) for level in (*book.bids, *book.asks) for number in level} == {Decimal}


def test_prices_of_a_book_are_sorted_as_numbers_and_empty_levels_left_out() -> None:
    level = exact_level(ccxt.Exchange().safe_string)
    raw = [["9999.5", "1"], ["10000.1", "0.10000000000000001"], ["10001", "0"]]
    book = book_report({"symbol": "BTC/USDT", "bids": [level(row) for row in raw], "asks": []})
    assert book.bids == ((Decimal("10000.1"), Decimal("0.10000000000000001")), (Decimal("9999.5"), Decimal(1)))


@pytest.mark.parametrize("row", [[None, "1"], ["1", None], ["x"], []])
def test_a_level_that_cannot_be_read_is_no_book(row: list[Any]) -> None:
    level = exact_level(ccxt.Exchange().safe_string)
    with pytest.raises((ValueError, ArithmeticError)):
        book_report({"symbol": "BTC/USDT", "bids": [level(row)], "asks": []})


def test_a_fill_without_a_fee_costs_nothing() -> None:
    row = {"order": 1, "id": 2, "side": "buy", "price": "3", "amount": "4", "timestamp": 1000}
    found = fill_report(row)
    assert (found.cost, found.fee, found.fee_currency, found.maker) == (Decimal(12), Decimal(0), "", None)


@pytest.mark.parametrize(
    ("url", "body", "secs"),
    [
        ("https://x/order?timestamp=1000&a=1", None, 1),
        ("https://x/order?a=1&timestamp=2000", None, 2),
        ("https://x/order", "symbol=B&timestamp=3000&signature=s", 3),
    ],
)
def test_the_signed_timestamp_is_read_from_query_or_body(url: str, body: str | None, secs: int) -> None:
    found = signed_at(url, body)
    assert found is not None
    assert found.timestamp() == secs


@pytest.mark.parametrize(
    ("url", "body"), [("https://x/order?mytimestamp=1", None), ("https://x/order", b"timestamp=1")]
)
def test_another_way_of_signing_has_no_timestamp(url: str, body: object) -> None:
    assert signed_at(url, body) is None
