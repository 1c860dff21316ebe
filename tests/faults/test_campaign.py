"""The campaign in short: a whole stack hurt at named points and by kill -9, and a checker that catches a broken engine."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from project import failpoints
from tests.faults import campaign, judge, kinds, lab, moments, oracle, records, rounds, scarce, traffic
from tests.faults.campaign import Asked
from tests.faults.lab import Lab
from tests.faults.moments import Tally
from tests.faults.oracle import Wrong
from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, UNANSWERED, one_leg
from trading.errors import Unknown
from trading.gateways.base import OrderReport, OrderRequest

POINTS = (
    "order.t2.end=kill;order.place.signed1=kill;order.place.wire1.after=kill;order.t3.sql2.after=kill;"
    "fill.book.sql3.after=kill;cancel.call.wire1.after=kill;decide.batch.sql5.before=kill"
)
# Claimed, signed, accepted and unwritten, half written, booked and uncommitted, cancelled and unread, half decided.


@pytest.fixture(scope="module")
def hurt() -> Iterator[Lab]:
    with lab.opened() as made:
        traffic.warm_up(made)
        yield made


@pytest.mark.stack
def test_every_promise_is_kept(hurt: Lab) -> None:
    played = rounds.play(hurt, number=0, kind="point_kill", seed=11, points=POINTS)
    assert played.broken == ()
    assert played.unchecked == ()
    assert played.deliveries >= 20
    assert played.fired  # how many of them depends on how fast the machine is


# the checker itself ------------------------------------------------------------------------------


class Blind:
    """A gateway that sends again what it does not know of: the mistake the engine is built not to make."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def place(self, request: OrderRequest) -> OrderReport:
        try:
            return self._real.place(request)
        except Unknown:
            return self._real.place(replace(request, client_order_id=request.client_order_id[::-1]))


def placed(desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: str, gateway: type[Any] | None) -> set[Wrong]:
    """What the oracle says after an entry that ran into a fault."""
    one_leg(desk)
    real = desk.gateway
    monkeypatch.setattr(Desk, "gateway", property(lambda _: gateway(real) if gateway else real))
    desk.paper.fault(fault, **ORDER)
    desk.buy(order_type="market")
    desk.look_up()
    desk.settle()
    return {finding.wrong for finding in oracle.judge(judge.books(desk.account, desk.paper.ledger(desk.key)))}


@pytest.mark.parametrize(
    ("fault", "gateway", "said"),
    [
        (UNANSWERED, None, set()),
        (UNANSWERED, Blind, {Wrong.DOUBLED, Wrong.LOST}),
        (LOST, Blind, {Wrong.DOUBLED, Wrong.PHANTOM}),
    ],
    ids=["right engine", "blind resend", "blind resend of what never arrived"],
)
def test_a_broken_engine_is_caught(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: str, gateway: type[Any] | None, said: set[Wrong]
) -> None:
    assert placed(desk, monkeypatch, fault, gateway) == said


# the file ----------------------------------------------------------------------------------------

ASKED = Asked(Path("unused"), rounds=5, minutes=1, seed=3)
LINE = {
    "number": 0,
    "kind": "kill_pump",
    "deliveries": 26,
    "lost": 1,
    "doubled": 0,
    "phantom": 0,
    "stuck": 2,
    "broken": ["lost: x"],
    "secs": 9.5,
    "fired": [],
    "deeds": ["kill -9 pump"],
}


def test_every_kind_comes_once_before_any_comes_again_and_a_seed_gives_the_same_rounds() -> None:
    count = len(kinds.KINDS)
    first = [campaign.drawn(ASKED, number) for number in range(2 * count)]
    assert {kind for kind, _ in first[:count]} == {kind for kind, _ in first[count:]} == set(kinds.KINDS)
    assert first == [campaign.drawn(ASKED, number) for number in range(2 * count)]
    assert len({seed for _, seed in first}) == 2 * count


def test_a_campaign_reads_on_where_a_kill_cut_it_off(tmp_path: Path) -> None:
    path = tmp_path / "rounds.jsonl"
    path.write_text(json.dumps(LINE) + "\n" + json.dumps(LINE)[:40])
    assert records.read(path) == [LINE]
    assert records.read(tmp_path / "none") == []


def test_the_table_counts_by_kind_and_tells_what_was_left_out() -> None:
    text = campaign.table([LINE, {"number": 1, "kind": "disk_full", "skipped": "no"}])
    assert [line.split() for line in text.splitlines()[1:4]] == [
        ["disk_full", "0", "skipped:", "no"],
        ["kill_pump", "1", "1", "0", "0", "2", "1", "9.5", "9.5"],
        ["all", "1", "1", "0", "0", "2", "1", "9.5", "9.5"],
    ]


def test_kinds_stand_in_order_and_what_not_every_machine_has_is_scarce() -> None:
    assert [kind for kind in kinds.KINDS if scarce.needs(kind)] == ["clock_library", "disk_full"]
    assert all(kinds.KINDS.values())


# moments and actions -----------------------------------------------------------------------------


def of_points(plan: str, *fired: str) -> dict[str, Any]:
    return {**LINE, "kind": "point_seldom", "deeds": [plan, "SIGCONT"], "fired": list(fired)}


def test_a_tally_counts_what_was_planned_and_what_happened() -> None:
    tally = Tally.of(
        [LINE, of_points("order.t2.end=kill@2;fill.book.begin=hang:2500", "order.t2.end", "timeout POST /x")]
    )
    assert tally.planned == {("order.t2.end", "kill"): 1, ("fill.book.begin", "hang"): 1}
    assert +tally.befell == {("order.t2.end", "kill"): 1}
    assert ("order.t2.end", "kill") in tally.missing()
    tally.take(of_points("order.t2.end=kill", "order.t2.end"))
    assert ("order.t2.end", "kill") not in tally.missing()
    assert f"{len(tally.missing()) + 1}\n" in moments.table(tally)


def test_what_happened_least_has_its_turn_and_a_moment_comes_once_a_round() -> None:
    tally, rng = Tally(), random.Random(1)
    names = ["order.t2.end", "fill.book.begin"]
    chosen = [moments.plan(tally.next(names, 2, rng))]
    for _ in range(4):
        tally.take(of_points(chosen[-1], *names))
        chosen.append(moments.plan(tally.next(names, 2, rng)))
    assert all(sorted(p.name for p in failpoints.parse(plan)) == sorted(names) for plan in chosen)
    assert len({tuple(part.split("=")) for plan in chosen for part in plan.split(";")}) == 10
