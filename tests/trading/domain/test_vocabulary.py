"""Sides turn round, and only entries open positions."""

import pytest

from trading.domain.vocabulary import GroupStatus, MarketKind, PositionSide, Purpose, Side


@pytest.mark.parametrize(
    ("side", "opens", "closes", "sign", "other"),
    [
        (PositionSide.LONG, Side.BUY, Side.SELL, 1, PositionSide.SHORT),
        (PositionSide.SHORT, Side.SELL, Side.BUY, -1, PositionSide.LONG),
    ],
)
def test_a_position_side_names_its_orders(
    side: PositionSide, opens: Side, closes: Side, sign: int, other: PositionSide
) -> None:
    assert (side.entry_side, side.exit_side, side.sign, side.opposite) == (opens, closes, sign, other)


def test_values_are_names() -> None:
    enums = (Side, PositionSide, GroupStatus, Purpose, MarketKind)
    assert all(member.value == member.name for enum in enums for member in enum)


def test_only_an_entry_opens_a_position() -> None:
    assert [purpose for purpose in Purpose if purpose.opens_position] == [Purpose.ENTRY]


def test_only_three_statuses_are_the_end() -> None:
    ended = {GroupStatus.CLOSED, GroupStatus.DUST_CLOSED, GroupStatus.FAILED}
    assert {status for status in GroupStatus if status.ended} == ended


def test_only_futures_are_derivatives() -> None:
    assert [kind for kind in MarketKind if kind.derivative] == [MarketKind.LINEAR]
