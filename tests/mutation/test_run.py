"""The runner: both ways to bring a mutant to life, and that what survives is told."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.mutation import report
from tests.mutation.children import CIRCLES, KILLED, SURVIVED
from tests.mutation.mutants import Module
from tests.mutation.notes import Line, Notes
from tests.mutation.rooms import MODULES, ROOT, files_for, source_of
from tests.mutation.server import Verdict
from tests.mutation.survivors import WHY


def test_mutants_of_functions_and_of_tables_are_killed_and_what_survives_is_told() -> None:
    """`10` stands in a constant and in a function; there, 2 ** 9 and 2 ** 11 are far above the longest wait, too."""
    command = [sys.executable, "-m", "tests.mutation", "--json", "--nice", "0", "--modules", "retry", "--match", "10 →"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    found = json.loads(done.stdout)
    alive = {line["id"] for line in found["survivors"]}
    assert alive == {"retry.wait_after: 10 → 11", "retry.wait_after: 10 → 9"}
    assert [row["mutants"] - row["killed"] for row in found["modules"]] == [2]
    assert done.returncode == 1  # of these few, less than 95 % were killed


def test_what_was_killed_is_not_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "mutants.jsonl"
    path = source_of("retry")
    first, second, *_ = Module("retry", path.read_text("utf-8"), str(path)).mutants
    with Notes(file) as notes:
        assert notes.killed("retry") == set()
        notes.note(Verdict(first, SURVIVED, "", 0.1))
        notes.note(Verdict(second, CIRCLES, "", 5.0))
    with Notes(file) as notes:
        assert notes.killed("retry") == {second.id}
        notes.note(Verdict(first, KILLED, "a test", 0.2))
    with Notes(file) as notes:
        assert notes.killed("retry") == {first.id, second.id}
        assert [(line.id, line.by) for line in notes.of(["retry"])] == [(first.id, "a test"), (second.id, "")]


def test_a_module_that_has_changed_begins_anew(tmp_path: Path) -> None:
    line = Line("retry.x", "retry", 1, "return", KILLED, "a test", 0.1, source="of another text")
    file = tmp_path / "mutants.jsonl"
    file.write_text(json.dumps(asdict(line)) + "\n", encoding="utf-8")
    with Notes(file) as notes:
        assert notes.killed("retry") == set()
        assert notes.of(["retry"]) == []


def test_the_table_counts_what_is_excused_as_alive() -> None:
    reason = next(iter(WHY))
    ends = {"a": KILLED, "b": CIRCLES, "c": SURVIVED, reason: SURVIVED}
    lines = [Line(name, "toy", 1, "return", status, "", 2.0, "") for name, status in ends.items()]
    (row,) = report.rows(lines)
    assert (row.mutants, row.killed, row.excused, row.pct, row.seconds) == (4, 2, 1, 50.0, 8.0)
    assert "| toy | 4 | 2 | 50.0 | 1 | 8 |" in report.text(lines)
    assert "`c` (line 1): **no reason given** (survived)" in report.text(lines)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_tests_of_its_own(module: str) -> None:
    assert files_for(module)
    assert Path(files_for(module)[0]).is_file()


def test_every_excuse_is_for_a_mutant_that_exists() -> None:
    known = {
        mutant.id
        for name in MODULES
        for mutant in Module(name, source_of(name).read_text("utf-8"), name + ".py").mutants
    }
    assert set(WHY) - known == set()
