"""Ten thousand schedules: whoever decides, and dies doing it, the outcomes are those of the order of arrival per account."""

from random import Random

import pytest

from tests.simulator.schedules import Schedule, differ, drawn
from tests.simulator.variants import CountedPool, Naive, NewestFirst

pytestmark = pytest.mark.repeats

SCHEDULES = 10_000
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_the_outcomes_are_those_of_the_order_of_arrival(part: int) -> None:
    each = SCHEDULES // PARTS
    seeds = range(part * each, (part + 1) * each)
    assert [words for seed in seeds if (words := differ(seed))] == []


def test_the_schedules_are_worth_it() -> None:
    outcomes = {o for seed in range(200) for told in Schedule(drawn(Random(seed))).in_order().values() for o in told}
    assert outcomes >= {"ENTERED", "QUEUED", "EXITED", "TOO_SOON", "NOTHING_TO_EXIT", "DEQUEUED"}


@pytest.mark.parametrize("variant", [NewestFirst, CountedPool])
def test_a_wrong_order_is_caught(variant: type[Naive]) -> None:
    assert any(differ(seed, variant) for seed in range(200))
