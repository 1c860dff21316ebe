"""What page and API show of the red button: what every account has at stake, and how far an emergency has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from project.accounts.models import ExchangeAccount
from trading.domain.order_state import RESTING
from trading.kill import journal
from trading.models import Order, PositionGroup

SHOWN_LINES = 40


@dataclass(frozen=True, slots=True)
class Stake:
    """What an account has at stake."""

    account: int
    name: str
    environment: str
    groups: int
    orders: int


def stakes(accounts: Iterable[ExchangeAccount]) -> tuple[Stake, ...]:
    """What these accounts have open by our books."""
    open_groups, resting = PositionGroup.objects.filter(closed_at=None), Order.objects.filter(state__in=sorted(RESTING))
    return tuple(
        Stake(a.pk, a.name, a.environment, open_groups.filter(account=a).count(), resting.filter(account=a).count())
        for a in accounts
    )


def latest_lines(home: Path, emergency_id: str) -> list[dict[str, Any]]:
    """The last of what the kill process wrote about an emergency."""
    return journal.lines(home, emergency_id)[-SHOWN_LINES:]
