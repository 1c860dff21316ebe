"""Wrong engines: each does one thing as somebody once did it. The judge must catch every one; the right one passes.

`caught_by`: one of these invariants must be among those that it breaks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from tests.simulator.asking import Work
from tests.simulator.desk import SimDesk
from tests.simulator.engine import Engine
from tests.simulator.market import resolved
from tests.simulator.rows import Account, Alert, Group, Order, Slot
from tests.simulator.sending import Answer
from tests.simulator.venue import VenueKind
from tests.simulator.weather import CROWDED, DEADLY, DEAF, KILLING, SLEEPY, STALLED, Weather
from tests.simulator.world import STEPS, World
from trading.domain.money import floor_to
from trading.domain.order_state import RESTING, TERMINAL, AbsenceEvidence, LookupVerdict, OrderState
from trading.domain.vocabulary import Purpose
from trading.errors import NotSent, Rejected, Unknown, VenueError
from trading.gateways.base import FillReport
from trading.selectors import GroupPicture
from trading.services.submit import Claim


class _Counted(SimDesk):
    """A desk that knows how many slots are open by a count that was made before."""

    def __init__(self, engine: Engine, account: Account, now: datetime, counted: int) -> None:
        super().__init__(engine, account, now)
        self.counted = counted

    @property
    def free_slots(self) -> int:
        return max(self.settings("").pool.max_open_groups - self.counted, 0)


class Naive(Engine):
    """What all variants say of themselves."""

    caught_by: ClassVar[frozenset[str]]
    within = 200
    # Seeds, at the most, until it is caught.
    weather: ClassVar[Weather | None] = None
    # The weather in which it shows; None: any.
    kind: ClassVar[VenueKind | None] = None
    chosen: ClassVar[Mapping[str, object]] = {}
    # Settings in which it shows, beside those of the seed.
    steps = STEPS


class BlindResend(Naive):
    """A request without an answer is sent again."""

    caught_by = frozenset({"I2"})
    weather = DEAF

    def settle_failure(self, owned: Claim, error: VenueError) -> None:
        super().settle_failure(owned, error)
        order = self.store.orders[owned.order_id]
        if isinstance(error, Unknown) and order.state == OrderState.UNKNOWN:
            with self.store.transaction():
                self.not_placed(order)


class RejectOnTimeout(Naive):
    """A request without an answer counts as refused."""

    caught_by = frozenset({"I2"})
    weather = DEAF

    def settle_failure(self, owned: Claim, error: VenueError) -> None:
        refused = isinstance(error, NotSent | Rejected)
        super().settle_failure(owned, error if refused else Rejected(**error.fields))


class AbsentAfterOnePoll(Naive):
    """Not found once is not there."""

    caught_by = frozenset({"I2"})
    weather = DEAF
    steps = 300

    def verdict(self, evidence: AbsenceEvidence) -> LookupVerdict:
        return LookupVerdict.NOT_PLACED


class AbsentWithoutExpiry(Naive):
    """A venue where signatures never die is trusted like one where they do."""

    caught_by = frozenset({"I2"})
    weather = SLEEPY
    kind = VenueKind("open", request_expiry=False)
    steps = 300

    def verdict(self, evidence: AbsenceEvidence) -> LookupVerdict:
        return super().verdict(replace(evidence, request_expiry=True))


class SendFirst(Naive):
    """The order is sent, then it is written that it was."""

    caught_by = frozenset({"I2"})

    def take(self, order: Order) -> Claim:
        claim = super().take(order)
        self.store.change(order, state=OrderState.NEW)
        self.store.forget_line()
        return claim

    def settle(self, accepted: Sequence[Answer]) -> None:
        self.claim_late([owned for owned, _, _ in accepted])
        super().settle(accepted)

    def settle_failure(self, owned: Claim, error: VenueError) -> None:
        self.claim_late([owned])
        super().settle_failure(owned, error)

    def claim_late(self, claims: Sequence[Claim]) -> None:
        with self.store.transaction():
            for owned in claims:
                order = self.store.orders[owned.order_id]
                if order.state == OrderState.NEW:
                    self.move(order, OrderState.SUBMITTING)


class NoFence(Naive):
    """Whoever comes back late writes what he was told, although somebody else has settled the order meanwhile."""

    caught_by = frozenset({"I1", "I2", "I3", "tasks"})
    weather = SLEEPY
    steps = 300

    def is_ours(self, order: Order, owned: Claim) -> bool:
        return True


class NoValidity(Naive):
    """Nothing asks at the socket whether the order is still to leave: a process that slept sends it all the same."""

    caught_by = frozenset({"I2"})
    weather = STALLED
    steps = 300
    within = 600
    # Rare: the clock of each look is the venue's from before it, so what is sent late is mostly still found.

    def place(self, account: Account, owned: Claim) -> Work:
        request = replace(owned.request, valid_until=self.now)
        return (yield from super().place(account, replace(owned, request=request)))


class CancelBelieved(Naive):
    """A cancel that was sent has worked; nobody looks how the order ended."""

    caught_by = frozenset({"I1", "I3"})

    def after_cancel(self, account: Account, order: Order) -> Work:
        with self.store.transaction():
            if order.state not in TERMINAL:
                self.move(order, OrderState.CANCELED)
                self.review(order.group)
        yield None


class MissingIsCancelled(Naive):
    """An order that the venue's list does not show is gone."""

    caught_by = frozenset({"I1", "I3"})

    def look_at(self, account: Account, order: Order) -> Work:
        told = yield from self.ask(account, "open_orders", symbol=order.instrument.symbol)
        with self.store.transaction():
            missing = order.venue_order_id not in {report.venue_order_id for report in told}
            if missing and order.state in RESTING:
                self.move(order, OrderState.CANCELED)
                self.review(order.group)
        yield None


class FillsTwice(Naive):
    """Which executions were counted is kept in memory."""

    caught_by = frozenset({"I1"})
    weather = DEADLY

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.counted: set[str] = set()

    def forget(self) -> None:
        self.counted.clear()
        super().forget()

    def apply(self, order: Order, told: Sequence[FillReport]) -> int:
        with self.store.transaction():
            rows = [report for report in told if report.venue_trade_id not in self.counted]
            for report in rows:
                self.record_fill(order, report)
            if rows:
                self.take_along(order)
                self.review(order.group)
        self.counted |= {report.venue_trade_id for report in told}
        return len(rows)


class FillsAtOnce(Naive):
    """What the venue reports as filled is taken for its executions: they are never asked for."""

    caught_by = frozenset({"I1", "I6"})

    def lacking(self, account: Account) -> list[Order]:
        return [order for order in super().lacking(account) if not order.fills]


class CountedPool(Naive):
    """Open groups are counted, then one more is opened: two who count at the same time both go in."""

    caught_by = frozenset({"I4"})
    weather = CROWDED
    counted: int | None = None

    def inbox(self, account: Account) -> Work:
        """Each alert by itself, by whoever comes first."""
        taken = self.__dict__.setdefault("taken", set())
        while mine := [alert for alert in self.undecided(account) if alert.pk not in taken][:1]:
            taken.add(mine[0].pk)
            counted = self.open_slots(account)
            yield None
            self.counted = counted
            with self.store.transaction():
                verdict = self.decide_one(self.desk(account), self.evaluated(mine[0]))
                self.settle_alert(mine[0], verdict)
            self.counted = None
            taken.discard(mine[0].pk)
            yield None

    def open_slots(self, account: Account) -> int:
        return sum(s.account_id == account.pk and s.released_at is None for s in self.store.slots.values())

    def desk(self, account: Account) -> Any:
        desk = super().desk(account)
        counted = self.counted
        return desk if counted is None else _Counted(self, account, self.now, counted)

    def take_slot(self, desk: Any, group: Group) -> None:
        open_before, size = self.open_slots(desk.account), desk.settings("").pool.max_open_groups
        number = self.store.next_id()
        slot = Slot(number, group.account_id, group, number, size, self.now, open_before=open_before)
        self.store.insert(self.store.slots, slot)
        if self.counted is not None:
            self.counted += 1
            desk.counted = self.counted


class EarlyAck(Naive):
    """The sender is answered, then his alert is stored."""

    caught_by = frozenset({"I5"})

    def door(self, account: Account, client_id: str, raw: str, acknowledge: Callable[[], None]) -> Work:
        acknowledge()
        yield None
        self.store_alert(account, client_id, raw)


class NoDedupe(Naive):
    """A repetition is an alert of its own."""

    caught_by = frozenset({"I5"})

    @property
    def dedupe(self) -> Mapping[str, Any]:
        return {}


class NewestFirst(Naive):
    """The inbox is a stack."""

    caught_by = frozenset({"I5"})

    def undecided(self, account: Account) -> list[Alert]:
        return super().undecided(account)[::-1]


class ExitOfOrdered(Naive):
    """An exit sells what was ordered, not what came in."""

    caught_by = frozenset({"I8"})

    def exit_qty(self, group: Group, seen: GroupPicture) -> Decimal:
        ordered = sum((leg.qty for leg in group.legs), Decimal(0))
        return floor_to(ordered, seen.rules.lot_step)


class TargetTwice(Naive):
    """That a target is on its way is kept in memory: after a restart it rests twice."""

    caught_by = frozenset({"I8"})
    weather = DEADLY

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.remembered: set[int] = set()

    def forget(self) -> None:
        self.remembered.clear()
        super().forget()

    def picture(self, group: Group) -> GroupPicture:
        self.remembered |= {order.pk for order in group.orders if order.state not in ("NEW", "SUBMITTING", "UNKNOWN")}
        forgotten = [o for o in group.orders if o.purpose == Purpose.TARGET and o.pk not in self.remembered]
        whole = group.orders
        group.orders = [order for order in whole if order not in forgotten]
        try:
            return super().picture(group)
        finally:
            group.orders = whole

    def order_row(self, group: Group, new: Any, number: int) -> Order:
        self.remembered.add(number)
        again = sum(order.purpose == new.purpose and order.leg_id == new.leg_id for order in group.orders)
        return super().order_row(group, replace(new, key=f"{new.key}/{again}"), number)


class SellsWhileItRests(Naive):
    """A closing group sells at market what its targets still promise."""

    caught_by = frozenset({"I8"})

    def sell_rest(self, group: Group, seen: GroupPicture) -> None:
        exits = [o for o in group.orders if o.purpose == Purpose.EXIT]
        settled = tuple(order for order in seen.orders if order.state in TERMINAL or order in exits)
        super().sell_rest(group, replace(seen, orders=settled))


class BalanceBelieved(Naive):
    """What a balance shows and no execution explains yet is somebody else's doing."""

    caught_by = frozenset({"I6"})

    def unexplained_for_sure(self, account: Account) -> Work:
        return (yield from self.unexplained(account))


class LatchIgnored(Naive):
    """The kill latch is a note to people."""

    caught_by = frozenset({"I7"})
    weather = KILLING

    def claim(self, account: Account, *, opening: bool) -> list[Claim]:
        latched, self.latched = self.latched, False
        claims = super().claim(account, opening=opening)
        self.latched = latched
        return claims

    def refusal(self, *, opens: bool) -> str:
        return ""


class _Rich(SimDesk):
    """A desk that spends its balance as it was read, whatever is promised already."""

    reserved_quote = Decimal(0)


class FundsTwice(Naive):
    """Funds that earlier purchases wait for are spent again."""

    caught_by = frozenset({"I11"})
    weather = CROWDED
    chosen: ClassVar[Mapping[str, object]] = {"capital_per_pyramid": "4000 USDT", "max_open_groups": 3}

    def desk(self, account: Account) -> Any:
        return _Rich(self, account, self.now)


VARIANTS: tuple[type[Naive], ...] = (
    BlindResend,
    RejectOnTimeout,
    AbsentAfterOnePoll,
    AbsentWithoutExpiry,
    SendFirst,
    NoFence,
    NoValidity,
    CancelBelieved,
    MissingIsCancelled,
    FillsTwice,
    FillsAtOnce,
    CountedPool,
    EarlyAck,
    NoDedupe,
    NewestFirst,
    ExitOfOrdered,
    TargetTwice,
    SellsWhileItRests,
    BalanceBelieved,
    FundsTwice,
    LatchIgnored,
)


def world_of(variant: type[Naive], seed: int, *, engine: type[Engine] | None = None) -> World:
    """The world in which a variant is tried, with another engine where one is named."""
    made = World(seed, engine=engine or variant, kind=variant.kind, weather=variant.weather)
    made.engine.chosen |= variant.chosen
    made.engine.settings = resolved(made.engine.chosen)
    return made
