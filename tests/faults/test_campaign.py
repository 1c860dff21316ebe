"""The campaign in short: a whole stack hurt at named points and by kill -9; what it does with verdicts, turns and files."""

import json
import random
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from project import failpoints
from tests.e2e.stack import Stack
from tests.faults import __main__ as command
from tests.faults import campaign, kinds, lab, moments, records, rounds, scarce, traffic
from tests.faults.campaign import Asked
from tests.faults.lab import Lab
from tests.faults.moments import Tally
from tests.faults.rounds import Round
from tests.faults.waits import WAITS, Waits
from trading.domain.order_state import PRODUCTION, TIMING_PROFILES
from trading.services import lookups

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


# the verdict -------------------------------------------------------------------------------------


def said(**checked: int) -> dict[str, Any]:
    """A judge's words when nothing is wrong: how much each invariant has looked at."""
    looked_at = dict.fromkeys(rounds.MUST_BE_CHECKED, 1) | {"I7": 0, "I13": 0} | checked
    found = {name: {"violations": [], "checked": count} for name, count in looked_at.items()}
    return {"findings": [], "invariants": found}


@pytest.mark.parametrize(
    ("checked", "presses", "names"),
    [
        ({}, 0, []),
        ({"I4": 0, "I11": 0}, 0, ["I11", "I4"]),
        ({}, 1, ["I7"]),
        ({"I7": 1}, 1, []),
        ({"I7": 1}, 2, ["I7"]),  # of two kills one was looked at
    ],
)
def test_what_should_have_been_looked_at_and_was_not_is_named(
    checked: dict[str, int], presses: int, names: list[str]
) -> None:
    assert rounds.unchecked(said(**checked), presses=presses) == names


class Says:
    """A judge that has its answers in store, one for each time that it is asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)

    def ask(self, what: str, **facts: Any) -> dict[str, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def judged(tmp_path: Path, *answers: dict[str, Any]) -> dict[str, Any]:
    """The verdict over a stack of which nothing runs."""
    judge: Any = Says(*answers)
    return rounds.verdict(Lab(Stack(tmp_path / "home", ports={}), {}, judge, {}))


def test_what_could_not_be_looked_at_is_asked_for_again(tmp_path: Path) -> None:
    assert judged(tmp_path, {"error": "away"}, said(I6=0), said()) == said()


def test_what_is_never_looked_at_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "LOOK_SECS", 0.0)
    assert rounds.unchecked(judged(tmp_path, said(I6=0))) == ["I6"]


def test_a_violation_is_told_at_once(tmp_path: Path) -> None:
    wrong = said(I6=0)
    wrong["invariants"]["I2"]["violations"] = ["w1 is no intent of ours"]
    assert rounds.broken_promises(judged(tmp_path, wrong, said())) == ["I2: w1 is no intent of ours"]


WAITS_FOR_EVER = "import signal; signal.pause()"


def test_a_twin_that_has_died_is_told(tmp_path: Path) -> None:
    nobody: Any = None
    lives, dies = (psutil.Popen([sys.executable, "-c", code]) for code in (WAITS_FOR_EVER, "raise SystemExit(3)"))
    dies.wait(60)
    made = Lab(Stack(tmp_path / "home", ports={}), {}, nobody, {}, twins=[("pump", lives), ("beat", dies)])
    assert made.fallen() == ["the second beat ended with status 3"]
    made.end_twins()
    assert made.fallen() == []


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


def played(*evenings: Asked, each: int, done: Sequence[dict[str, Any]] = ()) -> list[tuple[str, int]]:
    """Kinds and seeds of a campaign that goes on evening by evening."""
    lines = list(done)
    for asked in evenings:
        for _ in range(each):
            kind, seed = campaign.drawn(asked, len(lines), lines)
            lines.append({"number": len(lines), "kind": kind, "seed": seed})
    return [(line["kind"], line["seed"]) for line in lines[len(done) :]]


def test_every_kind_comes_once_before_any_comes_again_and_a_seed_gives_the_same_rounds() -> None:
    count = len(kinds.KINDS)
    first = played(ASKED, each=2 * count)
    assert {kind for kind, _ in first[:count]} == {kind for kind, _ in first[count:]} == set(kinds.KINDS)
    assert first == played(ASKED, each=2 * count)
    assert len({seed for _, seed in first}) == 2 * count


def test_a_turn_goes_over_evenings_of_any_seed() -> None:
    evenings = [replace(ASKED, seed=seed) for seed in range(len(kinds.KINDS))]
    assert {kind for kind, _ in played(*evenings, each=1)} == set(kinds.KINDS)


def test_a_new_kind_has_its_turn_first_and_a_round_that_was_played_again_takes_nobodys() -> None:
    asked, old = replace(ASKED, only=("quiet", "clock", "freeze")), [{"kind": "quiet"}, {"kind": "clock"}] * 5
    assert [kind for kind, _ in played(asked, each=1, done=old)] == ["freeze"]
    again = [{"kind": "quiet"}, {"kind": "quiet"}, {"kind": "kill_web"}]
    assert {kind for kind, _ in played(asked, each=2, done=again)} == {"clock", "freeze"}


PLAYED = Round(
    number=7,
    seed=42,
    kind="point_stop",
    deeds=("order.t2.end=stop@1;fill.book.begin=stop@2", "SIGCONT"),
    fired=(),
    deliveries=26,
    promised=22,
    lost=0,
    doubled=0,
    phantom=0,
    stuck=0,
    broken=("stuck: x",),
    unchecked=(),
    secs=9.5,
    settle_secs=1.2,
    reached=(1, 2),
)


@pytest.mark.parametrize(
    ("asked", "round_"),
    [
        (ASKED, PLAYED),
        (replace(ASKED, timing="production", broken="early_ack"), PLAYED),
        (ASKED, replace(PLAYED, kind="kill_switch", deeds=("kill.begun=kill", "the kill switch is pressed"))),
        (replace(ASKED, timing="production"), replace(PLAYED, kind="freeze", deeds=("SIGSTOP pump",))),
    ],
)
def test_the_line_that_is_printed_plays_the_round_again(asked: Asked, round_: Round) -> None:
    words = shlex.split(campaign.again(asked, round_))
    assert tuple(words[: len(campaign.COMMAND)]) == campaign.COMMAND
    given = command.asked(command.arguments(words[len(campaign.COMMAND) :]))
    assert (given.timing, given.broken) == (asked.timing, asked.broken)
    assert given.points == (round_.deeds[0] if round_.kind.startswith("point_") else "")
    assert campaign.drawn(given, 0, []) == (round_.kind, round_.seed)


def test_what_is_drawn_of_points_moves_nothing_else() -> None:
    """A stack that has seen other points is harmed at other points, at the same moments and by the same venue."""
    rest = []
    for seen in (set[str](), {"order.t2.end", "fill.book.begin", "decide.batch.end"}):
        for kind in ("point_stop", "point_seldom"):
            deeds = kinds.KINDS[kind](Seen(seen), random.Random("1"))  # type: ignore[arg-type]
            rest.append([(deed.at_secs, deed.words) for deed in deeds if not deed.plans])
    assert rest[:2] == rest[2:]


@dataclass
class Seen:
    """As much of a lab as a plan of points asks for."""

    points: set[str]
    tally: Tally = field(default_factory=Tally)
    waits: Waits = WAITS["fast"]

    def seen(self) -> set[str]:
        return self.points


def test_who_stands_still_at_production_timing_goes_on_too_late() -> None:
    for name, waits in WAITS.items():
        lives = TIMING_PROFILES[name].validity + TIMING_PROFILES[name].receive_window
        assert waits.hang_ms > lives / timedelta(milliseconds=1)
    waits, taken_over = WAITS["production"], (PRODUCTION.validity + lookups.CALL_TIMEOUT).total_seconds()
    assert min(waits.frozen_secs[0], waits.hang_ms / 1000) > taken_over
    assert waits.resumed_secs[0] - kinds.LAST_SECS >= 60


@pytest.mark.parametrize(("code", "kept"), [("abc1234", True), ("abc1234+", False), ("", False)])
def test_what_was_simulated_of_a_commit_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, kept: bool
) -> None:
    def run(words: list[str], **_: Any) -> Any:
        assert words[-4:-1] == ["--seeds", "500", "--resume"]
        Path(words[-1]).write_text("{}")
        return subprocess.CompletedProcess(words, 1)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(records, "code", lambda: code)
    assert command.simulated(500, tmp_path / "files") == 1
    assert bool(list((tmp_path / "files").iterdir())) is kept


def test_a_record_names_the_commit_and_whether_more_than_records_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def git(*words: str) -> str:
        asked.append(words)
        return "abc1234" if words[0] == "rev-parse" else ""

    monkeypatch.setattr(records, "_git", git)
    assert records.code() == "abc1234"
    assert asked[1][-1] == ":^tests/faults/records"
    monkeypatch.setattr(records, "_git", lambda *words: "abc1234" if words[0] == "rev-parse" else "trading/locks.py")
    assert records.code() == "abc1234+"


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
    chosen = [moments.plan(tally.next(names, 2, rng), WAITS["fast"])]
    for _ in range(4):
        tally.take(of_points(chosen[-1], *names))
        chosen.append(moments.plan(tally.next(names, 2, rng), WAITS["fast"]))
    assert all(sorted(p.name for p in failpoints.parse(plan)) == sorted(names) for plan in chosen)
    assert len({tuple(part.split("=")) for plan in chosen for part in plan.split(";")}) == 10
