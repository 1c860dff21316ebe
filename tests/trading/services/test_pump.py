"""The pump: every due row rings its bell, and nothing due rings nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from project.accounts import mode
from project.accounts.models import Checkup, ExchangeAccount
from tests.support.factories import Desk
from tests.support.levers import one_leg
from tests.support.plugin import SERVERS
from tests.trading.services.levers import entered
from tests.trading.test_bells import QUEUES, waiting
from trading.models import Canary, Order
from trading.services import preflight, pump
from trading.services.lookups import CALL_TIMEOUT


@pytest.fixture
def broker(desk: Desk) -> Iterator[Redis]:
    with Redis.from_url(SERVERS.redis_url) as client:
        client.flushdb()
        yield client
        client.flushdb()


def rung(broker: Redis) -> list[str]:
    pump.ring_due(now=timezone.now())
    return sorted(task.removeprefix("trading.") for queue in QUEUES for task, _ in waiting(broker, queue))


def order(times: dict[str, timedelta] | None = None, **values: Any) -> Callable[[Desk], None]:
    """One order of the account, as the table says; times are distances from the moment of the test."""

    def make(desk: Desk) -> None:
        entered(one_leg(desk))
        Order.objects.update(**values, **{name: timezone.now() + span for name, span in (times or {}).items()})

    return make


SECOND = timedelta(seconds=1)


def undecided(desk: Desk) -> None:
    desk.alert(symbol="BTCUSDT", action="buy")


def unreconciled(desk: Desk) -> None:
    ExchangeAccount.objects.update(reconciled_at=None)


def asked_for(**times: timedelta) -> Callable[[Desk], None]:
    """A check-up; times are distances from the moment of the test."""

    def make(desk: Desk) -> None:
        preflight.ask(desk.account.pk, preflight.Kind.PREFLIGHT, operator="mira", now=timezone.now())
        Checkup.objects.update(**{name: timezone.now() + span for name, span in times.items()})

    return make


DUE: list[tuple[Callable[[Desk], None], list[str]]] = [
    (lambda desk: None, []),
    (undecided, ["process_inbox"]),
    (unreconciled, ["reconcile_books"]),
    (order(state="NEW"), ["submit_entries"]),
    (order(state="NEW", purpose="EXIT"), ["submit_exits"]),
    (order(state="OPEN"), []),
    (order(state="OPEN", cancel_requested=True), ["submit_exits"]),
    (order(state="CANCELLING", cancel_requested=True), []),
    (order({"valid_until": -SECOND}, state="SUBMITTING"), []),
    (order({"valid_until": -SECOND - CALL_TIMEOUT}, state="SUBMITTING"), ["look_up"]),
    (order({"next_poll_at": -SECOND}, state="UNKNOWN"), ["look_up"]),
    (order({"next_poll_at": 600 * SECOND}, state="UNKNOWN"), []),
    (order(state="NEEDS_HUMAN"), []),
    (order(state="FILLED", reported_qty=1), ["poll_fills"]),
    (order(state="FILLED", reported_qty=1, filled_qty=1), []),
    (asked_for(), ["make_checkups"]),
    (asked_for(started_at=-SECOND), []),
    (asked_for(started_at=-SECOND - preflight.GIVEN_UP), ["make_checkups"]),
    (asked_for(started_at=-SECOND - preflight.GIVEN_UP, finished_at=-SECOND), []),
]


@pytest.mark.parametrize(("make", "expected"), DUE)
def test_what_is_due_rings(desk: Desk, broker: Redis, make: Callable[[Desk], None], expected: list[str]) -> None:
    make(desk)
    broker.flushdb()  # what the deed itself rang
    assert rung(broker) == expected


def test_entries_do_not_ring_while_the_mode_forbids_them(desk: Desk, broker: Redis) -> None:
    entered(one_leg(desk))
    mode.change("PAUSED", operator="mira", reason="test")
    broker.flushdb()
    assert rung(broker) == []


def test_a_bell_that_waits_is_not_rung_twice(desk: Desk, broker: Redis) -> None:
    undecided(desk)
    assert rung(broker) == rung(broker) == ["process_inbox"]


def test_the_canary_is_sent_every_five_seconds(desk: Desk, broker: Redis) -> None:
    now = timezone.now()
    for secs in (0, 1, 4.9, 5, 6):
        pump.ring_canary(now=now + timedelta(seconds=secs))
        broker.delete("windlass:bell:answer_canary:0")  # heard
    assert len(waiting(broker, "misc")) == 2
    assert Canary.objects.get().answered_at is None


def test_a_clock_set_back_silences_no_canary(desk: Desk, broker: Redis) -> None:
    pump.ring_canary(now=timezone.now() + timedelta(hours=1))
    broker.delete("windlass:bell:answer_canary:0")  # heard
    pump.ring_canary(now=timezone.now())
    assert len(waiting(broker, "misc")) == 2
