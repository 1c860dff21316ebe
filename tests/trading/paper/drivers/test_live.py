"""A live venue mirrored: ours, on loopback, with another of ours as the venue."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.drivers.waiting import until
from trading.paper.core import atoms
from trading.paper.drivers.live import NoSuchVenue, client, levels, moved, stepped
from trading.paper.market.instruments import bundled

PAIR = "BTC/USDT"
PRICES = {"BTCUSDT": "60000", "ETHUSDT": "3000", "SOLUSDT": "150"}
BTC = next(one for one in bundled() if one.symbol == "BTCUSDT")


@pytest.fixture(scope="module")
def venue() -> Iterator[PaperExchange]:
    with PaperExchange() as running:
        for symbol, price in PRICES.items():
            running.price(symbol, price)
        yield running


@pytest.fixture(scope="module")
def mirror(venue: PaperExchange) -> Iterator[PaperExchange]:
    with PaperExchange("--market", "live:binance", "--live-url", venue.url) as running:
        yield running


def book(paper: PaperExchange) -> Any:
    told = paper.get("/api/v3/depth", symbol="BTCUSDT", limit=20).json()
    return told["bids"], told["asks"]


def mirrored(venue: PaperExchange, mirror: PaperExchange, price: str) -> None:
    """Move the venue, and wait until the mirror shows it."""
    venue.price("BTCUSDT", price)
    until(lambda: book(mirror) == book(venue))


def test_the_book_is_the_venues(venue: PaperExchange, mirror: PaperExchange) -> None:
    mirrored(venue, mirror, "60010")
    mirrored(venue, mirror, "59990")
    assert "BTC/USDT connected" in mirror.read("state")["market"]["note"]


def test_strangers_trades_there_fill_orders_here(venue: PaperExchange, mirror: PaperExchange) -> None:
    mirrored(venue, mirror, "60000")
    ours = mirror.ccxt()
    placed = ours.create_order(PAIR, "limit", "buy", "0.01", "59000")
    venue.price("BTCUSDT", "58900", qty="5")
    until(lambda: ours.fetch_order(placed["id"], PAIR)["status"] == "closed")
    fill = mirror.ledger()["fills"][-1]
    assert (fill["maker"], Decimal(fill["price"])) == (True, Decimal("59000"))
    assert venue.ledger().get("orders", []) == []


def test_only_prices_come_from_there(venue: PaperExchange, mirror: PaperExchange) -> None:
    mirrored(venue, mirror, "60000")
    order = mirror.ccxt().create_order(PAIR, "market", "buy", "0.01")
    assert Decimal(order["average"]) == Decimal(book(venue)[1][0][0])
    assert venue.ledger().get("orders", []) == []


def test_a_pause_lets_the_last_book_stand_and_speed_is_not_ours(venue: PaperExchange, mirror: PaperExchange) -> None:
    mirrored(venue, mirror, "60100")
    mirror.control("pause", {"on": True})
    before = book(mirror)
    venue.price("BTCUSDT", "60200")
    assert book(mirror) == before
    mirror.control("pause", {"on": False})
    mirrored(venue, mirror, "60300")
    with pytest.raises(AssertionError, match="as fast as it does"):
        mirror.control("speed", {"speed": 2})


def test_a_lost_feed_offers_nothing_until_it_is_back(venue: PaperExchange, mirror: PaperExchange) -> None:
    mirrored(venue, mirror, "60000")
    venue.stop()
    try:
        until(lambda: book(mirror) == ([], []))
        order = mirror.ccxt().create_order(PAIR, "market", "sell", "0.001")
        assert (order["status"], Decimal(order["filled"])) == ("expired", Decimal(0))
        assert "the live feed is lost" in mirror.log()
    finally:
        venue.start()
    until(lambda: book(mirror) == book(venue) != ([], []))


@pytest.mark.parametrize(
    ("number", "step", "down", "up"),
    [
        (60000.01, "0.01", "60000.01", "60000.01"),
        (0.123456, "0.001", "0.123", "0.124"),
        ("7e-7", "0.001", "0", "0.001"),
    ],
)
def test_foreign_numbers_fall_on_our_steps(number: float, step: str, down: str, up: str) -> None:
    wanted = [stepped(number, atoms.parse(step)), stepped(number, atoms.parse(step), up=True)]
    assert wanted == [atoms.parse(down), atoms.parse(up)]


def test_levels_between_our_ticks_are_added_up_away_from_the_middle() -> None:
    rows = [[100.001, 1.0], [100.002, 2.0], [100.02, 4.0]]
    a = atoms.parse
    assert levels(rows, BTC, up=True) == [(a("100.01"), a("3")), (a("100.02"), a("4"))]
    assert levels(rows, BTC, up=False) == [(a("100"), a("3")), (a("100.02"), a("4"))]


def test_only_ccxts_venues_can_be_mirrored() -> None:
    with pytest.raises(NoSuchVenue, match="is none of ccxt"):
        client("nowhere")


def addresses(branch: Any) -> list[str]:
    """Every text in nested tables."""
    return [branch] if isinstance(branch, str) else [one for part in branch.values() for one in addresses(part)]


def test_a_moved_client_has_no_address_elsewhere() -> None:
    made = moved(client("binance"), "http://127.0.0.1:1")
    assert {one.split("/")[2] for one in addresses(made.urls["api"])} == {"127.0.0.1:1"}
