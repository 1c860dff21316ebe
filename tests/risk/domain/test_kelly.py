"""Kelly: from the bare record down to the share of equity one trade may lose, doubt by doubt."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.kelly import KellyPolicy, TradeRecord, crowding, full_kelly, kelly

D = Decimal
# 60 wins of 2 R and 40 losses of 1 R: p = 0.6, b = 2, (0.6 × 2 − 0.4) ÷ 2 = 0.4
GOOD = TradeRecord(wins=60, losses=40, won=D(120), lost=D(40))
OPEN = KellyPolicy(D(1), D(1), prior_count=0, min_count=1, highest=D(1))
RECORDS = st.builds(
    TradeRecord,
    wins=st.integers(1, 500),
    losses=st.integers(1, 500),
    won=st.decimals("0.01", 10000, places=2),
    lost=st.decimals("0.01", 10000, places=2),
)
RATIOS = st.decimals(0, 1, places=3)


@pytest.mark.parametrize(
    ("record", "share"),
    [
        (GOOD, "0.4"),
        (TradeRecord(50, 50, D(50), D(50)), "0"),  # no edge
        (TradeRecord(40, 60, D(40), D(60)), "-0.2"),  # (0.4 − 0.6) ÷ 1
        (TradeRecord(0, 10, D(0), D(10)), "-1"),
        (TradeRecord(10, 0, D(10), D(0)), "1"),
    ],
)
def test_the_bare_record(record: TradeRecord, share: str) -> None:
    assert full_kelly(record) == D(share)


def test_every_doubt_is_named_and_multiplies() -> None:
    """0.4 × 100 ÷ 150 × 0.25 × 0.5 × 1 ÷ (1 + 3 × 0.5) × 0.8 = 0.010666…"""
    found = kelly(GOOD, policy=KellyPolicy(), confidence=D("0.8"), positions=3, correlation=D("0.5"))
    assert found is not None
    assert [(name, round(factor, 6)) for name, factor in found.factors] == [
        ("shrinkage", D("0.666667")),
        ("fraction", D("0.25")),
        ("misspecification", D("0.5")),
        ("correlation", D("0.4")),
        ("confidence", D("0.8")),
    ]
    assert (found.full, round(found.fraction, 6), found.capped) == (D("0.4"), D("0.010667"), False)


@pytest.mark.parametrize(
    "record",
    [
        TradeRecord(15, 14, D(30), D(14)),  # 29 of 30
        TradeRecord(100, 0, D(100), D(0)),  # nobody knows how large a loss is
        TradeRecord(0, 0, D(0), D(0)),
    ],
)
def test_a_short_record_says_nothing(record: TradeRecord) -> None:
    assert kelly(record, policy=KellyPolicy()) is None


def test_a_loser_gets_nothing_and_a_winner_no_more_than_the_cap() -> None:
    loser, winner = TradeRecord(40, 60, D(40), D(60)), TradeRecord(90, 10, D(900), D(10))
    nothing, most = (kelly(record, policy=KellyPolicy()) for record in (loser, winner))
    assert nothing is not None
    assert most is not None
    assert (nothing.fraction, nothing.capped) == (D(0), False)
    assert (most.fraction, most.capped) == (D("0.02"), True)


@pytest.mark.parametrize(
    ("positions", "correlation", "left"),
    [(0, "1", "1"), (3, "0", "1"), (3, "-0.5", "1"), (3, "1", "0.25"), (1, "0.25", "0.8"), (3, "7", "0.25")],
)
def test_bets_that_move_together_share(positions: int, correlation: str, left: str) -> None:
    assert crowding(positions, D(correlation)) == D(left)


@given(RECORDS, RATIOS, st.integers(0, 20), RATIOS)
def test_no_doubt_ever_enlarges_a_bet(
    record: TradeRecord, confidence: Decimal, positions: int, correlation: Decimal
) -> None:
    doubted = kelly(
        record,
        policy=replace(KellyPolicy(), min_count=1),
        confidence=confidence,
        positions=positions,
        correlation=correlation,
    )
    bare = kelly(record, policy=OPEN)
    assert doubted is not None
    assert bare is not None
    assert D(0) <= doubted.fraction <= bare.fraction <= D(1)
    assert bare.fraction == max(bare.full, D(0))


@given(RECORDS)
def test_more_of_the_same_record_is_trusted_more(record: TradeRecord) -> None:
    twice = TradeRecord(record.wins * 2, record.losses * 2, record.won * 2, record.lost * 2)
    once, more = (kelly(one, policy=replace(OPEN, prior_count=50)) for one in (record, twice))
    assert once is not None
    assert more is not None
    assert once.full == more.full
    assert once.fraction <= more.fraction
