"""Failpoints: a plan is read strictly, forbidden outside of tests, does what it says once, and costs nothing when off."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from project import failpoints, failpoints_table
from project.failpoints import Action, Armed, BadPlan, Failpoint, Fixed, Folder, Planned, parse

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("project", "signals", "trading")
HOOK = re.compile(r"failpoints\.(span|point)\(\"([a-z0-9_.]+)\"\)")
REACH = "from project import failpoints; failpoints.point('a.b'); failpoints.point('a.b'); print('alive')"


def hooks() -> set[tuple[str, str, str]]:
    """Every hook in the sources: its kind, its name, its file."""
    paths = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    return {(kind, name, path) for path, text in texts.items() for kind, name in HOOK.findall(text)}


def test_the_table_and_the_sources_name_the_same_points_in_the_same_places() -> None:
    rows = {("span", row.name, row.place) for row in failpoints_table.SPANS}
    rows |= {("point", row.name, row.place) for row in failpoints_table.POINTS}
    assert hooks() == rows
    assert len(failpoints_table.all_named()) >= 60


def test_the_table_is_in_order_and_says_what_stands_on_either_side() -> None:
    for table in (failpoints_table.SPANS, failpoints_table.POINTS):
        assert [row.name for row in table] == sorted({row.name for row in table})
        assert all(row.before and row.after for row in table)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("", ()),
        ("order.t2.begin=kill", (Planned("order.t2.begin", Action.KILL),)),
        ("a.sql3.after=delay:250@2", (Planned("a.sql3.after", Action.DELAY, 250, 2),)),
        (" a=raise ; b=stop;", (Planned("a", Action.RAISE), Planned("b", Action.STOP))),
    ],
)
def test_a_plan_is_read(text: str, plan: tuple[Planned, ...]) -> None:
    assert parse(text) == plan


@pytest.mark.parametrize("text", ["a", "a=explode", "a=kill@x", "A=kill", "a=kill:x", "a=kill,b=kill"])
def test_a_plan_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(BadPlan):
        parse(text)


def test_off_every_hook_is_the_same_empty_thing() -> None:
    assert failpoints.point is failpoints.here
    assert failpoints.span("a") is failpoints.wire()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("order.t2.begin", True),
        ("order.t2.sql12.after", True),
        ("order.place.wire1.before", True),
        ("order.place.signed1", True),
        ("venue.wire1.after", True),
        ("kill.latch.linked", True),
        ("order.t2", False),
        ("order.t2.sql.after", False),
        ("order.t9.begin", False),
    ],
)
def test_a_name_is_known_or_not(name: str, known: bool) -> None:
    assert failpoints_table.is_known(name) is known


# what happens ------------------------------------------------------------------------------------


def test_a_point_raises_at_the_time_that_is_planned_and_at_no_other() -> None:
    plan = Fixed(parse("a=raise@2"))
    plan.reached("a")
    with pytest.raises(Failpoint, match="a"):
        plan.reached("a")
    plan.reached("a")


def test_a_write_to_a_venue_has_a_point_behind_it_whatever_became_of_it() -> None:
    seen: list[str] = []
    with pytest.raises(TimeoutError), Armed(seen.append).wire():
        raise TimeoutError
    assert seen == ["venue.wire1.before", "venue.wire1.after"]


def test_a_folders_plan_may_change_and_each_line_happens_once_for_all(tmp_path: Path) -> None:
    first, second = Folder(tmp_path), Folder(tmp_path)
    first.reached("a")
    (tmp_path / "plan").write_text("a=raise")
    with pytest.raises(Failpoint):
        first.reached("a")
    second.reached("a")
    (tmp_path / "plan.new").write_text("a=raise;b=raise")
    (tmp_path / "plan.new").rename(tmp_path / "plan")
    with pytest.raises(Failpoint):
        second.reached("b")
    assert (tmp_path / "seen").read_text().split() == ["a", "a", "b"]  # once for each process
    assert sorted(path.read_text() for path in tmp_path.glob("fired-*")) == [f"a {os.getpid()}", f"b {os.getpid()}"]


def ran(plan: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A process that reaches a point twice."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WINDLASS_", "DJANGO_", "COV"))}
    env = {**kept, "WINDLASS_HOME": os.environ["WINDLASS_HOME"], "WINDLASS_FAILPOINTS": plan, **variables}
    return subprocess.run([sys.executable, "-c", REACH], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


CAMPAIGN = {"WINDLASS_FAULTS": "1"}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"WINDLASS_TIMING": "fast"},
        {"WINDLASS_FAULTS": "0"},
        {"DJANGO_SETTINGS_MODULE": "project.settings.production"},
        {**CAMPAIGN, "WINDLASS_LIVE": "1"},
    ],
)
def test_a_plan_outside_of_tests_ends_the_process_with_a_clear_sentence(variables: dict[str, str]) -> None:
    done = ran("a.b=kill", **variables)
    assert done.returncode == 1
    assert "WINDLASS_FAILPOINTS makes processes die" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("plan", "variables", "status"),
    [
        ("", {}, 0),
        ("a.b=kill@2", CAMPAIGN, -signal.SIGKILL),
        ("a.b=kill@3", CAMPAIGN, 0),
        ("a.b=kill@2", {**CAMPAIGN, "WINDLASS_TIMING": "fast"}, -signal.SIGKILL),
        ("a.b=kill", {"DJANGO_SETTINGS_MODULE": "project.settings.test"}, -signal.SIGKILL),
    ],
)
def test_a_process_dies_where_it_is_told_to(plan: str, variables: dict[str, str], status: int) -> None:
    assert ran(plan, **variables).returncode == status
