"""State rebuilt from the journal alone: a fold over its events. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from trading.domain.money import ZERO
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import GroupStatus

ASKED = (
    "account",
    "group",
    "leg",
    "intent_key",
    "attempt",
    "purpose",
    "side",
    "type",
    "client_order_id",
    "time_in_force",
)
NUMBERS = ("price", "qty", "trigger_price")
# What an order wants of the venue: words, and numbers.
LATER = frozenset({"trigger_price"})
# An older journal does not tell of it, so there is nothing to compare there.
FIGURES = frozenset({"qty", "cost", "average_entry", "break_even", "realised_pnl", "fees_quote"})
# What a group's figures are; an older journal may tell fewer of them.


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
    """An order as the journal tells it; asked: what was wanted of the venue; trades: by the venue's number, their figures."""

    state: str = OrderState.NEW
    filled_qty: Decimal = ZERO
    reported_qty: Decimal = ZERO
    venue_order_id: str = ""
    trades: Mapping[str, tuple[Decimal | None, ...]] = field(default_factory=dict)
    asked: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class GroupTold:
    """A group as the journal tells it."""

    status: str = GroupStatus.LIVE
    qty: Decimal = ZERO
    realised_pnl: Decimal = ZERO
    closed: bool = False
    cost: Decimal = ZERO
    average_entry: Decimal | None = None
    break_even: Decimal | None = None
    fees_quote: Decimal = ZERO


@dataclass(slots=True)
class Rebuilt:
    """Everything the journal rebuilds: by id; slots by (account, number) the group; waiting by id the replacements."""

    orders: dict[int, OrderTold] = field(default_factory=dict)
    groups: dict[int, GroupTold] = field(default_factory=dict)
    slots: dict[tuple[int | None, int], int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)
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
    state.orders[event.id] = OrderTold(asked=asked({**event.payload, "account": event.account_id}))


def asked(facts: Mapping[str, Any]) -> dict[str, object]:
    """What an order wants of the venue, from its row or its first event: numbers as numbers, whatever they were written as."""
    told = (name for name in NUMBERS if name in facts or name not in LATER)
    numbers = {name: None if facts.get(name) is None else Decimal(facts[name]) for name in told}
    return {name: facts.get(name) for name in ASKED} | numbers


def figures(facts: Mapping[str, Any]) -> tuple[Decimal | None, ...]:
    """The numbers of an execution, from its row or its event; last its fee's price, of which an older journal tells nothing."""
    worth = facts.get("fee_price")
    return (
        *(Decimal(facts[name]) for name in ("qty", "price", "cost", "fee")),
        worth if worth is None else Decimal(worth),
    )


def _order_changed(state: Rebuilt, event: Told) -> None:
    order = state.orders.setdefault(event.id, OrderTold())
    order.state = event.payload.get("to", order.state)
    order.venue_order_id = event.payload.get("venue_order_id", order.venue_order_id)
    order.filled_qty = Decimal(event.payload.get("filled_qty", order.filled_qty))
    order.reported_qty = Decimal(event.payload.get("reported_qty", order.reported_qty))


def _fill(state: Rebuilt, event: Told) -> None:
    order = state.orders.setdefault(event.id, OrderTold())
    order.trades = {**order.trades, event.payload["trade"]: figures(event.payload)}


def _corrected(state: Rebuilt, event: Told) -> None:
    """The venue's numbers were taken; an execution that it has never heard of moves nothing from then on."""
    theirs, ours = event.payload["theirs"], event.payload["ours"]
    _taken(state, event, theirs if theirs else {**ours, "qty": ZERO, "cost": ZERO, "fee": ZERO})


def _uncorrected(state: Rebuilt, event: Told) -> None:
    """A person took back their word: our numbers as they were, whichever way it had been settled."""
    _taken(state, event, event.payload["ours"])


def _taken(state: Rebuilt, event: Told, numbers: Mapping[str, Any]) -> None:
    """An execution has these numbers now, and the price of its fee that the event names."""
    same = {"trade": event.payload["trade"], "fee_price": event.payload.get("fee_price")}
    _fill(state, replace(event, payload={**numbers, **same}))


def _priced(state: Rebuilt, event: Told) -> None:
    """A fee that was recorded without a price has one."""
    order, trade = state.orders[event.id], event.payload["trade"]
    order.trades = {**order.trades, trade: (*order.trades[trade][:-1], Decimal(event.payload["fee_price"]))}


def _entered(state: Rebuilt, event: Told) -> None:
    state.groups.setdefault(event.id, GroupTold(status=event.payload["status"]))


def _status(state: Rebuilt, event: Told) -> None:
    state.groups.setdefault(event.id, GroupTold()).status = event.payload["to"]


def _figures(state: Rebuilt, event: Told) -> None:
    group = state.groups.setdefault(event.id, GroupTold())
    told = {name: value if value is None else Decimal(value) for name, value in event.payload.items()}
    for name in FIGURES & told.keys():
        setattr(group, name, told[name])


def _closed(state: Rebuilt, event: Told) -> None:
    state.groups.setdefault(event.id, GroupTold()).closed = True
    for number in event.payload["slots"]:
        state.slots.pop((event.account_id, number), None)


def _slot(state: Rebuilt, event: Told) -> None:
    state.slots[event.account_id, event.payload["number"]] = event.id


def _waits(state: Rebuilt, event: Told) -> None:
    state.waiting[event.id] = 0


def _replaced(state: Rebuilt, event: Told) -> None:
    state.waiting[event.id] = event.payload["replacements"]


def _left(state: Rebuilt, event: Told) -> None:
    state.waiting.pop(event.id, None)


def _mode(state: Rebuilt, event: Told) -> None:
    state.mode = event.payload["to"]


STEPS: Mapping[str, Callable[[Rebuilt, Told], None]] = MappingProxyType(
    {
        "fill": _fill,
        "fill.corrected": _corrected,
        "fill.correction_undone": _uncorrected,
        "fill.priced": _priced,
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
        "queue.replaced": _replaced,
        "queue.waiting": _waits,
        "slot.taken": _slot,
    }
)
