"""Groups and orders as rows: looked at whole, tended, closed, ended. Mirrors services/groups, ladder and orders."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.simulator.market import BY_SYMBOL
from tests.simulator.rows import Group, Order
from tests.simulator.store import Store
from trading import selectors
from trading.domain import position as positions
from trading.domain.client_id import client_order_id
from trading.domain.exit_plan import ExitDecision, Prices, desired
from trading.domain.exit_view import ExitView
from trading.domain.group_status import status
from trading.domain.ladder import PlaceLeg, Replace, WithdrawLeg, entries
from trading.domain.money import ZERO, floor_to
from trading.domain.order_state import TERMINAL, OrderState, allowed
from trading.domain.reduce import due
from trading.domain.settings import EngineSettings
from trading.domain.take_profit import Cancel, Remainder, closed_as, remainder, taken
from trading.domain.vocabulary import GroupStatus, OrderType, Purpose, Side, TimeInForce
from trading.errors import IllegalTransition
from trading.selectors import GroupPicture
from trading.services import exit_orders, levels
from trading.services import groups as real
from trading.services import ladder as real_ladder
from trading.services.orders import NewOrder


class Groups:
    """What a review does. The engine gives it its store, clock, settings and prices."""

    store: Store
    settings: EngineSettings
    now: datetime
    installation = "simulator"

    # given by the other parts
    def last_price(self, group: Group) -> Decimal | None:
        raise NotImplementedError

    def priced_at(self, group: Group) -> datetime | None:
        raise NotImplementedError

    def ring(self, task: str, account_id: int) -> None:
        raise NotImplementedError

    def promote(self, account_id: int) -> int:
        raise NotImplementedError

    # the picture ----------------------------------------------------------------------------

    def picture(self, group: Group) -> GroupPicture:
        """selectors.picture: what it queries is here, what it computes is its own."""
        rows = [fill for order in group.orders for fill in order.fills]
        views = defaultdict(list)
        for row in rows:
            views[row.order.leg_id].append(self.fill_view(row))
        every = [view for of_leg in views.values() for view in of_leg]
        position = positions.from_fills(every, side=group.side, rules=group.rules)
        own = {leg.pk: [o for o in group.orders if o.leg_id == leg.pk] for leg in group.legs}
        of_legs: list[tuple[Any, Sequence[Any]]] = [(leg, own[leg.pk]) for leg in group.legs]
        ladder = tuple(selectors._rung(leg, selectors._entries(leg, mine), Decimal(1)) for leg, mine in of_legs)
        price, asked_at = self.last_price(group), self.priced_at(group)
        last = max(rows, key=lambda row: (row.at, row.pk), default=None)
        return GroupPicture(
            id=group.pk,
            side=group.side,
            rules=group.rules,
            position=position,
            legs=tuple(selectors._progress(rung, closing=group.closing_at is not None) for rung in ladder),
            ladder=ladder,
            holdings=tuple(
                selectors._holding(leg, mine, views[leg.pk], group.side, group.rules) for leg, mine in of_legs
            ),
            orders=tuple(group.orders),  # type: ignore[arg-type]
            price=price or position.average_entry or ZERO,
            prices=None if price is None else Prices(price, price, price, at=asked_at),
            last_fill=last.price if last else None,
            last_fill_at=last.at if last else None,
        )

    def fill_view(self, row: Any) -> positions.FillView:
        return selectors.fill_view(row, row.order.leg_id)

    # review ---------------------------------------------------------------------------------

    def review(self, group: Group) -> None:
        """groups.review"""
        seen = self.picture(group)
        if group.closed_at is not None:
            self.write_figures(group, seen)
            return self.sell_rest(group, seen)
        moved = group.closing_at is None and self.tend(group, seen)
        if group.closing_at is not None:
            self.withdraw_all(seen)
            self.sell_rest(group, self.picture(group))
            moved = True
        return self.write(group, self.picture(group) if moved else seen)

    def start_closing(self, group: Group, reason: str) -> None:
        self.store.change(group, closing_at=self.now, close_reason=reason, reduce_qty=ZERO)
        self.store.note("group.closing", group.pk, reason)

    def tend(self, group: Group, seen: GroupPicture) -> bool:
        decision = self.decision(group, seen)
        if (group.peak, group.watch) != (decision.new_peak, decision.watch):
            self.store.change(group, peak=decision.new_peak, watch=decision.watch)
        grid = group.settings.grid
        if decision.fired is not None:
            self.start_closing(group, decision.fired.reason)
        elif real._withdraws(seen, keep_ladder=grid.keep_ladder):
            self.start_closing(group, real._done_by(seen))
        else:
            touched = [self.act(group, seen, decision), self.reduce(group, seen), self.tend_ladder(group, seen)]
            return any(touched)
        return True

    def decision(self, group: Group, seen: GroupPicture) -> ExitDecision:
        view = ExitView(
            side=seen.side,
            holdings=seen.holdings,
            position=seen.position,
            opened_at=group.opened_at,
            peak=group.peak,
            targets_taken=taken(seen.holdings, rules=seen.rules),
            last_fill=seen.last_fill,
            aggregate=seen.aggregate,
            reserved_qty=group.reduce_qty + seen.reducing_qty,
            rungs=seen.rungs,
            last_fill_at=seen.last_fill_at,
        )
        known: Any = group
        return desired(
            view,
            settings=group.settings.exits,
            rules=seen.rules,
            prices=seen.prices,
            now=self.now,
            levels=levels.kept(known),
            stale_after=timedelta(seconds=group.settings.risk.stale_price_secs),
        )

    def act(self, group: Group, seen: GroupPicture, decision: ExitDecision) -> bool:
        placed = []
        for action in decision.actions:
            if isinstance(action, Cancel):
                self.withdraw(self.store.orders[action.order_id], code=action.reason)
            elif exit_orders.may_rest(seen, action, self.now):
                placed.append(exit_orders.target(seen, action))
        self.create(group, placed)
        return bool(decision.actions)

    def reduce(self, group: Group, seen: GroupPicture) -> bool:
        if group.reduce_qty <= 0 or not exit_orders.may_place(seen, Purpose.REDUCE, self.now):
            return False
        step = due(
            group.reduce_qty,
            held_qty=seen.position.qty - seen.reducing_qty,
            promised_qty=seen.promised_qty - seen.reducing_qty,
            rules=seen.rules,
            price=seen.price,
        )
        if step.send_qty > 0:
            number = sum(o.purpose == Purpose.REDUCE for o in seen.orders)
            self.create(group, [real._reduction(group, seen, step.send_qty, number)])  # type: ignore[arg-type]
        if step.reserved_qty != group.reduce_qty:
            limit = group.reduce_limit if step.reserved_qty > 0 else None
            self.store.change(group, reduce_qty=step.reserved_qty, reduce_limit=limit)
        return True

    def reduce_again(self, order: Order) -> None:
        if order.group.closing_at is None:
            qty = order.group.reduce_qty + order.qty
            self.store.change(order.group, reduce_qty=qty, reduce_limit=order.price)

    def withdraw_all(self, seen: GroupPicture) -> None:
        for order in seen.orders:
            if order.state not in TERMINAL and order.purpose != Purpose.EXIT:
                self.withdraw(order, code="GROUP_CLOSING")  # type: ignore[arg-type]

    def sell_rest(self, group: Group, seen: GroupPicture) -> None:
        if (
            seen.awaited
            or remainder(self.exit_qty(group, seen), price=seen.price, rules=seen.rules) is not Remainder.SELLABLE
            or not exit_orders.may_place(seen, Purpose.EXIT, self.now)
        ):
            return
        number = sum(o.purpose == Purpose.EXIT for o in seen.orders)
        self.create(group, [exit_orders.market(seen, Purpose.EXIT, self.exit_qty(group, seen), number)])

    def exit_qty(self, group: Group, seen: GroupPicture) -> Decimal:
        """All of what is held and no sought exit may have sold, in lots."""
        return floor_to(seen.position.qty - seen.sought_qty, seen.rules.lot_step)

    # the ladder -----------------------------------------------------------------------------

    def tend_ladder(self, group: Group, seen: GroupPicture) -> bool:
        """ladder.tend"""
        actions = entries(
            seen.ladder,
            settings=group.settings.grid,
            price=seen.prices.last if seen.prices else None,
            now=self.now,
            rules=seen.rules,
            side=seen.side,
            opens=self.store.accounts[group.account_id].armed and self.store.mode == "NORMAL",
        )
        legs = {leg.pk: leg for leg in group.legs}
        for action in actions:
            if isinstance(action, Replace):
                self.rehang(group, action)
            elif isinstance(action, WithdrawLeg):
                self.withdraw_leg(legs[action.leg_id], seen, action)
        placed = [real_ladder._entry(group, seen, a) for a in actions if isinstance(a, PlaceLeg)]  # type: ignore[arg-type]
        self.create(group, placed)
        return bool(actions)

    def rehang(self, group: Group, action: Replace) -> None:
        legs = {leg.pk: leg for leg in group.legs}
        pyramid = next(pyramid for pyramid in group.pyramids if pyramid.index == action.pyramid_index)
        self.store.change(pyramid, base_price=action.base_price)
        for new in action.legs:
            self.store.change(legs[new.leg_id], price=new.price, qty=new.qty, target_price=new.target_price)

    def withdraw_leg(self, leg: Any, seen: GroupPicture, action: WithdrawLeg) -> None:
        rung = next(rung for rung in seen.ladder if rung.leg_id == action.leg_id)
        if action.reason.final:
            self.store.change(leg, ended_reason=action.reason)
        if rung.resting is not None:
            self.withdraw(self.store.orders[rung.resting.order_id], code=action.reason)

    # figures and the end --------------------------------------------------------------------

    def write(self, group: Group, seen: GroupPicture) -> None:
        self.write_figures(group, seen)
        closing = group.closing_at is not None
        to = status(
            legs=seen.legs,
            keep_ladder=group.settings.grid.keep_ladder,
            left=real._left(seen, closing=closing),
            closing=closing,
            exits_working=seen.exits_working,
            exited=seen.position.exit_qty > 0,
        )
        if to != group.status:
            self.store.note("group.status", group.pk, group.status, to)
            self.store.change(group, status=to)
        if to.ended:
            self.end(group, seen)

    def write_figures(self, group: Group, seen: GroupPicture) -> None:
        position = seen.position
        if (group.qty, group.cost) != (position.qty, position.cost):
            self.store.change(group, qty=position.qty, cost=position.cost)

    def end(self, group: Group, seen: GroupPicture) -> None:
        dust = seen.position.qty if closed_as(seen.position.qty, price=seen.price, rules=seen.rules) else ZERO
        never = group.status == GroupStatus.FAILED
        reason = group.close_reason or ("NEVER_FILLED" if never else real._done_by(seen))
        self.store.change(group, closed_at=self.now, dust_qty=dust, close_reason=reason)
        for slot in self.store.slots.values():
            if slot.group is group and slot.released_at is None:
                self.store.change(slot, released_at=self.now)
        self.store.note("group.closed", group.pk, reason)
        self.promote(group.account_id)

    # orders ---------------------------------------------------------------------------------

    def create(self, group: Group, wanted: Sequence[NewOrder], *, rings: bool = True) -> None:
        """orders.create"""
        for new in wanted:
            row = self.order_row(group, new, self.store.next_id())
            self.store.insert(self.store.orders, row)
            self.store.append(group.orders, row)
            self.store.note("order.new", row.pk, row.intent_key, row.attempt)
            if rings:
                bell = "submit_entries" if row.purpose == Purpose.ENTRY else "submit_exits"
                self.store.after_commit(lambda bell=bell: self.ring(bell, group.account_id))  # type: ignore[misc]

    def order_row(self, group: Group, new: NewOrder, number: int) -> Order:
        return Order(
            pk=number,
            account=self.store.accounts[group.account_id],
            instrument=BY_SYMBOL[group.instrument.symbol],
            group=group,
            leg_id=new.leg_id,
            purpose=new.purpose,
            intent_key=new.key,
            attempt=new.attempt,
            side=new.side,
            type=new.type,
            time_in_force=new.time_in_force,
            price=new.price,
            trigger_price=new.trigger_price,
            reference_price=new.reference_price,
            qty=new.qty,
            client_order_id=client_order_id(self.installation, number, new.attempt),
            created_at=self.now,
            updated_at=self.now,
        )

    def move(self, order: Order, to: OrderState, **changes: Any) -> None:
        """orders.move"""
        before = OrderState(order.state)
        if to is not before and not allowed(before, to):
            raise IllegalTransition(order=order.pk, state=before, to=to)
        self.store.change(order, state=to, updated_at=self.now, **changes)
        if to is not before:
            self.store.note("order.state", order.pk, before, to)
        elif changes:
            self.store.note("order.fields", order.pk, *changes)

    def withdraw(self, order: Order, *, code: str) -> None:
        """orders.withdraw"""
        if order.state == OrderState.NEW:
            self.move(order, OrderState.DROPPED, code=code)
        elif not order.cancel_requested and order.state not in TERMINAL:
            self.move(order, OrderState(order.state), cancel_requested=True, code=code)
            self.store.after_commit(lambda: self.ring("submit_exits", order.account_id))

    def again(self, order: Order) -> None:
        """orders.again: the retry is as old as what it retries."""
        retry = NewOrder(
            key=order.intent_key,
            purpose=Purpose(order.purpose),
            side=Side(order.side),
            type=OrderType(order.type),
            qty=order.qty,
            price=order.price,
            reference_price=order.reference_price,
            leg_id=order.leg_id,
            trigger_price=order.trigger_price,
            time_in_force=TimeInForce(order.time_in_force),
            attempt=order.attempt + 1,
        )
        self.create(order.group, [retry], rings=False)
        self.store.change(order.group.orders[-1], created_at=order.created_at)
