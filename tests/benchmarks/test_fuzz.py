"""The fuzzer: the same body for the same number, nothing but coded refusals, and slices that go on where one ended."""

import json
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks.fuzz import Tally

MESSAGES = fuzz.seeds()


def test_the_documents_messages_are_understood_before_they_are_broken() -> None:
    whole = Tally()
    for number, message in enumerate(MESSAGES):
        fuzz._count(number, message.encode(), "tradingview", whole)
    assert sum(whole.understood.values()) >= len(MESSAGES) - 3  # but for a refusal and the other endpoints' bodies
    assert len(whole.understood) >= 15


def test_a_number_is_always_the_same_body() -> None:
    assert [fuzz.body(number, MESSAGES) for number in range(50)] == [fuzz.body(n, MESSAGES) for n in range(50)]


def test_nothing_but_coded_refusals() -> None:
    tally = Tally()
    for number in range(5_000_000, 5_002_000):
        raw, endpoint = fuzz.body(number, MESSAGES)
        fuzz._count(number, raw, endpoint, tally)
    assert tally.failed == []
    assert len(tally.refused) > 20
    assert sum(tally.understood.values()) > 50


def test_slices_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "fuzz.json"
    for total in ("30", "60"):
        monkeypatch.setattr("sys.argv", ["fuzz", "--state", str(state), "--total", total, "--secs", "60"])
        fuzz.main()
    kept = json.loads(state.read_text())
    assert kept["done"] == sum(kept["understood"].values()) + sum(kept["refused"].values()) == 60
    assert "60 of 60 bodies" in capsys.readouterr().out
