"""The negative control: engines that are wrong in one thing are caught, each by the invariant that it breaks."""

import pytest

from tests.simulator.engine import Engine
from tests.simulator.variants import VARIANTS, Naive, world_of

pytestmark = pytest.mark.repeats


def broken(variant: type[Naive], seed: int, engine: type[Engine]) -> set[str]:
    """The invariants that a seed breaks."""
    found = world_of(variant, seed, engine=engine).run(variant.steps)
    return {words.partition(":")[0] for words in found.violations}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.__name__)
def test_a_wrong_engine_is_caught_and_the_right_one_is_not(variant: type[Naive]) -> None:
    caught = next((seed for seed in range(variant.within) if broken(variant, seed, variant) & variant.caught_by), None)
    assert caught is not None, f"{variant.__name__} passed {variant.within} seeds"
    assert broken(variant, caught, Engine) == set()
