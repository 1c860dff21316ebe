"""One line and one file for each figure; the cheap ones run here, small."""

from pathlib import Path

import pytest

from benchmarks import bench, figures
from benchmarks.bench import Bench
from benchmarks.figures import plans, sweep
from benchmarks.registry import ENTRIES
from project.services.options import PORTS

FILES = sorted(path.stem for path in Path(figures.__path__[0]).glob("*.py") if path.stem != "__init__")


def small(tmp_path: Path) -> Bench:
    return Bench(quick=True, home=tmp_path, ports={port.name: 1 for port in PORTS})


def test_each_file_has_its_line_and_each_line_its_file() -> None:
    assert sorted(entry.name for entry in ENTRIES) == FILES


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_each_line_can_be_measured(entry) -> None:
    assert callable(entry.load())


def test_plans_are_exact_and_have_baselines(tmp_path: Path) -> None:
    found = plans.measure(small(tmp_path))
    assert [figure.unit for figure in found] == ["1/s", "µs"]
    assert all(figure.value > 0 and figure.baseline and figure.goal for figure in found)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_finds_nothing_to_do_the_second_time(tmp_path: Path) -> None:
    [found] = sweep.measure(small(tmp_path))
    assert found.name == "one exits sweep: 5 groups × 5 pyramids × 5 legs"
    assert found.value > 0


def test_own_ports_are_free_and_different() -> None:
    found = bench.free_ports()
    assert len(set(found.values())) == len(PORTS)
    assert all(port in bench.OWN_PORTS for port in found.values())
