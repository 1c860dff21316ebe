"""Editing a group's exits by hand: its own take-profit and stops, in place of those it was opened with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction

from project.journal.record import record
from signals.market.instruments import facts
from trading import locks, selectors
from trading.domain import settings as registry
from trading.domain.exit_plan import ExitDecision
from trading.domain.grid import target_price
from trading.domain.order_state import OrderState
from trading.domain.refusal import Refusal, plain
from trading.domain.settings import SettingError
from trading.domain.vocabulary import PositionSide, Purpose
from trading.models import Leg, PositionGroup
from trading.services import groups, levels

# In the order in which the page asks for them; every one is a setting of the registry, checked by its row there.
EDITABLE = (
    "tp_mode",
    "tp_aggregate_pct",
    "stop",
    "fixed_stop_pct",
    "emergency_stop_pct",
    "trailing_activation_pct",
    "trailing_distance_pct",
    "breakeven_after_target",
    "time_exit_h",
)
LEGS = "leg_take_profit_pct"
# Not a setting: what every leg takes whose target has not filled yet, percent of the leg's own price.
LEG_RANGE = (Decimal("0.05"), Decimal(100))

Wanted = Mapping[str, str]


class CannotEdit(Exception):
    """Why a group's exits cannot be what was asked for, in words."""


@dataclass(frozen=True, slots=True)
class Change:
    """One number or word that changes, as text; before is empty where the legs differ from each other."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the edit changes, and what stands and fires by it now."""

    changes: tuple[Change, ...]
    decision: ExitDecision


def current(group: PositionGroup) -> Mapping[str, str]:
    """What may be edited, as text, as it holds now. Raises CannotEdit."""
    try:
        dumped = registry.dump(registry.restore(group.settings))
    except SettingError as error:
        raise CannotEdit(f"What the group was opened with cannot be read any more: {error}") from error
    return MappingProxyType({**{name: dumped[name] for name in EDITABLE}, LEGS: _legs_text(_open_legs(group))})


def outlook(group: PositionGroup, wanted: Wanted, *, now: datetime) -> Outlook:
    """What edit() would change, and the exits as they would stand at the prices of now. Raises CannotEdit."""
    changes = _changes(group, wanted)
    chosen = registry.restore(_merged(group, changes))
    decision = groups.decision_by(group, selectors.picture(group), chosen.exits, now=now)
    return Outlook(changes, decision)


def edit(group_id: int, wanted: Wanted, *, operator: str, now: datetime) -> tuple[Change, ...]:
    """Write what is wanted and make the group right by it; journalled with who. What changed. Raises CannotEdit."""
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    with transaction.atomic():
        locks.account(account_id)
        group = locks.group(group_id)
        if group.closing_at is not None:
            raise CannotEdit("The group is closed or closing: its exits are not changed any more.")
        changes = _changes(group, wanted)
        if changes:
            _write(group, changes)
            told = [{"name": c.name, "before": c.before, "after": c.after} for c in changes]
            payload = {"operator": operator, "changes": told}
            record("group.exits_edited", subject=f"group:{group.pk}", payload=payload, account_id=account_id)
            groups.review(group.pk, now=now)
        return changes


def _changes(group: PositionGroup, wanted: Wanted) -> tuple[Change, ...]:
    """Checked, and only what really differs; in the order of EDITABLE."""
    before = current(group)
    unknown = sorted(wanted.keys() - before.keys())
    if unknown:
        raise CannotEdit(f"{', '.join(unknown)}: this cannot be edited for one group; see Settings.")
    after = {name: _leg_pct(text) if name == LEGS else _text(name, text) for name, text in wanted.items()}
    names = (name for name in (*EDITABLE, LEGS) if name in after)
    changes = tuple(Change(name, before[name], after[name]) for name in names if after[name] != before[name])
    wrong = levels.lacking(group, registry.restore(_merged(group, changes)))
    if wrong and wrong != levels.lacking(group, registry.restore(group.settings)):
        raise CannotEdit(wrong)
    return changes


def _text(name: str, raw: str) -> str:
    """A value as the registry writes it."""
    value = registry.parse(name, raw)
    if isinstance(value, Refusal):
        raise CannotEdit(value.sentence())
    return registry.as_text(name, value)


def _leg_pct(raw: str) -> str:
    """The legs' percentage; empty leaves every leg as it is."""
    if not raw:
        return raw
    value = registry.parse("tp_aggregate_pct", raw)  # the same kind and range of number
    if isinstance(value, Refusal):
        low, high = LEG_RANGE
        raise CannotEdit(f"{LEGS}: {raw[:20]} is not a percentage from {plain(low)} to {plain(high)}.")
    return plain(value)


def _merged(group: PositionGroup, changes: tuple[Change, ...]) -> dict[str, str]:
    return {**group.settings, **{c.name: c.after for c in changes if c.name != LEGS}}


def _write(group: PositionGroup, changes: tuple[Change, ...]) -> None:
    group.settings = _merged(group, changes)
    group.tp_mode = registry.restore(group.settings).exits.tp_mode
    group.save(update_fields=["settings", "tp_mode"])
    pct = next((c.after for c in changes if c.name == LEGS), "")
    if pct:
        _move_legs(group, Decimal(pct))


def _move_legs(group: PositionGroup, pct: Decimal) -> None:
    """New targets for the legs whose own has not filled; review() takes the resting ones back and places these."""
    rules = selectors.rules_of(facts(group.instrument))
    legs = _open_legs(group)
    for leg in legs:
        leg.take_profit_pct = pct
        leg.target_price = target_price(
            side=PositionSide(group.side), price=leg.price, take_profit_pct=pct, rules=rules
        )
    Leg.objects.bulk_update(legs, ["take_profit_pct", "target_price"])


def _open_legs(group: PositionGroup) -> list[Leg]:
    """The legs whose target has not filled, shallowest first."""
    taken = {"orders__purpose": Purpose.TARGET, "orders__state": OrderState.FILLED}
    rows = Leg.objects.filter(pyramid__group=group).exclude(pk__in=Leg.objects.filter(pyramid__group=group, **taken))
    return list(rows.order_by("pyramid__index", "index"))


def _legs_text(legs: list[Leg]) -> str:
    """The percentage that all legs share; empty where they differ."""
    found = {plain(leg.take_profit_pct) for leg in legs}
    return found.pop() if len(found) == 1 else ""
