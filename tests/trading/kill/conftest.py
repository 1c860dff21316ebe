"""A desk with positions and resting orders, and the files that the engine leaves for the kill process."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from project.accounts import latch
from project.accounts.latch import Latch
from project.accounts.models import PositionMode
from tests.support.factories import Desk, make_desk
from tests.support.levers import clear_books
from tests.support.paper import PaperExchange
from tests.support.venues import FUTURES
from trading.domain.order_state import FAST
from trading.kill.options import Surroundings
from trading.services import connect, kill_files

PATIENCE_SECS = 60.0
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"
NO_BROKER = "redis://127.0.0.1:9/0"


@pytest.fixture
def home(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    """A data folder of its own: a latch in it stops no other test."""
    kept = django_settings.WINDLASS
    (tmp_path / "kek").write_text((kept.home / "kek").read_text() if (kept.home / "kek").exists() else "A" * 43)
    settings.WINDLASS = replace(kept, home=tmp_path)  # type: ignore[attr-defined]
    return tmp_path


@dataclass
class Button:
    """The button of a data folder, its surroundings, and what they do."""

    home: Path
    around: Surroundings

    def press(self, reason: str = "a drill") -> Latch:
        return latch.engage(self.home, operator="mira", reason=reason, source="test")

    def files(self) -> None:
        """What the pump writes."""
        kill_files.Writer(self.home).write(now=timezone.now())


@pytest.fixture
def button(home: Path) -> Button:
    nothing = {"find_database": lambda: NOWHERE, "find_broker": lambda: NO_BROKER}
    return Button(home, Surroundings(home, FAST, live_allowed=False, kek="", **nothing))


@pytest.fixture
def spot(transactional_db: None, paper_process: PaperExchange, button: Button) -> Iterator[Desk]:
    clear_books(paper_process)
    yield make_desk(paper_process)
    connect.forget()


@pytest.fixture(params=FUTURES)
def futures(
    transactional_db: None, paper_process: PaperExchange, button: Button, request: pytest.FixtureRequest
) -> Iterator[Desk]:
    """At each futures venue in turn."""
    clear_books(paper_process)
    yield make_desk(paper_process, venue=request.param)
    connect.forget()


@pytest.fixture
def hedged(transactional_db: None, paper_process: PaperExchange, button: Button) -> Iterator[Desk]:
    """A futures account that may hold both sides of a pair."""
    clear_books(paper_process)
    desk = make_desk(paper_process, venue="binanceusdm")
    desk.account.position_mode = PositionMode.HEDGE
    desk.account.save()
    yield desk
    connect.forget()


def until(question: Callable[[], object], *, about: str) -> None:
    """Ask until the answer is truthy; the one place here that sleeps."""
    give_up = time.monotonic() + PATIENCE_SECS
    while not question():
        assert time.monotonic() < give_up, about
        time.sleep(0.02)
