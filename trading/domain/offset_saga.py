"""An offset as a saga: which step comes next, whatever has happened meanwhile, and what a run came to. Pure.

Each deed is one transaction. Read again after a crash, the rows give the same deed or the one after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from risk.domain.offset_words import OffsetCode
from trading.domain.grid import InstrumentRules
from trading.domain.money import ONE, ZERO, ceil_to, exact, floor_to, total
from trading.domain.position import FillView, from_fills
from trading.domain.vocabulary import PositionSide

AGAIN_AFTER = timedelta(minutes=1)
# So long a group is left alone after a run that was broken off: targets were moved about for it in vain.
CLOSE_WITHIN = timedelta(minutes=5)
# So long the loser may wait for a price within the bound, or for its book to be read; then the run ends.
SEND_WITHIN = timedelta(minutes=2)
# A winner's part that no resting target has made room for by then is let be: the plan's prices are history.
BPS = Decimal(10_000)


class RunState(StrEnum):
    """Where a run stands."""

    RESERVED = "RESERVED"  # its groups are taken, nothing was sold yet
    SELLING = "SELLING"
    CLOSING = "CLOSING"
    DONE = "DONE"
    BROKEN_OFF = "BROKEN_OFF"  # the loser was not closed by it

    @property
    def ended(self) -> bool:
        """True when nothing of it is under way."""
        return self in (RunState.DONE, RunState.BROKEN_OFF)


class StepKind(StrEnum):
    """Which end of the offset."""

    WINNER = "WINNER"
    LOSER = "LOSER"


class StepState(StrEnum):
    """Where a step stands."""

    PLANNED = "PLANNED"
    WORKING = "WORKING"
    DONE = "DONE"
    LEFT = "LEFT"  # it never began, or had to stop before anything was sold

    @property
    def ended(self) -> bool:
        """True when the group is free again."""
        return self in (StepState.DONE, StepState.LEFT)


class Deed(StrEnum):
    """What is done next, one transaction each; WAIT: nothing now."""

    SELL = "SELL"  # a winner's part: its targets make room, then it goes at market
    LEAVE = "LEAVE"  # a winner is not touched any more
    RELEASE = "RELEASE"  # what a winner has reserved and not sent goes back to its targets
    SETTLE = "SETTLE"  # a step is over: what it brought is written down
    CLOSE = "CLOSE"  # the loser, if its loss is still within what was agreed
    FINISH = "FINISH"
    WAIT = "WAIT"


@dataclass(frozen=True, slots=True)
class StepView:
    """A step with its group as it is now. unsent: reserved, no order yet; working: an order of it may still fill.

    fees_due: a fee of it has its price in a moment, and what the step brought is known no sooner.
    """

    id: int
    kind: StepKind
    state: StepState
    started_at: datetime | None
    closing: bool
    closed: bool
    blocked: bool
    unsent: bool
    working: bool
    fees_due: bool = False


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as the next decision sees it. halted: a code why no step may begin any more, empty when all may."""

    state: RunState
    started_at: datetime
    covered_at: datetime | None  # when the last winner was settled
    steps: tuple[StepView, ...]
    halted: str = ""

    @property
    def loser(self) -> StepView:
        """The step that closes the loser."""
        return next(step for step in self.steps if step.kind is StepKind.LOSER)

    @property
    def winners(self) -> tuple[StepView, ...]:
        """The steps that pay."""
        return tuple(step for step in self.steps if step.kind is StepKind.WINNER)


@dataclass(frozen=True, slots=True)
class Next:
    """A deed, the step it is about, and with FINISH or LEAVE the code why."""

    deed: Deed
    step_id: int | None = None
    code: str = ""


WAIT = Next(Deed.WAIT)


def next_deed(run: RunView, *, now: datetime) -> Next:
    """What is to be done now: winners one by one, then the loser, then the books."""
    if run.loser.state is not StepState.PLANNED:
        return _after_close(run.loser)
    stop = _stopped(run)
    for winner in run.winners:
        found = _about(winner, stop=stop, now=now)
        if found is not None:
            return found
    if stop:
        return Next(Deed.FINISH, code=stop)
    return _before_close(run, now)


def _stopped(run: RunView) -> str:
    """Why no further step may begin: others closed the loser first, a person blocked it, or the mode forbids it."""
    if run.loser.closing or run.loser.closed:
        return OffsetCode.LOSER_CLOSED_ELSEWHERE
    return OffsetCode.GROUP_BLOCKED if run.loser.blocked else run.halted


def _about(winner: StepView, *, stop: str, now: datetime) -> Next | None:
    """What one winner needs; None when it is over."""
    if winner.state.ended:
        return None
    if winner.state is StepState.PLANNED:
        code = stop or (OffsetCode.GROUP_CLOSING if winner.closing or winner.closed else "")
        code = code or (OffsetCode.GROUP_BLOCKED if winner.blocked else "")
        return Next(Deed.LEAVE, winner.id, code) if code else Next(Deed.SELL, winner.id)
    leaving = winner.closing and not winner.closed
    if not (winner.unsent or winner.working or winner.fees_due or leaving):
        return Next(Deed.SETTLE, winner.id)
    late = winner.started_at is not None and now - winner.started_at > SEND_WITHIN
    return Next(Deed.RELEASE, winner.id) if winner.unsent and (stop or late) else WAIT


def _before_close(run: RunView, now: datetime) -> Next:
    """All winners are over: the loser is closed if one of them paid, and if the price is right within its time."""
    if run.winners and all(winner.state is StepState.LEFT for winner in run.winners):
        return Next(Deed.FINISH, code=OffsetCode.NOBODY_PAID)
    since = run.covered_at or run.started_at
    if now - since > CLOSE_WITHIN:
        return Next(Deed.FINISH, code=OffsetCode.LOSS_GREW)
    return Next(Deed.CLOSE, run.loser.id)


def _after_close(loser: StepView) -> Next:
    """The loser is closing, by us: every way of closing it leads to the same end."""
    if loser.state is StepState.WORKING:
        return Next(Deed.SETTLE, loser.id) if loser.closed and not loser.fees_due else WAIT
    return Next(Deed.FINISH, code=OffsetCode.OFFSET)


@exact
def limit_price(
    *, side: PositionSide, worst_price: Decimal, unit_cost: Decimal, slippage_bps: Decimal, rules: InstrumentRules
) -> Decimal:
    """The worst price at which a winner's part may go: what was planned less the bound, and never below its cost.

    In the other direction for a SHORT. On the tick in our favour.
    """
    sign = side.sign
    agreed = worst_price * (BPS - sign * slippage_bps) / BPS
    even = unit_cost / (ONE - sign * max(rules.taker_fee, ZERO))
    return ceil_to(max(agreed, even), rules.tick_size) if sign > 0 else floor_to(min(agreed, even), rules.tick_size)


@exact
def unsent(reserved_qty: Decimal, *, sent_qty: Decimal, waiting_qty: Decimal) -> Decimal:
    """What of a part waits for its order still; sent_qty: what orders took since it began, waiting_qty: all that waits.

    Orders take the part first, as its share of what they bring is counted (own_share). The rest is a signal's.
    """
    return min(max(reserved_qty - sent_qty, ZERO), waiting_qty)


# money -------------------------------------------------------------------------------------------


@exact
def within(*, loss_now: Decimal, cover: Decimal, credit: Decimal, uncovered: Decimal, bound: Decimal) -> bool:
    """Whether closing the loser now ends no worse than was agreed: cover + credit − loss ≥ −uncovered − bound."""
    return cover + credit - loss_now >= -(uncovered + bound)


@exact
def cost(*, result: Decimal, credit: Decimal) -> Decimal:
    """What a run takes out of the day's budget, quote: what nobody paid for."""
    return max(-(result + credit), ZERO)


@exact
def brought(
    fills: Sequence[tuple[FillView, bool]], *, side: PositionSide, rules: InstrumentRules
) -> tuple[Decimal, Decimal]:
    """What the marked exits closed (base or contracts) and realised (quote, net of their fees), at moving average cost.

    Each is the difference it made to the position, so exits of others between them count for nothing.
    """
    ordered = sorted(fills, key=lambda pair: (pair[0].at, pair[0].side != side.entry_side))
    results = [_made(ordered, place, side, rules) for place, (_, ours) in enumerate(ordered) if ours]
    qty = total(fill.qty for fill, ours in fills if ours)
    return qty, total(results)


@exact
def own_share(sold: Decimal, realised: Decimal, *, qty: Decimal) -> tuple[Decimal, Decimal]:
    """Of what an order sold and realised, the step's own part: all of it, or as much as the step had asked for.

    An exit signal that reduces the same group joins the order; what it gets is no cover for anybody's loss.
    """
    return (sold, realised) if sold <= qty else (qty, realised * qty / sold)


def _made(ordered: Sequence[tuple[FillView, bool]], place: int, side: PositionSide, rules: InstrumentRules) -> Decimal:
    """The realised result with a fill, less the one without it."""
    before = [fill for fill, _ in ordered[:place]]
    with_it = from_fills([*before, ordered[place][0]], side=side, rules=rules)
    return with_it.realised_pnl - from_fills(before, side=side, rules=rules).realised_pnl
