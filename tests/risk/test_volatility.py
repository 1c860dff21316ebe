"""Volatility in rows: from the first candles by EWMA, followed, fitted in the child, and openly back where it fails."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from project.journal.models import JournalEntry
from risk import together, volatility
from risk.domain.garch import filtered
from risk.models import Dependence, GarchFit
from risk.volatility import Ask, Asked
from signals.market import candles
from signals.market.bars import flat
from signals.models import Instrument
from signals.timeframes import HOUR
from tests.risk.recorded import closes
from tests.support.races import injected

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def instrument(symbol: str = "BTC/USDT") -> Instrument:
    base = symbol.partition("/")[0]
    steps = dict.fromkeys(
        ("tick_size", "lot_step", "min_qty", "min_notional", "maker_fee", "taker_fee"), Decimal("0.001")
    )
    names = {"symbol": symbol, "venue_symbol": f"{base}USDT", "kind": "SPOT", "base": base, "quote": "USDT"}
    return Instrument.objects.create(
        venue="binance", environment="paper", refreshed_at=timezone.now(), **steps, **names
    )


def record(row: Instrument, count: int, *, base: str = "BTC", skip: int = 0, gap: int = 0) -> None:
    """So many hours of the real month as candles; gap: so many hours are missing before the last five."""
    found = closes(base)[skip : skip + count]
    hours = [skip + place + (gap if place >= count - 5 else 0) for place in range(count)]
    bars = [flat(START + hour * AN_HOUR, Decimal(str(price))) for hour, price in zip(hours, found, strict=True)]
    candles.write(row.pk, HOUR, bars)


def follow(row: Instrument) -> GarchFit | None:
    volatility.follow([row.pk])
    return GarchFit.objects.filter(instrument=row).first()


@pytest.mark.parametrize(("count", "known"), [(0, False), (20, False), (21, True)])
def test_with_too_few_candles_nothing_is_known(count: int, known: bool) -> None:
    row = instrument()
    record(row, count)
    assert (follow(row) is not None) is known


def test_following_candle_by_candle_is_starting_from_all_of_them() -> None:
    one, other = instrument(), instrument("ETH/USDT")
    record(one, 100)
    follow(one)
    record(one, 60, skip=100)
    followed = follow(one)
    record(other, 160, base="BTC")
    anew = follow(other)
    assert followed is not None
    assert anew is not None
    # Each started from its own record's mean; 60 candles later 0.94^60 = 2 % of the difference is left.
    assert followed.variance == pytest.approx(anew.variance, rel=0.02)
    assert followed.target_scale == pytest.approx(anew.target_scale, rel=0.02)
    assert (followed.count, followed.candle_at) == (159, START + 159 * AN_HOUR)


def test_nothing_new_moves_nothing() -> None:
    row = instrument()
    record(row, 50)
    follow(row)
    assert volatility.follow([row.pk]) == 0


def test_after_a_gap_it_starts_anew_with_what_came_since() -> None:
    row = instrument()
    record(row, 50)
    assert follow(row) is not None
    record(row, 30, skip=60)
    found = follow(row)
    assert found is not None
    assert found.count == 29


def test_a_fit_in_the_child_and_following_it() -> None:
    row = instrument()
    record(row, 600)
    follow(row)
    due = volatility.due([row.pk], now=START, most=9)
    assert volatility.refit(due, ask=volatility.child, now=START) == 1
    fitted = GarchFit.objects.get()
    assert (fitted.method, fitted.count, fitted.fitted_at) == ("GARCH", 599, START)
    record(row, 5, skip=600)
    found = follow(row)
    assert found is not None
    prices = [float(price) for price in closes("BTC")[599:605]]
    new = volatility.returns_of([(START, price) for price in prices])
    assert found.variance == pytest.approx(filtered(volatility.model_of(fitted), fitted.variance, new))


@pytest.mark.parametrize(
    ("count", "age", "due"),
    [(240, None, 0), (300, None, 1), (300, timedelta(hours=5), 0), (300, timedelta(hours=6), 1)],
)
def test_when_a_fit_is_due(count: int, age: timedelta | None, due: int) -> None:
    row = instrument()
    record(row, count)
    follow(row)
    GarchFit.objects.update(fitted_at=None if age is None else START - age)
    assert len(volatility.due([row.pk], now=START, most=9)) == due


def no_fit(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"garch": dict.fromkeys(asked["series"]), "rho": []}


@pytest.mark.django_db(transaction=True)
def test_where_no_fit_is_found_ewma_goes_on_and_says_so() -> None:
    row = instrument()
    record(row, 300)
    before = follow(row)
    assert before is not None
    assert volatility.refit([before], ask=no_fit, now=START) == 0
    after = GarchFit.objects.get()
    assert (after.method, after.fitted_at, after.variance) == ("EWMA", START, before.variance)
    assert JournalEntry.objects.filter(kind="risk.no_fit").count() == 1


def a_fit(asked: Mapping[str, Any]) -> dict[str, Any]:
    fit = {"omega": 1e-6, "alpha": 0.1, "beta": 0.85, "nu": 5.0, "variance": 2e-5, "correction": 1.2}
    return {"garch": dict.fromkeys(asked["series"], fit), "rho": []}


def fit_while(row: Instrument, meanwhile: Callable[[], object], ask: Ask = a_fit) -> GarchFit | None:
    """A fit that takes a while, as it does in its own process: the sweep goes on following in the meantime."""

    def slow(asked: Asked) -> Mapping[str, Any]:
        meanwhile()
        return ask(asked)

    volatility.refit(volatility.due([row.pk], now=START, most=9), ask=slow, now=START)
    return GarchFit.objects.filter(instrument=row).first()


@pytest.mark.parametrize(("ask", "method"), [(a_fit, "GARCH"), (no_fit, "EWMA")])
def test_candles_that_came_while_it_was_fitted_are_counted(ask: Ask, method: str) -> None:
    row = instrument()
    record(row, 600)
    follow(row)

    def meanwhile() -> None:
        record(row, 5, skip=600)
        follow(row)

    found = fit_while(row, meanwhile, ask)
    assert found is not None
    assert (found.method, found.fitted_at, found.candle_at) == (method, START, START + 604 * AN_HOUR)
    assert volatility.follow([row.pk]) == 0
    prices = [float(price) for price in closes("BTC")[599:605]]
    before = {"GARCH": 2e-5, "EWMA": ewma_after(600)}[method]
    new = volatility.returns_of([(START, price) for price in prices])
    assert found.variance == pytest.approx(filtered(volatility.model_of(found), before, new))


def ewma_after(count: int) -> float:
    """What a pair of its own is followed to, so many candles on."""
    row = instrument("ETH/USDT")
    record(row, count)
    found = follow(row)
    assert found is not None
    return found.variance


def test_a_record_that_broke_off_while_it_was_fitted_starts_anew() -> None:
    row = instrument()
    record(row, 600)
    follow(row)

    def meanwhile() -> None:
        record(row, 30, skip=610)
        follow(row)

    found = fit_while(row, meanwhile)
    assert found is not None
    assert (found.method, found.fitted_at, found.count) == ("EWMA", None, 29)


def test_a_pair_that_went_while_it_was_fitted_is_left_out() -> None:
    row = instrument()
    record(row, 600)
    follow(row)
    assert fit_while(row, lambda: GarchFit.objects.all().delete()) is None


@pytest.mark.django_db(transaction=True)
def test_a_fit_is_not_written_between_what_a_sweep_reads_and_writes() -> None:
    """What the sweep read before would put the old model back."""
    row = instrument()
    record(row, 600)
    follow(row)
    due = volatility.due([row.pk], now=START, most=9)
    record(row, 5, skip=600)

    def fit() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            volatility.refit(due, ask=a_fit, now=START)

    with injected(volatility, "_keep", before=fit):
        follow(row)
    volatility.refit(due, ask=a_fit, now=START)
    found = GarchFit.objects.get()
    assert (found.method, found.candle_at) == ("GARCH", START + 604 * AN_HOUR)


def test_a_child_that_dies_is_an_error_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volatility, "ROOT", volatility.ROOT / "risk")  # no package to be found from here
    with pytest.raises(volatility.FitFailed):
        volatility.child({"series": {}, "together": {}})


def test_correlations_by_ewma_until_the_child_says_more() -> None:
    pairs = {symbol: instrument(symbol) for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT")}
    for symbol, row in pairs.items():
        record(row, 60, base=symbol.partition("/")[0])
    ids = {symbol: row.pk for symbol, row in pairs.items()}
    assert together.due("binance", "paper", list(ids), now=START)
    assert together.refresh("binance", "paper", ids, ask=no_fit, now=START) == 3
    table = Dependence.objects.get()
    assert table.method == "EWMA"
    assert all(0 < rho <= 1 for _, _, rho in table.rho)
    later = START + timedelta(hours=1)
    assert not together.due("binance", "paper", list(ids), now=later)
    assert together.due("binance", "paper", [*ids, "NEW/USDT"], now=later)
    assert together.due("binance", "paper", list(ids), now=START + timedelta(hours=4))


def test_a_pair_alone_has_no_correlations() -> None:
    assert not together.due("binance", "paper", ["BTC/USDT"], now=START)
