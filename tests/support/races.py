"""Two things at once: an action injected before or after a named function, and actions side by side.

Each action runs in a thread of its own with its own database connection, as another process would.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import pytest
from django.db import connections

from tests.support.factories import Desk
from trading.gateways.base import Gateway
from trading.services import connect

T = TypeVar("T")
Action = Callable[[], Any]

PATIENCE_SECS = 60.0
# An action that takes longer hangs: on a lock, or on an answer.


@dataclass
class Worker(Desk):
    """The same account as another process works on it: with a gateway of its own, for one carries one order at a time."""

    own: Gateway = field(kw_only=True)

    @property
    def gateway(self) -> Gateway:
        return self.own


def worker(desk: Desk) -> Worker:
    """One more process at the desk's account."""
    same = {part.name: getattr(desk, part.name) for part in fields(Desk)}
    return Worker(**same, own=own_gateway(desk))


def own_gateway(desk: Desk) -> Gateway:
    """A gateway for a thread of its own, as another process has one."""
    return connect._build(desk.account)


@contextmanager
def injected(owner: Any, name: str, *, before: Action | None = None, after: Action | None = None) -> Iterator[None]:
    """Do something elsewhere right before or after the first call of a named function; fails when it is never called."""
    real, called = getattr(owner, name), threading.Event()

    def wrapped(*arguments: Any, **named: Any) -> Any:
        first = not called.is_set()
        called.set()
        if first and before:
            elsewhere(before)
        result = real(*arguments, **named)
        if first and after:
            elsewhere(after)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, wrapped)
        yield
    assert called.is_set(), f"{name} was never called"


def elsewhere(action: Callable[[], T]) -> T:
    """Run an action as another process would and wait for it. What it raises is raised here."""
    return together(action)[0]


def together(*actions: Callable[[], T]) -> list[T]:
    """Run actions at once; their results in order. The first error is raised here."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)
    errors: list[BaseException] = []

    def run(place: int, action: Callable[[], T]) -> None:
        try:
            barrier.wait(PATIENCE_SECS)
            results[place] = action()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            connections.close_all()

    _finish([threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(actions)])
    for error in errors:
        raise error
    return results


def _finish(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECS)
    assert not any(thread.is_alive() for thread in threads), "an action hangs"
