"""Sending and cancelling: claimed and committed, called, settled. Mirrors services/submit, cancel and the socket's guard."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.simulator.asking import TIMING, Asking, Work
from tests.simulator.rows import Account, Order
from trading.domain.order_state import OrderState
from trading.domain.retry import ENTRY_KEPT
from trading.domain.vocabulary import Purpose
from trading.errors import TOO_LATE, NotSent, OrderNotOpen, Rejected, Unknown, VenueError
from trading.gateways.base import OrderReport
from trading.services import submit as real
from trading.services.socket_guard import FRESH_SECS, OPENS_AND_CLOSES
from trading.services.submit import CLAIMED_AT_ONCE, Claim, Went

Answer = tuple[Claim, OrderReport, datetime]


class Sending(Asking):
    """Orders leave, orders are taken back."""

    latched = False
    guard_mode = ""
    guard_read_at: datetime | None = None

    # T2 -------------------------------------------------------------------------------------

    def claim(self, account: Account, *, opening: bool) -> list[Claim]:
        """submit.claim"""
        with self.store.transaction():
            stopped = self.store.mode == "EMERGENCY" or self.latched
            if stopped or (opening and self.store.mode != "NORMAL"):
                return []
            found = [o for o in self.orders_of(account, {"NEW"}) if (o.purpose == Purpose.ENTRY) is opening]
            fresh = [order for order in found[:CLAIMED_AT_ONCE] if not self.drop_if_old(order)]
            return [self.take(order) for order in self.still_new(fresh)]

    def still_new(self, fresh: Sequence[Order]) -> Sequence[Order]:
        """Looked at anew, the group of a dropped one may have closed and withdrawn others."""
        return [order for order in fresh if order.state == OrderState.NEW]

    def drop_if_old(self, order: Order) -> bool:
        if order.purpose != Purpose.ENTRY or self.now - order.created_at <= ENTRY_KEPT:
            return False
        self.move(order, OrderState.DROPPED, code="STALE")
        self.review(order.group)
        return True

    def take(self, order: Order) -> Claim:
        valid_until = self.now + TIMING.validity
        facts = {"fence": order.fence + 1, "valid_until": valid_until, "submitted_at": self.now}
        self.move(order, OrderState.SUBMITTING, **facts)
        row: Any = order
        return Claim(order.pk, order.account_id, order.fence, real._request(row, valid_until), real._terms(row))

    # the call and T3 ------------------------------------------------------------------------

    def submit_all(self, account: Account, *, opening: bool) -> Work:
        """submit.submit_all"""
        went = Went.OUT
        while claims := self.claim(account, opening=opening):
            yield None
            before, went = went, (yield from self.submit(account, claims))
            if went is Went.NOWHERE or went is before is Went.LATE:
                return

    def submit(self, account: Account, claims: Sequence[Claim]) -> Work:
        """submit.submit: one after the other, what was accepted is settled in one commit."""
        accepted: list[Answer] = []
        stopped: set[Went] = set()
        for owned in claims:
            try:
                report = yield from self.place(account, owned)
                accepted.append((owned, report, self.now))
            except VenueError as error:
                self.settle_failure(owned, error)
                yield None
                stopped |= real._stopped_by(error)
        self.settle(accepted)
        yield None
        return max(stopped, default=Went.OUT)

    def place(self, account: Account, owned: Claim) -> Work:
        """ccxt_gateway.place: the last questions stand at the socket, then the request is on the wire."""
        if self.now > owned.request.valid_until:
            raise NotSent(venue="simulated", error=TOO_LATE, detail="too late")
        if refusal := self.refusal(opens=owned.request.opens_position):
            raise NotSent(venue="simulated", error="FORBIDDEN", detail=refusal)
        return (yield from self.send(account, "place", request=owned.request, signed_at=self.now))

    def refusal(self, *, opens: bool) -> str:
        """socket_guard.ModeGuard.refusal: the latch now, the mode as read at most 2 s ago."""
        if self.latched:
            return "the kill latch is set"
        if self.guard_read_at is None or (self.now - self.guard_read_at).total_seconds() > FRESH_SECS:
            self.guard_mode, self.guard_read_at = self.store.mode, self.now
        return "" if OPENS_AND_CLOSES[self.guard_mode][0 if opens else 1] else "the mode"  # type: ignore[index]

    def send(self, account: Account, method: str, **arguments: Any) -> Work:
        raise NotImplementedError

    def is_ours(self, order: Order, owned: Claim) -> bool:
        return order.fence == owned.fence

    def settle(self, accepted: Sequence[Answer]) -> None:
        """submit.settle: T3 for answers"""
        with self.store.transaction():
            for owned, report, _ in accepted:
                order = self.store.orders[owned.order_id]
                if self.is_ours(order, owned):
                    self.absorb(order, report)

    def settle_failure(self, owned: Claim, error: VenueError) -> None:
        """submit.settle_failure: T3 for a failure"""
        with self.store.transaction():
            order = self.store.orders[owned.order_id]
            if not self.is_ours(order, owned):
                return None
            code = str(error.fields.get("error", error.code))
            if isinstance(error, Rejected):
                self.move(order, OrderState.REJECTED, code=code)
                return self.review(order.group)
            self.move(order, OrderState.UNKNOWN, next_poll_at=self.now, code=code)
            if isinstance(error, NotSent):
                self.not_placed(order)
            self.store.after_commit(lambda: self.ring("look_up", owned.account_id))
        return None

    # cancels --------------------------------------------------------------------------------

    def to_cancel(self, account: Account) -> list[Order]:
        return [o for o in self.orders_of(account, {"OPEN", "PARTIALLY_FILLED"}) if o.cancel_requested]

    def claim_cancels(self, account: Account) -> list[Order]:
        """cancel.claim_cancels"""
        with self.store.transaction():
            found = self.to_cancel(account)
            for order in found:
                self.move(order, OrderState.CANCELLING, fence=order.fence + 1)
            return found

    def cancel_all(self, account: Account) -> Work:
        """cancel.cancel"""
        rows = self.claim_cancels(account)
        yield None
        for order in rows:
            try:
                yield from self.send(account, "cancel", venue_order_id=order.venue_order_id)
            except (OrderNotOpen, Unknown):
                yield None
            yield from self.after_cancel(account, order)

    def after_cancel(self, account: Account, order: Order) -> Work:
        yield from self.look_at(account, order)

    def submit_exits(self, account: Account) -> Work:
        """tasks.submit_exits"""
        yield from self.submit_all(account, opening=False)
        yield from self.cancel_all(account)
        yield from self.submit_all(account, opening=False)

    def submit_entries(self, account: Account) -> Work:
        yield from self.submit_all(account, opening=True)
