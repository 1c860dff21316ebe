"""Into an emergency by one press, out of it by two steps; every transition with a name and a reason."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from project.accounts import latch, mode
from project.accounts.mode import ModeRefused
from project.journal.models import JournalEntry
from trading.kill import places

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    settings.WINDLASS = replace(django_settings.WINDLASS, home=tmp_path)  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture(autouse=True)
def watched(home: Path) -> Iterator[None]:
    """A kill process watches, so none is started."""
    with places.only_watcher(home):
        yield


def declare() -> None:
    mode.declare_emergency(operator="mira", reason="smoke", source="test")


def ask(at: datetime = NOW) -> None:
    mode.request_leave(operator="mira", reason="it was the toaster", now=at)


def leave(operator: str = "mira", phrase: str = mode.LEAVE_PHRASE, *, two: bool = False, after: int = 0) -> None:
    mode.leave(operator=operator, phrase=phrase, two_people=two, now=NOW + timedelta(minutes=after))


def test_one_press_sets_latch_and_row(home: Path) -> None:
    declare()
    assert latch.is_set(home)
    row = mode.locked()
    assert (row.mode, row.operator, row.reason) == ("EMERGENCY", "mira", "smoke")
    assert JournalEntry.objects.get(kind="mode.changed").payload["latch"] == latch.read(home).id  # type: ignore[union-attr]


def test_the_latch_alone_is_an_emergency(home: Path) -> None:
    latch.engage(home, operator="pin", reason="pressed", source="pin")
    assert mode.current().mode == "EMERGENCY"
    assert mode.locked().mode == "NORMAL"
    assert [mode.follow_latch(), mode.follow_latch()] == [True, False]
    assert mode.locked().mode == "EMERGENCY"


def test_no_single_step_leads_out() -> None:
    declare()
    with pytest.raises(ModeRefused, match="two steps"):
        mode.change("NORMAL", operator="otto", reason="quick")


def test_two_steps_lead_to_paused(home: Path) -> None:
    declare()
    ask()
    leave()
    assert (mode.current().mode, latch.is_set(home)) == ("PAUSED", False)
    assert list(JournalEntry.objects.order_by("id").values_list("kind", flat=True)) == [
        "mode.changed", "mode.leave_requested", "mode.changed",
    ]  # fmt: skip
    mode.change("NORMAL", operator="mira", reason="resume")
    assert mode.current().mode == "NORMAL"


@pytest.mark.parametrize(
    ("asked", "step", "words"),
    [
        (False, {}, "Nobody has asked"),
        (True, {"phrase": "leave emergency"}, "Type LEAVE EMERGENCY"),
        (True, {"two": True}, "somebody else confirms"),
        (True, {"after": 16}, "ask first"),
    ],
)
def test_a_wrong_second_step_leaves_everything_latched(
    home: Path, asked: bool, step: dict[str, object], words: str
) -> None:
    declare()
    for step_one in [ask] * asked:
        step_one()
    with pytest.raises(ModeRefused, match=words):
        leave(**step)  # type: ignore[arg-type]
    assert (mode.current().mode, latch.is_set(home)) == ("EMERGENCY", True)


def test_a_second_person_confirms(home: Path) -> None:
    declare()
    ask()
    leave("otto", two=True)
    assert mode.current().mode == "PAUSED"


def test_without_an_emergency_there_is_nothing_to_leave() -> None:
    with pytest.raises(ModeRefused, match="no emergency"):
        ask()


def test_a_new_emergency_forgets_an_old_request() -> None:
    declare()
    ask()
    leave()
    declare()
    with pytest.raises(ModeRefused, match="Nobody has asked"):
        leave()


def test_the_request_leaves_the_time_of_the_change_alone() -> None:
    declare()
    since = mode.locked().changed_at
    ask()
    assert mode.locked().changed_at == since


# a press on the way out --------------------------------------------------------------------------


def now() -> datetime:
    return datetime.now(UTC)


def leave_now() -> None:
    mode.leave(operator="mira", phrase=mode.LEAVE_PHRASE, two_people=False, now=now())


def test_a_press_after_the_first_step_asks_for_it_again(home: Path) -> None:
    declare()
    ask(now())
    latch.engage(home, operator="otto", reason="smoke again", source="pin")
    with pytest.raises(ModeRefused, match=r"pressed again by otto .* \(smoke again\)"):
        leave_now()
    ask(now())
    leave_now()
    assert (mode.current().mode, latch.is_set(home)) == ("PAUSED", False)


def test_a_press_during_the_second_step_is_not_lost(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the last look for a mark and the lift somebody presses, and is told that a latch stands."""
    declare()
    ask(now())
    lift = latch.lift

    def pressed_meanwhile(of: Path) -> None:
        latch.engage(of, operator="otto", reason="smoke again", source="pin")
        lift(of)

    monkeypatch.setattr(latch, "lift", pressed_meanwhile)
    with pytest.raises(ModeRefused, match="pressed again by otto"):
        leave_now()
    assert latch.read(home).operator == "otto"  # type: ignore[union-attr]
    assert mode.locked().mode == "EMERGENCY"


def test_an_old_mark_does_not_hold_anybody_back(home: Path) -> None:
    declare()
    latch.engage(home, operator="otto", reason="twice", source="pin")
    ask(now())
    leave_now()
    declare()
    ask(now())
    leave_now()
    assert not latch.is_set(home)


def test_a_latch_that_cannot_be_lifted_is_told(home: Path) -> None:
    latch.path(home).mkdir()
    (latch.path(home) / "something").touch()
    mode.follow_latch()
    ask(now())
    with pytest.raises(ModeRefused, match="could not be lifted"):
        leave_now()
    assert mode.current().mode == "EMERGENCY"
    (latch.path(home) / "something").unlink()
    leave_now()
    assert mode.current().mode == "PAUSED"
