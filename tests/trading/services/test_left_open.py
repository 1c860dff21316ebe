"""What a group still holds after an emergency, and why: the first reason that fits, from what is known of it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from project.accounts.models import ExchangeAccount
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading.kill.journal import Journal
from trading.models import Order, PositionGroup
from trading.services.left_open import LeftOpen, left_open

PRESS = "press-1"
FLAT: dict[str, Any] = {"kind": "account flat"}
REFUSED: dict[str, Any] = {"kind": "refused", "symbol": "BTC/USDT", "detail": "the market is halted"}
ELSEWHERE = REFUSED | {"symbol": "ETH/USDT"}


@pytest.fixture
def held(desk: Desk) -> Desk:
    """A group that holds something, and its target rests."""
    one_leg(desk).buy(price="60000")
    desk.price("BTCUSDT", "59950")
    desk.settle()
    return desk


def found(home: Path) -> LeftOpen:
    (row,) = left_open(home, PRESS)
    return row


def exits() -> Any:
    return Order.objects.exclude(purpose="ENTRY")


@pytest.mark.parametrize(
    ("lines", "state", "health", "words"),
    [
        ((), "UNKNOWN", "", "is UNKNOWN: look it up at the venue and settle it"),
        ((REFUSED,), "NEEDS_HUMAN", "", "is NEEDS_HUMAN: look it up"),
        ((REFUSED,), "OPEN", "", "the venue refused: the market is halted"),
        ((ELSEWHERE,), "OPEN", "", "is OPEN: its end is being asked for"),
        ((), "CANCELED", "VENUE_NOT_REACHED", "VENUE_NOT_REACHED: no answer"),
        ((REFUSED, FLAT), "CANCELED", "", "the venue is flat, but no sale there is known to be this group's"),
        ((), "CANCELED", "", "not closed yet: the kill process goes on"),
    ],
)
def test_why_a_group_is_open(
    held: Desk, tmp_path: Path, lines: tuple[dict[str, Any], ...], state: str, health: str, words: str
) -> None:
    exits().update(state=state)
    ExchangeAccount.objects.update(health=health, health_detail="no answer")
    for line in lines:
        Journal(tmp_path, PRESS).write(**line, account=held.account.pk)
    assert words in found(tmp_path).why


def test_what_is_too_small_to_be_sold_is_said_so(held: Desk, tmp_path: Path) -> None:
    exits().update(state="CANCELED")
    PositionGroup.objects.update(qty=Decimal("0.00001"))
    row = found(tmp_path)
    assert row.words == (
        f"group {row.group}, {held.account.name}: BTC/USDT LONG 0.00001 BTC: "
        "less than the venue's minimum order: sell it at the venue, or leave it"
    )


def test_another_accounts_trouble_is_none_of_its(held: Desk, tmp_path: Path) -> None:
    exits().update(state="CANCELED")
    Journal(tmp_path, PRESS).write(**REFUSED, account=held.account.pk + 1)
    assert "not closed yet" in found(tmp_path).why


def test_what_holds_nothing_is_not_listed(held: Desk, tmp_path: Path) -> None:
    PositionGroup.objects.update(qty=0)
    assert left_open(tmp_path, PRESS) == ()
