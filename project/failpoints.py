"""Named moments of the order path at which a test lets a process die, hang or stop. Off, a point is an empty function.

Read once at the start from WINDLASS_FAILPOINTS (project/settings/environment.py says when that is allowed at all):

    order.t2.sql3.after=kill@2;fill.book.end=delay:300      in this process, the second time and the first time
    @/a/folder                                              what the folder's file `plan` says at the moment, each
                                                            line once for all processes; points seen are listed there

`point` names a moment, `span` a stretch of work: in it every SQL statement and every write to a venue is a moment too,
before and after. The names stand in failpoints_table.py. No Django until a span is entered while armed.
"""

import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from project.settings import environment

NOWHERE = "venue"
# Writes to a venue outside of any span: prices, balances, books.
PLAN, SEEN = "plan", "seen"
ENTRY = re.compile(r"(?P<name>[a-z0-9_.]+)=(?P<action>[a-z]+)(?::(?P<ms>\d+))?(?:@(?P<nth>\d+))?")


class Action(StrEnum):
    """What befalls the process at a point."""

    DELAY = "delay"  # for :ms
    HANG = "hang"  # for ever, or for :ms; other threads go on
    KILL = "kill"  # SIGKILL
    RAISE = "raise"
    STOP = "stop"  # SIGSTOP; somebody else has to let it go on


class Failpoint(RuntimeError):
    """Raised at a point that a test chose."""


class BadPlan(ValueError):
    """A plan that is not understood."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of a plan: at the nth time that this process reaches the point."""

    name: str
    action: Action
    ms: int = 0
    nth: int = 1


def parse(text: str) -> tuple[Planned, ...]:
    """A plan, its lines apart by semicolons. Raises BadPlan."""
    return tuple(_parsed(part.strip()) for part in text.split(";") if part.strip())


def _parsed(part: str) -> Planned:
    found = ENTRY.fullmatch(part)
    if found is None or found["action"] not in list(Action):
        raise BadPlan(f"{part!r} is no failpoint: point=action[:ms][@nth], action one of {', '.join(Action)}")
    return Planned(found["name"], Action(found["action"]), int(found["ms"] or 0), int(found["nth"] or 1))


def happen(planned: Planned) -> None:
    """Do it, here."""
    if planned.action is Action.RAISE:
        raise Failpoint(planned.name)
    if planned.action is Action.DELAY:
        time.sleep(planned.ms / 1000)
    elif planned.action is Action.HANG:
        threading.Event().wait(planned.ms / 1000 if planned.ms else None)
    else:
        os.kill(os.getpid(), signal.SIGKILL if planned.action is Action.KILL else signal.SIGSTOP)


# where a plan comes from -------------------------------------------------------------------------


class Fixed:
    """A plan that stands in the environment; each process by itself."""

    def __init__(self, plan: Sequence[Planned]) -> None:
        self._plan = tuple(plan)
        self._count: Counter[str] = Counter()

    def reached(self, name: str) -> None:
        """A point was reached: do what is planned for this time."""
        self._count[name] += 1
        for planned in self._plan:
            if planned.name == name and planned.nth == self._count[name]:
                happen(planned)


class Folder:
    """A plan that may change while we run: a file, and beside it what has happened, once for all processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = 0
        self._plan: tuple[Planned, ...] = ()
        self._count: Counter[str] = Counter()
        self._seen: set[str] = set()

    def reached(self, name: str) -> None:
        """A point was reached: list it when it is new, and do what is planned for this time."""
        self._list(name)
        self._look()
        self._count[name] += 1
        for number, planned in enumerate(self._plan):
            if planned.name == name and planned.nth <= self._count[name] and self._claimed(number, name):
                happen(planned)

    def _list(self, name: str) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        with (self._folder / SEEN).open("a", encoding="ascii") as file:
            file.write(name + "\n")

    def _look(self) -> None:
        try:
            stamp = (self._folder / PLAN).stat().st_mtime_ns
            if stamp != self._stamp:
                self._plan = parse((self._folder / PLAN).read_text(encoding="ascii"))
                self._stamp = stamp
                self._count.clear()
        except FileNotFoundError:  # nothing is planned
            self._plan = ()

    def _claimed(self, number: int, name: str) -> bool:
        """Whether it is ours to do: nobody has done this line of this plan yet."""
        mark = self._folder / f"fired-{self._stamp}-{number}"
        try:
            descriptor = os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return False
        os.write(descriptor, f"{name} {os.getpid()}".encode())
        os.close(descriptor)
        return True


# armed -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Span:
    """A stretch of work that is going on in this thread, and how many moments it has had, by kind."""

    name: str
    count: Counter[str] = field(default_factory=Counter)

    def next(self, kind: str) -> str:
        """The name of its next moment of a kind."""
        self.count[kind] += 1
        return f"{self.name}.{kind}{self.count[kind]}"


class Armed:
    """What point, span, here and wire are while a plan is in force; `reached` hears every name."""

    def __init__(self, reached: Callable[[str], None]) -> None:
        self._reached = reached
        self._local = threading.local()

    def point(self, name: str) -> None:
        """A moment."""
        self._reached(name)

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """A stretch: its begin, its statements, and its end when it ended well."""
        self._reached(f"{name}.begin")
        stack = self._spans()
        with ExitStack() as watched:
            if not stack and "django.db" in sys.modules:
                watched.enter_context(_statements(self._statement))
            stack.append(Span(name))
            watched.callback(stack.pop)
            yield
        self._reached(f"{name}.end")

    def here(self, name: str) -> None:
        """A moment of whatever is going on."""
        self._reached(self._innermost().next(name))

    @contextmanager
    def wire(self) -> Iterator[None]:
        """A write to a venue, and its answer; an error is one too, and silence in the end."""
        moment = self._innermost().next("wire")
        self._reached(f"{moment}.before")
        try:
            yield
        finally:
            self._reached(f"{moment}.after")

    def _statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        moment = self._innermost().next("sql")
        self._reached(f"{moment}.before")
        result = execute(*arguments)
        self._reached(f"{moment}.after")
        return result

    def _innermost(self) -> Span:
        stack = self._spans()
        return stack[-1] if stack else Span(NOWHERE)

    def _spans(self) -> list[Span]:
        stack: list[Span] = self._local.__dict__.setdefault("spans", [])
        return stack


def _statements(wrapper: Callable[..., Any]) -> AbstractContextManager[None]:
    """While it lasts, every SQL statement of this thread goes through the wrapper."""
    from django.db import connection

    return connection.execute_wrapper(wrapper)


def arm(reached: Callable[[str], None]) -> None:
    """Put a listener behind every point of this process."""
    global point, span, here, wire
    armed = Armed(reached)
    point, span, here, wire = armed.point, armed.span, armed.here, armed.wire


def disarm() -> None:
    """As if nothing had ever been planned."""
    global point, span, here, wire
    point, span, here, wire = _nothing, _no_stretch, _nothing, _no_wire


# off ---------------------------------------------------------------------------------------------

_QUIET = nullcontext()


def _nothing(name: str) -> None:
    """A point that nobody planned."""


def _no_stretch(name: str) -> AbstractContextManager[None]:
    return _QUIET


def _no_wire() -> AbstractContextManager[None]:
    return _QUIET


point: Callable[[str], None] = _nothing
span: Callable[[str], AbstractContextManager[None]] = _no_stretch
here: Callable[[str], None] = _nothing
wire: Callable[[], AbstractContextManager[None]] = _no_wire


def _from_environment() -> None:
    text = environment.failpoints()
    if text.startswith("@"):
        arm(Folder(Path(text[1:])).reached)
    elif text:
        arm(Fixed(parse(text)).reached)


_from_environment()
