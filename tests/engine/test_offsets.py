"""Offsets when processes die and when two work at once: every step is done once, the books agree, no winner closes twice."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from tests.engine.deeds import cancels, sends
from tests.engine.stage import desks, reckoned
from tests.support.factories import Desk
from tests.support.paper import PaperExchange
from tests.support.races import Worker, together, worker
from tests.trading.services.offsets import ended, sales, scene, steps, sweep
from trading.domain.offset_saga import Deed
from trading.models import OffsetRun, OffsetStep, PositionGroup
from trading.services import block, exits, offset, offset_saga

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.repeats]

MANY = 60
TURNS = 4
LATER = timedelta(minutes=6)
ATOM = Decimal("1E-6")
PAIRS = {"BTCUSDT": "BTC/USDT", "ETHUSDT": "ETH/USDT", "SOLUSDT": "SOL/USDT"}


class Died(Exception):
    """The process ended here."""


def after_each_deed(patch: pytest.MonkeyPatch) -> None:
    """The process dies whenever a deed was committed; waiting and asking for a book are none."""
    real = offset_saga.do_next

    def deadly(account_id: int, book: Any, **named: Any) -> Deed:
        did = real(account_id, book, **named)
        idle = did is Deed.WAIT or (did is Deed.CLOSE and book is None)
        return did if idle else die()

    patch.setattr(offset_saga, "do_next", deadly)
    patch.setattr(offset, "begin", once_more(offset.begin))


def within_each_deed(patch: pytest.MonkeyPatch) -> None:
    """The process dies in every transaction just before its commit; the next process gets through."""
    patch.setattr(offset_saga, "record", every_other(offset_saga.record))
    patch.setattr(offset, "record", every_other(offset.record))


def die() -> Deed:
    raise Died


def once_more(real: Callable[..., Any]) -> Callable[..., Any]:
    """Dies when it has begun something."""

    def deadly(*arguments: Any, **named: Any) -> Any:
        return real(*arguments, **named) and die()

    return deadly


def every_other(real: Callable[..., Any]) -> Callable[..., Any]:
    """Dies at the first call, the third and so on, its work done."""
    calls = [0]

    def deadly(*arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        real(*arguments, **named)
        return die() if calls[0] % 2 else None

    return deadly


def survived(desk: Desk) -> int:
    """Sweep, die, start anew, until the run has ended; how often it died."""
    deaths = 0
    for _ in range(MANY):
        try:
            sweep(desk)
        except Died:
            deaths += 1
        desk.settle()
        run = OffsetRun.objects.first()
        if run is not None and run.ended_at is not None:
            return deaths
    raise AssertionError(f"the offset does not end: {steps()}")


@pytest.mark.parametrize("dies", [after_each_deed, within_each_deed])
def test_it_goes_on_after_a_death_at_any_step(
    exchange: PaperExchange, dies: Callable[[pytest.MonkeyPatch], None]
) -> None:
    for desk in desks(exchange, 1):
        scene(desk, "ETHUSDT", "SOLUSDT", max_winners=2)
        desk.price("SOLUSDT", "153")  # neither can pay alone
        desk.price("ETHUSDT", "3100")
        with pytest.MonkeyPatch.context() as patch:
            dies(patch)
            deaths = survived(desk)
        # reserve, two winners sold and settled, the loser closed and settled, the end
        assert deaths >= 7
        assert steps() == [("WINNER", "ETH", "DONE"), ("WINNER", "SOL", "DONE"), ("LOSER", "BTC", "DONE")]
        assert [len(sales(base)) for base in ("ETH", "SOL", "BTC")] == [1, 1, 1]
        reckoned(desk)


def test_whatever_prices_and_people_do_meanwhile(exchange: PaperExchange) -> None:
    """Prices move between all steps, a person closes or blocks a group now and then; each round is another story.

    Winners' parts never lose, what came of it is within what was agreed, and nothing is sold that is not held.
    """
    for number, desk in enumerate(desks(exchange)):
        chance = Random(number)
        scene(desk, "ETHUSDT", "SOLUSDT", max_winners=2)
        for _ in range(TURNS):
            meddle(desk, chance)
            sweep(desk)
            desk.settle()
        OffsetRun.objects.update(started_at=timezone.now() - LATER, covered_at=timezone.now() - LATER)
        offset_saga.advance(desk.account.pk, gateway=desk.gateway, clock=timezone.now)
        desk.settle()
        offset_saga.advance(desk.account.pk, gateway=desk.gateway, clock=timezone.now)
        for run in OffsetRun.objects.all():
            assert run.ended_at is not None
            assert all(step.realised > -ATOM for step in run.steps.filter(kind="WINNER"))
        for run in OffsetRun.objects.filter(state="DONE"):
            result = run.winners_realised + run.loser_realised + run.credit
            assert result >= -(run.uncovered + run.bound)
        reckoned(desk)
        assert not PositionGroup.objects.filter(qty__lt=0).exists()


def meddle(desk: Desk, chance: Random) -> None:
    """Each market moves by 2 % at most; one time in six a person does something to one of the groups."""
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
        now = Decimal(desk.gateway.tickers([PAIRS[symbol]])[PAIRS[symbol]].last)
        desk.paper.price(symbol, f"{now * chance.randint(980, 1020) / 1000:.2f}")
    desk.refresh()
    group = PositionGroup.objects.order_by("id")[chance.randrange(3)]
    deeds = [lambda: exits.close_by_hand(group.pk, operator="mira", now=timezone.now())]
    deeds += [lambda: block.set_blocked(group.pk, to=not group.blocked, operator="mira")]
    deeds += [lambda: None] * 10
    chance.choice(deeds)()


def sweeps(at: Worker) -> Callable[[], object]:
    return lambda: offset.sweep(at.account.pk, gateway=at.gateway, clock=timezone.now)


def test_two_offsets_at_once_are_one(exchange: PaperExchange) -> None:
    for desk in desks(exchange):
        scene(desk, "ETHUSDT")
        together(sweeps(worker(desk)), sweeps(worker(desk)))
        together(sweeps(worker(desk)), cancels(worker(desk)), sends(worker(desk), opening=False))
        ended(desk)
        assert OffsetRun.objects.count() == 1
        assert OffsetStep.objects.filter(kind="WINNER", state="DONE").count() == 1
        assert [len(sales(base)) for base in ("ETH", "BTC")] == [1, 1]
        reckoned(desk)
