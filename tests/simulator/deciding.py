"""Deciding: alerts in the order of their arrival, entries, the queue, exits. Mirrors services/decide, entry, queue, exits."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from risk.domain.checks import CHECKS, run
from risk.domain.denial import Denial, DenialCode
from risk.domain.mode import PlanKind, permits
from risk.domain.sizing import SizeRequest
from signals.evaluate import AlertFacts, Meant, Stored, evaluate
from signals.verdict import Outcome, Verdict
from tests.simulator.asking import Work
from tests.simulator.desk import SimDesk
from tests.simulator.market import LISTED, RULES
from tests.simulator.rows import Account, Alert, Group, Leg, Order, Pyramid, Queued, Slot
from tests.simulator.sending import Sending
from trading.domain import admission
from trading.domain.admission import free_slot
from trading.domain.classify import Classification, Meaning, NoMeaning
from trading.domain.grid import GridPlan
from trading.domain.reduce import Reduction, reduction, reduction_by_size
from trading.domain.refusal import Refusal
from trading.domain.vocabulary import PositionSide
from trading.errors import NotReached
from trading.services import decide, entry, exits, meaning, queue
from trading.services import entry_guards as guards
from trading.services import groups as real_groups
from trading.services.decide import ACTED_AT_ONCE, BATCH, TAKES_LONG

Read = tuple[Alert, Meant | Stored | Verdict]


class Deciding(Sending):
    """What becomes of alerts."""

    def desk(self, account: Account) -> Any:
        return SimDesk(self, account, self.now)  # type: ignore[arg-type]

    # the inbox ------------------------------------------------------------------------------

    def undecided(self, account: Account) -> list[Alert]:
        rows = (a for a in self.store.alerts.values() if a.account_id == account.pk and not a.outcome)
        return sorted(rows, key=lambda alert: alert.pk)[:BATCH]

    def inbox(self, account: Account) -> Work:
        """decide.process_inbox"""
        while batch := self.undecided(account):
            read = [(alert, self.evaluated(alert)) for alert in batch]
            try:
                yield from self.look_at_prices(account)
            except NotReached:  # a price that is missing denies
                yield None
            settled = self.decide_batch(account, read)
            yield None
            if settled >= len(batch) < BATCH:
                return

    def look_at_prices(self, account: Account) -> Work:
        raise NotImplementedError

    def evaluated(self, alert: Alert) -> Meant | Stored | Verdict:
        """What it means, read once: nothing of that changes any more."""
        if alert.pk not in self.read:
            self.read[alert.pk] = self.read_alert(alert)
        return self.read[alert.pk]

    read: dict[int, Meant | Stored | Verdict]

    def read_alert(self, alert: Alert) -> Meant | Stored | Verdict:
        facts = AlertFacts(
            id=alert.pk,
            source_id=1,
            source_name="simulator",
            format="windlass",
            raw=alert.raw,
            received_at=alert.received_at,
            whitelist=(),
            default_timeframe_secs=None,
            default_size="",
            live=True,
        )
        return evaluate(facts, instruments=LISTED, max_age=lambda _: self.settings.alerts.max_age)

    def decide_batch(self, account: Account, read: Sequence[Read]) -> int:
        """decide._decide_batch: one transaction; what was read and is still undecided, with what came in since, by id."""
        known = {alert.pk: meant for alert, meant in read}
        with self.store.transaction():
            desk, settled, acted = self.desk(account), 0, 0
            for alert in self.undecided(account):
                verdict = self.decide_one(desk, known.get(alert.pk) or self.evaluated(alert))
                self.settle_alert(alert, verdict)
                settled, acted = settled + 1, acted + (verdict.outcome in TAKES_LONG)
                if acted == ACTED_AT_ONCE:
                    break
            return settled

    def settle_alert(self, alert: Alert, verdict: Verdict) -> None:
        self.store.note("alert.settled", alert.pk, alert.account_id, verdict.outcome)
        self.store.change(alert, outcome=str(verdict.outcome))

    def decide_one(self, desk: Any, meant: Meant | Stored | Verdict) -> Verdict:
        """decide._act"""
        if not isinstance(meant, Meant):
            return meant if isinstance(meant, Verdict) else Verdict(Outcome.NOTICE)
        found = meaning.classified(desk, meant)
        return self.actions[found.meaning](self, desk, meant, found)

    def on_enter(self, desk: Any, meant: Meant, found: Classification) -> Verdict:
        side = found.side or PositionSide.LONG
        if replaced := self.replace(desk, meant, side):
            return replaced
        verdict = self.enter(desk, meant, side)
        return self.put(desk, meant, side, verdict) if verdict.outcome == DenialCode.POOL_FULL else verdict

    def on_exit(self, desk: Any, meant: Meant, found: Classification) -> Verdict:
        removed = self.remove_matching(desk, meant, found.exits)
        verdict = self.exit_by_signal(desk, meant, found)
        dequeued = removed and verdict.outcome == NoMeaning.NOTHING_TO_EXIT
        return Verdict(Outcome.DEQUEUED) if dequeued else verdict

    def on_nothing(self, desk: Any, meant: Meant, found: Classification) -> Verdict:
        code = NoMeaning(found.code or NoMeaning.ACTION_MISSING)
        closes = decide._closes(meant)
        if code is NoMeaning.NOTHING_TO_EXIT and self.remove_matching(desk, meant, closes):
            return Verdict(Outcome.DEQUEUED)
        return Verdict(code)

    def on_reduce(self, desk: Any, meant: Meant, found: Classification) -> Verdict:
        """exits.reduce_by_signal"""
        open_ones = [g for g in exits.groups_named(desk, meant, found.side) if g.closing_at is None]
        results = [self.reduce_group(desk, meant, group, found) for group in open_ones]  # type: ignore[arg-type]
        if any(isinstance(result, Reduction) for result in results):
            return Verdict(Outcome.REDUCED)
        return Verdict(results[0].code) if results else exits._nothing(meant, found.side)  # type: ignore[union-attr]

    actions: Mapping[Meaning, Callable[..., Verdict]] = {
        Meaning.ENTRY: on_enter,
        Meaning.PYRAMID: on_enter,
        Meaning.EXIT: on_exit,
        Meaning.REDUCE: on_reduce,
        Meaning.NONE: on_nothing,
    }

    # entries --------------------------------------------------------------------------------

    def enter(self, desk: Any, meant: Meant, side: PositionSide, *, waited: bool = False) -> Verdict:
        """entry.enter and _through_gate"""
        group = desk.group_for(meant.instrument, meant.timeframe_secs, side)
        if early := guards.refusal(desk, meant, side, group=group):
            return early
        draft = entry.draft_of(desk, meant, side, group, waited=waited)
        if draft.found.refused is not None:
            return Verdict(draft.found.refused.code)
        book = draft.book(desk)
        sized = entry.size_of(desk, draft, book)
        if isinstance(sized, Denial | Refusal):
            return Verdict(sized.code)
        plan = entry.plan_of(draft, sized)
        if isinstance(plan, Refusal):
            return Verdict(plan.code)
        result = run(CHECKS, entry.proposal(desk, draft, plan), book, draft.chosen.risk)
        if result.denial is not None:
            return Verdict(result.denial.code)
        return self.record(desk, draft, plan)

    def record(self, desk: Any, draft: Any, plan: GridPlan) -> Verdict:
        """entry._record: T1"""
        group = draft.group or self.open_group(desk, draft)
        pyramid = Pyramid(self.store.next_id(), draft.index, plan.base_price, self.now)
        self.store.append(group.pyramids, pyramid)
        if draft.group is None or draft.chosen.pool.count_pyramids:
            self.take_slot(desk, group)
        legs = [self.leg(group, pyramid, planned) for planned in plan.legs]
        self.create(group, entry._entry_orders(draft, group, legs))  # type: ignore[arg-type]
        self.store.note("group.entered", group.pk, pyramid.index)
        outcome = Outcome.PYRAMIDED if draft.group else Outcome.ENTERED
        return Verdict(outcome, details={"group": group})

    def open_group(self, desk: Any, draft: Any) -> Group:
        group = Group(
            pk=self.store.next_id(),
            account_id=desk.account.pk,
            instrument=draft.meant.instrument,
            rules=RULES[draft.meant.instrument.symbol],
            timeframe_secs=draft.meant.timeframe_secs,
            side=draft.side,
            settings=draft.chosen,
            opened_at=self.now,
        )
        self.store.insert(self.store.groups, group)
        return group

    def free_number(self, desk: Any) -> int | None:
        return free_slot(desk.taken_slots, desk.settings("").pool.max_open_groups)

    def take_slot(self, desk: Any, group: Group) -> None:
        """entry._take_slot, and the unique index under it"""
        number, size = self.free_number(desk), desk.settings("").pool.max_open_groups
        if number is None or number in desk.taken_slots:
            raise AssertionError(f"slot {number} of {size} is taken")
        rows = self.store.slots.values()
        before = sum(row.account_id == group.account_id and row.released_at is None for row in rows)
        slot = Slot(self.store.next_id(), group.account_id, group, number, size, self.now, open_before=before)
        self.store.insert(self.store.slots, slot)

    def leg(self, group: Group, pyramid: Pyramid, planned: Any) -> Leg:
        leg = Leg(
            pk=self.store.next_id(),
            pyramid=pyramid,
            index=planned.index,
            price=planned.price,
            qty=planned.qty,
            take_profit_pct=planned.take_profit_pct,
            target_price=planned.target_price,
        )
        self.store.append(group.legs, leg)
        return leg

    # the queue ------------------------------------------------------------------------------

    def replace(self, desk: Any, meant: Meant, side: PositionSide) -> Verdict | None:
        """queue.replace"""
        row = self.waiting_for(desk, meant, side)
        may_wait = row and desk.account.armed and permits(desk.mode, PlanKind.ENTRY)
        if row is None or not may_wait or entry.must_wait(desk, meant, side) is None:
            return None
        self.replaced(row, meant)
        return self.waits(desk, row)

    def put(self, desk: Any, meant: Meant, side: PositionSide, refused: Verdict) -> Verdict:
        """queue.put"""
        row = self.waiting_for(desk, meant, side)
        if row:
            self.replaced(row, meant)
            return self.waits(desk, row)
        fresh = Queued(
            pk=self.store.next_id(),
            account_id=desk.account.pk,
            instrument=meant.instrument,
            timeframe_secs=meant.timeframe_secs,
            side=side,
            alert=self.store.alerts[meant.alert.id],
            alert_price=meant.intent.price,
            queued_at=self.now,
        )
        return self.waits(desk, self.store.insert(self.store.queued, fresh))

    def waits(self, desk: Any, row: Queued) -> Verdict:
        rank = [waiting.pk for waiting in queue.ranked(desk)].index(row.pk) + 1
        return Verdict(Outcome.QUEUED, details={"rank": rank})

    def waiting_for(self, desk: Any, meant: Meant, side: PositionSide) -> Queued | None:
        key = (meant.instrument.id, meant.timeframe_secs, side)
        return next((r for r in desk.waiting if (r.instrument_id, r.timeframe_secs, r.side) == key), None)

    def replaced(self, row: Queued, meant: Meant) -> None:
        alert, count = self.store.alerts[meant.alert.id], row.replacement_count + 1
        self.store.change(row, alert=alert, alert_price=meant.intent.price, replacement_count=count)
        self.store.note("queue.replaced", row.pk)

    def remove_matching(self, desk: Any, meant: Meant, side: PositionSide | None) -> list[Queued]:
        """queue.remove_matching"""
        said = meant.intent.timeframe_secs
        named = [r for r in desk.waiting if r.instrument_id == meant.instrument.id and side in (None, r.side)]
        named = [row for row in named if said in (None, row.timeframe_secs)]
        for row in named:
            self.end_queued(row, "REMOVED")
        return named

    def end_queued(self, row: Queued, state: str) -> None:
        self.store.change(row, state=state)
        self.store.note("queue", row.pk, state)

    def expire(self, account: Account) -> None:
        """queue.expire"""
        desk = self.desk(account)
        rows = {row.pk: row for row in desk.waiting}
        views = [queue.view(desk, row) for row in rows.values()]
        for late in admission.expired(views, now=self.now, max_age=self.settings.queue.max_age):
            self.end_queued(rows[late.id], "EXPIRED")

    def promote(self, account_id: int) -> int:
        """queue.promote"""
        desk = self.desk(self.store.accounts[account_id])
        return sum(self.try_in(desk, row) for row in queue.ranked(desk))  # type: ignore[arg-type]

    def try_in(self, desk: Any, row: Queued) -> bool:
        meant = self.evaluated(row.alert)
        if not isinstance(meant, Meant) or self.enter(desk, meant, row.side, waited=True).outcome not in queue.WAITS_ON:
            return False
        self.end_queued(row, "PROMOTED")
        return True

    # exits ----------------------------------------------------------------------------------

    def exit_by_signal(self, desk: Any, meant: Meant, found: Classification) -> Verdict:
        """exits.exit_by_signal"""
        named: list[Any] = exits.groups_named(desk, meant, found.exits)
        if not named:
            return exits._nothing(meant, found.exits)
        for group in named:
            if group.closing_at is None:
                self.close(group, exits.BY_SIGNAL)
        return Verdict(Outcome.EXITED)

    def close(self, group: Group, reason: str) -> None:
        self.start_closing(group, reason)
        self.review(group)

    def reduce_group(
        self, desk: Any, meant: Meant, group: Group, found: Classification
    ) -> Reduction | Refusal | Denial:
        """exits._reduce and start_reducing"""
        seen = self.picture(group)
        reserved, size = group.reduce_qty + seen.reducing_qty, meant.intent.size
        wanted: Reduction | Refusal | Denial
        if found.ratio is None and size is not None:
            wanted = reduction_by_size(
                seen.position,
                SizeRequest.of(size),
                rules=seen.rules,
                price=seen.price,
                equity=desk.equity,
                free=desk.available_quote,
                reserved_qty=reserved,
            )
        else:
            facts = {"ratio": found.ratio, "reserved_qty": reserved}
            wanted = reduction(seen.position, rules=seen.rules, price=seen.price, **facts)  # type: ignore[arg-type]
        if isinstance(wanted, Reduction) and wanted.whole:
            self.close(group, real_groups.REDUCED_WHOLE)
        elif isinstance(wanted, Reduction):
            self.store.change(group, reduce_qty=group.reduce_qty + wanted.qty, reduce_limit=None)
            self.review(group)
        return wanted

    def news_of(self, account: Account) -> list[Order]:
        return [order for order in self.store.orders.values() if order.account is account]
