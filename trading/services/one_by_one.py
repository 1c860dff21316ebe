"""One by one: what the venue refuses to one, or a fault of ours in one, keeps none of the others from their turn."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction

from trading import locks, selectors
from trading.errors import NotReached
from trading.models import Order
from trading.services import groups
from trading.services.defects import DEFECTS

log = logging.getLogger(__name__)

T = TypeVar("T")

SLOW = timedelta(seconds=5)
# A failure that took so long is a time-out (10 s); a refusal, even of a number that will never be right, comes at once.
AWAY = 2
# So many time-outs in a row: the venue is away, and one for each question would hold the worker for minutes.


@contextmanager
def apart(name: str) -> Iterator[None]:
    """What is done for one: a fault of ours in it is told by its name and ends here. A transaction belongs inside."""
    try:
        yield
    except DEFECTS:
        log.exception("%s: a fault of our own; all others go on, and this is tried again", name)


def ask_each(things: Iterable[T], ask: Callable[[T], int], *, clock: Callable[[], datetime]) -> int:
    """Ask about each; the sum of the answers. Raises the last NotReached, after all were asked or the venue proved away."""
    found, in_a_row = 0, 0
    failed: NotReached | None = None
    for thing in things:
        began = clock()
        try:
            with apart(_called(thing)):
                found += ask(thing)
            in_a_row = 0
        except NotReached as error:
            failed = error
            in_a_row = in_a_row + 1 if clock() - began >= SLOW else 0
        if in_a_row >= AWAY:
            break
    if failed is not None:
        raise failed
    return found


def _called(thing: object) -> str:
    """An order by its group; what comes with others by its own name, its first."""
    if isinstance(thing, Order):
        return of_group(thing)
    return str(thing[0] if isinstance(thing, tuple) else thing)


def of_group(order: Order) -> str:
    """An order's name for the log, by which its group is found too."""
    return f"order {order.pk} of group {order.group_id}"


def review(group_id: int, *, now: datetime) -> None:
    """Review a group of which the venue's word was just written: that stands, whatever fault of ours the review meets.

    Then the group's figures are written at least, so that the sweep sees what it holds without an exit, and tells it;
    the next sweep reviews it again. The account is locked by the caller.
    """
    try:
        with transaction.atomic():
            groups.review(group_id, now=now)
    except DEFECTS:
        log.exception("group %s: a fault of our own; what the venue told is kept, what follows from it waits", group_id)
        with apart(f"group {group_id}"), transaction.atomic():
            group = locks.group(group_id)
            groups.write_figures(group, selectors.picture(group))
