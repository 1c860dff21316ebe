"""What the gateway tells its meter: which kind of call, at what weight, how it went, and when the venue wants silence."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import ccxt
import pytest

from tests.trading.gateways.conftest import BINANCE, Bench
from trading.domain.budget import Call
from trading.errors import NotReached, NotSent
from trading.gateways import error_map
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.gateways.metering import MOST_SECS, pause_secs, reset_secs


@dataclass
class Heard:
    """A meter that writes down what it is told, and may refuse."""

    refuses: bool = False
    spent: list[tuple[Call, float]] = field(default_factory=list)
    went: list[tuple[Call, bool]] = field(default_factory=list)
    bans: list[float] = field(default_factory=list)
    slow: list[tuple[float, frozenset[Call]]] = field(default_factory=list)

    def spend(self, call: Call, weight: float, *, until: datetime | None) -> None:
        self.spent.append((call, weight))
        if self.refuses:
            raise NotSent(venue="binance", error="RATE_BUDGET", detail="used up")

    def banned(self, secs: float) -> None:
        self.bans.append(secs)

    def slowed(self, secs: float, *, calls: Collection[Call]) -> None:
        self.slow.append((secs, frozenset(calls)))

    def ended(self, call: Call, *, ok: bool) -> None:
        self.went.append((call, ok))


@pytest.fixture
def heard(bench: Bench) -> Heard:
    """The bench's gateway as a real venue's: metered."""
    told = Heard()
    bench.client.enableRateLimit, bench.client.rateLimit = True, 0
    bench.gateway = CcxtGateway(bench.client, venue=BINANCE, guard=bench.guard, clock=bench.now, meter=told)
    return told


def test_each_call_is_paid_by_its_kind_and_weight(bench: Bench, heard: Heard) -> None:
    placed = bench.gateway.place(bench.request())
    bench.gateway.cancel(symbol="BTC/USDT", venue_order_id=placed.venue_order_id)
    bench.gateway.balances()
    bench.gateway.place(bench.request(opens_position=False))
    # Binance spot: an order or a cancel weighs 1, the account 20
    assert heard.spent == [(Call.ENTRY, 1), (Call.CANCEL, 1), (Call.READ, 20), (Call.EXIT, 1)]
    assert heard.went == [(call, True) for call, _ in heard.spent]


def test_what_the_budget_refuses_never_leaves(bench: Bench, heard: Heard) -> None:
    heard.refuses = True
    with pytest.raises(NotSent, match="used up"):
        bench.gateway.place(bench.request())
    assert (bench.ledger, heard.went) == ([], [])


def test_a_status_page_that_answers_is_no_success(bench: Bench, heard: Heard) -> None:
    """It is asked when something else has failed, and answers while that goes on failing."""
    assert not bench.gateway.in_maintenance()
    assert (len(heard.spent), heard.went) == (1, [])


@pytest.mark.parametrize(
    ("error", "status", "ok"),
    [
        (ccxt.InsufficientFunds, 400, True),
        (ccxt.InvalidOrder, 400, True),
        (ccxt.RequestTimeout, 0, False),
        (ccxt.NetworkError, 0, False),
        (ccxt.InvalidOrder, 0, None),
        (ccxt.ExchangeNotAvailable, 503, False),
        (ccxt.ExchangeError, 500, False),
        (ccxt.BadResponse, 200, False),
        (ccxt.RateLimitExceeded, 429, None),
        (ccxt.DDoSProtection, 418, None),
        (ccxt.AuthenticationError, 401, None),
        (ccxt.OnMaintenance, 503, None),
    ],
)
def test_failures_count_and_refusals_do_not(error: type[ccxt.BaseError], status: int, ok: bool | None) -> None:
    assert error_map.answered(error("said so"), status=status) is ok


@pytest.mark.parametrize(
    ("status", "headers", "secs"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (418, {"retry-after": "120"}, 120.0),
        (429, {}, 10.0),
        (418, None, 120.0),
        (429, {"Retry-After": "soon"}, 10.0),
        (429, {"Retry-After": "99999999999"}, MOST_SECS),
    ],
)
def test_how_long_the_venue_wants_silence(status: int, headers: dict[str, str] | None, secs: float) -> None:
    assert pause_secs(status, headers) == secs


@pytest.mark.parametrize(
    ("status", "body", "secs"),
    [
        (403, '{"retMsg": "403, Access too frequent"}', 600.0),
        (403, "<html>not from where you are</html>", 0.0),
        (200, "", 0.0),
    ],
)
def test_an_address_that_is_shut_out_keeps_still_for_ten_minutes(status: int, body: str, secs: float) -> None:
    assert pause_secs(status, {}, body) == secs


@pytest.mark.parametrize(
    ("header", "secs"),
    [("1700000000700", 0.7), ("1699999999000", 0.1), ("1700000900000", 10.0), ("", 1.0), ("soon", 1.0)],
)
def test_an_account_waits_until_its_limit_is_counted_anew(header: str, secs: float) -> None:
    told = {"X-Bapi-Limit-Reset-Timestamp": header} if header else {}
    assert reset_secs(told, now_ms=1700000000000) == pytest.approx(secs)


BUSY = (Call.READ, Call.ENTRY)


@pytest.mark.parametrize(
    ("status", "code", "slow", "bans"),
    [
        (200, 10006, [(1.0, frozenset(BUSY))], []),  # Bybit: this account, this second
        (429, -1015, [(10.0, frozenset({Call.ENTRY}))], []),  # Binance: this account's orders
        (429, -1003, [], [10.0]),  # the address
    ],
)
def test_what_one_account_did_too_often_keeps_no_other_still(
    bench: Bench, heard: Heard, status: int, code: int, slow: list[object], bans: list[float]
) -> None:
    body = {"code": code, "msg": "Too many."}
    match = {"method": "GET", "path": "/api/v3/account"}
    bench.paper.faults([{"match": match, "action": "reply_before_accept", "status": status, "times": 1, "body": body}])
    with pytest.raises(NotReached):
        bench.gateway.balances()
    assert (heard.slow, heard.bans) == (slow, bans)
