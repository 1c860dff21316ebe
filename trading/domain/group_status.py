"""A group's status, from its entry legs and what is left of its position. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.domain.take_profit import Remainder
from trading.domain.vocabulary import GroupStatus


@dataclass(frozen=True, slots=True)
class LegProgress:
    """An entry leg: what it was planned for, what came in, and whether more may still come."""

    qty: Decimal
    filled_qty: Decimal
    done: bool  # its order has ended, or it was withdrawn; False while it rests, is planned or is undecided


def status(
    *,
    legs: Sequence[LegProgress],
    left: Remainder,
    closing: bool,
    exits_working: bool = False,
    queued: bool = False,
    keep_ladder: bool = False,
    exited: bool | None = None,
) -> GroupStatus:
    """Where the group stands.

    closing: an exit was decided. exits_working: an exit order may still fill or is undecided, so nothing ends yet.
    left: what remains of the position (take_profit.open_remainder); it counts only after something was filled.
    exited: whether anything was ever closed; None where the caller does not know.
    """
    if queued:
        return GroupStatus.WAITING
    working = exits_working or any(not leg.done for leg in legs)
    if not any(leg.filled_qty > 0 for leg in legs):
        return _unfilled(working=working, closing=closing)
    if left != Remainder.SELLABLE and not working:
        return _ENDS[left]
    withdrawing = withdraws_entries(legs=legs, left=left, keep_ladder=keep_ladder, exited=exited)
    return GroupStatus.CLOSING if closing or (withdrawing and not exits_working) else _open(legs)


_ENDS = {Remainder.NOTHING: GroupStatus.CLOSED, Remainder.DUST: GroupStatus.DUST_CLOSED}


def _unfilled(*, working: bool, closing: bool) -> GroupStatus:
    """Nothing ever came in: still trying, being withdrawn, or withdrawn."""
    if not working:
        return GroupStatus.FAILED
    return GroupStatus.CLOSING if closing else GroupStatus.LIVE


def _open(legs: Sequence[LegProgress]) -> GroupStatus:
    """Something is held: is any entry still to come?"""
    complete = all(leg.done or leg.filled_qty >= leg.qty for leg in legs)
    return GroupStatus.ACTIVE if complete else GroupStatus.PARTIALLY_FILLED


def withdraws_entries(
    *, legs: Sequence[LegProgress], left: Remainder, keep_ladder: bool, exited: bool | None = None
) -> bool:
    """Whether the unfilled entries are to be cancelled: every filled leg is closed and the ladder is not kept.

    A leg that is just filling is too small to sell at first, and what waits for the next leg is not closed either:
    so nothing is withdrawn before something has exited (None: not known), nor while a filling leg holds dust.
    """
    working = any(not leg.done for leg in legs)
    closed = any(leg.filled_qty > 0 for leg in legs) and left != Remainder.SELLABLE and exited is not False
    waits = any(_filling(leg) for leg in legs) and (exited is None or left == Remainder.DUST)
    return working and closed and not waits and not keep_ladder


def _filling(leg: LegProgress) -> bool:
    """Part of it came in, the rest may still."""
    return not leg.done and 0 < leg.filled_qty < leg.qty
