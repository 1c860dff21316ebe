"""Ended orders as plain lists, for the archive, and back. Which fields there are is read from the classes themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, TypeVar

from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Fill, Order, OrderType, Side, Status, Terms, TimeInForce
from trading.paper.core.shelves import Desk, Kind, Window

O = TypeVar("O", bound=Order)  # noqa: E741 - an order

Back = Mapping[str, Callable[[Any], Any]]

BACK: Back = {
    "side": Side,
    "type": OrderType,
    "time_in_force": TimeInForce,
    "status": Status,
    "terms": lambda given: Terms(*given) if given else None,
}
# Fields that are more than a number or a text.


class Fields:
    """A class's fields as a list and back, but for those named `apart`."""

    def __init__(self, made: type, *, apart: Sequence[str], back: Back) -> None:
        names = [one.name for one in fields(made) if one.name not in apart]
        self._names = [(name, back.get(name)) for name in names]
        self.read: Callable[[Any], Sequence[Any]] = attrgetter(*names)

    def write(self, into: Any, values: Sequence[Any]) -> None:
        """Give an object the values of a list."""
        for (name, back), value in zip(self._names, values, strict=True):
            setattr(into, name, back(value) if back else value)


class Packer(Generic[O]):
    """Orders of one class with their fills; `instruments` knows the instrument of a symbol."""

    def __init__(
        self, order: type[O], fill: type[Fill], *, back: Back, instruments: Callable[[str], Instrument]
    ) -> None:
        self._order, self._fill = order, fill
        self._instrument = instruments
        self._of_order = Fields(order, apart=("instrument", "fills"), back=back)
        self._of_fill = Fields(fill, apart=("order",), back={})

    def pack(self, order: O) -> list[Any]:
        """An order as a list."""
        read = self._of_fill.read
        return [order.instrument.symbol, self._of_order.read(order), [read(fill) for fill in order.fills]]

    def unpack(self, content: Sequence[Any]) -> O:
        """The order of a list."""
        symbol, values, executions = content
        order = object.__new__(self._order)
        order.instrument = self._instrument(symbol)
        self._of_order.write(order, values)
        order.fills = [self._execution(order, one) for one in executions]
        return order

    def _execution(self, order: O, values: Sequence[Any]) -> Fill:
        fill = object.__new__(self._fill)
        fill.order = order
        self._of_fill.write(fill, values)
        return fill


def kind_of(packer: Packer[O]) -> Kind[O]:
    """How a table of orders reads them: client ids are an account's and a symbol's, trades are found by number."""
    return Kind(
        desk=_desk,
        owner=_desk,
        name=attrgetter("client_id"),
        at_ms=attrgetter("created_ms"),
        pack=packer.pack,
        unpack=packer.unpack,
        marks=_marks,
        release=_release,
    )


def _desk(order: Order) -> Desk:
    return (order.account, order.instrument.symbol)


def _marks(order: Order) -> list[tuple[int, int]]:
    return [(fill.trade_id, fill.at_ms) for fill in order.fills]


def _release(order: Order) -> None:
    """A fill knows its order: the two would stay until the collector of cycles looks, which it seldom does."""
    order.fills = []


def fills(orders: list[O], window: Window) -> list[Any]:
    """The fills of orders that lie in a window, in the order of their trades; a taker's before its maker's."""
    found = [
        fill
        for fill in chain.from_iterable(order.fills for order in orders)
        if window.first <= fill.trade_id < window.before and fill.at_ms in window.times
    ]
    return window.cut(sorted(found, key=lambda fill: (fill.trade_id, fill.maker)))
