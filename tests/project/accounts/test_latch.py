"""The kill latch: whole or absent, the first one stands, what cannot be read forbids."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from project.accounts import latch
from tests.support.races import together


def named(number: str, at: str = "2026-01-01T12:00:00+00:00") -> bytes:
    return json.dumps({"id": number, "at": at, "operator": "o", "reason": "r", "source": "s"}).encode()


def press(home: Path, who: str = "mira") -> latch.Latch:
    return latch.engage(home, operator=who, reason="drill", source="test")


def test_it_says_who_and_why_and_survives(tmp_path: Path) -> None:
    made = press(tmp_path)
    assert latch.is_set(tmp_path)
    assert latch.read(tmp_path) == made
    assert (made.operator, made.reason, made.source) == ("mira", "drill", "test")
    assert [path.name for path in tmp_path.iterdir()] == ["kill.latch"]


def test_the_first_one_stands(tmp_path: Path) -> None:
    first = press(tmp_path)
    assert press(tmp_path, "otto") == first


def test_many_at_once_agree(tmp_path: Path) -> None:
    found = together(*[lambda: press(tmp_path)] * 8)
    assert {made.id for made in found} == {latch.read(tmp_path).id}  # type: ignore[union-attr]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kill.again", "kill.latch"]


def test_a_second_press_leaves_a_mark(tmp_path: Path) -> None:
    first = press(tmp_path)
    begun = datetime.fromisoformat(first.at)
    assert latch.pressed_again(tmp_path, since=begun) is None
    press(tmp_path, "otto")
    again = latch.pressed_again(tmp_path, since=begun)
    assert again is not None
    assert again.operator == "otto"
    assert latch.pressed_again(tmp_path, since=datetime.fromisoformat(again.at) + timedelta(seconds=1)) is None
    latch.forget_again(tmp_path)
    assert latch.pressed_again(tmp_path, since=begun) is None


def test_a_press_while_the_latch_is_lifted_becomes_the_latch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It found a latch, and by the time it has left its mark there is none: it must not be told that one stands."""
    first, mark = press(tmp_path), latch._mark

    def lifted_meanwhile(home: Path, draft: Path) -> None:
        latch.lift(home)
        mark(home, draft)

    monkeypatch.setattr(latch, "_mark", lifted_meanwhile)
    second = press(tmp_path, "otto")
    assert second.id != first.id
    assert latch.read(tmp_path) == second


def test_a_folder_of_that_name_is_a_latch_and_can_be_lifted(tmp_path: Path) -> None:
    latch.path(tmp_path).mkdir()
    assert latch.is_set(tmp_path)
    assert press(tmp_path).source == "file"
    latch.lift(tmp_path)
    assert not latch.is_set(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"nonsense", b"\xff\xfe", b'{"id": "x"}', named("../../etc/x"), named("ok", at="noon")],
)
def test_a_file_made_by_hand_is_a_latch_all_the_same(tmp_path: Path, content: bytes) -> None:
    latch.path(tmp_path).write_bytes(content)
    assert latch.is_set(tmp_path)
    found = latch.read(tmp_path)
    assert found is not None
    assert found.source == "file"
    assert latch.read(tmp_path) == found


def test_lifted_it_is_gone(tmp_path: Path) -> None:
    press(tmp_path)
    latch.lift(tmp_path)
    latch.lift(tmp_path)
    assert (latch.is_set(tmp_path), latch.read(tmp_path)) == (False, None)


def test_what_cannot_be_looked_at_forbids(tmp_path: Path) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()
    assert latch.is_set(not_a_folder)


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        press(tmp_path / "missing")
