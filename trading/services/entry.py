"""Entries: size, plan, gate, and then everything in one go: group, slot, pyramid, legs, orders."""

from dataclasses import dataclass
from decimal import Decimal

from project.journal.record import Event, plain
from risk import gate
from risk.domain.checks import GateResult, Proposed, Snapshot
from risk.domain.denial import Denial, DenialCode, deny
from risk.domain.mode import PlanKind
from risk.domain.sizing import Sized, SizeRequest
from risk.domain.sizing_plan import SizeFacts, plan_capital
from risk.domain.sizing_syntax import parse_size
from risk.portfolio import target_scale
from signals.evaluate import Meant
from signals.intent import Level, SizeKind
from signals.models import Signal
from signals.verdict import Outcome, Verdict
from trading.domain import grid, settings
from trading.domain.admission import free_slot
from trading.domain.grid import GridPlan, InstrumentRules
from trading.domain.refusal import Refusal
from trading.domain.settings import EngineSettings
from trading.domain.stops import distance
from trading.domain.vocabulary import GroupStatus, OrderType, PositionSide, Purpose
from trading.models import Leg, PositionGroup, Pyramid, Slot
from trading.selectors import rules_of
from trading.services import entry_guards as guards
from trading.services import levels, order_by_hand_target, orders
from trading.services.desk import Desk
from trading.services.levels import Found
from trading.services.orders import NewOrder
from trading.services.surroundings import trade_record

BY_RISK = frozenset({SizeKind.RISK_PCT, SizeKind.RISK_QUOTE})


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry on its way through sizing, planning and the gate."""

    meant: Meant
    side: PositionSide
    group: PositionGroup | None  # None: a new one
    chosen: EngineSettings
    rules: InstrumentRules
    price: Decimal
    index: int  # the pyramid's, from 0

    leverage: Decimal  # 1 on spot
    waited: bool  # in the queue
    found: Found  # what its exits are counted from

    @property
    def kind(self) -> PlanKind:
        """Whether the gate sees an entry or a pyramid."""
        return PlanKind.PYRAMID if self.group else PlanKind.ENTRY

    @property
    def strategy(self) -> str:
        """Whose signal it is."""
        return self.meant.alert.source_name

    @property
    def first_type(self) -> OrderType:
        """The type of leg 0's order, as the alert or the setting wants it."""
        style = self.meant.intent.order_type
        return OrderType(style.upper()) if style else self.chosen.grid.first_order_type

    def book(self, desk: Desk) -> Snapshot:
        """What sizing and the gate see around it."""
        return desk.snapshot(self.meant.instrument, self.side, strategy=self.strategy)


def enter(desk: Desk, meant: Meant, side: PositionSide, *, waited: bool = False) -> Verdict:
    """A new position, or one more pyramid of an open one; the outcome, with the reason when nothing was entered.

    A signal that waited in the queue hangs its grid at the better of its own price and the market's. What it writes is
    on the desk's sheet.
    """
    group = desk.group_for(meant.instrument, meant.timeframe_secs, side)
    if group:
        desk.sheet.write()  # its pyramids are counted in the database, and one may be on the sheet
    if early := guards.refusal(desk, meant, side, group=group):
        return early
    draft = draft_of(desk, meant, side, group, waited=waited)
    if draft.found.refused is not None:
        return guards.refused(draft.found.refused)
    book = draft.book(desk)
    sized = size_of(desk, draft, book)
    if isinstance(sized, Denial | Refusal):
        return guards.denied(sized) if isinstance(sized, Denial) else guards.refused(sized)
    plan = plan_of(draft, sized)
    return guards.refused(plan) if isinstance(plan, Refusal) else _through_gate(desk, draft, book, sized, plan)


def draft_of(
    desk: Desk, meant: Meant, side: PositionSide, group: PositionGroup | None, *, waited: bool = False
) -> Draft:
    """The entry before it is sized: where its grid hangs, which pyramid it is, with which leverage and exits."""
    chosen = order_by_hand_target.applied(desk.settings(meant.instrument.symbol), meant)
    rules = rules_of(meant.instrument)
    price = _better_price(desk, meant, side) if waited else guards.base_price(desk, meant)
    return Draft(
        meant=meant,
        side=side,
        group=group,
        chosen=chosen,
        rules=rules,
        price=price,
        index=group.pyramids.count() if group else 0,
        leverage=Decimal(group.leverage if group else meant.intent.leverage or desk.account.leverage),
        waited=waited,
        found=levels.at_entry(meant, side, group, price=price, chosen=chosen, rules=rules, now=desk.now),
    )


def must_wait(desk: Desk, meant: Meant, side: PositionSide) -> Verdict | None:
    """POOL_FULL for an alert that would open a group while no slot is free; None where it has to be decided whole."""
    opens = desk.group_for(meant.instrument, meant.timeframe_secs, side) is None
    if not opens or desk.free_slots or guards.refusal(desk, meant, side, group=None):
        return None
    size = desk.settings("").pool.max_open_groups
    return guards.denied(deny(DenialCode.POOL_FULL, subject=desk.account.name, value=len(desk.taken_slots), limit=size))


def _better_price(desk: Desk, meant: Meant, side: PositionSide) -> Decimal:
    """LONG: the lower of alert and market; SHORT: the higher."""
    ticker, said = desk.tickers.get(meant.instrument.id), guards.base_price(desk, meant)
    prices = [said, ticker.last] if ticker else [said]
    return min(prices) if side is PositionSide.LONG else max(prices)


# size, plan, gate --------------------------------------------------------------------------------


def size_of(desk: Desk, draft: Draft, book: Snapshot | None = None) -> Sized | Denial | Refusal:
    """How much the pyramid gets: what the alert says, else the source, else the setting."""
    request: SizeRequest | Denial | None = SizeRequest.of(size) if (size := draft.meant.intent.size) else None
    if request is None and draft.meant.alert.default_size:
        request = parse_size(draft.meant.alert.default_size)
    if isinstance(request, Denial):
        return request
    wanted, stop = request or draft.chosen.grid.capital_of(draft.index), _stop_distance(draft)
    if isinstance(stop, Refusal) and (wanted.kind in BY_RISK or draft.meant.intent.stop_loss is not None):
        return stop
    facts = _size_facts(desk, draft, request, None if isinstance(stop, Refusal) else stop)
    return plan_capital(facts, book or draft.book(desk), draft.chosen.risk)


def _size_facts(desk: Desk, draft: Draft, request: SizeRequest | None, stop: Decimal | None) -> SizeFacts:
    """Everything that sizing may ask for; what only a cap needs that is switched off is not looked up."""
    limits = draft.chosen.risk
    return SizeFacts(
        request=request,
        setting=draft.chosen.grid.capital_of(draft.index),
        equity=desk.equity,
        free=desk.available_quote,
        position=draft.group.cost if draft.group else None,
        price=draft.price,
        stop_distance=stop,
        base=draft.rules.base,
        quote=draft.rules.quote,
        contract_size=draft.rules.contract_size,
        leverage=draft.leverage,
        confidence=draft.meant.intent.confidence,
        tier=desk.history.drawdown_tier,
        trades=trade_record(desk.account, draft.strategy) if "kelly" in limits.size_caps else None,
        target_scale=target_scale(desk.holdings.markets.get(draft.rules.symbol), target_pct=limits.vol_target_pct),
        others=len(desk.groups),
        correlation=desk.holdings.mean_correlation(draft.rules.symbol),
    )


def _stop_distance(draft: Draft) -> Decimal | Refusal:
    """How far the entry's first stop stands, which a size by risk is counted with; or why it cannot stand there."""
    exits = draft.chosen.exits
    return distance(
        side=draft.side,
        entry=draft.price,
        kinds=exits.stop,
        fixed_pct=exits.fixed_stop_pct,
        emergency_pct=exits.emergency_stop_pct,
        rules=draft.rules,
        level=draft.meant.intent.stop_loss,
        atr_quote=draft.found.levels.atr_quote,
        atr_multiplier=exits.atr_multiplier,
        support_price=draft.found.levels.support,
    )


def plan_of(draft: Draft, sized: Sized) -> GridPlan | Refusal:
    return grid.plan(
        side=draft.side,
        base_price=draft.price,
        capital=sized.capital,
        legs=draft.chosen.grid.legs_of(draft.index),
        rules=draft.rules,
        at_market=draft.first_type is OrderType.MARKET,
    )


def _through_gate(desk: Desk, draft: Draft, book: Snapshot, sized: Sized, plan: GridPlan) -> Verdict:
    signal = _signal(desk, draft)
    result, decision = gate.decide(
        proposal(desk, draft, plan),
        book,
        draft.chosen.risk,
        signal_id=signal.pk,
    )
    desk.sheet.add(decision)
    if result.denial is not None:
        return guards.denied(result.denial)
    return _record(desk, draft, sized, plan, signal, result)


def proposal(desk: Desk, draft: Draft, plan: GridPlan) -> Proposed:
    exits = [(leg.exit_qty, draft.rules.notional(leg.exit_qty, leg.target_price)) for leg in plan.legs]
    entries = [(leg.qty, leg.notional) for leg in plan.legs]
    return Proposed(
        account_id=desk.account.pk,
        symbol=draft.rules.symbol,
        side=draft.side,
        kind=draft.kind,
        notional=plan.cost,
        smallest_qty=min(qty for qty, _ in entries + exits),
        smallest_notional=min(notional for _, notional in entries + exits),
        needs_slot=draft.group is None or draft.chosen.pool.count_pyramids,
        base=draft.rules.base,
        quote=draft.rules.quote,
        account=desk.account.name,
        derivative=draft.meant.instrument.derivative,
        leverage=draft.leverage,
        orders=len(plan.legs[: draft.chosen.grid.active_window]),
    )


# the record: T1 ----------------------------------------------------------------------------------


def _signal(desk: Desk, draft: Draft) -> Signal:
    """The signal's row; one that waited in the queue has its own already."""
    kept = Signal.objects.filter(alert_id=draft.meant.alert.id).first() if draft.waited else None
    return kept or new_signal(desk, draft.meant, draft.side, draft.kind)


def new_signal(desk: Desk, meant: Meant, side: PositionSide, kind: PlanKind) -> Signal:
    """What an alert came to mean, as a row."""
    intent = meant.intent
    read = {"action": intent.action, "format": intent.format, "stop_loss": _level(intent.stop_loss)}
    return desk.sheet.add(
        Signal(
            alert_id=meant.alert.id,
            account=desk.account,
            meaning=kind,
            symbol=meant.instrument.symbol,
            timeframe_secs=meant.timeframe_secs,
            position_side=side,
            price=intent.price,
            intent=plain(read),
        )
    )


def _level(level: Level | None) -> dict[str, object] | None:
    return None if level is None else {"kind": level.kind, "value": level.value}


def _record(desk: Desk, draft: Draft, sized: Sized, plan: GridPlan, signal: Signal, result: GateResult) -> Verdict:
    """Everything the position needs, on the sheet; the orders leave after the commit."""
    group = draft.group or _open_group(desk, draft)
    pyramid = _pyramid(desk, draft, group, sized, plan, signal)
    slot = _take_slot(desk, draft, group, pyramid) if draft.group is None or draft.chosen.pool.count_pyramids else None
    legs = _legs(desk, pyramid, plan)
    wanted = _entry_orders(draft, group, legs)
    placed = orders.hold(desk.sheet, group, wanted, installation=desk.installation, now=desk.now)
    desk.take_in(group, slot, placed, draft.meant.instrument, strategy=draft.strategy, later=legs[len(wanted) :])
    facts = {"symbol": draft.rules.symbol, "side": draft.side, "pyramid": pyramid.index, "capital": plan.capital}
    facts |= {"status": group.status, "timeframe_secs": group.timeframe_secs}
    desk.sheet.note(Event("group.entered", f"group:{group.pk}", facts, desk.account.pk))
    return _entered(draft, group, pyramid, sized, plan, result)


def _open_group(desk: Desk, draft: Draft) -> PositionGroup:
    return desk.sheet.add(
        PositionGroup(
            account=desk.account,
            instrument=desk.instrument_row(draft.meant.instrument),
            timeframe_secs=draft.meant.timeframe_secs,
            side=draft.side,
            status=GroupStatus.LIVE,
            tp_mode=draft.chosen.exits.tp_mode,
            settings=settings.dump(draft.chosen),
            levels=levels.dump(draft.found.levels),
            leverage=int(draft.leverage),
            opened_at=desk.now,
        )
    )


def _pyramid(desk: Desk, draft: Draft, group: PositionGroup, sized: Sized, plan: GridPlan, signal: Signal) -> Pyramid:
    return desk.sheet.add(
        Pyramid(
            group=group,
            index=draft.index,
            signal=signal,
            base_price=plan.base_price,
            capital=plan.capital,
            bound_by=sized.bound_by,
            created_at=desk.now,
        )
    )


def _take_slot(desk: Desk, draft: Draft, group: PositionGroup, pyramid: Pyramid) -> Slot:
    """The lowest free number; the unique index would refuse a second taker, so a collision is a defect and raises."""
    pool_size = desk.settings("").pool.max_open_groups
    number = free_slot(desk.taken_slots, pool_size)
    taken = {"number": number, "pool_size": pool_size, "taken_at": desk.now}
    desk.sheet.note(Event("slot.taken", f"group:{group.pk}", taken, desk.account.pk))
    return desk.sheet.add(Slot(account=desk.account, group=group, pyramid=pyramid if draft.group else None, **taken))


def _legs(desk: Desk, pyramid: Pyramid, plan: GridPlan) -> list[Leg]:
    return [
        desk.sheet.add(
            Leg(
                pyramid=pyramid,
                index=leg.index,
                price=leg.price,
                qty=leg.qty,
                weight_pct=leg.weight_pct,
                take_profit_pct=leg.take_profit_pct,
                target_price=leg.target_price,
            )
        )
        for leg in plan.legs
    ]


def _entry_orders(draft: Draft, group: PositionGroup, legs: list[Leg]) -> list[NewOrder]:
    """The legs that rest from the start: all, or the active window's nearest; leg 0 as settings or alert want it."""
    shown = legs[: draft.chosen.grid.active_window]
    kinds = [draft.first_type, *[OrderType.LIMIT] * (len(shown) - 1)]
    return [
        NewOrder(
            key=f"group:{group.pk}/leg:{leg.pk}/entry:0",
            purpose=Purpose.ENTRY,
            side=draft.side.entry_side,
            type=kind,
            qty=leg.qty,
            price=leg.price if kind is OrderType.LIMIT else None,
            reference_price=leg.price,
            leg_id=leg.pk,
        )
        for leg, kind in zip(shown, kinds, strict=True)
    ]


def _entered(
    draft: Draft, group: PositionGroup, pyramid: Pyramid, sized: Sized, plan: GridPlan, result: GateResult
) -> Verdict:
    outcome = Outcome.PYRAMIDED if draft.group else Outcome.ENTERED
    legs = f"{len(plan.legs)} {'leg' if len(plan.legs) == 1 else 'legs'}"
    reason = f"{legs}, {plan.cost:.2f} {draft.rules.quote} (sized by {sized.bound_by}). {result.sentence()}"
    numbers = {
        "group": group.pk,
        "pyramid": pyramid.index,
        "legs": len(plan.legs),
        "cost": plan.cost,
        "capital": plan.capital,
        "bound_by": sized.bound_by,
        "checks": gate.lines(result),
    }
    return Verdict(outcome, reason, numbers)
