"""How far an alert would get, stage by stage and with its numbers, on a desk as it is now. Writes nothing."""

from dataclasses import dataclass
from decimal import Decimal

from risk.domain.checks import CHECKS, CheckLine, Proposed, run
from risk.domain.denial import Denial
from risk.domain.sizing import Sized
from signals.evaluate import Meant, Stored
from signals.intent import Intent
from signals.models import Alert
from signals.verdict import Verdict
from trading.domain import exit_ladder
from trading.domain.classify import Classification, Meaning
from trading.domain.exit_ladder import RungTarget
from trading.domain.exit_view import ExitView, Watched
from trading.domain.exit_watch import watched
from trading.domain.grid import GridPlan, InstrumentRules
from trading.domain.position import FillView, from_fills
from trading.domain.refusal import Refusal
from trading.domain.settings import SettingError
from trading.domain.vocabulary import MarketKind, PositionSide
from trading.services import entry, meaning
from trading.services import entry_guards as guards
from trading.services.desk import Desk
from trading.services.entry import Draft

ENTERS = frozenset({Meaning.ENTRY, Meaning.PYRAMID, Meaning.REVERSE})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where stops and watched targets would stand once so many legs have filled; average_entry is quote."""

    legs: int
    average_entry: Decimal | None
    watch: tuple[Watched, ...]
    targets: tuple[RungTarget, ...] = ()  # the exit ladder's rungs


@dataclass(frozen=True, slots=True)
class Admission:
    """The pool as this alert finds it."""

    free_slots: int
    pool_size: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Stages:
    """Each stage that was reached; None or empty where an earlier one ended it. refused: what ended it."""

    intent: Intent | None = None
    meant: Meant | None = None
    found: Classification | None = None
    group_id: int | None = None
    admission: Admission | None = None
    draft: Draft | None = None
    sized: Sized | None = None
    plan: GridPlan | None = None
    standing: tuple[Standing, ...] = ()
    checks: tuple[CheckLine, ...] = ()
    refused: Verdict | None = None


def stages(desk: Desk, alert: Alert) -> Stages:
    """The stages of an alert, as if its source were live."""
    read = meaning.read_as_live(desk, alert)
    if isinstance(read, Verdict):
        return Stages(refused=read)
    if isinstance(read, Stored):
        return Stages(intent=read.intent)
    found = meaning.classified(desk, read)
    if found.meaning not in ENTERS:
        return Stages(intent=read.intent, meant=read, found=found)
    try:
        return _entering(desk, read, found)
    except SettingError as error:
        return Stages(intent=read.intent, meant=read, found=found, refused=meaning.setting_invalid(error))


def _entering(desk: Desk, meant: Meant, found: Classification) -> Stages:
    """Admission, size, plan and every check of the gate; a plan that is refused has no checks."""
    side = found.side or PositionSide.LONG
    group = desk.group_for(meant.instrument, meant.timeframe_secs, side)
    draft = entry.draft_of(desk, meant, side, group)
    sized = entry.size_of(desk, draft)
    plan = entry.plan_of(draft, sized) if isinstance(sized, Sized) else None
    placeable = plan if isinstance(plan, GridPlan) else None
    return Stages(
        intent=meant.intent,
        meant=meant,
        found=found,
        group_id=group.pk if group else None,
        admission=_admission(desk),
        draft=draft,
        sized=sized if isinstance(sized, Sized) else None,
        plan=placeable,
        standing=_standing(desk, draft, placeable) if placeable else (),
        checks=_checks(desk, draft, placeable) if placeable else (),
        refused=guards.refusal(desk, meant, side, group=group)
        or _refused(draft.found.refused)
        or _refused(sized)
        or _refused(plan),
    )


def _admission(desk: Desk) -> Admission:
    return Admission(desk.free_slots, desk.settings("").pool.max_open_groups, len(desk.waiting))


def _refused(step: object) -> Verdict | None:
    if isinstance(step, Denial):
        return guards.denied(step)
    return guards.refused(step) if isinstance(step, Refusal) else None


def _checks(desk: Desk, draft: Draft, plan: GridPlan) -> tuple[CheckLine, ...]:
    """Every check's numbers, also of those behind the one that would deny."""
    proposed: Proposed = entry.proposal(desk, draft, plan)
    book, limits = draft.book(desk), draft.chosen.risk
    return tuple(line for check in CHECKS for line in run([check], proposed, book, limits).lines)


def _standing(desk: Desk, draft: Draft, plan: GridPlan) -> tuple[Standing, ...]:
    """Stops after the first leg and, where there are more, after all."""
    counts = (1, len(plan.legs)) if len(plan.legs) > 1 else (1,)
    return tuple(_stands(desk, draft, plan, count) for count in counts)


def _stands(desk: Desk, draft: Draft, plan: GridPlan, count: int) -> Standing:
    """The stops of a group whose first legs filled at their own prices, with the maker's fee."""
    rules = draft.rules
    filled = [_fill(desk, draft, qty=leg.qty, price=leg.price, rules=rules) for leg in plan.legs[:count]]
    position = from_fills(filled, side=draft.side, rules=rules)
    level = draft.meant.intent.stop_loss
    view = ExitView(draft.side, (), position, desk.now, last_fill=plan.legs[count - 1].price, alert_stop=level)
    exits, known = draft.chosen.exits, draft.found.levels
    watch = watched(view, peak=None, settings=exits, rules=rules, levels=known)
    targets = exit_ladder.wanted(view, settings=exits, levels=known, rules=rules) or ()
    return Standing(count, position.average_entry, watch, targets)


def _fill(desk: Desk, draft: Draft, *, qty: Decimal, price: Decimal, rules: InstrumentRules) -> FillView:
    in_base = rules.kind is MarketKind.SPOT
    fee = qty * rules.maker_fee if in_base else rules.notional(qty, price) * rules.maker_fee
    return FillView(draft.side.entry_side, qty, price, fee, rules.base if in_base else rules.quote, desk.now)
