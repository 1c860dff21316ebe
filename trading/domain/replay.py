"""State rebuilt from the journal alone: a fold over its events. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from trading.domain.money import ZERO
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import GroupStatus


@dataclass(frozen=True, slots=True)
class Told:
    """A journal row as the fold reads it; subject is `kind:id`."""

    kind: str
    subject: str
    account_id: int | None
    payload: Mapping[str, Any]

    @property
    def id(self) -> int:
        """The number in the subject."""
        return int(self.subject.partition(":")[2])


@dataclass(slots=True)
class OrderTold:
    """An order as the journal tells it."""

    state: str = OrderState.NEW
    filled_qty: Decimal = ZERO
    reported_qty: Decimal = ZERO
    venue_order_id: str = ""
    trades: frozenset[str] = frozenset()


@dataclass(slots=True)
class GroupTold:
    """A group as the journal tells it."""

    status: str = GroupStatus.LIVE
    qty: Decimal = ZERO
    realised_pnl: Decimal = ZERO
    closed: bool = False


@dataclass(slots=True)
class Rebuilt:
    """Everything the journal rebuilds: by id; slots as (account, number)."""

    orders: dict[int, OrderTold] = field(default_factory=dict)
    groups: dict[int, GroupTold] = field(default_factory=dict)
    slots: set[tuple[int | None, int]] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    mode: str = "NORMAL"


def rebuild(events: Iterable[Told]) -> Rebuilt:
    """Fold events, in the chain's order, into the state they lead to; kinds that tell of no state are passed over."""
    state = Rebuilt()
    for event in events:
        apply = STEPS.get(event.kind)
        if apply is not None:
            apply(state, event)
    return state


def _order_new(state: Rebuilt, event: Told) -> None:
    state.orders[event.id] = OrderTold()


def _order_changed(state: Rebuilt, event: Told) -> None:
    order = state.orders.setdefault(event.id, OrderTold())
    order.state = event.payload.get("to", order.state)
    order.venue_order_id = event.payload.get("venue_order_id", order.venue_order_id)
    order.filled_qty = Decimal(event.payload.get("filled_qty", order.filled_qty))
    order.reported_qty = Decimal(event.payload.get("reported_qty", order.reported_qty))


def _fill(state: Rebuilt, event: Told) -> None:
    order = state.orders.setdefault(event.id, OrderTold())
    order.trades |= {event.payload["trade"]}


def _entered(state: Rebuilt, event: Told) -> None:
    state.groups.setdefault(event.id, GroupTold(status=event.payload["status"]))


def _status(state: Rebuilt, event: Told) -> None:
    state.groups.setdefault(event.id, GroupTold()).status = event.payload["to"]


def _figures(state: Rebuilt, event: Told) -> None:
    group = state.groups.setdefault(event.id, GroupTold())
    group.qty, group.realised_pnl = Decimal(event.payload["qty"]), Decimal(event.payload["realised_pnl"])


def _closed(state: Rebuilt, event: Told) -> None:
    state.groups.setdefault(event.id, GroupTold()).closed = True
    state.slots -= {(event.account_id, number) for number in event.payload["slots"]}


def _slot(state: Rebuilt, event: Told) -> None:
    state.slots.add((event.account_id, event.payload["number"]))


def _waits(state: Rebuilt, event: Told) -> None:
    state.waiting.add(event.id)


def _left(state: Rebuilt, event: Told) -> None:
    state.waiting.discard(event.id)


def _mode(state: Rebuilt, event: Told) -> None:
    state.mode = event.payload["to"]


STEPS: Mapping[str, Callable[[Rebuilt, Told], None]] = MappingProxyType(
    {
        "fill": _fill,
        "group.closed": _closed,
        "group.entered": _entered,
        "group.figures": _figures,
        "group.status": _status,
        "mode.changed": _mode,
        "order.fields": _order_changed,
        "order.new": _order_new,
        "order.state": _order_changed,
        "queue.expired": _left,
        "queue.promoted": _left,
        "queue.removed": _left,
        "queue.waiting": _waits,
        "slot.taken": _slot,
    }
)
