"""Two thousand seeds hold; a seed is what it was; a campaign goes on where it stopped."""

from collections import Counter
from pathlib import Path

import pytest

from tests.simulator import campaign
from tests.simulator.judge import INVARIANTS, Findings
from tests.simulator.weather import READS, SENDS
from tests.simulator.world import World

pytestmark = pytest.mark.repeats

SEEDS = 2000
FATES = {fate for _, fate in (*SENDS, *READS)}
PARTS = 8
# So that two processes of tests share them, and a failure names its part.


@pytest.mark.parametrize("part", range(PARTS))
def test_every_seed_holds(part: int) -> None:
    each = SEEDS // PARTS
    chunk = campaign.run_chunk((part * each, each))
    assert chunk.violations == []
    assert chunk.ran == each
    assert [name for name in INVARIANTS if not chunk.found.checked[name]] == []
    assert {what.split(": ")[1] for what in chunk.found.befell} == {"killed", "stopped", *FATES}


@pytest.mark.parametrize("seed", [3, 1007, 500_001])
def test_the_same_seed_is_the_same_story(seed: int) -> None:
    first, second = World(seed), World(seed)
    first.run()
    second.run()
    assert first.trace == second.trace
    assert first.digest() == second.digest()


def test_another_seed_is_another_story() -> None:
    worlds = [World(seed) for seed in range(5)]
    for world in worlds:
        world.run(40)
    assert len({world.digest() for world in worlds}) == 5


def test_a_campaign_goes_on_where_it_stopped(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    half = campaign.Tally(begin=7_000, seeds=2 * campaign.CHUNK)
    seen = Findings(Counter(I1=5), [], Counter({"look_up, in a commit: killed": 3}))
    half.take(campaign.Chunk(7_000, campaign.CHUNK, seen, [(7_001, "I1: as it was")], 1.0))
    campaign._keep(kept, half)
    whole = campaign.campaign(begin=7_000, seeds=2 * campaign.CHUNK, processes=1, resume=kept, say=str)
    assert whole.ran == 2 * campaign.CHUNK
    assert sorted(whole.done) == [7_000, 7_000 + campaign.CHUNK]
    assert whole.violations == [(7_001, "I1: as it was")]
    assert not whole.held
    assert "replay: python -m tests.simulator --show 7001" in campaign.summary(whole)
    assert whole.befell["look_up, in a commit: killed"] > 3


def test_a_checker_that_checked_nothing_fails() -> None:
    idle = campaign.Tally(begin=0, seeds=0)
    assert idle.idle == list(INVARIANTS)
    assert not idle.held
