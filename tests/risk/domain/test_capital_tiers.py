"""Capital tiers: climbed at their entries, left only a fifth below them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.capital_tiers import TIERS, Ability, TierName, tier_of, too_small

D = Decimal
N = TierName
EQUITIES = st.decimals(0, 3_000_000, places=2)


@pytest.mark.parametrize(
    ("equity", "previous", "tier"),
    [
        ("0", None, N.SURVIVAL),
        ("4999.99", None, N.SURVIVAL),
        ("5000", None, N.GROWTH),
        ("20000", None, N.ACCELERATION),
        ("100000", None, N.INSTITUTIONAL),
        ("1000000", None, N.WHALE),
        ("-10", None, N.SURVIVAL),
        # the band: 20 % below the entry
        ("16000", N.ACCELERATION, N.ACCELERATION),
        ("15999.99", N.ACCELERATION, N.GROWTH),
        ("16000", N.GROWTH, N.GROWTH),
        ("4000", N.GROWTH, N.GROWTH),
        ("3999.99", N.GROWTH, N.SURVIVAL),
        ("800000", N.WHALE, N.WHALE),
        # far moves in one call
        ("50000", N.WHALE, N.ACCELERATION),
        ("17000", N.WHALE, N.ACCELERATION),  # above 16 000, so not below it
        ("0", N.WHALE, N.SURVIVAL),
        ("2000000", N.SURVIVAL, N.WHALE),
    ],
)
def test_tiers(equity: str, previous: TierName | None, tier: TierName) -> None:
    assert tier_of(D(equity), previous=previous).name == tier


def test_the_table_rises() -> None:
    entries = [tier.entry for tier in TIERS]
    assert entries == sorted(set(entries))
    assert [tier.name for tier in TIERS] == list(TierName)
    assert all(low.abilities <= high.abilities for low, high in zip(TIERS, TIERS[1:], strict=False))


def test_what_the_tiers_unlock() -> None:
    by_name = {tier.name: tier for tier in TIERS}
    assert (by_name[N.SURVIVAL].max_venues, by_name[N.SURVIVAL].max_leverage) == (1, D(1))
    assert (by_name[N.GROWTH].max_venues, by_name[N.GROWTH].max_leverage) == (2, D(2))
    assert by_name[N.SURVIVAL].abilities == frozenset()
    assert Ability.REGIMES not in by_name[N.ACCELERATION].abilities
    assert Ability.CROSS_VENUE in by_name[N.INSTITUTIONAL].abilities


@pytest.mark.parametrize(("equity", "warned"), [("999.99", True), ("1000", False)])
def test_a_very_small_account_is_warned(equity: str, warned: bool) -> None:
    assert too_small(D(equity)) is warned


@given(EQUITIES, st.sampled_from(TierName))
def test_asking_twice_changes_nothing(equity: Decimal, previous: TierName) -> None:
    found = tier_of(equity, previous=previous)
    assert tier_of(equity, previous=found.name) == found


@given(EQUITIES, st.sampled_from(TierName))
def test_a_tier_is_held_only_within_its_band(equity: Decimal, previous: TierName) -> None:
    found, bare = tier_of(equity, previous=previous), tier_of(equity)
    assert found.entry >= bare.entry
    assert equity >= found.entry * D("0.8")


@given(st.sampled_from(TIERS[1:]), st.lists(st.decimals("-0.199", "0.199", places=3), max_size=20))
def test_swings_within_the_band_never_flap(tier: object, swings: list[Decimal]) -> None:
    """Once reached, whatever happens within 20 % below and short of the next entry keeps the tier."""
    name = tier.name
    names = {tier_of(tier.entry * (1 + swing), previous=name).name for swing in swings}
    assert names <= {name}
