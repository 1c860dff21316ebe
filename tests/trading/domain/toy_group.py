"""A group on a toy venue: orders, fills and a ledger, driven by the domain's decisions as the services would.

The ledger (base and cash) is kept from what the venue does, never from what the domain says: it is the oracle.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tests.trading.domain.build import COARSE, NOON
from trading.domain import settings as registry
from trading.domain.exit_plan import ExitDecision, ExitView, Levels, PlaceAggregate, PlaceRung, Prices, desired
from trading.domain.exit_view import RungState
from trading.domain.grid import GridPlan, InstrumentRules, plan
from trading.domain.group_status import LegProgress, withdraws_entries
from trading.domain.ladder import LadderLeg, PlaceLeg, Replace, RestingEntry, WithdrawLeg, entries
from trading.domain.money import floor_to
from trading.domain.order_state import OrderState
from trading.domain.position import FillView, Position, from_fills, leg_qty
from trading.domain.pyramids import PyramidView, may_add
from trading.domain.reduce import Reduction, due, reduction
from trading.domain.settings import EngineSettings
from trading.domain.swings import Swing
from trading.domain.take_profit import (
    Cancel,
    LegHolding,
    Place,
    Remainder,
    RestingTarget,
    open_remainder,
    remainder,
    taken,
)
from trading.domain.vocabulary import MarketKind, PositionSide, Purpose, Side

D = Decimal
ZERO = D(0)
FEE = D("0.001")
SPOT = replace(COARSE, maker_fee=FEE, taker_fee=FEE)
FUTURES = replace(SPOT, kind=MarketKind.LINEAR, symbol="TOY/USDT:USDT")
LIVE = frozenset({OrderState.OPEN, OrderState.CANCELLING})
BAR = 60
START = D(100)
LEVELS = {
    PositionSide.LONG: Levels(risk_quote=D("0.7"), swing=Swing(D(97), D(100))),
    PositionSide.SHORT: Levels(risk_quote=D("0.7"), swing=Swing(D(103), D(100))),
}


@dataclass
class ToyOrder:
    """An order at the venue; a market order has no price."""

    id: int
    purpose: Purpose
    leg_id: int | None
    price: Decimal | None
    qty: Decimal
    filled: Decimal = ZERO
    state: OrderState = OrderState.OPEN
    rung: int | None = None

    @property
    def leaves(self) -> Decimal:
        return self.qty - self.filled

    @property
    def live(self) -> bool:
        return self.state in LIVE


@dataclass
class ToyLeg:
    """A leg as its row would stand."""

    id: int
    pyramid: int
    index: int
    price: Decimal
    qty: Decimal
    target: Decimal
    take_profit_pct: Decimal
    done: bool = False


@dataclass
class ToyGroup:
    """One group of one account; every method is one thing that may happen in the world."""

    side: PositionSide
    settings: EngineSettings
    price: Decimal = START
    now: datetime = NOON
    pyramids: list[PyramidView] = field(default_factory=list)
    legs: list[ToyLeg] = field(default_factory=list)
    orders: list[ToyOrder] = field(default_factory=list)
    fills: list[tuple[FillView, int]] = field(default_factory=list)
    base: Decimal = ZERO
    cash: Decimal = ZERO
    peak: Decimal | None = None
    reserved: Decimal = ZERO
    closing: bool = False
    last: ExitDecision | None = None

    @property
    def rules(self) -> InstrumentRules:
        return SPOT if self.side is PositionSide.LONG else FUTURES

    @property
    def held(self) -> Decimal:
        """What the ledger holds on the group's side."""
        return self.side.sign * self.base

    @property
    def position(self) -> Position:
        return from_fills([fill for fill, _ in self.fills], side=self.side, rules=self.rules)

    def promised(self) -> Decimal:
        """What exits may still sell."""
        return sum((o.leaves for o in self.orders if o.live and o.purpose is not Purpose.ENTRY), ZERO)

    # what people and the market do ---------------------------------------------------------------

    def add_pyramid(self, capital: Decimal) -> None:
        """An alert at the live price."""
        at = {"timeframe_secs": BAR, "price": self.price, "at": self.now}
        index = len(self.pyramids)
        if self.closing or may_add(self.pyramids, settings=self.settings.grid, **at) is not None:
            return
        legs = self.settings.grid.legs_of(index)
        made = plan(side=self.side, base_price=self.price, capital=capital, legs=legs, rules=self.rules)
        assert isinstance(made, GridPlan)
        self.pyramids.append(PyramidView(index, self.price, self.now))
        self.legs += [
            ToyLeg(100 * index + p.index, index, p.index, p.price, p.qty, p.target_price, p.take_profit_pct)
            for p in made.legs
        ]

    def move(self, price: Decimal, share: Decimal) -> None:
        """The price moves; orders that it crosses fill by a share of what is left of them."""
        self.price = price
        for order in [o for o in self.orders if o.live and self._crossed(o)]:
            self._fill(order, max(floor_to(order.leaves * share, self.rules.lot_step), self.rules.lot_step))

    def _crossed(self, order: ToyOrder) -> bool:
        away = self._sign(order) * (self.price - (self.price if order.price is None else order.price))
        return away <= 0

    def _sign(self, order: ToyOrder) -> int:
        return 1 if self._side(order) is Side.BUY else -1

    def _side(self, order: ToyOrder) -> Side:
        return self.side.entry_side if order.purpose is Purpose.ENTRY else self.side.exit_side

    def _fill(self, order: ToyOrder, qty: Decimal) -> None:
        """An execution: the venue's books first, then our record of it."""
        qty, side, price = min(qty, order.leaves), self._side(order), order.price or self.price
        in_base = self.rules.kind is MarketKind.SPOT and side is Side.BUY
        fee = qty * FEE if in_base else qty * price * FEE
        direction = 1 if side is Side.BUY else -1
        self.base += direction * qty - (fee if in_base else ZERO)
        self.cash -= direction * qty * price + (ZERO if in_base else fee)
        order.filled += qty
        order.state = OrderState.FILLED if order.leaves == 0 else order.state
        currency = "TOY" if in_base else "USDT"
        at = NOON + timedelta(seconds=len(self.fills))
        self.fills.append((FillView(side, qty, price, fee, currency, at, order.leg_id), order.id))

    def cancels_arrive(self, share: Decimal) -> None:
        """The venue cancels; up to a share of each order fills on the way."""
        for order in [o for o in self.orders if o.state is OrderState.CANCELLING]:
            late = floor_to(order.leaves * share, self.rules.lot_step) if self._crossed(order) else ZERO
            if late > 0:
                self._fill(order, late)
            order.state = OrderState.FILLED if order.leaves == 0 else OrderState.CANCELED

    def ask_reduction(self, ratio: Decimal) -> None:
        """Somebody wants to close a part."""
        on_its_way = self.reserved + sum((o.leaves for o in self._live(Purpose.REDUCE)), ZERO)
        at = {"rules": self.rules, "price": self.price, "reserved_qty": on_its_way}
        found = reduction(self.position, ratio=ratio, **at)
        if isinstance(found, Reduction) and not self.closing:
            self.closing = found.whole
            self.reserved = ZERO if found.whole else self.reserved + found.qty

    # what the services do ------------------------------------------------------------------------

    def review(self) -> None:
        """Look at the group whole and do what the domain says."""
        self.last = self.decide()
        self.peak = self.last.new_peak
        self.closing = self.closing or self.last.fired is not None or self._all_taken()
        steps = (self._close,) if self.closing else (self._tend_exits, self._tend_entries, self._reduce)
        for step in steps:
            step()

    def decide(self) -> ExitDecision:
        prices = Prices(self.price, self.price, self.price, self.price)
        facts = {"settings": self.settings.exits, "rules": self.rules, "prices": prices, "now": self.now}
        return desired(self.view(), **facts, levels=LEVELS[self.side])

    def view(self) -> ExitView:
        holdings = self.holdings()
        whole = next((o for o in self._live(Purpose.TARGET) if o.leg_id is None and o.rung is None), None)
        reducing = sum((o.leaves for o in self._live(Purpose.REDUCE)), ZERO)
        return ExitView(
            side=self.side,
            holdings=holdings,
            position=self.position,
            opened_at=NOON,
            peak=self.peak,
            targets_taken=taken(holdings, rules=self.rules),
            last_fill=self.fills[-1][0].price if self.fills else None,
            aggregate=whole and _target(whole),
            reserved_qty=self.reserved + reducing,
            rungs=tuple(self._rung(n) for n in sorted({o.rung for o in self.orders if o.rung is not None})),
        )

    def _rung(self, number: int) -> RungState:
        mine = [o for o in self.orders if o.rung == number]
        live = tuple(_target(o) for o in mine if o.live)
        return RungState(number, sum((o.filled for o in mine), ZERO), live)

    def holdings(self) -> tuple[LegHolding, ...]:
        return tuple(self._holding(leg) for leg in self.legs)

    def _holding(self, leg: ToyLeg) -> LegHolding:
        mine = [o for o in self.orders if o.leg_id == leg.id]
        came_in = [fill for fill, _ in self.fills if fill.leg_id == leg.id]
        live = next((o for o in mine if o.live and o.purpose is Purpose.TARGET), None)
        return LegHolding(
            leg_id=leg.id,
            index=leg.index,
            pyramid_index=leg.pyramid,
            filled_qty=sum((o.filled for o in mine if o.purpose is Purpose.ENTRY), ZERO),
            net_qty=leg_qty(came_in, side=self.side, rules=self.rules),
            closed_qty=sum((o.filled for o in mine if o.purpose is Purpose.TARGET), ZERO),
            target_price=leg.target,
            resting=live and _target(live),
        )

    def _live(self, purpose: Purpose) -> list[ToyOrder]:
        return [o for o in self.orders if o.live and o.purpose is purpose]

    def _send(
        self, purpose: Purpose, leg_id: int | None, price: Decimal | None, qty: Decimal, *, rung: int | None = None
    ) -> None:
        self.orders.append(ToyOrder(len(self.orders), purpose, leg_id, price, qty, rung=rung))

    def _withdraw(self, order: ToyOrder) -> None:
        order.state = OrderState.CANCELLING

    def _tend_exits(self) -> None:
        for action in self.last.actions if self.last else ():
            match action:
                case Cancel(order_id=order_id):
                    self._withdraw(self.orders[order_id])
                case Place(leg_id=leg_id, qty=qty, price=price):
                    self._send(Purpose.TARGET, leg_id, price, qty)
                case PlaceAggregate(qty=qty, price=price):
                    self._send(Purpose.TARGET, None, price, qty)
                case PlaceRung(number=number, qty=qty, price=price):
                    self._send(Purpose.TARGET, None, price, qty, rung=number)

    def _tend_entries(self) -> None:
        at = {"price": self.price, "now": self.now, "rules": self.rules, "side": self.side}
        for action in entries(self.ladder(), settings=self.settings.grid, **at):
            match action:
                case Replace():
                    self._rebase(action)
                case PlaceLeg(leg_id=leg_id, price=price, qty=qty):
                    self._send(Purpose.ENTRY, leg_id, price, qty)
                case WithdrawLeg():
                    self._take_back(action)

    def _take_back(self, action: WithdrawLeg) -> None:
        leg = self._leg(action.leg_id)
        leg.done = leg.done or action.reason.final
        for order in self._live(Purpose.ENTRY):
            if order.leg_id == leg.id:
                self._withdraw(order)

    def _rebase(self, action: Replace) -> None:
        old = self.pyramids[action.pyramid_index]
        self.pyramids[action.pyramid_index] = replace(old, base_price=action.base_price)
        for moved in action.legs:
            leg = self._leg(moved.leg_id)
            leg.price, leg.qty, leg.target = moved.price, moved.qty, moved.target_price

    def _leg(self, leg_id: int) -> ToyLeg:
        return next(leg for leg in self.legs if leg.id == leg_id)

    def ladder(self) -> list[LadderLeg]:
        return [self._ladder_leg(leg) for leg in self.legs]

    def _ladder_leg(self, leg: ToyLeg) -> LadderLeg:
        mine = [o for o in self.orders if o.leg_id == leg.id and o.purpose is Purpose.ENTRY]
        bought = [fill for fill, n in self.fills if self.orders[n] in mine]
        qty = sum((fill.qty for fill in bought), ZERO)
        live = next((o for o in mine if o.live), None)
        return LadderLeg(
            leg_id=leg.id,
            pyramid_index=leg.pyramid,
            index=leg.index,
            base_price=self.pyramids[leg.pyramid].base_price,
            price=leg.price,
            qty=leg.qty,
            filled_qty=qty,
            take_profit_pct=leg.take_profit_pct,
            created_at=self.pyramids[leg.pyramid].created_at,
            average_price=sum((f.qty * f.price for f in bought), ZERO) / qty if qty else None,
            resting=live and RestingEntry(live.id, live.price, live.state),
            done=leg.done,
        )

    def _all_taken(self) -> bool:
        legs = [LegProgress(one.qty, one.filled_qty, done=not one.waits) for one in self.ladder()]
        qty, exited = self.position.qty, self.position.exit_qty > 0
        left = open_remainder(self.holdings(), qty=qty, price=self.price, rules=self.rules)
        keeps = self.settings.grid.keep_ladder
        return self.promised() == 0 and withdraws_entries(legs=legs, left=left, keep_ladder=keeps, exited=exited)

    def _reduce(self) -> None:
        """Once the targets have made room."""
        reducing = sum((o.leaves for o in self._live(Purpose.REDUCE)), ZERO)
        facts = {"held_qty": self.position.qty - reducing, "promised_qty": self.promised() - reducing}
        step = due(self.reserved, **facts, rules=self.rules, price=self.price)
        if step.send_qty > 0:
            self._send(Purpose.REDUCE, None, None, step.send_qty)
        self.reserved = step.reserved_qty

    def _close(self) -> None:
        """Everything goes; once nothing else can fill, what is left is sold at market."""
        self.reserved = ZERO
        for order in self.orders:
            if order.live and order.purpose is not Purpose.EXIT:
                self._withdraw(order)
        for leg in self.legs:
            leg.done = True
        left = remainder(self.position.qty, price=self.price, rules=self.rules)
        if left is Remainder.SELLABLE and not any(o.live for o in self.orders):
            self._send(Purpose.EXIT, None, None, floor_to(self.position.qty, self.rules.lot_step))

    def settle(self) -> None:
        """Left alone at this price until nothing changes."""
        for _ in range(8):
            self.review()
            self.cancels_arrive(ZERO)
        self.last = self.decide()


def _target(order: ToyOrder) -> RestingTarget:
    return RestingTarget(order.id, order.leaves, order.price or ZERO, order.state)


def engine(**changed: object) -> EngineSettings:
    """Settings of a toy group."""
    return registry.resolve([changed])
