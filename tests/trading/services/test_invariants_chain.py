"""I9: what was never sealed, and what was cut off, is named; a young tail is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from project.accounts import mode
from project.journal import sealer
from project.journal.models import JournalEntry, Seal
from tests.support.factories import Desk
from tests.trading.services.test_invariants import broken
from trading.services.invariants import CHECKS
from trading.services.invariants.chain import HEADS, SEALED_WITHIN

LONG_AGO = 2 * SEALED_WITHIN


@pytest.fixture
def heads() -> Iterator[Path]:
    path = mode.home() / HEADS
    yield path
    path.unlink(missing_ok=True)


def sealed(desk: Desk) -> Seal:
    """Some events, and their seal."""
    desk.buy(price="59900")
    while sealer.seal_batch(holder="test", now=timezone.now()):
        pass
    return Seal.objects.latest("first_number")


def number(seal: Seal) -> int:
    return seal.first_number + seal.count - 1


def test_a_young_tail_waits_for_its_seal_and_nothing_is_called_checked_before_the_first(desk: Desk) -> None:
    desk.buy(price="59900")
    assert (CHECKS["I9"](timezone.now()).checked, broken("I9")) == (0, ())
    sealed(desk)
    desk.price("BTCUSDT", "59800")
    desk.settle()
    assert JournalEntry.objects.count() > number(Seal.objects.latest("first_number"))
    assert broken("I9") == ()
    assert CHECKS["I9"](timezone.now()).checked > 0


@pytest.mark.parametrize("begun", [True, False])
def test_an_old_event_that_nobody_sealed_is_named(desk: Desk, begun: bool) -> None:
    desk.buy(price="59900")
    if begun:
        sealed(desk)
        desk.alert(symbol="BTCUSDT", action="sell", interval="60")
        desk.decide()
    last = JournalEntry.objects.latest("id")
    JournalEntry.objects.filter(pk=last.pk).update(at=timezone.now() - LONG_AGO)
    assert broken("I9") == (f"journal row {last.pk} is not sealed",)


def test_a_chain_that_goes_on_to_every_head_that_was_written_down_is_whole(desk: Desk, heads: Path) -> None:
    seal = sealed(desk)
    heads.write_text(f"{number(seal)} {bytes(seal.head).hex()}\n12 34\n{number(seal) + 1000} 12ab")  # cut short
    assert broken("I9") == ()


def test_a_tail_that_was_cut_off_is_named(desk: Desk, heads: Path) -> None:
    """Seals and rows are gone together: what is left is a whole chain."""
    first = sealed(desk)
    desk.price("BTCUSDT", "59800")
    desk.settle()
    gone = sealed(desk)
    heads.write_text(f"{number(first)} {bytes(first.head).hex()}\n{number(gone)} {bytes(gone.head).hex()}\n")
    assert broken("I9") == ()
    JournalEntry.objects.filter(id__gt=first.last_entry_id).delete()
    Seal.objects.filter(first_number__gt=first.first_number).delete()
    words = f"the chain ends at event {number(first)}, {HEADS} goes on to event {number(gone)}"
    assert words in broken("I9")


def test_a_journal_that_was_written_anew_is_named(desk: Desk, heads: Path) -> None:
    """Rows and seals agree, and are not those of which the head was written down."""
    seal = sealed(desk)
    heads.write_text(f"{number(seal)} {'ab' * 32}\n")
    assert broken("I9") == (f"{HEADS} has another head at event {number(seal)} than the chain",)


def test_what_else_stands_in_the_heads_file_tells_nothing(desk: Desk, heads: Path) -> None:
    sealed(desk)
    heads.write_bytes(b"\xff\n\n1000\nno head at all\n")
    assert broken("I9") == ()
