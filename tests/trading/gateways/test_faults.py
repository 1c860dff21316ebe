"""The gateway when the venue misbehaves: what is proven, what is not, and that an order stands once at most."""

from decimal import Decimal

import pytest

from tests.support.paper import PaperExchange, free_port
from tests.trading.gateways.conftest import Bench, make_bench
from trading.domain.vocabulary import OrderType
from trading.errors import KeysRefused, NotReached, NotSent, Rejected, Unknown, VenueError

PATIENCE_MS = 1000
# Where the venue never answers: short, for it is waited for; long enough for a busy machine to take the order first.
ORDER = {"method": "POST", "path": "/api/v3/order"}


@pytest.mark.parametrize(
    ("action", "stands"),
    [
        ("timeout_before_accept", 0),
        ("timeout_after_accept", 1),
        ("http_503_before_accept", 0),
        ("http_503_after_accept", 1),
        ("garbage_after_accept", 1),
    ],
)
def test_an_unclear_answer_is_unknown_and_never_sent_again(bench: Bench, action: str, stands: int) -> None:
    bench.client.timeout = PATIENCE_MS
    bench.paper.fault(action, **ORDER)
    with pytest.raises(Unknown):
        bench.gateway.place(bench.request())
    assert len(bench.ledger) == stands


def test_a_late_answer_is_still_an_answer(bench: Bench) -> None:
    bench.paper.fault("delay_ms", **ORDER, ms=50)
    assert bench.gateway.place(bench.request()).venue_order_id


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"qty": Decimal(1)}, "-2010"),  # 59 000 USDT of 10 000
        ({"qty": Decimal("0.00001")}, "-1013"),  # 0.59 USDT, below the minimum of 5
    ],
)
def test_a_proven_refusal_carries_the_venues_code(bench: Bench, changed: dict[str, object], code: str) -> None:
    with pytest.raises(VenueError) as caught:
        bench.gateway.place(bench.request(**changed))
    assert (type(caught.value), caught.value.fields["error"]) == (Rejected, code)
    assert bench.ledger == []


def test_a_refusal_that_cannot_be_looked_up_is_none_yet(bench: Bench) -> None:
    bench.paper.fault("http_503_before_accept", method="GET", path="/api/v3/order")
    with pytest.raises(Unknown, match="-2010"):
        bench.gateway.place(bench.request(qty=Decimal(1)))


def test_an_id_that_is_open_already_means_go_and_look(bench: Bench) -> None:
    request = bench.request()
    bench.gateway.place(request)
    with pytest.raises(Unknown):
        bench.gateway.place(request)
    assert len(bench.ledger) == 1


def test_nobody_listening_proves_that_nothing_was_sent(bench: Bench) -> None:
    deaf = make_bench(bench.paper, url=f"http://127.0.0.1:{free_port()}")
    deaf.client.set_markets(list(bench.client.markets.values()))
    with pytest.raises(NotSent, match="before it left"):
        deaf.gateway.place(deaf.request())
    with pytest.raises(NotReached, match="could not be asked"):
        deaf.gateway.balances()


def test_a_wrong_secret_is_named_as_such(paper: PaperExchange, bench: Bench) -> None:
    stranger = make_bench(paper, secret="not the secret")
    stranger.client.set_markets(list(bench.client.markets.values()))
    with pytest.raises(KeysRefused, match="Enter them again"):
        stranger.gateway.balances()
    with pytest.raises(Rejected):
        stranger.gateway.place(stranger.request())
    assert stranger.ledger == []


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("http_503_before_accept", "/api/v3/account"),
        ("garbage_after_accept", "/api/v3/account"),
        ("timeout_before_accept", "/api/v3/account"),
    ],
)
def test_a_question_that_fails_changes_nothing_and_can_be_asked_again(bench: Bench, action: str, path: str) -> None:
    bench.client.timeout = PATIENCE_MS
    bench.paper.fault(action, method="GET", path=path)
    with pytest.raises(NotReached):
        bench.gateway.balances()
    assert bench.gateway.balances()


def test_a_cancel_without_an_answer_is_unknown(bench: Bench) -> None:
    placed = bench.gateway.place(bench.request())
    bench.client.timeout = PATIENCE_MS
    bench.paper.fault("timeout_after_accept", method="DELETE", path="/api/v3/order")
    with pytest.raises(Unknown):
        bench.gateway.cancel(symbol="BTC/USDT", venue_order_id=placed.venue_order_id)
    assert [order["status"] for order in bench.ledger] == ["CANCELED"]


def test_no_secret_is_in_the_words_of_an_error(bench: Bench) -> None:
    bench.paper.fault("http_503_before_accept", **ORDER)
    with pytest.raises(Unknown) as caught:
        bench.gateway.place(bench.request(type=OrderType.MARKET, price=None))
    said = str(caught.value) + str(caught.value.fields)
    assert bench.client.secret not in said
    assert "signature=" not in said
