"""Exits by signal or by hand: from the decision on, the group only shrinks; review() does the rest."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.journal.record import record
from risk.domain.denial import Denial
from risk.domain.sizing import SizeRequest
from signals.evaluate import Meant
from signals.verdict import Outcome, Verdict
from trading import locks, selectors
from trading.domain.classify import Classification
from trading.domain.money import total
from trading.domain.reduce import Reduction, reduction, reduction_by_size
from trading.domain.refusal import Refusal
from trading.domain.swings import timeframe_words
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services import groups
from trading.services.desk import Desk

BY_SIGNAL = "EXIT_SIGNAL"


def exit_by_signal(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    """Close every group the alert names: pair and side, and the timeframe too when the alert says one."""
    named = groups_named(desk, meant, found.exits)
    closing = [group for group in named if group.closing_at is None]
    if not named:
        return _nothing(meant, found.exits)
    for group in closing:
        close(group, reason=BY_SIGNAL, now=desk.now)
    return _exited(meant, named, closing)


def groups_named(desk: Desk, meant: Meant, side: PositionSide | None) -> list[PositionGroup]:
    """The open groups an alert names: its pair, the side, and its timeframe when it says one."""
    said = meant.intent.timeframe_secs
    of_side = (g for g in desk.groups_of(meant.instrument) if side in (None, g.side))
    return [group for group in of_side if said in (None, group.timeframe_secs)]


def reduce_by_signal(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    """Sell a part of the groups the alert names, at market; what would leave dust closes the group.

    A ratio or a percentage of the position is of each of them, any other size of all together: the oldest gives first.
    """
    open_ones = [g for g in groups_named(desk, meant, found.side) if g.closing_at is None]
    given: dict[int, Decimal] = {}
    refused: list[Refusal | Denial] = []
    for group in open_ones:
        result = _reduce(desk, meant, group, found, taken_qty=total(given.values()))
        if isinstance(result, Reduction):
            given[group.pk] = result.qty
        else:
            refused.append(result)
    if not given:
        return Verdict(refused[0].code, refused[0].sentence()) if refused else _nothing(meant, found.side)
    total_qty = total(given.values())
    reason = f"Selling {total_qty.normalize():f} {meant.instrument.base} of {meant.instrument.symbol} at market."
    return Verdict(Outcome.REDUCED, reason, {"groups": list(given), "qty": total_qty})


def _reduce(
    desk: Desk, meant: Meant, group: PositionGroup, found: Classification, *, taken_qty: Decimal
) -> Reduction | Refusal | Denial:
    """Decide one group's reduction and start it: the targets make room, then the market order goes."""
    locked = locks.group(group.pk)
    seen = selectors.picture(locked)
    reserved = locked.reduce_qty + seen.reducing_qty
    size = meant.intent.size
    if found.ratio is None and size is not None:
        wanted = reduction_by_size(
            seen.position,
            SizeRequest.of(size),
            rules=seen.rules,
            price=seen.price,
            equity=desk.equity,
            free=desk.available_quote,
            reserved_qty=reserved,
            taken_qty=taken_qty,
        )
    else:
        wanted = reduction(seen.position, rules=seen.rules, price=seen.price, ratio=found.ratio, reserved_qty=reserved)
    if isinstance(wanted, Reduction):
        start_reducing(locked, wanted, now=desk.now)
    return wanted


def start_reducing(
    group: PositionGroup, wanted: Reduction, *, now: datetime, limit_price: Decimal | None = None
) -> None:
    """Reserve what is decided to go: the targets make room, then it is sold, at market or for the limit or better.

    The account is locked. At market where anybody asked for that: an exit signal waits for no price.
    """
    if wanted.whole and limit_price is None:
        return close(group, reason=groups.REDUCED_WHOLE, now=now)
    group.reduce_limit = groups.limit_beside(group, limit_price)
    group.reduce_qty += wanted.qty
    with failpoints.span("exit.reduce"):
        group.save(update_fields=["reduce_qty", "reduce_limit"])
    payload = {"qty": wanted.qty, "limit_price": group.reduce_limit}
    record("group.reducing", subject=f"group:{group.pk}", payload=payload, account_id=group.account_id)
    return groups.review(group.pk, now=now)


def close(group: PositionGroup, *, reason: str, now: datetime) -> None:
    """Cancel what rests, then sell what is held, at market. The account is locked by the caller."""
    groups.start_closing(group, reason=reason, now=now)
    groups.review(group.pk, now=now)


def close_by_hand(group_id: int, *, operator: str, now: datetime) -> bool:
    """A person closes a group; False when it was closed or closing already."""
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    with failpoints.span("exit.by_hand"), transaction.atomic():
        locks.account(account_id)
        group = locks.group(group_id)
        if group.closing_at is not None:
            return False
        close(group, reason=f"BY_HAND {operator}"[:40], now=now)
        return True


def _nothing(meant: Meant, side: PositionSide | None) -> Verdict:
    where = f"{side or 'position'} on {meant.instrument.symbol}"
    frame = timeframe_words(meant.intent.timeframe_secs or 1)
    reason = f"No open {where} on the {frame} timeframe that this exit names."
    return Verdict("NOTHING_TO_EXIT", reason)


def _exited(meant: Meant, named: Sequence[PositionGroup], closing: Sequence[PositionGroup]) -> Verdict:
    ids = ", ".join(str(group.pk) for group in named)
    what = "Closing" if closing else "Already closing"
    reason = f"{what} group {ids} of {meant.instrument.symbol}: resting orders cancelled, the rest sold at market."
    return Verdict(Outcome.EXITED, reason, {"groups": [group.pk for group in named]})
