"""When a losing group may be offset, and every reason why not yet, with the time at which it falls away. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from risk.domain.offset_limits import OffsetLimits, TimerStart
from risk.domain.offset_words import NotNow, OffsetCode

FIVE = 5
# Of after_5_pyramids; a group that can hold fewer is complete with those.
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LegTimes:
    """When an entry leg went to the venue for good, and when it was full. ended: withdrawn, nothing more comes."""

    submitted_at: datetime | None
    filled_at: datetime | None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A losing group as eligibility sees it. loss_pct: unrealised, percent of the open quantity's cost; negative.

    pyramids: when each came. replaced_at: when the pair's waiting signal, or the ladder, was last replaced.
    losing_since: since when it has stood beyond the threshold. price_age None: no price at all.
    """

    group_id: int
    loss_pct: Decimal
    loss_quote: Decimal
    opened_at: datetime
    pyramids: tuple[datetime, ...]
    max_pyramids: int
    legs: tuple[LegTimes, ...]
    replaced_at: datetime | None = None
    losing_since: datetime | None = None
    skipped_until: datetime | None = None
    price_age_secs: Decimal | None = None
    blocked: bool = False
    closing: bool = False
    busy: str = ""
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """How far the start of the timer has come: done of so many; started_at once all are."""

    done: int
    of: int
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What every rule is asked with."""

    group: Candidate
    limits: OffsetLimits
    stale_secs: int
    now: datetime


Rule = Callable[[Asked], NotNow | None]


def not_yet(group: Candidate, *, limits: OffsetLimits, stale_secs: int, now: datetime) -> tuple[NotNow, ...]:
    """Every reason why the group is not offset now, in the order of RULES; none: it is eligible."""
    asked = Asked(group, limits, stale_secs, now)
    return tuple(_reasons(asked, RULES))


def forbidden(group: Candidate, *, limits: OffsetLimits, stale_secs: int, now: datetime) -> tuple[NotNow, ...]:
    """The reasons that bind a person too: what "run now" cannot overrule."""
    asked = Asked(group, limits, stale_secs, now)
    return tuple(_reasons(asked, BINDING))


def _reasons(asked: Asked, rules: tuple[Rule, ...]) -> Iterator[NotNow]:
    return (found for rule in rules if (found := rule(asked)) is not None)


def ready_at(reasons: tuple[NotNow, ...]) -> datetime | None:
    """When all reasons will have fallen away by themselves; None when one of them does not say."""
    times = [reason.ready_at for reason in reasons]
    known = [at for at in times if at is not None]
    return max(known) if known and len(known) == len(times) else None


# the timer ---------------------------------------------------------------------------------------


def timer(group: Candidate, start: str) -> Timer:
    """How far the timer's start has come, by the variant that is set."""
    return TIMERS[TimerStart(start)](group)


def _after_pyramids(group: Candidate) -> Timer:
    needed = min(FIVE, group.max_pyramids)
    came = sorted(group.pyramids)
    return Timer(min(len(came), needed), needed, came[needed - 1] if len(came) >= needed else None)


def _after_submitted(group: Candidate) -> Timer:
    return _all_of([leg.submitted_at for leg in group.legs if leg.submitted_at or not leg.ended])


def _after_filled(group: Candidate) -> Timer:
    """A leg that was withdrawn for good is waited for no longer."""
    return _all_of([leg.filled_at for leg in group.legs if leg.filled_at or not leg.ended])


def _all_of(times: list[datetime | None]) -> Timer:
    known = [at for at in times if at is not None]
    return Timer(len(known), len(times), max(known) if known and len(known) == len(times) else None)


TIMERS: dict[TimerStart, Callable[[Candidate], Timer]] = {
    TimerStart.AFTER_5_PYRAMIDS: _after_pyramids,
    TimerStart.AFTER_ALL_DCA_FILLED: _after_filled,
    TimerStart.AFTER_ALL_DCA_SUBMITTED: _after_submitted,
}


# the rules ---------------------------------------------------------------------------------------


def _closing(asked: Asked) -> NotNow | None:
    return NotNow(OffsetCode.GROUP_CLOSING) if asked.group.closing else None


def _in_a_run(asked: Asked) -> NotNow | None:
    run_id = asked.group.run_id
    return None if run_id is None else NotNow(OffsetCode.RUN_IN_PROGRESS, value=run_id)


def _blocked(asked: Asked) -> NotNow | None:
    return NotNow(OffsetCode.GROUP_BLOCKED) if asked.group.blocked else None


def _busy(asked: Asked) -> NotNow | None:
    return NotNow(OffsetCode.GROUP_BUSY, value=asked.group.busy) if asked.group.busy else None


def _priced(asked: Asked) -> NotNow | None:
    age = asked.group.price_age_secs
    known = age is not None and age <= asked.stale_secs
    return None if known else NotNow(OffsetCode.PRICE_UNKNOWN, value=age, limit=asked.stale_secs)


def _losing(asked: Asked) -> NotNow | None:
    """A profit is never a loss, not even with a threshold of 0."""
    loss, limit = asked.group.loss_pct, asked.limits.loss_threshold_pct
    return None if loss < 0 and loss <= limit else NotNow(OffsetCode.LOSS_TOO_SMALL, value=round(loss, 2), limit=limit)


def _complete(asked: Asked) -> NotNow | None:
    came, most = len(asked.group.pyramids), asked.group.max_pyramids
    full = came >= most or not asked.limits.require_full_pyramids
    return None if full else NotNow(OffsetCode.PYRAMIDS_INCOMPLETE, value=came, limit=most)


def _timed(asked: Asked) -> NotNow | None:
    """The timer has started, and run since its start or the last replacement, whichever was later."""
    found, limits = timer(asked.group, asked.limits.timer_start), asked.limits
    if found.started_at is None:
        return NotNow(OffsetCode.TIMER_NOT_STARTED, value=found.done, limit=found.of)
    start = max(found.started_at, asked.group.replaced_at or found.started_at)
    ready = start + limits.post_full_wait_minutes * MINUTE
    if asked.now >= ready:
        return None
    ran = max((asked.now - start) // MINUTE, 0)
    return NotNow(OffsetCode.TIMER_RUNNING, value=ran, limit=limits.post_full_wait_minutes, ready_at=ready)


def _lasting(asked: Asked) -> NotNow | None:
    limits, since = asked.limits, asked.group.losing_since
    least = limits.min_loss_age_minutes
    if least is None or (since is not None and asked.now - since >= least * MINUTE):
        return None
    ready = None if since is None else since + least * MINUTE
    lasted = 0 if since is None else max((asked.now - since) // MINUTE, 0)
    return NotNow(OffsetCode.LOSS_TOO_YOUNG, value=lasted, limit=least, ready_at=ready)


def _skipped(asked: Asked) -> NotNow | None:
    until = asked.group.skipped_until
    skipped = until is not None and asked.now < until
    return NotNow(OffsetCode.SKIPPED, ready_at=until) if skipped else None


BINDING: tuple[Rule, ...] = (_closing, _in_a_run, _blocked, _busy, _priced)
RULES: tuple[Rule, ...] = (*BINDING, _losing, _complete, _timed, _lasting, _skipped)


# the choice --------------------------------------------------------------------------------------


def worst_first(groups: list[Candidate]) -> list[Candidate]:
    """By loss percent, then loss in quote, then age."""
    return sorted(groups, key=lambda group: (group.loss_pct, group.loss_quote, group.opened_at, group.group_id))
