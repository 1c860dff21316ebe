"""A paper position in memory: its legs and orders, as the domain's own functions want to see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from signals.intent import Level, LevelKind
from signals.market.instruments import facts
from trading.domain import position as positions
from trading.domain import settings
from trading.domain.exit_view import ExitView, RungState
from trading.domain.grid import InstrumentRules
from trading.domain.group_status import LegProgress
from trading.domain.ladder import LadderLeg, RestingEntry
from trading.domain.money import ZERO, total
from trading.domain.order_state import OrderState
from trading.domain.position import FillView, Position
from trading.domain.settings import EngineSettings
from trading.domain.take_profit import LegHolding, RestingTarget, taken
from trading.domain.vocabulary import OrderType, PositionSide, Purpose, Side
from trading.models import ShadowGroup, ShadowLeg, ShadowOrder
from trading.selectors import COMES_AGAIN, rules_of

State = ShadowOrder.State


@dataclass
class Book:
    """A group with everything in it; orders in the order in which they were placed."""

    group: ShadowGroup
    legs: list[ShadowLeg]
    orders: list[ShadowOrder]

    @classmethod
    def of(cls, group: ShadowGroup) -> "Book":
        """Read it; two queries."""
        legs = list(ShadowLeg.objects.filter(group=group).order_by("pyramid_index", "index"))
        return cls(group, legs, list(ShadowOrder.objects.filter(group=group).order_by("id")))

    @property
    def rules(self) -> InstrumentRules:
        """Its market's."""
        return rules_of(facts(self.group.instrument))

    @property
    def side(self) -> PositionSide:
        """Its own."""
        return PositionSide(self.group.side)

    @property
    def chosen(self) -> EngineSettings:
        """The settings it was opened with."""
        return settings.restore(self.group.settings)

    @property
    def open_orders(self) -> list[ShadowOrder]:
        """What rests."""
        return [order for order in self.orders if order.state == State.OPEN]

    @property
    def exits_rest(self) -> bool:
        """Whether anything that shrinks the position rests."""
        return any(order.purpose != Purpose.ENTRY for order in self.open_orders)

    @property
    def fills(self) -> list[FillView]:
        """What has filled."""
        return [fill_view(order) for order in self.orders if order.state == State.FILLED]

    @property
    def position(self) -> Position:
        """What the fills add up to."""
        return positions.from_fills(self.fills, side=self.side, rules=self.rules)

    @property
    def holdings(self) -> tuple[LegHolding, ...]:
        """The legs with what came in and went out."""
        return tuple(self._holding(leg) for leg in self.legs)

    @property
    def ladder(self) -> tuple[LadderLeg, ...]:
        """The legs as the ladder sees them."""
        return tuple(self._rung(leg) for leg in self.legs)

    @property
    def progress(self) -> tuple[LegProgress, ...]:
        """The legs as the group's status sees them."""
        return tuple(
            LegProgress(r.qty, r.filled_qty, r.resting is None and (r.done or not r.waits)) for r in self.ladder
        )

    def view(self) -> ExitView:
        """The group as its exits see it."""
        filled = [order for order in self.orders if order.state == State.FILLED and order.filled_at is not None]
        last = max(filled, key=lambda order: (order.filled_at, order.pk), default=None)
        whole = (o for o in self.open_orders if o.purpose == Purpose.TARGET and o.leg_id is None and o.rung is None)
        return ExitView(
            side=self.side,
            holdings=self.holdings,
            position=self.position,
            opened_at=self.group.opened_at,
            peak=self.group.peak,
            targets_taken=taken(self.holdings, rules=self.rules),
            last_fill=last.filled_price if last else None,
            aggregate=next((resting(order) for order in whole), None),
            alert_stop=stop_of(self.group),
            rungs=tuple(self._rung_state(n) for n in sorted({o.rung for o in self.orders if o.rung is not None})),
        )

    def place(
        self,
        *,
        purpose: Purpose,
        side: Side,
        kind: OrderType,
        qty: Decimal,
        price: Decimal | None,
        leg_id: int | None,
        now: datetime,
        rung: int | None = None,
    ) -> ShadowOrder:
        """Rest an order on paper."""
        place = {"group": self.group, "leg_id": leg_id, "rung": rung, "placed_at": now}
        order = ShadowOrder.objects.create(purpose=purpose, side=side, type=kind, qty=qty, price=price, **place)
        self.orders.append(order)
        return order

    def _of(self, leg: ShadowLeg, purpose: Purpose) -> list[ShadowOrder]:
        return [order for order in self.orders if order.leg_id == leg.pk and order.purpose == purpose]

    def _rung_state(self, number: int) -> RungState:
        targets = [order for order in self.orders if order.rung == number]
        rests = tuple(resting(order) for order in targets if order.state == State.OPEN)
        return RungState(number, _filled(targets), rests)

    def _holding(self, leg: ShadowLeg) -> LegHolding:
        entries, targets = self._of(leg, Purpose.ENTRY), self._of(leg, Purpose.TARGET)
        rests = next((order for order in targets if order.state == State.OPEN), None)
        return LegHolding(
            leg_id=leg.pk,
            index=leg.index,
            pyramid_index=leg.pyramid_index,
            filled_qty=_filled(entries),
            net_qty=positions.leg_qty(_views(entries), side=self.side, rules=self.rules),
            closed_qty=_filled(targets),
            target_price=leg.target_price,
            resting=resting(rests) if rests else None,
        )

    def _rung(self, leg: ShadowLeg) -> LadderLeg:
        entries = self._of(leg, Purpose.ENTRY)
        rests = next((order for order in entries if order.state == State.OPEN), None)
        filled = _filled(entries)
        cost = total(view.qty * view.price for view in _views(entries))
        return LadderLeg(
            leg_id=leg.pk,
            pyramid_index=leg.pyramid_index,
            index=leg.index,
            base_price=leg.base_price,
            price=leg.price,
            qty=leg.qty,
            filled_qty=filled,
            take_profit_pct=leg.take_profit_pct,
            created_at=leg.created_at,
            average_price=cost / filled if filled else None,
            resting=RestingEntry(rests.pk, rests.price, OrderState.OPEN) if rests else None,
            done=leg.ended or (rests is None and bool(entries) and entries[-1].code not in COMES_AGAIN),
        )


def fill_view(order: ShadowOrder) -> FillView:
    """A filled order as the position maths sees it."""
    return FillView(
        side=Side(order.side),
        qty=order.qty,
        price=order.filled_price or ZERO,
        fee=order.fee,
        fee_currency=order.fee_currency,
        at=order.filled_at or order.placed_at,
        leg_id=order.leg_id,
    )


def resting(order: ShadowOrder) -> RestingTarget:
    """A target that rests."""
    return RestingTarget(order.pk, order.qty, order.price or ZERO, OrderState.OPEN)


def stop_of(group: ShadowGroup) -> Level | None:
    """The stop that its first alert asked for."""
    said = group.alert_stop
    return Level(LevelKind(said["kind"]), Decimal(said["value"])) if said else None


def _views(orders: Sequence[ShadowOrder]) -> list[FillView]:
    return [fill_view(order) for order in orders if order.state == State.FILLED]


def _filled(orders: Sequence[ShadowOrder]) -> Decimal:
    return total(order.qty for order in orders if order.state == State.FILLED)
