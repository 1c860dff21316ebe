"""Watched exits: after each look at the prices, groups whose trigger was reached are reviewed at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from project import failpoints
from signals.models import Ticker
from trading import locks, selectors
from trading.domain.exit_plan import ExitReason
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services import groups
from trading.services.one_by_one import apart


def look(account_id: int, *, now: datetime) -> int:
    """Review the groups whose watched prices were reached; how many."""
    rows = PositionGroup.objects.filter(account_id=account_id, closed_at=None, closing_at=None).exclude(watch=[])
    watched = list(rows.only("id", "account_id", "instrument_id", "side", "watch", "peak"))
    prices = selectors.prices({group.instrument_id for group in watched})
    return sum(_look_at(group, prices.get(group.instrument_id), now) for group in watched)


def _look_at(group: PositionGroup, price: Ticker | None, now: datetime) -> bool:
    """Review one group if its price was reached; a group on which we fail holds up no other's stop."""
    with apart(f"group {group.pk}"):
        if price is None or not _reached(group, price.last, price.mark or price.last):
            return False
        with failpoints.span("exit.watch"), transaction.atomic():
            locks.account(group.account_id)
            groups.review(group.pk, now=now)
        return True
    return False


def _reached(group: PositionGroup, last: Decimal, mark: Decimal) -> bool:
    """Whether a look is worth it: a trigger was touched by last or mark, or the trailing stop's peak was passed."""
    side, posts = PositionSide(group.side), group.watch
    worst, best = sorted((last, mark), key=lambda price: side.sign * price)
    return any(_touched(post, side, worst, best) for post in posts) or _new_peak(group, posts, side, best)


def _touched(post: Mapping[str, Any], side: PositionSide, worst: Decimal, best: Decimal) -> bool:
    if post["trigger_price"] is None:
        return False
    trigger = Decimal(post["trigger_price"])
    gains = post["kind"] == ExitReason.AGGREGATE_TARGET
    return side.sign * (best - trigger) >= 0 if gains else side.sign * (worst - trigger) <= 0


def _new_peak(group: PositionGroup, posts: Sequence[Mapping[str, Any]], side: PositionSide, best: Decimal) -> bool:
    trails = any(post["kind"] == ExitReason.STOP_TRAILING for post in posts)
    return trails and (group.peak is None or side.sign * (best - group.peak) > 0)
