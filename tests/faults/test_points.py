"""Every statement that changes something and every write to a venue, on the whole path of an order, lies between points."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection

from project import failpoints, failpoints_table
from tests.support.factories import Desk
from tests.support.levers import ORDER, UNANSWERED, chosen, one_leg
from tests.trading.kill.conftest import Button, button, home, spot
from tests.trading.services import offsets
from trading.kill import sequence
from trading.models import Order, QueuedSignal

__all__ = ["button", "home", "spot"]

CHANGES = ("INSERT", "UPDATE", "DELETE")
OURS = ("trading_order", "trading_fill", "trading_slot", "trading_positiongroup", "trading_queuedsignal")
OURS += (
    "trading_offsetrun",
    "trading_offsetstep",
    "trading_leg",
    "trading_pyramid",
    "signals_alert",
    "signals_signal",
    "journal_journalentry",
)
# Tables of the order path; caches of prices, balances and bells may be written anywhere.
BY_HAND = 'INSERT INTO "signals_alert"'
# The test's own hand, in place of the door.


@dataclass
class Listed:
    """What happened, in order: the names of points, and what lay outside of any."""

    points: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    statements: int = 0
    writes: int = 0

    def statement(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """The outermost wrapper of SQL: the points of this statement come inside of it."""
        counts = sql.lstrip().startswith(CHANGES) and any(table in sql for table in OURS) and BY_HAND not in sql
        return self._between(".sql", execute, sql, *rest) if counts else execute(sql, *rest)

    def write(self, really: Callable[..., Any]) -> Callable[..., Any]:
        """The innermost write to a venue: its points come around it."""

        def written(url: str, method: str, *rest: Any) -> Any:
            self.writes += 1
            self.bare += [f"{method} {url}"] if not self.points or not self.points[-1].endswith(".before") else []
            return really(url, method, *rest)

        return written

    def _between(self, kind: str, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.statements += 1
        first = len(self.points)
        result = execute(*arguments)
        inside = self.points[first:]
        good = inside and kind in inside[0] and inside[0].endswith(".before") and inside[-1] == _after(inside[0])
        self.bare += [] if good else [arguments[0][:120]]
        return result

    def reached(self, name: str) -> bool:
        """Whether a stretch was gone through, from begin to end."""
        return {f"{name}.begin", f"{name}.end"} <= set(self.points)

    def sent(self, name: str) -> bool:
        """Whether a venue was written to in a stretch, with a point before and after."""
        return {f"{name}.wire1.before", f"{name}.wire1.after"} <= set(self.points)


def _after(before: str) -> str:
    return before.removesuffix(".before") + ".after"


@pytest.fixture
def listed(transactional_db: None) -> Iterator[Listed]:
    found = Listed()
    failpoints.arm(found.points.append)
    with connection.execute_wrapper(found.statement):
        yield found
    failpoints.disarm()


def watched(desk: Desk, listed: Listed) -> Desk:
    """The desk's gateway writes where the list sees it."""
    gateway: Any = desk.gateway
    gateway._write = listed.write(gateway._write)
    return desk


def complete(listed: Listed) -> bool:
    """Something was seen, nothing lay bare, and every point has a name that the table knows."""
    assert listed.bare == []
    assert [name for name in listed.points if not failpoints_table.is_known(name)] == []
    return listed.statements > 0


def test_entry_claim_call_answer_fill_target_and_exit(desk: Desk, listed: Listed) -> None:
    watched(one_leg(desk), listed).buy(order_type="market")
    for name in ("decide.batch", "order.t1", "order.t2", "order.place", "order.t3", "fill.book", "exit.t1"):
        assert listed.reached(name), name
    assert all(listed.sent(name) for name in ("order.place", "fill.fetch"))
    desk.alert(symbol="BTCUSDT", action="exit")
    desk.decide()
    desk.settle()
    for name in ("group.closing", "cancel.claim", "cancel.call", "order.look", "order.seen", "slot.release"):
        assert listed.reached(name), name
    assert all(listed.sent(name) for name in ("cancel.call", "order.look"))
    assert complete(listed)
    assert listed.writes > 0


def test_a_look_up(desk: Desk, listed: Listed) -> None:
    watched(one_leg(desk), listed)
    desk.paper.fault(UNANSWERED, **ORDER)
    desk.buy()
    assert Order.objects.get().state == "UNKNOWN"
    desk.look_up()
    for name in ("order.failed", "lookup.claim", "lookup.ask", "lookup.write"):
        assert listed.reached(name), name
    assert listed.sent("lookup.ask")
    assert complete(listed)


def test_a_promotion_from_the_queue(desk: Desk, listed: Listed) -> None:
    chosen(one_leg(desk), max_open_groups=1)
    watched(desk, listed).buy(order_type="market")
    desk.buy("ETHUSDT", "3000")
    assert QueuedSignal.objects.get().state == QueuedSignal.State.WAITING
    desk.alert(symbol="BTCUSDT", action="exit")
    desk.decide()
    desk.settle()
    assert QueuedSignal.objects.get().state == QueuedSignal.State.PROMOTED
    for name in ("queue.put", "slot.release", "group.after", "queue.promote", "queue.end"):
        assert listed.reached(name), name
    assert complete(listed)


def test_an_offset_step(desk: Desk, listed: Listed) -> None:
    offsets.carried_out(offsets.scene(watched(desk, listed), "ETHUSDT"))
    assert all(listed.reached(name) for name in ("offset.begin", "offset.step", "offset.book", "exit.reduce"))
    assert listed.sent("offset.book")
    assert complete(listed)


def test_a_kill(spot: Desk, button: Button, listed: Listed) -> None:
    chosen(spot, legs=[["0", "50", "1"], ["-2", "50", "1"]], first_entry="market")
    spot.buy()
    button.files()
    assert sequence.run(button.around, button.press())
    steps = ["kill.latch.before", "kill.latch.after", "kill.begun", "kill.engine_told", "kill.cancel.before"]
    assert [name for name in listed.points if name in steps][: len(steps)] == steps
    assert listed.sent("kill.place")
    assert listed.points.index("kill.place.wire1.after") < listed.points.index("kill.flat.before")
    assert complete(listed)
