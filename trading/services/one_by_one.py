"""Questions to a venue, each by itself: what is refused to one must not keep the others from their answers."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from trading.errors import NotReached

T = TypeVar("T")

SLOW = timedelta(seconds=5)
# A failure that took so long is a time-out (10 s); a refusal, even of a number that will never be right, comes at once.
AWAY = 2
# So many time-outs in a row: the venue is away, and one for each question would hold the worker for minutes.


def ask_each(things: Iterable[T], ask: Callable[[T], int], *, clock: Callable[[], datetime]) -> int:
    """Ask about each; the sum of the answers. Raises the last NotReached, after all were asked or the venue proved away."""
    found, in_a_row = 0, 0
    failed: NotReached | None = None
    for thing in things:
        began = clock()
        try:
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
