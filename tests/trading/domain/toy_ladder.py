"""A position that leaves rung by rung on a toy venue: each look does what the domain says, each fill takes a part."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tests.trading.domain.build import NOON, held, resting, view
from trading.domain.exit_plan import ExitAction, Levels, PlaceRung, desired
from trading.domain.exit_view import RungState
from trading.domain.grid import InstrumentRules
from trading.domain.money import ceil_to
from trading.domain.settings import ExitSettings
from trading.domain.take_profit import Cancel, RestingTarget
from trading.domain.vocabulary import PositionSide

ZERO = Decimal(0)
FIRST_ID = 20
LEVELS = Levels(risk_quote=Decimal(4))


@dataclass
class ToyLadder:
    """What is left, what each rung has sold, and what rests: rung, quantity and price by order."""

    side: PositionSide
    left: Decimal
    settings: ExitSettings
    rules: InstrumentRules
    sold: dict[int, Decimal] = field(default_factory=dict)
    rests: dict[int, tuple[int, Decimal, Decimal]] = field(default_factory=dict)
    next_id: int = FIRST_ID
    most_promised: Decimal = Decimal("-Infinity")  # beyond what was left, ever

    def look_or_fill(self, share_pct: Callable[[], int]) -> bool:
        """Do what the domain says; with nothing to do fill a part of the nearest rung. True when all is over."""
        actions = self._actions()
        for action in actions:
            self._do(action)
        self.most_promised = max(self.most_promised, sum((qty for _, qty, _ in self.rests.values()), ZERO) - self.left)
        return not actions and not self._fill(share_pct)

    def _actions(self) -> tuple[ExitAction, ...]:
        group = replace(view(self.left, side=self.side), position=held(self.left, side=self.side), rungs=self._rungs())
        at = {"settings": self.settings, "rules": self.rules, "prices": None, "now": NOON, "levels": LEVELS}
        return desired(group, **at).actions

    def _rungs(self) -> tuple[RungState, ...]:
        known = sorted({*self.sold, *(rung for rung, _, _ in self.rests.values())})
        return tuple(RungState(n, self.sold.get(n, ZERO), self._orders(n)) for n in known)

    def _orders(self, number: int) -> tuple[RestingTarget, ...]:
        mine = ((pk, qty, price) for pk, (rung, qty, price) in self.rests.items() if rung == number)
        return tuple(resting(qty, price=price, order_id=pk) for pk, qty, price in mine)

    def _do(self, action: ExitAction) -> None:
        match action:
            case Cancel(order_id=order_id):
                del self.rests[order_id]
            case PlaceRung(number=number, qty=qty, price=price):
                assert qty <= (self.rules.most_at_rest or qty)
                self.rests[self.next_id] = (number, qty, price)
                self.next_id += 1

    def _fill(self, share_pct: Callable[[], int]) -> bool:
        if not self.rests:
            return False
        pk = min(self.rests, key=lambda pk: (self.rests[pk][0], pk))
        number, qty, price = self.rests.pop(pk)
        part = ceil_to(qty * share_pct() / 100, self.rules.lot_step)
        self.rests |= {pk: (number, qty - part, price)} if part < qty else {}
        self.sold[number] = self.sold.get(number, ZERO) + part
        self.left -= part
        return True
