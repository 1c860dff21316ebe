"""The rule of exits: how a holding is covered, and what keeps its exit away."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.listing import HALTS, MarketState, market_state
from tests.trading.domain.build import BTC
from trading.domain.naked import ADVICE, Cover, Holding, Obstacles, Why, covering, may_tell, why

D = Decimal
PRICE = D(100)
NOW = datetime(2026, 1, 1, tzinfo=UTC)

NOTHING_LEAVES = (
    *("KEYS_REFUSED", "LIVE_NOT_ALLOWED", "MAINTENANCE", "UNSAFE_ENDPOINT", "UNSUPPORTED_VENUE", "VAULT_CLOSED"),
    "VENUE_NOT_REACHED",
)


@pytest.mark.parametrize(
    ("holding", "cover", "qty"),
    [
        (Holding(D(0)), Cover.COVERED, "0"),
        (Holding(D(1), promised_qty=D(1)), Cover.COVERED, "0"),
        (Holding(D(1), promised_qty=D("0.4"), reserved_qty=D("0.6")), Cover.COVERED, "0"),
        (Holding(D(1)), Cover.NAKED, "1"),
        (Holding(D(1), promised_qty=D("0.4")), Cover.NAKED, "0.6"),
        (Holding(D(1), stopped=True), Cover.STOP_ONLY, "1"),
        (Holding(D(1), promised_qty=D(1), late_qty=D(1)), Cover.NAKED, "1"),
        (Holding(D(1), promised_qty=D("0.99")), Cover.TOO_SMALL, "0.01"),
        (Holding(D(1), waived_qty=D(1)), Cover.WAIVED, "1"),
        (Holding(D(2), waived_qty=D(1)), Cover.NAKED, "2"),
        (Holding(D(-1)), Cover.COVERED, "0"),
    ],
)
def test_a_holding_is_judged_by_its_worst_part(holding: Holding, cover: Cover, qty: str) -> None:
    found = covering(holding, price=PRICE, rules=BTC)
    assert (found.cover, found.qty) == (cover, D(qty))


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
@settings(max_examples=80)
def test_more_exits_never_make_it_worse(qty: int, promised: int, more: int) -> None:
    worst = [Cover.COVERED, Cover.TOO_SMALL, Cover.WAIVED, Cover.STOP_ONLY, Cover.NAKED]
    before = covering(Holding(D(qty), promised_qty=D(promised)), price=PRICE, rules=BTC)
    after = covering(Holding(D(qty), promised_qty=D(promised + more)), price=PRICE, rules=BTC)
    assert worst.index(after.cover) <= worst.index(before.cover)


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (Obstacles(MarketState.TRADING), Why.PLANNED),
        (Obstacles(MarketState.TRADING, late=True), Why.NOT_SENT),
        (Obstacles(MarketState.TRADING, refused="-1013", late=True), Why.REFUSED),
        (Obstacles(MarketState.HALTED, refused="-1013"), Why.HALTED),
        (Obstacles(MarketState.DELISTED, refused="-1013"), Why.DELISTED),
        (Obstacles(MarketState.DELISTED, health="KEYS_REFUSED"), Why.ACCOUNT),
        *((Obstacles(MarketState.TRADING, health=code), Why.ACCOUNT) for code in NOTHING_LEAVES),
        (Obstacles(MarketState.TRADING, health="POSITION_DIFFERS"), Why.PLANNED),
    ],
)
def test_the_first_obstacle_is_named(found: Obstacles, cause: Why) -> None:
    assert why(found) is cause


def test_every_cause_has_its_advice_and_only_two_covers_are_wrong() -> None:
    assert set(ADVICE) == set(Why)
    assert {cover for cover in Cover if cover.wrong} == {Cover.NAKED, Cover.STOP_ONLY}


@pytest.mark.parametrize(("age", "tells"), [(0, False), (9.9, False), (10, True), (20, True)])
def test_it_is_told_once_a_sweep_has_had_its_chance(age: float, tells: bool) -> None:
    assert may_tell(since=NOW, now=NOW + timedelta(seconds=age)) is tells


@pytest.mark.parametrize(
    ("active", "status", "state"),
    [
        (True, "TRADING", MarketState.TRADING),
        (True, "", MarketState.TRADING),
        *((False, status, MarketState.HALTED) for status in sorted(HALTS)),
        (False, "SETTLING", MarketState.DELISTED),
        (False, "GONE", MarketState.DELISTED),
        (False, "", MarketState.DELISTED),
    ],
)
def test_a_market_that_does_not_trade_is_halted_or_closed_for_good(
    active: bool, status: str, state: MarketState
) -> None:
    assert market_state(active=active, status=status) is state


@pytest.mark.parametrize("words", [Cover, Why])
def test_rows_keep_these_words(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == [word.name for word in words]
