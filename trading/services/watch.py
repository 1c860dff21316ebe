"""Watched exits: after each look at the prices, groups whose trigger was reached are reviewed at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from project import failpoints
from trading import locks, selectors
from trading.domain.exit_plan import ExitReason
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services import groups


def look(account_id: int, *, now: datetime) -> int:
    """Review the groups whose watched prices were reached; how many."""
    rows = PositionGroup.objects.filter(account_id=account_id, closed_at=None, closing_at=None).exclude(watch=[])
    watched = list(rows.only("id", "instrument_id", "side", "watch", "peak"))
    prices = selectors.prices({group.instrument_id for group in watched})
    reached = [g.pk for g in watched if (t := prices.get(g.instrument_id)) and _reached(g, t.last, t.mark or t.last)]
    for group_id in reached:
        with failpoints.span("exit.watch"), transaction.atomic():
            locks.account(account_id)
            groups.review(group_id, now=now)
    return len(reached)


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
