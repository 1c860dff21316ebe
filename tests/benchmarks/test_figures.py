"""Figures are judged by their goals, and the table and the JSON show what was measured."""

import json

import pytest

from benchmarks import report
from benchmarks.figure import (
    Disagreement,
    Figure,
    Goal,
    agree,
    at_least,
    at_most,
    at_most_baseline,
    figure,
    percentile,
)


@pytest.mark.parametrize(
    ("goal", "value", "baseline", "met"),
    [
        (at_least(5000, times=4), 5000, 1250, True),  # 4 × 1,250 = 5,000
        (at_least(5000, times=4), 5000, 1251, False),
        (at_least(5000, times=4), 4999, 1, False),
        (at_least(60), 60, None, True),
        (at_most(15), 15, None, True),
        (at_most(15), 15.1, 99, False),
        (at_most_baseline(plus=1), 3.2, 2.2, True),
        (at_most_baseline(plus=1), 3.3, 2.2, False),
        (at_most_baseline(), 2.2, 2.2, True),
    ],
)
def test_a_goal_is_met_or_not(goal: Goal, value: float, baseline: float | None, met: bool) -> None:
    assert figure("x", value, "1/s", baseline=baseline, goal=goal).met is met


def test_json_has_the_published_fields() -> None:
    found = figure(
        "door", 6000, "1/s", baseline=1000, against="a view", goal=at_least(5000, times=4), note="n"
    ).as_json()
    assert json.loads(json.dumps(found)) == {
        "name": "door",
        "value": 6000,
        "unit": "1/s",
        "baseline": 1000,
        "ratio": 6.0,
        "goal": "≥ 5,000 and ≥ 4 ×",
        "met": True,
    }


def test_without_a_goal_nothing_is_met_or_missed() -> None:
    found = figure("share", 5, "1/s")
    assert (found.ratio, found.goal, found.met) == (None, "—", None)


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (99.96, "100.0"), (12.34, "12.3"), (0.1234, "0.123"), (0, "0.000")]
)
def test_three_digits_that_matter(value: float, text: str) -> None:
    assert report.number(value) == text


def wide() -> Figure:
    name = "one exits sweep: 50 groups × 5 pyramids × 5 legs"
    return figure(name, 123456.7, "of 100", baseline=1.0, against="b", goal=at_least(5000, times=4), note="n")


def test_the_table_fits_into_120_columns() -> None:
    lines = report.table([wide()]).split("\n\n")[0].splitlines()
    assert max(map(len, lines)) <= 120
    assert "123,457" in lines[-1]
    assert lines[-1].endswith("yes")


def test_the_table_tells_what_baselines_are_and_a_note_once() -> None:
    text = report.table([wide(), wide()])
    assert text.count("baseline of") == 2
    assert text.count("sweep: 50 groups × 5 pyramids × 5 legs: n") == 1


def test_the_document_gets_one_row_a_figure() -> None:
    assert report.markdown([wide(), wide()]).count("\n") == 3


def test_counts_that_do_not_agree_are_an_error() -> None:
    agree("orders", 5, 5, 5)
    with pytest.raises(Disagreement, match="orders: 5, 4 do not agree"):
        agree("orders", 5, 4)


@pytest.mark.parametrize(("percent", "found"), [(0, 1), (50, 51), (99, 100), (100, 100)])
def test_percentiles(percent: float, found: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], percent) == found


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(Disagreement):
        percentile([], 50)
