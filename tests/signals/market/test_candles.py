"""Candles in rows: only what is missing is asked for, bounded; a venue's beginning is remembered; nothing twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from signals.market import candles
from signals.market.bars import Bar, Span, flat, opening, window
from signals.models import Candle, Instrument
from signals.timeframes import DAY, HOUR

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, 12, 34, 56, tzinfo=UTC)
D = Decimal


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    candles.forget()
    yield
    candles.forget()


@pytest.fixture
def instrument() -> Instrument:
    steps = {"tick_size": D("0.01"), "lot_step": D("0.001"), "min_qty": D("0.001"), "min_notional": D(5)}
    fees = {"maker_fee": D("0.001"), "taker_fee": D("0.001")}
    names = {"symbol": "BTC/USDT", "venue_symbol": "BTCUSDT", "kind": "SPOT", "base": "BTC", "quote": "USDT"}
    return Instrument.objects.create(
        venue="binance", environment="paper", refreshed_at=timezone.now(), **steps, **fees, **names
    )


class Venue:
    """A venue with a history since `begins`, that answers at most `page` bars at once."""

    def __init__(self, begins: datetime, *, page: int = 500) -> None:
        self.begins, self.page, self.asked = begins, page, list[Span]()

    def __call__(self, symbol: str, span: Span) -> list[Bar]:
        self.asked.append(span)
        growing = Span(span.first, span.count + 1, span.timeframe_secs)  # venues add the one that is not finished
        first = [opened for opened in growing.openings() if opening(self.begins, span.timeframe_secs) <= opened]
        return [flat(opened, D(100)) for opened in first[: self.page]]


OLD = NOW - timedelta(days=3000)
YOUNG = NOW - timedelta(days=30)


def refresh(instrument: Instrument, venue: Venue, *, now: datetime = NOW, most_calls: int = 20) -> candles.Refreshed:
    return candles.refresh({"BTC/USDT": instrument.pk}, fetch=venue, now=now, most_calls=most_calls)


def test_everything_is_fetched_in_pages_then_nothing_more(instrument: Instrument) -> None:
    venue = Venue(OLD)
    assert refresh(instrument, venue) == candles.Refreshed(calls=3, bars=1400, complete=True)  # 400; 500 + 500
    assert refresh(instrument, venue).calls == 0
    assert Candle.objects.filter(timeframe_secs=HOUR).count() == 1000
    newest = candles.closes(instrument.pk, HOUR, most=1)[0][0]
    assert newest == datetime(2026, 1, 1, 11, tzinfo=UTC)  # the last finished one


def test_a_hole_in_the_middle_is_found_and_filled(instrument: Instrument) -> None:
    venue = Venue(OLD)
    refresh(instrument, venue)
    hole = datetime(2025, 12, 25, 7, tzinfo=UTC)
    Candle.objects.filter(timeframe_secs=HOUR, opened_at=hole).delete()
    assert refresh(instrument, venue).bars == 1
    assert venue.asked[-1] == Span(hole, 1, HOUR)


def test_no_question_begins_once_time_is_up(instrument: Instrument) -> None:
    venue, time = Venue(OLD), iter([True, False])
    found = candles.refresh(
        {"BTC/USDT": instrument.pk}, fetch=venue, now=NOW, most_calls=20, has_time=lambda: next(time, False)
    )
    assert found == candles.Refreshed(calls=1, bars=400, complete=False)
    assert refresh(instrument, venue).complete


def test_what_is_complete_is_not_read_bar_by_bar(instrument: Instrument, django_assert_num_queries: object) -> None:
    venue = Venue(YOUNG)
    refresh(instrument, venue)
    with django_assert_num_queries(2):  # type: ignore[operator]  # one for each timeframe
        refresh(instrument, venue)


def test_an_hour_later_one_bar_is_asked_for(instrument: Instrument) -> None:
    venue = Venue(OLD)
    refresh(instrument, venue)
    later = refresh(instrument, venue, now=NOW + timedelta(hours=1))
    assert (later.calls, later.bars) == (1, 1)
    assert venue.asked[-1] == Span(datetime(2026, 1, 1, 12, tzinfo=UTC), 1, HOUR)


def test_a_pass_is_bounded_and_the_next_goes_on(instrument: Instrument) -> None:
    venue = Venue(OLD)
    assert refresh(instrument, venue, most_calls=2) == candles.Refreshed(calls=2, bars=900, complete=False)
    assert refresh(instrument, venue).bars == 500


def test_where_the_history_begins_is_remembered_for_a_day(instrument: Instrument) -> None:
    venue = Venue(YOUNG)
    assert refresh(instrument, venue).bars == 30 + 720
    assert refresh(instrument, venue).calls == 0
    tomorrow = refresh(instrument, venue, now=NOW + timedelta(days=1, minutes=1))
    assert tomorrow.bars == 1 + 24
    assert {span.timeframe_secs for span in venue.asked[-4:]} == {DAY, HOUR}  # both beginnings are asked for again


def test_what_is_written_twice_is_there_once_with_the_later_numbers(instrument: Instrument) -> None:
    candles.write(instrument.pk, HOUR, [flat(NOW, D(100))])
    candles.write(instrument.pk, HOUR, [flat(NOW, D(101))])
    assert [close for _, close in candles.closes(instrument.pk, HOUR, most=10)] == [D(101)]


def test_reading_is_oldest_first_and_bounded(instrument: Instrument) -> None:
    times = [NOW + timedelta(hours=n) for n in range(5)]
    candles.write(instrument.pk, HOUR, [flat(at, D(n + 1)) for n, at in enumerate(times)])
    assert [bar.close for bar in candles.bars(instrument.pk, HOUR, most=3)] == [3, 4, 5]
    assert [at for at, _ in candles.closes(instrument.pk, HOUR, most=9, after=times[3])] == times[3:]
    assert candles.latest([instrument.pk]) == {(instrument.pk, HOUR): times[4]}


def test_what_nobody_wants_any_more_goes(instrument: Instrument) -> None:
    candles.write(
        instrument.pk, HOUR, [flat(NOW - timedelta(hours=1251), D(1)), flat(NOW - timedelta(hours=1249), D(1))]
    )
    assert candles.drop_old(now=NOW) == 1


def away(symbol: str, span: Span) -> list[Bar]:
    raise candles.NotNow("no answer")


def test_what_is_not_answered_is_left_to_the_next_pass(instrument: Instrument) -> None:
    refused = candles.refresh({"BTC/USDT": instrument.pk}, fetch=away, now=NOW, most_calls=20)
    assert refused == candles.Refreshed(calls=2, bars=0, complete=False)
    assert refresh(instrument, Venue(OLD)).bars == 1400


def test_one_pair_that_is_not_answered_does_not_keep_the_others(instrument: Instrument) -> None:
    gone = Instrument.objects.create(**_like(instrument, symbol="GONE/USDT", venue_symbol="GONEUSDT"))
    candles.write(gone.pk, DAY, [flat(at, D(1)) for at in window(DAY, now=NOW, count=400).openings()])
    venue = Venue(OLD)

    def fetch(symbol: str, span: Span) -> list[Bar]:
        return away(symbol, span) if symbol == "GONE/USDT" else venue(symbol, span)

    pairs = {"GONE/USDT": gone.pk, "BTC/USDT": instrument.pk}
    assert candles.refresh(pairs, fetch=fetch, now=NOW, most_calls=20).bars == 1400


def _like(row: Instrument, **changed: str) -> dict[str, object]:
    return {f.name: getattr(row, f.name) for f in Instrument._meta.concrete_fields if f.name != "id"} | changed


def test_nonsense_is_not_kept(instrument: Instrument) -> None:
    bad = Bar(datetime(2026, 1, 1, 11, tzinfo=UTC), D(100), D(90), D(95), D(100), D(1))
    candles.refresh({"BTC/USDT": instrument.pk}, fetch=lambda *_: [bad], now=NOW, most_calls=4)
    assert not Candle.objects.exists()
