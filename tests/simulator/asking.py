"""Questions to the venue and what their answers do to rows. Mirrors services/lookups, fills, reports and reconcile."""

from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.simulator.groups import Groups
from tests.simulator.market import BY_SYMBOL
from tests.simulator.rows import Account, Fill, Order
from trading.domain.money import ZERO
from trading.domain.order_state import (
    PRODUCTION,
    RESTING,
    TERMINAL,
    UNDECIDED,
    AbsenceEvidence,
    LookupVerdict,
    OrderState,
    VenueStatus,
    advance,
    after_lookup,
    latest_filled,
    next_poll_at,
)
from trading.domain.reconcile import VenueFill, effects
from trading.domain.retry import AfterNotPlaced, after_not_placed
from trading.domain.vocabulary import MarketKind, Purpose, Side
from trading.errors import NotReached
from trading.gateways.base import FillReport, OrderReport
from trading.services.cancel import HIDDEN
from trading.services.lookups import CALL_TIMEOUT
from trading.services.one_by_one import AWAY, SLOW

TIMING = PRODUCTION
LOOKS = 3
# As in services/reconcile.


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to an account's venue: whoever yields it is resumed with the answer, or with a VenueError."""

    account_id: int
    method: str
    arguments: dict[str, Any]
    sends: bool = False  # an order or a cancel: without an answer its outcome is unknown


Work = Generator[Ask | None, Any, Any]
# A process: between two yields it does one step; None is a step without a request.


class Asking(Groups):
    """Look-ups, fills, reconcile."""

    request_expiry: bool

    def ask(self, account: Account, method: str, **arguments: Any) -> Work:
        return (yield Ask(account.pk, method, arguments))

    def orders_of(self, account: Account, states: Collection[str]) -> list[Order]:
        return [o for o in self.store.orders.values() if o.account is account and o.state in states]

    # look-ups -------------------------------------------------------------------------------

    def overdue(self, account: Account) -> list[Order]:
        gone = self.now - CALL_TIMEOUT
        return [
            o for o in self.orders_of(account, {"SUBMITTING"}) if o.valid_until is not None and o.valid_until < gone
        ]

    def due_for_poll(self, account: Account) -> list[Order]:
        rows = self.orders_of(account, {"UNKNOWN"})
        return [o for o in rows if o.next_poll_at is not None and o.next_poll_at <= self.now]

    def doubt(self, account: Account) -> None:
        with self.store.transaction():
            for order in self.overdue(account):
                self.take_over(order)

    def take_over(self, order: Order) -> None:
        self.move(order, OrderState.UNKNOWN, fence=order.fence + 1, next_poll_at=self.now, code="SENDER_GONE")

    def look_up(self, account: Account) -> Work:
        """lookups.look_up"""
        self.doubt(account)
        yield None
        with self.store.transaction():
            due = self.due_for_poll(account)
            for order in due:
                self.move(order, OrderState.UNKNOWN, next_poll_at=next_poll_at(self.now, timing=TIMING))
        yield None
        yield from self.ask_each(self.resolve(account, order) for order in due)

    def ask_each(self, questions: Iterable[Work]) -> Work:
        """one_by_one.ask_each"""
        found, in_a_row, failed = 0, 0, None
        for question in questions:
            began = self.now
            try:
                found += (yield from question) or 0
                in_a_row = 0
            except NotReached as error:
                failed = error
                in_a_row = in_a_row + 1 if self.now - began >= SLOW else 0
            if in_a_row >= AWAY:
                break
        if failed is not None:
            raise failed
        return found

    def resolve(self, account: Account, order: Order) -> Work:
        symbol = order.instrument.symbol
        asked_at = yield from self.ask(account, "server_time")
        found = yield from self.ask(account, "find_order", client_order_id=order.client_order_id)
        if found is None:
            found = yield from self.trace(account, order, symbol)
        evidence = None if found else (yield from self.evidence(account, order, asked_at))
        with self.store.transaction():
            if order.state != OrderState.UNKNOWN:
                return
            if found is not None:
                self.absorb(order, found)
            elif evidence is not None:
                self.conclude(order, evidence)
        yield None

    def trace(self, account: Account, order: Order, symbol: str) -> Work:
        for report in (yield from self.ask(account, "open_orders", symbol=symbol)):
            if report.client_order_id == order.client_order_id:
                return report
        since = (order.submitted_at or order.created_at) - timedelta(seconds=5)
        told = yield from self.ask(account, "fills_since", symbol=symbol, since=since)
        ours = {o.venue_order_id for o in self.store.orders.values()}
        for number in sorted({fill.venue_order_id for fill in told} - ours):
            theirs = yield from self.ask(account, "find_order", client_order_id="", venue_order_id=number)
            if theirs is not None and theirs.client_order_id == order.client_order_id:
                return theirs
        return None

    def evidence(self, account: Account, order: Order, asked_at: datetime) -> Work:
        change = yield from self.unexplained_for_sure(account)
        if change is None:
            return None
        return AbsenceEvidence(
            venue_now=asked_at,
            valid_until=order.valid_until or order.created_at,
            receive_window=TIMING.receive_window,
            polls_without_trace=order.polls + 1,
            in_open_orders=False,
            in_trades=False,
            unexplained_change=bool(change),
            request_expiry=self.request_expiry,
            others_undecided=bool(change) and self.others_undecided(account, order),
        )

    def others_undecided(self, account: Account, order: Order) -> bool:
        hidden = [o for o in self.orders_of(account, {"UNKNOWN"}) if o.polls < TIMING.polls]
        return any(other is not order for other in (*hidden, *self.orders_of(account, {"SUBMITTING"})))

    def verdict(self, evidence: AbsenceEvidence) -> LookupVerdict:
        return after_lookup(evidence, timing=TIMING)

    def conclude(self, order: Order, evidence: AbsenceEvidence) -> None:
        verdict = self.verdict(evidence)
        self.move(order, OrderState.UNKNOWN, polls=order.polls + 1)
        if verdict is LookupVerdict.NOT_PLACED:
            self.not_placed(order)
        elif verdict is LookupVerdict.NEEDS_HUMAN:
            self.move(order, OrderState.NEEDS_HUMAN, next_poll_at=None)

    # reports --------------------------------------------------------------------------------

    def absorb(self, order: Order, report: OrderReport, *, cancel_refused: bool = False) -> None:
        """reports.absorb"""
        reported = latest_filled(order.reported_qty, report.filled_qty)
        to = advance(
            OrderState(order.state),
            venue_status=report.status,
            filled_qty=reported,
            qty=order.qty,
            cancel_refused=cancel_refused,
        )
        changes: dict[str, Any] = {}
        if report.venue_order_id and not order.venue_order_id:
            changes = {"venue_order_id": report.venue_order_id, "acknowledged_at": order.acknowledged_at or self.now}
        if reported != order.reported_qty:
            changes["reported_qty"] = reported
        if to is OrderState(order.state) and not changes:
            return
        self.move(order, to, **changes)
        if order.reported_qty > order.filled_qty:
            self.store.after_commit(lambda: self.ring("poll_fills", order.account_id))
        elif to in (OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED):
            self.review(order.group)

    def not_placed(self, order: Order, **facts: Any) -> None:
        """reports.not_placed"""
        self.move(order, OrderState.NOT_PLACED, next_poll_at=None, **facts)
        opens = order.purpose == Purpose.ENTRY
        then = after_not_placed(opens_position=opens, created_at=order.created_at, now=self.now)
        if then is AfterNotPlaced.AGAIN and opens and not order.cancel_requested:
            self.again(order)
        if order.purpose == Purpose.REDUCE:
            self.reduce_again(order)
        self.review(order.group)

    # fills ----------------------------------------------------------------------------------

    def collect(self, account: Account) -> Work:
        """fills.collect; how many were new."""
        by_symbol = defaultdict(list)
        for order in self.orders_of(account, RESTING):
            by_symbol[order.instrument.symbol].append(order)
        failed = None
        try:
            yield from self.ask_each(self.look_at_symbol(account, *of) for of in by_symbol.items())
        except NotReached as error:
            failed = error
        found = yield from self.ask_each(self.fetch(account, order) for order in self.lacking(account))
        if failed is not None:
            raise failed
        return found

    def fetch(self, account: Account, order: Order) -> Work:
        """fills._fetch"""
        told = yield from self.ask(account, "fills_of", venue_order_id=order.venue_order_id)
        found = self.apply(order, told)
        yield None
        return found

    def lacking(self, account: Account) -> list[Order]:
        rows = self.store.orders.values()
        return [o for o in rows if o.account is account and o.reported_qty > o.filled_qty]

    def look_at_symbol(self, account: Account, symbol: str, resting: Sequence[Order]) -> Work:
        """fills._look"""
        told = yield from self.ask(account, "open_orders", symbol=symbol)
        there = {report.venue_order_id: report for report in told}
        changed = [o for o in resting if (r := there.get(o.venue_order_id)) and r.filled_qty != o.reported_qty]
        if changed:
            with self.store.transaction():
                for order in changed:
                    self.absorb(order, there[order.venue_order_id])
            yield None
        for order in resting:
            if order.venue_order_id not in there or order.state == OrderState.CANCELLING:
                yield from self.look_at(account, order)

    def look_at(self, account: Account, order: Order) -> Work:
        """cancel.look_at"""
        names = {"client_order_id": order.client_order_id, "venue_order_id": order.venue_order_id}
        try:
            report = yield from self.ask(account, "find_order", **names)
        except NotReached:
            return
        if report is not None:
            with self.store.transaction():
                self.absorb(order, report, cancel_refused=report.status is VenueStatus.OPEN)
            yield None

    def apply(self, order: Order, told: Sequence[FillReport]) -> int:
        """fills.apply"""
        with self.store.transaction():
            known = {fill.venue_trade_id for fill in order.fills}
            rows = [report for report in told if report.venue_trade_id not in known]
            for report in rows:
                self.record_fill(order, report)
            if rows:
                self.take_along(order)
                self.review(order.group)
            return len(rows)

    def record_fill(self, order: Order, report: FillReport) -> None:
        row = Fill(
            pk=self.store.next_id(),
            order=order,
            venue_trade_id=report.venue_trade_id,
            side=report.side,
            qty=report.qty,
            price=report.price,
            cost=report.cost,
            fee=report.fee,
            fee_currency=report.fee_currency,
            at=report.at,
            recorded_at=self.now,
        )
        self.store.insert(self.store.fills, row)
        self.store.append(order.fills, row)
        self.store.note("fill", order.pk, row.venue_trade_id)

    def take_along(self, order: Order) -> None:
        """The order's quantities and state follow its fills."""
        filled = sum((fill.qty for fill in order.fills), ZERO)
        cost = sum((fill.cost for fill in order.fills), ZERO)
        reported = max(order.reported_qty, filled)
        to = advance(OrderState(order.state), venue_status=VenueStatus.OPEN, filled_qty=reported, qty=order.qty)
        self.move(order, to, filled_qty=filled, filled_cost=cost, reported_qty=reported)

    # reconcile ------------------------------------------------------------------------------

    def expected(self, account: Account) -> dict[str, Decimal]:
        sums = defaultdict(Decimal, self.baseline)
        mine = (self.execution(f) for f in self.store.fills.values() if f.order.account is account)
        for currency, amount in effects(mine).items():
            sums[currency] += amount
        for currency, amount in self.foreign:
            sums[currency] += amount
        return sums

    baseline: dict[str, Decimal]
    foreign: list[tuple[str, Decimal]]

    @staticmethod
    def execution(fill: Fill) -> VenueFill:
        market = BY_SYMBOL[fill.order.instrument.symbol]
        return VenueFill(
            symbol=market.symbol,
            venue_order_id=fill.order.venue_order_id,
            venue_trade_id=fill.venue_trade_id,
            side=Side(fill.side),
            qty=fill.qty,
            cost=fill.cost,
            fee=fill.fee,
            fee_currency=fill.fee_currency,
            base=market.base,
            quote=market.quote,
            kind=MarketKind.SPOT,
        )

    def unexplained(self, account: Account) -> Work:
        told = yield from self.ask(account, "balances")
        theirs, ours = {report.currency: report.total for report in told}, self.expected(account)
        differences = {c: theirs.get(c, ZERO) - ours.get(c, ZERO) for c in {*theirs, *ours}}
        return {currency: amount for currency, amount in sorted(differences.items()) if amount}

    def unexplained_for_sure(self, account: Account) -> Work:
        for _ in range(LOOKS):
            found = yield from self.unexplained(account)
            if not found:
                return found
            if not (yield from self.collect(account)) and (yield from self.unexplained(account)) == found:
                return None if self.lacking(account) or (yield from self.untold(account)) else found
        return None

    def untold(self, account: Account) -> Work:
        """fills.untold"""
        for order in self.orders_of(account, RESTING):
            if order.acknowledged_at is not None and order.acknowledged_at > self.now - HIDDEN:
                report = yield from self.shown(account, order)
                if report is None or report.filled_qty > order.filled_qty:
                    return True
        return False

    def shown(self, account: Account, order: Order) -> Work:
        told = yield from self.ask(account, "open_orders", symbol=order.instrument.symbol)
        names = {"client_order_id": order.client_order_id, "venue_order_id": order.venue_order_id}
        there = {report.venue_order_id: report for report in told}
        return there.get(order.venue_order_id) or (yield from self.ask(account, "find_order", **names))

    def reconcile(self, account: Account) -> Work:
        """reconcile.reconcile"""
        yield from self.look_up(account)
        yield from self.collect(account)
        found = yield from self.unexplained_for_sure(account)
        believed = self.expected(account)
        found = found and (yield from self.unexplained_for_sure(account))
        sure = not self.orders_of(account, UNDECIDED) and not self.lacking(account)
        if found and sure and self.expected(account) == believed:
            with self.store.transaction():
                self.note_foreign(account, found)
            yield None
        yield from self.refresh(account)
        self.healthy(account)
        yield None

    def note_foreign(self, account: Account, found: dict[str, Decimal]) -> None:
        for currency, amount in found.items():
            self.store.append(self.foreign, (currency, amount))
            self.store.note("balance.moved", account.pk, currency, amount)

    def healthy(self, account: Account) -> None:
        if account.health or account.reconciled_at is None:
            with self.store.transaction():
                self.store.change(account, health="", reconciled_at=self.now)
                self.store.note("account.healthy", account.pk)

    def refresh(self, account: Account) -> Work:
        raise NotImplementedError

    def ended(self, order: Order) -> bool:
        return order.state in TERMINAL
