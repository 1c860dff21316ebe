"""kill -9 of the entries worker and the pump during 50 alerts: afterwards every promise has been kept."""

import contextlib
import itertools
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.e2e.stack import NotInTime, Stack, running, until

pytestmark = pytest.mark.stack

ALERTS = 50
KILL_EVERY = 10
VICTIMS = ("entries", "pump", "entries")
PAIRS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
INTERVALS = ("1", "3", "5", "15", "30", "60", "240")
IN_A_CALL = "SELECT 1 FROM trading_order WHERE state = 'SUBMITTING' AND purpose = 'ENTRY'"
FILLED = "SELECT 1 FROM trading_fill LIMIT 1"
MARKET_ENTRIES = """
INSERT INTO trading_settingoverride (symbol, name, value, changed_by, changed_at)
VALUES ('', 'first_entry', '"market"', 'test', now()) RETURNING id
"""
# Every entry's first leg fills at once, so that there is something to get wrong.
HELD = ("I1", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I11")


@pytest.fixture
def stack() -> Iterator[Stack]:
    with running(DEMO_SPEED="60", WINDLASS_TIMING="fast") as made:
        made.rows(MARKET_ENTRIES)
        yield made


def send(stack: Stack, number: int) -> int:
    """The nth alert: entries into ever new groups, every seventh an exit of a whole pair."""
    pair, interval = PAIRS[number % 3], INTERVALS[number % 7]
    wanted = {"action": "exit"} if number % 7 == 6 else {"action": "buy", "interval": interval}
    body = {"id": secrets.token_hex(8), "timestamp": datetime.now(UTC).isoformat(), "symbol": pair, **wanted}
    reply = stack.post(body)
    assert reply.status_code == 202
    return int(reply.json()["id"])


def killed_on_the_way(stack: Stack) -> list[int]:
    """Fifty alerts; after every tenth a process is killed, in the middle of a call where it is seen in one."""
    victims, ids = itertools.cycle(VICTIMS), []
    for start in range(0, ALERTS, KILL_EVERY):
        ids += [send(stack, number) for number in range(start, start + KILL_EVERY)]
        with contextlib.suppress(NotInTime):
            until(lambda: stack.rows(IN_A_CALL), secs=2, about="an order on its way", every=0.005)
        stack.kill(next(victims))
    return ids


def traded(stack: Stack) -> None:
    """Alerts go on until one has bought something: on a slow machine every earlier one may have come too late."""
    numbers = itertools.count(ALERTS)

    def filled() -> bool:
        if stack.rows(FILLED):
            return True
        send(stack, next(numbers))
        return False

    until(filled, about="a fill", every=1)


def test_every_promise_survives_kill_minus_nine(stack: Stack) -> None:
    ids = killed_on_the_way(stack)
    traded(stack)
    undecided = "SELECT count(*) FROM signals_alert WHERE outcome = ''"
    until(lambda: stack.rows(undecided) == [(0,)], about="an outcome for every alert")
    assert stack.rows("SELECT count(DISTINCT id) FROM signals_alert WHERE id = ANY(%s)", ids) == [(ALERTS,)]
    unsent = "SELECT count(*) FROM trading_order WHERE state IN ('NEW', 'SUBMITTING', 'UNKNOWN')"
    until(lambda: stack.rows(unsent) == [(0,)], about="every order decided")
    found = stack.asked("check_invariants", "--json")
    assert {name: (found[name]["held"], found[name]["violations"]) for name in HELD} == dict.fromkeys(HELD, (True, []))
    assert all(found[name]["checked"] > 0 for name in HELD)
    assert found["I13"]["violations"] == []  # the market runs on: by now everything may be sold again
    assert stack.rows("SELECT count(*) FROM trading_order WHERE state = 'NEEDS_HUMAN'") == [(0,)]
    assert stack.log().count("killed by SIGKILL") >= len(range(0, ALERTS, KILL_EVERY)) - 1
    assert "raised unexpected" not in stack.log()
