"""Markets are asked for once per process, borrowed by its other accounts, and asked for again where something is new."""

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from django.utils import timezone

from signals.market import venues
from tests.support.paper import PaperExchange
from tests.trading.gateways.conftest import Bench, make_bench
from trading.errors import NotReached, NotSent, VenueError
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.gateways.shelf import ASK_AGAIN_SECS, Shelf

ETH = "ETH/USDT"


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(clock: Clock) -> Shelf:
    return Shelf(clock)


@pytest.fixture
def desk(paper: PaperExchange, shelf: Shelf) -> Bench:
    """An account that was told the markets before `ETH/USDT` was listed and before BTC's tick became finer."""
    made = bound(make_bench(paper), shelf)
    made.gateway.instruments()
    old = deepcopy(made.client.markets)
    del old[ETH]
    old["BTC/USDT"]["precision"]["price"] = "10"
    made.client.set_markets(list(old.values()))
    shelf.keep(made.client)
    return made


def bound(made: Bench, shelf: Shelf) -> Bench:
    """The same account with a new client, whose gateway borrows from the shelf."""
    client = venues.build_client(
        venues.VENUES["binance"],
        credentials={"apiKey": made.client.apiKey, "secret": made.client.secret},
        base_url=made.paper.url,
        receive_window_ms=5000,
    )
    made.client = client
    made.gateway = CcxtGateway(
        client, venue=venues.VENUES["binance"], guard=made.guard, clock=timezone.now, shelf=shelf
    )
    return made


def lists(made: Bench, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the venue's list is asked for, from now on."""
    asked: list[str] = []
    ask = made.client.fetch_markets

    def told(*words: Any) -> Any:
        asked.append("list")
        return ask(*words)

    monkeypatch.setattr(made.client, "fetch_markets", told)
    return asked


def silent(*_: Any) -> Any:
    """The list does not come."""
    raise ccxt.RequestTimeout("binance GET exchangeInfo")


QUESTIONS: dict[str, Callable[[CcxtGateway], object]] = {
    "tickers": lambda g: g.tickers([ETH])[ETH],
    "open_orders": lambda g: g.open_orders(ETH) == [],
    "order_book": lambda g: g.order_book(ETH),
    "find_order": lambda g: g.find_order(symbol=ETH, client_order_id="wnobody") is None,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_market_that_was_listed_since_is_found(
    desk: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    asked = lists(desk, monkeypatch)
    clock.now += ASK_AGAIN_SECS
    assert QUESTIONS[question](desk.gateway)
    assert asked == ["list"]


def test_a_market_that_nobody_lists_is_asked_for_once_a_minute(
    desk: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = lists(desk, monkeypatch)
    for _ in range(3):
        with pytest.raises(VenueError, match="NOPE/USDT"):
            desk.gateway.order_book("NOPE/USDT")
    assert asked == []
    clock.now += ASK_AGAIN_SECS
    for _ in range(3):
        with pytest.raises(VenueError, match="NOPE/USDT"):
            desk.gateway.order_book("NOPE/USDT")
    assert asked == ["list"]


def test_what_one_account_was_told_the_others_borrow(
    desk: Bench, paper: PaperExchange, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bound(make_bench(paper), shelf)
    assert shelf.lend(other.client)
    assert other.client.markets is desk.client.markets  # not a copy: thousands of markets weigh tens of megabytes
    assert not shelf.lend(other.client)
    desk.gateway.instruments()
    asked = lists(other, monkeypatch)
    assert other.gateway.tickers([ETH])[ETH].last
    assert (asked, other.client.markets is desk.client.markets) == ([], True)


def test_an_order_in_a_new_market_is_placed(desk: Bench, clock: Clock) -> None:
    clock.now += ASK_AGAIN_SECS
    desk.gateway.place(desk.request(symbol=ETH, qty=Decimal("0.01"), price=Decimal("2500.00")))
    assert [order["symbol"] for order in desk.ledger] == ["ETHUSDT"]


def test_an_order_on_a_finer_tick_goes_out_as_it_was_sized(desk: Bench, clock: Clock) -> None:
    clock.now += ASK_AGAIN_SECS
    desk.gateway.place(desk.request(price=Decimal("59003.01")))
    assert [Decimal(order["price"]) for order in desk.ledger] == [Decimal("59003.01")]


def test_without_the_list_nothing_is_placed(desk: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.now += ASK_AGAIN_SECS
    monkeypatch.setattr(desk.client, "fetch_markets", silent)
    with pytest.raises(NotSent, match="could not be asked for"):
        desk.gateway.place(desk.request(symbol=ETH, qty=Decimal("0.01"), price=Decimal("2500.00")))
    assert desk.ledger == []


def test_a_question_without_the_list_is_not_answered(
    desk: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now += ASK_AGAIN_SECS
    monkeypatch.setattr(desk.client, "fetch_markets", silent)
    with pytest.raises(NotReached):
        desk.gateway.tickers([ETH])
