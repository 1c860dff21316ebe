"""Exits by signal or by hand: from the decision on, the group only shrinks; review() does the rest."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from signals.evaluate import Meant
from signals.verdict import Outcome, Verdict
from trading import locks
from trading.domain.classify import Classification
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services import groups
from trading.services.desk import Desk

BY_SIGNAL = "EXIT_SIGNAL"


def exit_by_signal(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    """Close every group the alert names: pair and side, and the timeframe too when the alert says one."""
    named = [g for g in desk.groups_of(meant.instrument) if _is_named(g, meant, found.exits)]
    closing = [group for group in named if group.closing_at is None]
    if not named:
        return _nothing(meant, found.exits)
    for group in closing:
        close(group, reason=BY_SIGNAL, now=desk.now)
    return _exited(meant, named, closing)


def close(group: PositionGroup, *, reason: str, now: datetime) -> None:
    """Cancel what rests, then sell what is held, at market. The account is locked by the caller."""
    groups.start_closing(group, reason=reason, now=now)
    groups.review(group.pk, now=now)


def close_by_hand(group_id: int, *, operator: str, now: datetime) -> bool:
    """A person closes a group; False when it was closed or closing already."""
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    with transaction.atomic():
        locks.account(account_id)
        group = locks.group(group_id)
        if group.closing_at is not None:
            return False
        close(group, reason=f"BY_HAND {operator}"[:40], now=now)
        return True


def _is_named(group: PositionGroup, meant: Meant, side: PositionSide | None) -> bool:
    said = meant.intent.timeframe_secs
    return side in (None, group.side) and said in (None, group.timeframe_secs)


def _nothing(meant: Meant, side: PositionSide | None) -> Verdict:
    where = f"{side or 'position'} on {meant.instrument.symbol}"
    reason = f"No open {where} on the {meant.intent.timeframe_secs} s timeframe that this exit names."
    return Verdict("NOTHING_TO_EXIT", reason)


def _exited(meant: Meant, named: Sequence[PositionGroup], closing: Sequence[PositionGroup]) -> Verdict:
    ids = ", ".join(str(group.pk) for group in named)
    what = "Closing" if closing else "Already closing"
    reason = f"{what} group {ids} of {meant.instrument.symbol}: resting orders cancelled, the rest sold at market."
    return Verdict(Outcome.EXITED, reason, {"groups": [group.pk for group in named]})
