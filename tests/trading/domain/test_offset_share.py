"""What a winner's sale pays for a loser: never more than the part that was sold for it."""

from decimal import Decimal

import pytest

from trading.domain.offset_saga import own_share

D = Decimal


@pytest.mark.parametrize(
    ("sold", "realised", "qty", "counted"),
    [
        ("2", "10", "2", ("2", "10")),
        ("1.5", "7", "2", ("1.5", "7")),  # a target filled meanwhile: less was left to sell
        ("3", "12", "2", ("2", "8")),  # a signal reduced by 1 in the same order: 12 × 2 ÷ 3
        ("3", "-3", "2", ("2", "-2")),
        ("0", "0", "2", ("0", "0")),
    ],
)
def test_only_the_steps_own_part_counts(sold: str, realised: str, qty: str, counted: tuple[str, str]) -> None:
    assert own_share(D(sold), D(realised), qty=D(qty)) == tuple(D(one) for one in counted)
