"""The last check at the socket: what is stale or forbidden never reaches the venue."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.db import connections
from django.utils import timezone

from project.accounts import mode
from tests.support.factories import Desk
from tests.support.paper import PaperExchange
from tests.trading.gateways.conftest import BINANCE, Bench, make_bench
from trading.errors import NotReached, NotSent, Rejected, Unknown
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.services import arming, socket_guard
from trading.services.socket_guard import AccountGuard, ModeGuard

M = mode.Mode


@pytest.mark.parametrize("late", [timedelta(milliseconds=1), timedelta(seconds=5), timedelta(days=1)])
def test_an_order_past_its_validity_is_not_sent(bench: Bench, late: timedelta) -> None:
    with pytest.raises(NotSent, match="valid until") as caught:
        bench.gateway.place(bench.request(valid_until=timezone.now() - late))
    assert caught.value.fields["error"] == "TOO_LATE"
    assert bench.ledger == []


def test_a_signature_made_after_the_validity_is_not_sent(bench: Bench) -> None:
    """The machine's clock ran back after signing: the signature would outlive the order."""
    request = bench.request(valid_until=timezone.now() - timedelta(seconds=2))
    bench.skew = timedelta(seconds=-10)
    with pytest.raises(NotSent) as caught:
        bench.gateway.place(request)
    assert caught.value.fields["error"] == "TOO_LATE"
    assert bench.ledger == []


def test_a_sleep_between_decision_and_call_is_noticed(bench: Bench) -> None:
    request = bench.request()
    bench.skew = timedelta(seconds=30)
    with pytest.raises(NotSent, match="valid until"):
        bench.gateway.place(request)
    assert bench.ledger == []


@pytest.fixture
def skewed(bench: Bench) -> Iterator[Bench]:
    """A venue whose clock is told the right time afterwards."""
    yield bench
    bench.paper.control("clock", {"skew_ms": 0})


@pytest.mark.parametrize("skew_ms", [30_000, -30_000])
def test_a_venue_that_refuses_our_time_is_asked_for_its_own_and_signed_by_it(skewed: Bench, skew_ms: int) -> None:
    skewed.paper.control("clock", {"skew_ms": skew_ms})
    valid_until = timezone.now() + timedelta(seconds=20)
    with pytest.raises(Rejected, match="-1021"):
        skewed.gateway.place(skewed.request(valid_until=valid_until))
    placed = skewed.gateway.place(skewed.request(valid_until=valid_until))
    skewed.gateway.cancel(symbol="BTC/USDT", venue_order_id=placed.venue_order_id)
    assert [order["status"] for order in skewed.ledger] == ["CANCELED"]
    assert abs(skewed.gateway.server_time() - timezone.now() - timedelta(milliseconds=skew_ms)) < timedelta(seconds=5)


def test_validity_is_counted_by_our_clock_whoever_dates_the_signature(skewed: Bench) -> None:
    skewed.paper.control("clock", {"skew_ms": 30_000})
    with pytest.raises(NotReached):
        skewed.gateway.balances()
    assert skewed.gateway.balances()
    with pytest.raises(NotSent) as caught:
        skewed.gateway.place(skewed.request(valid_until=timezone.now() - timedelta(milliseconds=1)))
    assert caught.value.fields["error"] == "TOO_LATE"
    assert skewed.ledger == []


def test_a_venue_that_does_not_tell_its_time_is_asked_again_after_the_next_refusal(skewed: Bench) -> None:
    skewed.paper.control("clock", {"skew_ms": 30_000})
    match = {"method": "GET", "path": "/api/v3/time"}
    skewed.paper.faults([{"match": match, "action": "http_503_before_accept", "times": 1}])
    for _ in range(2):
        with pytest.raises(NotReached, match="-1021"):
            skewed.gateway.balances()
    assert skewed.gateway.balances()


def test_what_the_guard_forbids_is_not_sent(bench: Bench) -> None:
    bench.guard.words = "the kill latch is set"
    with pytest.raises(NotSent, match="kill latch") as caught:
        bench.gateway.place(bench.request())
    assert caught.value.fields["error"] == "MODE"
    assert bench.ledger == []


def test_questions_and_cancels_pass_a_closed_guard(bench: Bench) -> None:
    placed = bench.gateway.place(bench.request())
    bench.guard.words = "the trading mode is EMERGENCY"
    assert bench.gateway.balances()
    bench.gateway.cancel(symbol="BTC/USDT", venue_order_id=placed.venue_order_id)
    assert [order["status"] for order in bench.ledger] == ["CANCELED"]


@pytest.fixture
def moved(bench: Bench) -> Iterator[Bench]:
    """A venue that sends every order on to another address."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(307)
            self.send_header("Location", f"{bench.paper.url}{self.path}")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        told = bench.client.urls["api"].items()
        bench.client.urls["api"] = {name: url.replace(bench.paper.url, here) for name, url in told}
        yield bench
        server.shutdown()


def test_an_order_is_not_sent_on_to_where_a_venue_points(moved: Bench) -> None:
    """The check at the socket stands before one request; nothing would stand before the next."""
    with pytest.raises(Unknown):
        moved.gateway.place(moved.request())
    assert moved.ledger == []


# with the real guard -----------------------------------------------------------------------------


@pytest.fixture
def guarded(transactional_db: None, paper: PaperExchange) -> Bench:
    """A gateway that asks the mode row and the latch."""
    made = make_bench(paper)
    made.gateway = CcxtGateway(made.client, venue=BINANCE, guard=ModeGuard(), clock=made.now)
    made.gateway.instruments()
    return made


@pytest.fixture
def latch() -> Iterator[Path]:
    """The kill latch, set."""
    path = socket_guard.latch_path()
    path.touch()
    yield path
    path.unlink()


@pytest.mark.parametrize(
    ("trading_mode", "opens", "arrives"),
    [
        (M.NORMAL, True, True),
        (M.NORMAL, False, True),
        (M.PAUSED, True, False),
        (M.PAUSED, False, True),
        (M.REDUCED, True, False),
        (M.REDUCED, False, True),
        (M.EMERGENCY, True, False),
        (M.EMERGENCY, False, False),
    ],
)
def test_the_mode_decides_what_arrives(guarded: Bench, trading_mode: str, opens: bool, arrives: bool) -> None:
    mode.change(trading_mode, operator="mira", reason="test")
    guard = ModeGuard()
    assert (guard.refusal(opens_position=opens) == "") is arrives


@pytest.mark.parametrize(
    ("trading_mode", "opens"), [(M.PAUSED, True), (M.REDUCED, True), (M.EMERGENCY, True), (M.EMERGENCY, False)]
)
def test_a_forbidden_order_never_reaches_the_ledger(guarded: Bench, trading_mode: str, opens: bool) -> None:
    mode.change(trading_mode, operator="mira", reason="test")
    with pytest.raises(NotSent, match=trading_mode):
        guarded.gateway.place(guarded.request(opens_position=opens))
    assert guarded.ledger == []


def test_an_exit_passes_in_pause(guarded: Bench) -> None:
    mode.change(M.PAUSED, operator="mira", reason="test")
    guarded.gateway.place(guarded.request(opens_position=False))
    assert len(guarded.ledger) == 1


@pytest.mark.parametrize("opens", [True, False])
def test_the_latch_stops_everything_in_any_mode(guarded: Bench, latch: Path, opens: bool) -> None:
    with pytest.raises(NotSent, match="kill latch"):
        guarded.gateway.place(guarded.request(opens_position=opens))
    assert guarded.ledger == []


def test_a_mode_that_cannot_be_read_forbids(guarded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = connections["default"].settings_dict
    connections["default"].close()
    monkeypatch.setitem(settings, "PORT", "1")
    with pytest.raises(NotSent, match="could not be read"):
        guarded.gateway.place(guarded.request())
    monkeypatch.undo()
    assert guarded.ledger == []


def test_an_account_that_cannot_be_read_opens_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mode was read a moment ago and is still good; the account's row was not."""
    guard = ModeGuard()
    assert guard.refusal(opens_position=True) == ""
    settings = connections["default"].settings_dict
    connections["default"].close()
    monkeypatch.setitem(settings, "PORT", "1")
    refused = AccountGuard(guard, desk.account.pk).refusal(opens_position=True)
    monkeypatch.undo()
    assert refused == "the account could not be read (OperationalError)"


def test_the_mode_is_read_again_when_it_is_two_seconds_old(guarded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = ModeGuard()
    assert guard.refusal(opens_position=True) == ""
    mode.change(M.EMERGENCY, operator="mira", reason="test")
    monkeypatch.setattr(socket_guard, "FRESH_SECS", 0.0)
    assert guard.refusal(opens_position=True) == "the trading mode is EMERGENCY"


def test_what_ccxt_refuses_before_writing_was_never_sent(bench: Bench) -> None:
    """A market that ccxt does not know: nothing reached the socket, so nothing has to be looked up."""
    with pytest.raises(NotSent, match="market symbol"):
        bench.gateway.place(bench.request(symbol="NOPE/USDT"))
    assert bench.ledger == []


def test_an_account_that_is_switched_off_opens_nothing_more_and_closes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = AccountGuard(ModeGuard(), desk.account.pk)
    assert guard.refusal(opens_position=True) == ""
    monkeypatch.setattr(socket_guard, "FRESH_SECS", 0.0)
    arming.disarm(desk.account.pk, operator="mira", reason="enough")
    assert guard.refusal(opens_position=True) == "the account is switched off"
    assert guard.refusal(opens_position=False) == ""
