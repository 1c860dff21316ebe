"""What a chart asks of the venue: said by a page, answered by the worker, kept for a minute; pure parts as tables."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from redis.exceptions import RedisError

from signals.market.bars import Bar, Span
from signals.timeframes import HOUR, MINUTE
from tests.dashboard import chart_rows
from tests.support.factories import Desk
from tests.support.plugin import SERVERS
from trading import bells
from trading.domain.vocabulary import PositionSide
from trading.errors import NotReached
from trading.gateways.base import Gateway, PositionReport
from trading.services import chart_feed
from trading.services.chart_feed import BARS, Feed, Want

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
WANT = Want("BTC/USDT", MINUTE)
BOOK = chart_rows.bars(now=NOON, timeframe_secs=MINUTE, count=5)


@pytest.fixture
def broker() -> Iterator["Redis"]:
    with Redis.from_url(SERVERS.redis_url) as client:
        yield client
        if names := list(client.scan_iter("windlass:chart:*")):
            client.delete(*names)


def answer(desk: Desk, gateway: Callable[[], Gateway] | None = None) -> int:
    return chart_feed.answer(desk.account, gateway=gateway or (lambda: desk.gateway), clock=timezone.now)


def look(desk: Desk) -> Feed | None:
    return chart_feed.look(desk.account.pk, WANT, now=timezone.now())


def asked_again(broker: "Redis") -> None:
    """As if the least pause were over."""
    broker.delete(*broker.scan_iter("windlass:chart:*:asked"))


def test_a_page_looks_and_the_worker_answers(desk: Desk, broker: "Redis") -> None:
    assert look(desk) is None
    assert broker.exists(bells.key("feed_chart", desk.account.pk))
    assert answer(desk) == 1
    feed = look(desk)
    assert feed is not None
    assert feed.bids[0][0] < feed.asks[0][0]
    assert feed.trouble == ""
    assert timezone.now() - feed.asked_at < timedelta(minutes=1)


def test_many_who_look_are_one_question(desk: Desk, broker: "Redis") -> None:
    look(desk)
    look(desk)
    assert [answer(desk), answer(desk)] == [1, 0]
    asked_again(broker)
    assert answer(desk) == 1


def test_whoever_left_is_asked_for_no_more(desk: Desk, broker: "Redis") -> None:
    chart_feed.look(desk.account.pk, WANT, now=timezone.now() - chart_feed.LOOKED_AT - timedelta(seconds=1))
    assert answer(desk) == 0


def away() -> Gateway:
    raise NotReached(venue="binance", error="RequestTimeout", detail="no answer within 10 s")


def test_a_venue_that_is_away_leaves_what_was_known_and_says_why(desk: Desk, broker: "Redis") -> None:
    look(desk)
    answer(desk)
    known = look(desk)
    asked_again(broker)
    assert answer(desk, away) == 1
    now = look(desk)
    assert known is not None
    assert now is not None
    assert (now.bids, now.asked_at, known.trouble) == (known.bids, known.asked_at, "")
    assert "no answer within 10 s" in now.trouble


def test_a_venue_that_was_never_there_says_why(desk: Desk, broker: "Redis") -> None:
    look(desk)
    answer(desk, away)
    feed = look(desk)
    assert feed is not None
    assert (feed.bars, "could not be asked" in feed.trouble) == ((), True)


def test_without_valkey_the_worker_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_feed._Store, "client", Redis(port=1, retry=None))
    assert answer(desk) == 0
    with pytest.raises(RedisError):
        look(desk)


# pure --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known_hours_ago", "first_hours_ago", "count"),
    [
        (None, BARS, BARS + 1),  # nothing: all of a chart's
        (0.5, 0.5, 1),  # the growing one
        (2.5, 2.5, 3),  # the one that grew, and those since
        (BARS + 5, BARS, BARS + 1),  # slept too long: all of them
    ],
)
def test_what_is_asked_for(known_hours_ago: float | None, first_hours_ago: float, count: int) -> None:
    price = Decimal(1)
    openings = [] if known_hours_ago is None else [NOON - timedelta(hours=known_hours_ago)]
    known = [Bar(at, price, price, price, price, price) for at in openings]
    span = chart_feed.due_span(known, HOUR, now=NOON)
    assert (span.first, span.count) == (NOON - timedelta(hours=first_hours_ago), count)


MINUTES = chart_rows.bars(now=NOON, timeframe_secs=MINUTE, count=900)


@pytest.mark.parametrize(
    ("at_once", "asked", "got"),
    [
        (1000, 1, BARS),  # all in one answer
        (100, 7, BARS),  # asked on, each time from the last bar: 100 + 5 × 99 = 595, and the rest
        (20, 7, 134),  # 20 + 6 × 19, no more calls than that
        (0, 1, 0),  # nothing is no reason to ask again
    ],
)
def test_a_venue_that_gives_fewer_at_once_is_asked_on(at_once: int, asked: int, got: int) -> None:
    spans = []

    def fetch(span: Span) -> list[Bar]:
        spans.append(span)
        return [bar for bar in MINUTES if bar.opened_at >= span.first][:at_once]

    bars = chart_feed.followed((), MINUTE, fetch=fetch, now=NOON)
    assert (len(spans), len(bars)) == (asked, got)


def test_fresher_bars_go_over_known_ones() -> None:
    grown = Bar(BOOK[-1].opened_at, *(Decimal(9) for _ in range(5)))
    found = chart_feed.merged(BOOK, [grown])
    assert (found[:-1], found[-1]) == (tuple(BOOK[:-1]), grown)


@given(st.lists(st.sampled_from(chart_rows.bars(now=NOON, timeframe_secs=MINUTE, count=700)), max_size=800))
def test_bars_come_once_in_order_and_no_more_than_a_charts(fresh: list[Bar]) -> None:
    openings = [bar.opened_at for bar in chart_feed.merged(BOOK, fresh)]
    assert openings == sorted(set(openings))
    assert len(openings) <= BARS


def test_where_positions_end() -> None:
    held = [
        PositionReport("BTC/USDT:USDT", PositionSide.LONG, Decimal(2), None, None, Decimal(50_000)),
        PositionReport(
            "BTC/USDT:USDT", PositionSide.SHORT, Decimal(1), None, None, None
        ),  # cross: the venue names none
        PositionReport("ETH/USDT:USDT", PositionSide.LONG, Decimal(2), None, None, Decimal(1_000)),
    ]
    assert [(h.side, h.qty, h.liquidation_price) for h in chart_feed.ends(held, "BTC/USDT:USDT")] == [
        ("LONG", 2, 50_000)
    ]


def test_a_feed_survives_being_written() -> None:
    feed = chart_rows.feed(BOOK, now=NOON)
    assert chart_feed.read(chart_feed.written(feed)) == feed


@pytest.mark.parametrize("want", [WANT, Want("BTC/USDT:USDT", HOUR), Want("A|B/C", HOUR)], ids=lambda want: want.name)
def test_a_want_survives_being_written(want: Want) -> None:
    assert Want.named(want.name) == want
