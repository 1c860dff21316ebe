"""Look-ups: each order by itself, whatever became of the one before, and by a clock that was read before the look.

How long an order stays undecided is asked at production timing, with a clock that is moved from event to event.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, UNANSWERED, one_leg, time_passes
from tests.support.races import injected
from tests.trading.services.levers import at_venue, entered, states
from trading import bells
from trading.domain.order_state import PRODUCTION
from trading.errors import NotReached, Unknown
from trading.gateways.base import OrderReport
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.management.commands.pump import SEAL_SECS
from trading.models import Order
from trading.services import lookups, pump, submit


@pytest.fixture
def wrong_clock(desk: Desk) -> Iterator[Desk]:
    """A desk whose exchange is told the right time afterwards."""
    yield desk
    desk.paper.control("clock", {"skew_ms": 0})


def a_minute_passes(desk: Desk) -> None:
    """By the exchange's clock, which the client follows."""
    desk.paper.control("clock", {"skew_ms": 60_000})
    desk.gateway._client.options["timeDifference"] = -60_000  # type: ignore[attr-defined]


PAIRS = {"BTCUSDT": "59900", "ETHUSDT": "2990", "SOLUSDT": "149.5"}


def unanswered(desk: Desk, *symbols: str, fault: str = LOST) -> Desk:
    """Entries of which nobody knows whether they arrived."""
    one_leg(desk).paper.fault(fault, **ORDER, times=len(symbols))
    for symbol in symbols:
        entered(desk, symbol=symbol, price=PAIRS[symbol])
    desk.submit()
    assert states() == ["UNKNOWN"] * len(symbols)
    return desk


def test_what_was_not_found_before_its_signature_died_is_looked_for_once_more(wrong_clock: Desk) -> None:
    """The last of three looks begins 30 s before the deadline and ends after it."""
    desk = unanswered(wrong_clock, "BTCUSDT")
    time_passes(polls=2, valid_until=timezone.now() + timedelta(seconds=30))
    with injected(CcxtGateway, "open_orders", before=lambda: a_minute_passes(desk)):
        desk.look_up()
    assert states() == ["UNKNOWN"]
    Order.objects.update(next_poll_at=timezone.now())
    desk.look_up()
    assert states()[0] == "NOT_PLACED"


def test_one_that_the_venue_does_not_tell_of_keeps_none_of_the_others_from_its_answer(desk: Desk) -> None:
    unanswered(desk, *PAIRS, fault=UNANSWERED)
    time_passes()
    desk.paper.fault(LOST, method="GET", path="/api/v3/order")
    with pytest.raises(NotReached):
        desk.look_up()
    assert states() == ["UNKNOWN", "OPEN", "OPEN"]


def test_an_order_of_another_pair_under_the_same_number_hides_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found behind its execution, for its id finds nothing: a venue may count the orders of each pair by itself."""
    unanswered(desk, "BTCUSDT", fault=UNANSWERED)
    desk.paper.price("BTCUSDT", "59800")
    desk.buy("ETHUSDT", price="2990")
    number = at_venue(desk)[0]["orderId"]
    Order.objects.filter(instrument__base="ETH").update(venue_order_id=number)
    find = CcxtGateway.find_order

    def by_number(gateway: CcxtGateway, **asked: Any) -> OrderReport | None:
        return find(gateway, **asked) if asked.get("venue_order_id") else None

    monkeypatch.setattr(CcxtGateway, "find_order", by_number)
    time_passes()
    desk.look_up()
    assert Order.objects.get(instrument__base="BTC", purpose="ENTRY").state == "FILLED"


@pytest.mark.parametrize(("offset_ms", "later_ms"), [(None, 0), (-60_000, 0), (400, 0), (60_000, 60_000)])
def test_a_signature_that_follows_the_venues_clock_dies_so_much_later(
    desk: Desk, offset_ms: int, later_ms: int
) -> None:
    """Behind the venue by more than its window our time is refused, and the gateway signs by the venue's."""
    unanswered(desk, "BTCUSDT")
    order = Order.objects.select_related("account").get()
    order.account.clock_offset_ms = offset_ms
    ahead = lookups._ahead(order, timedelta(milliseconds=500))
    assert ahead == timedelta(milliseconds=later_ms)


# how long it takes -------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)
HEARD_AFTER = 1.5 * SECOND
# Between a bell and its work, each time: a worker that is busy with something else.
BOUND = PRODUCTION.receive_window + 10 * SECOND + PRODUCTION.margin + 10 * SECOND
# After valid_until.


@dataclass
class Engine:
    """Pump and worker at production timing, by a clock that stands until the next of them has something to do."""

    desk: Desk
    now: datetime
    rung: list[tuple[str, int | None]] = field(default_factory=list)
    looked: list[datetime] = field(default_factory=list)

    def ring(self, task: str, subject: int | None = None) -> bool:
        """In place of the broker."""
        self.rung.append((task, subject))
        return True

    def place(self, _: object) -> OrderReport:
        """In place of the gateway: the call begins in the order's last moment, and nothing is heard for ten seconds."""
        self.now += PRODUCTION.validity + 10 * SECOND
        raise Unknown(venue="binance", error="RequestTimeout", detail="no answer")

    def look_up(self) -> None:
        self.looked.append(self.now)
        gateway, clock = self.desk.gateway, lambda: self.now
        lookups.look_up(self.desk.account.pk, gateway=gateway, clock=clock, timing=PRODUCTION)

    def until_decided(self, order_id: int, *, first: timedelta) -> str:
        """Take turns until the order is undecided no more; the pump's next round comes at `first`. Its state."""
        rounds_at, heard_at, give_up_at = self.now + first, self._heard([]), self.now + timedelta(minutes=2)
        while (state := Order.objects.get(pk=order_id).state) in ("SUBMITTING", "UNKNOWN"):
            self.now = min([rounds_at, *heard_at])
            assert self.now < give_up_at, f"still {state}"
            if self.now == rounds_at:
                pump.ring_due(now=self.now)
                rounds_at += max(pump.rest_secs(now=self.now), SEAL_SECS) * SECOND
            if self.now in heard_at:
                self.look_up()
            heard_at = self._heard([at for at in heard_at if at > self.now])
        return str(state)

    def _heard(self, waiting: list[datetime]) -> list[datetime]:
        """When look-ups begin; a bell that waits is not rung twice."""
        new = ("look_up", self.desk.account.pk) in self.rung and not waiting
        self.rung.clear()
        return [*waiting, self.now + HEARD_AFTER] if new else waiting


@pytest.fixture
def engine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """With one entry that its sender has claimed, and nobody sent."""
    made = Engine(desk, timezone.now())
    entered(one_leg(desk))
    monkeypatch.setattr(bells, "ring", made.ring)
    monkeypatch.setattr(CcxtGateway, "server_time", lambda _: made.now)
    return made


@pytest.mark.parametrize("first_ms", [0, 700, 1999])
@pytest.mark.parametrize("lives", [True, False], ids=["no answer", "sender died"])
def test_an_order_that_was_lost_is_decided_in_time(engine: Engine, lives: bool, first_ms: int) -> None:
    """Whenever the pump's rounds fall: by valid_until + receive window + 10 s + margin + 10 s it is proven absent."""
    claims = submit.claim(engine.desk.account.pk, opening=True, now=engine.now, timing=PRODUCTION)
    if lives:
        submit.submit(claims, gateway=engine, clock=lambda: engine.now)  # type: ignore[arg-type]
    order = Order.objects.get()
    assert (order.state, order.valid_until) == ("UNKNOWN" if lives else "SUBMITTING", order.submitted_at + 5 * SECOND)
    assert engine.until_decided(order.pk, first=timedelta(milliseconds=first_ms)) == "NOT_PLACED"
    assert engine.now - order.valid_until <= BOUND
    assert len(engine.looked) >= PRODUCTION.polls
    assert all(two - one >= 5 * SECOND for one, two in zip(engine.looked, engine.looked[1:], strict=False))


@pytest.mark.parametrize(
    ("changes", "secs"),
    [
        ({}, 2.0),
        ({"state": "UNKNOWN", "next_poll_at": 0.5 * SECOND}, 0.5),
        ({"state": "UNKNOWN", "next_poll_at": 5 * SECOND}, 2.0),
        ({"state": "UNKNOWN", "next_poll_at": -SECOND}, 2.0),  # it was rung for, and is again in two seconds
        ({"state": "SUBMITTING", "valid_until": SECOND - lookups.CALL_TIMEOUT}, 1.0),
        ({"state": "SUBMITTING", "valid_until": -SECOND - lookups.CALL_TIMEOUT}, 2.0),
        ({"state": "OPEN", "valid_until": SECOND - lookups.CALL_TIMEOUT, "next_poll_at": SECOND}, 2.0),
    ],
)
def test_the_pump_rests_until_a_look_up_is_due(desk: Desk, changes: dict[str, Any], secs: float) -> None:
    entered(one_leg(desk))
    now = timezone.now()
    Order.objects.update(**{name: now + at if isinstance(at, timedelta) else at for name, at in changes.items()})
    assert pump.rest_secs(now=now) == secs
