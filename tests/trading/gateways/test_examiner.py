"""What a gateway can ask about the account itself, on the live paper exchange; and that a test order is never a real one."""

import secrets
from collections.abc import Iterator
from decimal import Decimal

import pytest

from signals.market import venues
from tests.support.paper import PaperExchange
from tests.trading.gateways.conftest import Bench, Say
from trading.errors import NotReached, NotSent, Rejected, Unknown
from trading.gateways import examiner
from trading.gateways.examiner import Examiner


@pytest.fixture
def asked(bench: Bench) -> Iterator[Examiner]:
    """An examiner of the bench's account."""
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    bench.paper.add_key(key, secret, bench.account, rights=["trade", "bound"])
    venue, given = venues.VENUES["binance"], {"apiKey": key, "secret": secret}
    client = venues.build_client(venue, credentials=given, base_url=bench.paper.url, receive_window_ms=5000)
    made = Examiner(client, venue=venue, guard=Say(), clock=bench.now)
    made.instruments()
    yield made


def test_the_rights_of_the_key(asked: Examiner) -> None:
    told = asked.key_rights()
    assert (told.trading, told.withdrawal, told.transfer, told.ip_bound) == (True, False, False, True)


def test_the_accounts_own_fees(asked: Examiner) -> None:
    assert asked.fee_rates("BTC/USDT") == (Decimal("0.001"), Decimal("0.001"))


def test_a_stream_opens_and_one_that_is_not_there_says_where(asked: Examiner, paper: PaperExchange) -> None:
    assert asked.stream_ms("BTC/USDT", environment="paper", base_url=paper.url) >= 0
    with pytest.raises(NotReached, match=r"127\.0\.0\.1:1"):
        asked.stream_ms("BTC/USDT", environment="paper", base_url="http://127.0.0.1:1")


def test_a_test_order_places_nothing(asked: Examiner, bench: Bench) -> None:
    asked.test_order(bench.request())
    assert list(asked.resting()) == []
    assert [order for order in bench.ledger if order["symbol"] == "BTCUSDT"] == []


def test_a_test_order_that_would_be_refused_is_refused_with_the_venues_words(asked: Examiner, bench: Bench) -> None:
    with pytest.raises(Rejected, match=r"-1013|-2010"):
        asked.test_order(bench.request(qty=Decimal("0.00001")))  # 0.59 USDT: below the least value


def test_what_would_not_be_a_test_is_stopped_at_the_socket(
    asked: Examiner, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examiner, "TEST_CALL", {"binance": "private_post_order"})  # somebody mixed the table up
    with pytest.raises(NotSent, match="would not have been a test"):
        asked.test_order(bench.request())
    assert list(asked.resting()) == []


def test_a_venue_without_such_an_endpoint_is_not_asked(
    asked: Examiner, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examiner, "TEST_CALL", {})
    assert not asked.can_test_orders
    with pytest.raises((NotSent, Unknown)):
        asked.test_order(bench.request())
