"""Candles from a venue that speaks Binance: fetched, followed, fitted; a first alert finds its volatility."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from django.utils import timezone

from risk import portfolio
from risk.models import BookDepth, Dependence, GarchFit
from signals.market import candles as rows
from signals.models import Candle, Instrument
from signals.timeframes import DAY, HOUR
from tests.support.factories import Desk, make_desk
from tests.support.paper import PaperExchange
from trading.errors import WindlassError
from trading.gateways.base import Gateway
from trading.services import candles

PAIRS = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]


@pytest.fixture(scope="module")
def replayed() -> Iterator[PaperExchange]:
    """A market with a past; it is not held, and its prices are not ours to set."""
    with PaperExchange("--replay", "--speed", "60") as paper:
        yield paper


@pytest.fixture
def desk(transactional_db: None, replayed: PaperExchange) -> Iterator[Desk]:
    candles.forget()
    made = make_desk(replayed, prices={"BTCUSDT": "67000"})
    made.source.pair_whitelist = PAIRS
    made.source.save()
    for model in (GarchFit, BookDepth, Dependence):
        model.objects.all().delete()
    candles.forget()
    yield made
    candles.forget()


def sweep(desk: Desk) -> rows.Refreshed:
    """One with all the time in the world: its clock stands still."""
    now = timezone.now()
    return candles.sweep(desk.account, gateway=desk.gateway, clock=lambda: now)


class Slow:
    """A venue that takes three seconds over each question and answers none."""

    def __init__(self, *, secs: int = 3) -> None:
        self.now, self.asked, self.secs = timezone.now(), list[str](), secs

    def clock(self) -> datetime:
        return self.now

    def candles(self, symbol: str, span: object) -> list[Any]:
        self._late("candles")
        return []

    def order_book(self, symbol: str) -> Any:
        self._late("book")
        raise rows.NotNow("it is late")

    def _late(self, asked: str) -> None:
        self.asked.append(asked)
        self.now += timedelta(seconds=self.secs)


def test_a_slow_venue_holds_the_worker_for_one_question_of_each_kind(desk: Desk) -> None:
    slow = Slow()
    done = candles.sweep(desk.account, gateway=cast("Gateway", slow), clock=slow.clock)
    assert (slow.asked, done) == (["candles", "book"], rows.Refreshed(calls=1, bars=0, complete=False))


@pytest.mark.parametrize(("ago_secs", "asked"), [(49, 0), (50, rows.GIVE_UP_AFTER), (-60, rows.GIVE_UP_AFTER)])
def test_a_book_that_was_just_asked_for_for_another_account_stands(desk: Desk, ago_secs: int, asked: int) -> None:
    sweep(desk)
    slow = Slow(secs=0)
    BookDepth.objects.update(at=slow.now - timedelta(seconds=ago_secs))
    gateway, recent = cast("Gateway", slow), timedelta(seconds=50)
    candles.sweep(desk.account, gateway=gateway, clock=slow.clock, recent=recent)
    assert slow.asked.count("book") == asked


def test_a_sweep_fetches_follows_and_knows_the_books(desk: Desk) -> None:
    first = sweep(desk)
    assert first.complete
    assert first.bars > 3000  # 1,000 hours and 40 days of three pairs
    assert set(GarchFit.objects.values_list("method", flat=True)) == {"EWMA"}
    assert GarchFit.objects.filter(timeframe_secs=HOUR).count() == 3
    assert BookDepth.objects.filter(quote__gt=0).count() == 3
    known = portfolio.markets("binance", "paper", now=timezone.now())
    assert set(known.by_symbol) == set(PAIRS)
    vols = [market.vol_annual for market in known.by_symbol.values() if market.vol_annual]
    assert len(vols) == 3
    assert all(0.1 < vol < 5 for vol in vols)


def test_a_second_sweep_asks_nothing(desk: Desk) -> None:
    sweep(desk)
    again = sweep(desk)
    assert again.bars <= 6  # an hour may have ended in between
    assert Candle.objects.filter(timeframe_secs=DAY).exists()


def test_a_first_alert_finds_its_volatility(desk: Desk) -> None:
    candles.ensure(desk.account, ["BTC/USDT"], gateway=lambda: desk.gateway, clock=timezone.now)
    fits = GarchFit.objects.select_related("instrument")
    assert {fit.instrument.symbol for fit in fits} == {"BTC/USDT"}
    assert BookDepth.objects.count() == 1


def test_a_first_alert_finds_the_book_although_its_volatility_was_known(desk: Desk) -> None:
    sweep(desk)
    BookDepth.objects.filter(instrument__symbol="BTC/USDT").delete()
    candles.forget()
    candles.ensure(desk.account, PAIRS, gateway=lambda: desk.gateway, clock=timezone.now)
    assert BookDepth.objects.filter(quote__gt=0).count() == 3


def no_gateway() -> Any:
    raise AssertionError("nothing was lacking, and the venue was asked")


def test_a_pair_that_is_known_costs_no_question(desk: Desk) -> None:
    sweep(desk)
    candles.ensure(desk.account, PAIRS, gateway=no_gateway, clock=timezone.now)


def test_a_pair_of_which_the_venue_knows_nothing_is_asked_for_once_a_minute(desk: Desk) -> None:
    asked: list[int] = []

    def counted() -> Gateway:
        asked.append(1)
        return desk.gateway

    Instrument.objects.create(symbol="NEW/USDT", venue_symbol="NEWUSDT", **_like("BTC/USDT"))
    for _ in range(3):
        with suppress(WindlassError):
            candles.ensure(desk.account, ["NEW/USDT"], gateway=counted, clock=timezone.now)
    assert asked == [1]


def _like(symbol: str) -> dict[str, Any]:
    row = Instrument.objects.get(symbol=symbol, venue="binance")
    return {f.name: getattr(row, f.name) for f in Instrument._meta.concrete_fields if f.name not in NAMES}


NAMES = ("id", "symbol", "venue_symbol")


def test_fits_and_correlations_on_schedule(desk: Desk) -> None:
    sweep(desk)
    asked: list[Mapping[str, Any]] = []

    def ask(question: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(question)
        fit = {"omega": 1e-6, "alpha": 0.1, "beta": 0.85, "nu": 5.0, "variance": 2e-5, "correction": 1.2}
        return {"garch": dict.fromkeys(question["series"], fit), "rho": [["BTC/USDT", "ETH/USDT", 0.8]]}

    assert candles.refit(desk.account, clock=timezone.now, ask=ask) == 3  # hours; days are too few to fit
    assert [len(question["series"]) for question in asked] == [3, 0]
    assert GarchFit.objects.filter(method="GARCH", timeframe_secs=HOUR).count() == 3
    table = Dependence.objects.get()
    assert (table.method, len(table.rho)) == ("DCC", 3)  # what the child did not say is there by EWMA
    assert candles.refit(desk.account, clock=timezone.now, ask=ask) == 0
    assert len(asked) == 2
