"""Every meaning × every state of a group × every mode: the outcome, and what follows on the book.

A state is brought about once on the real path; every cell is decided on it for real, and then undone.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from django.utils import timezone

from project.accounts.models import TradingMode
from signals.models import Ticker
from tests.engine.stage import fresh_desk, truncate
from tests.engine.states import STATES, next_bar, told
from tests.support.factories import Desk
from tests.support.levers import in_this_bar
from tests.support.paper import PaperExchange
from trading.models import Order
from trading.services import cancel, connect, submit

pytestmark = pytest.mark.django_db
# Every cell runs in a transaction that is rolled back.

MODES = ("NORMAL", "PAUSED", "REDUCED", "EMERGENCY")
ENTERS = frozenset({"ENTERED", "PYRAMIDED", "QUEUED"})
# What a mode other than NORMAL denies; everything that shrinks or explains is the same in all modes.

SAYS: Mapping[str, Mapping[str, str]] = {
    "entry": {"action": "buy", "interval": "240"},  # a group of its own: another timeframe
    "pyramid": {"action": "buy"},
    "exit": {"action": "sell"},
    "flat": {"action": "exit"},
    "other exit": {"action": "exit", "interval": "240"},
    "reduce": {"action": "reduce", "size": "50% position"},
    "smaller": {
        "action": "sell",
        "market_position": "long",
        "market_position_size": "1",
        "prev_market_position": "long",
        "prev_market_position_size": "2",
    },
    "reverse": {"action": "reverse"},
    "to short": {"action": "reverse", "market_position": "short"},  # spot can only close
    "to long": {"action": "reverse", "market_position": "long"},
    "cover": {"action": "buy", "market_position": "short"},  # can only close a SHORT
}

# The outcome in mode NORMAL. "=" is the same as with no group at all.
# fmt: off
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    #             none                 WAITING       LIVE                 PARTIALLY_FILLED   ACTIVE             CLOSING      CLOSED FAILED
    "entry":      ("ENTERED",           "QUEUED",     "ENTERED",           "ENTERED",         "ENTERED",         "ENTERED",           "=", "="),
    "pyramid":    ("ENTERED",           "QUEUED",     "PYRAMIDED",         "PYRAMIDED",       "PYRAMIDED",       "TOO_SOON",          "=", "="),
    "exit":       ("NOTHING_TO_EXIT",   "DEQUEUED",   "EXITED",            "EXITED",          "EXITED",          "NOTHING_TO_EXIT",   "=", "="),
    "flat":       ("NOTHING_TO_EXIT",   "DEQUEUED",   "EXITED",            "EXITED",          "EXITED",          "NOTHING_TO_EXIT",   "=", "="),
    "other exit": ("NOTHING_TO_EXIT",   "=",          "=",                 "=",               "=",               "=",                 "=", "="),
    "reduce":     ("NOTHING_TO_REDUCE", "=",          "=",                 "REDUCED",         "REDUCED",         "=",                 "=", "="),
    "smaller":    ("NOTHING_TO_REDUCE", "=",          "=",                 "REDUCED",         "REDUCED",         "=",                 "=", "="),
    "reverse":    ("NOTHING_TO_EXIT",   "DEQUEUED",   "EXITED",            "EXITED",          "EXITED",          "NOTHING_TO_EXIT",   "=", "="),
    "to short":   ("NOTHING_TO_EXIT",   "DEQUEUED",   "EXITED",            "EXITED",          "EXITED",          "NOTHING_TO_EXIT",   "=", "="),
    "to long":    ("ENTERED",           "QUEUED",     "ALREADY_ON_SIDE",   "ALREADY_ON_SIDE", "ALREADY_ON_SIDE", "TOO_SOON",          "=", "="),
    "cover":      ("NOTHING_TO_EXIT",   "=",          "=",                 "=",               "=",               "=",                 "=", "="),
}
# fmt: on


class Follows(NamedTuple):
    """Orders written and withdrawn by a decision, by purpose."""

    written: Mapping[str, int]
    withdrawn: Mapping[str, int]


NOTHING = Follows({}, {})
GRID = Follows({"ENTRY": 5}, {})
WRITES: Mapping[tuple[str, str], Follows] = {
    ("EXITED", "LIVE"): Follows({}, {"ENTRY": 5}),
    ("EXITED", "PARTIALLY_FILLED"): Follows({}, {"ENTRY": 4, "TARGET": 1}),
    ("EXITED", "ACTIVE"): Follows({}, {"TARGET": 5}),
    # 0.00032 BTC held, 0.00016 go: the one target makes room.
    ("REDUCED", "PARTIALLY_FILLED"): Follows({}, {"TARGET": 1}),
    # 0.00165 held, 0.00082 go: the first two targets (0.00032 and 0.00033) and a part of the third.
    ("REDUCED", "ACTIVE"): Follows({}, {"TARGET": 3}),
    **{(outcome, state): GRID for outcome in ("ENTERED", "PYRAMIDED") for state in STATES},
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A desk with the group in its state, and its orders before anything more is said."""

    desk: Desk
    state: str
    before: Mapping[int, Order]


@pytest.fixture(scope="module", params=STATES)
def scene(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: object, exchange: PaperExchange
) -> Iterator[Scene]:
    """The state, brought about once for all its cells; the next bar has begun."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        made = fresh_desk(exchange)
        STATES[request.param](made)
        next_bar()
        yield Scene(made, request.param, {order.pk: order for order in Order.objects.all()})
        truncate()


def expected(state: str, says: str, mode: str) -> str:
    row = OUTCOMES[says]
    said = row[list(STATES).index(state)].replace("=", row[0])
    return {(True, True): said, (True, False): "MODE"}.get((said in ENTERS, mode == "NORMAL"), said)


def follows(before: Mapping[int, Order]) -> Follows:
    """What the decision wrote and withdrew."""
    orders = list(Order.objects.all())
    asked = {order.pk for order in before.values() if order.cancel_requested}
    written = Counter(order.purpose for order in orders if order.pk not in before)
    gone = (o for o in orders if o.pk in before and o.pk not in asked and (o.cancel_requested or o.state == "DROPPED"))
    return Follows(dict(written), dict(Counter(order.purpose for order in gone)))


def leaves(desk: Desk, *, opening: bool) -> int:
    """How many orders would be sent now."""
    timing = connect.timing()
    return len(submit.claim(desk.account.pk, opening=opening, now=timezone.now(), timing=timing))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("says", SAYS)
def test_an_alert_gets_its_outcome_and_its_orders(scene: Scene, says: str, mode: str) -> None:
    outcome = expected(scene.state, says, mode)
    wanted = WRITES.get((outcome, scene.state), NOTHING)
    pending = sum(order.cancel_requested for order in scene.before.values() if order.state == "OPEN")
    TradingMode.objects.update(mode=mode)
    Ticker.objects.update(at=timezone.now())
    assert told(scene.desk, **SAYS[says]) == outcome
    assert follows(scene.before) == wanted
    # Cancels leave in every mode; entries are written in NORMAL only, and leave then.
    assert len(cancel.claim_cancels(scene.desk.account.pk)) == sum(wanted.withdrawn.values()) + pending
    assert leaves(scene.desk, opening=True) == sum(wanted.written.values())
    assert leaves(scene.desk, opening=False) == 0


def test_a_second_entry_in_the_same_bar_is_too_soon(scene: Scene) -> None:
    """One pyramid a bar; who waits is replaced, who has ended is entered anew."""
    again = {"LIVE": "TOO_SOON", "PARTIALLY_FILLED": "TOO_SOON", "ACTIVE": "TOO_SOON", "CLOSING": "TOO_SOON"}
    Ticker.objects.update(at=timezone.now())
    first = told(scene.desk, action="buy")
    in_this_bar()
    second = told(scene.desk, action="buy")
    assert second == again.get(scene.state, {"ENTERED": "TOO_SOON", "QUEUED": "QUEUED"}.get(first))
