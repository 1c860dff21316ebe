"""Rows into what surrounds a plan: markets with their age, places, tiers that survive, breakers."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from project.accounts.models import ExchangeAccount, User
from project.journal.models import JournalEntry
from risk import breakers, depth, drawdown, portfolio
from risk.domain.breaker import POLICY, BreakerState
from risk.domain.portfolio import Holdings
from risk.models import BookDepth, Breaker, GarchFit, RiskState
from signals.market.candles import NotNow
from signals.timeframes import DAY
from tests.risk.test_volatility import instrument
from tests.support.factories import make_user
from tests.support.markets import DAILY, know_markets

pytestmark = pytest.mark.django_db
D = Decimal
TIERS = (D(5), D(8), D(12), D(15))


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    portfolio.forget()
    yield
    portfolio.forget()


@pytest.fixture
def user() -> User:
    return make_user()


def account(
    user: User, name: str = "main", *, venue: str = "binance", equity: int = 0, tier: str = ""
) -> ExchangeAccount:
    made = ExchangeAccount.objects.create(user=user, name=name, venue=venue, armed=True)
    if equity:
        RiskState.objects.create(account=made, base=equity, equity=equity, peak=equity, capital_tier=tier)
    return made


def known(one: ExchangeAccount, *, equity: int = 10_000, tiered: bool = True, **elsewhere: int) -> Holdings:
    held = {venue: D(value) for venue, value in elsewhere.items()}
    return portfolio.known(one, equity=D(equity), elsewhere=held, sectors={}, tiered=tiered, now=timezone.now())


def test_a_market_by_its_daily_candles(user: User) -> None:
    instrument()
    know_markets()
    market = known(account(user)).markets["BTC/USDT"]
    assert market.variance_day == pytest.approx(DAILY**2)
    assert market.vol_annual == pytest.approx(D(str(round(DAILY * 365**0.5, 6))))
    assert (market.ratio, market.source, market.depth) == (1.0, "GARCH, daily candles", D(10_000_000))


def test_by_hourly_ones_while_there_are_too_few(user: User) -> None:
    instrument()
    know_markets()
    GarchFit.objects.filter(timeframe_secs=DAY).delete()
    market = known(account(user)).markets["BTC/USDT"]
    assert market.source == "GARCH, hourly candles"
    assert market.variance_day == pytest.approx(DAILY**2, rel=0.01)  # the sum of the next 24 hours


@pytest.mark.parametrize(("age", "fresh"), [(timedelta(hours=4), True), (timedelta(hours=4, minutes=1), False)])
def test_what_was_not_followed_for_hours_is_not_known(user: User, age: timedelta, fresh: bool) -> None:
    instrument()
    know_markets()
    GarchFit.objects.filter(timeframe_secs=DAY).delete()
    GarchFit.objects.update(candle_at=timezone.now() - age + timedelta(seconds=30))
    assert ("BTC/USDT" in known(account(user)).markets) is fresh


def test_an_old_book_is_none(user: User) -> None:
    instrument()
    know_markets()
    BookDepth.objects.update(at=timezone.now() - timedelta(hours=2))
    assert known(account(user)).markets["BTC/USDT"].depth is None


def test_what_is_known_of_markets_is_read_once(user: User, django_assert_num_queries: object) -> None:
    instrument()
    know_markets()
    one = account(user)
    known(one)
    with django_assert_num_queries(2):  # type: ignore[operator]  # places and breakers
        known(one)


def test_depth_is_asked_of_the_pair_that_waited_longest() -> None:
    rows = {symbol: instrument(symbol).pk for symbol in ("AAA/USDT", "BBB/USDT", "CCC/USDT")}
    asked: list[str] = []

    def ask(symbol: str) -> Decimal:
        asked.append(symbol)
        return D(len(asked))

    for _ in range(2):
        depth.refresh(rows, ask=ask, clock=timezone.now, most=2)
    assert asked == ["AAA/USDT", "BBB/USDT", "CCC/USDT", "AAA/USDT"]
    assert BookDepth.objects.get(instrument_id=rows["AAA/USDT"]).quote == 4


def test_a_book_that_is_not_told_keeps_what_was_known() -> None:
    pairs = {"AAA/USDT": instrument("AAA/USDT").pk}
    depth.refresh(pairs, ask=lambda _: D(7), clock=timezone.now, most=1)

    def away(symbol: str) -> Decimal:
        raise NotNow("no answer")

    assert depth.refresh(pairs, ask=away, clock=timezone.now, most=1) == 0
    assert BookDepth.objects.get().quote == 7


# places and tiers --------------------------------------------------------------------------------


def test_with_one_venue_there_is_one_place(user: User) -> None:
    places = known(account(user, equity=10_000), equity=10_000).places
    assert places is not None
    assert (places.venues, places.equity, places.held_here, places.tier.name) == (1, D(10_000), D(0), "GROWTH")


def test_a_traders_places_are_counted_together_but_not_anothers(user: User) -> None:
    one = account(user, equity=10_000)
    account(user, "futures", venue="binanceusdm", equity=15_000)
    account(make_user("other"), "theirs", venue="bybit", equity=10**6)
    ExchangeAccount.objects.create(user=user, name="live", venue="kraken", environment="live", armed=True)
    places = known(one, binance=700, binanceusdm=300).places
    assert places is not None
    assert (places.venues, places.equity, places.held_here) == (2, D(25_000), D(700))
    assert places.tier.name == "ACCELERATION"


@pytest.mark.parametrize(("equity", "tier"), [(20_000, "ACCELERATION"), (16_000, "ACCELERATION"), (15_999, "GROWTH")])
def test_a_tier_is_kept_twenty_percent_below_its_entry(user: User, equity: int, tier: str) -> None:
    one = account(user, equity=20_000, tier="ACCELERATION")
    places = known(one, equity=equity).places
    assert places is not None
    assert places.tier.name == tier


def test_each_reading_remembers_the_tier(user: User) -> None:
    one = account(user)
    for equity, tier in ((21_000, "ACCELERATION"), (17_000, "ACCELERATION"), (15_000, "GROWTH"), (17_000, "GROWTH")):
        profit = D(equity) - 21_000
        drawdown.read(one.pk, profit=profit, equity=D(equity), at=timezone.now(), tiers_pct=TIERS)
        assert RiskState.objects.get().capital_tier == tier


def test_tiers_switched_off_at_one_venue_are_not_asked(user: User) -> None:
    assert known(account(user), tiered=False).places is None


# breakers ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_breaker_opens_is_journalled_and_stops_its_venue_only(user: User) -> None:
    now, one = timezone.now(), account(user)
    component = breakers.of_account(one)
    states = [breakers.note(component, ok=False, at=now) for _ in range(5)]
    assert states == [BreakerState.CLOSED] * 4 + [BreakerState.OPEN]
    assert known(one).breaker is not None
    assert known(account(user, "futures", venue="binanceusdm")).breaker is None
    assert JournalEntry.objects.filter(kind="risk.breaker").count() == 1


def test_it_closes_again_by_three_successes(user: User) -> None:
    now, component = timezone.now(), breakers.of_account(account(user))
    for _ in range(5):
        breakers.note(component, ok=False, at=now)
    later = now + POLICY.wait
    assert [breakers.note(component, ok=True, at=later) for _ in range(3)][-1] is BreakerState.CLOSED
    assert breakers.views() == []


def test_what_always_works_is_not_written() -> None:
    for _ in range(30):
        breakers.note("venue:x", ok=True, at=timezone.now())
    assert not Breaker.objects.exists()


def test_after_an_error_successes_count_until_it_is_out_of_the_window() -> None:
    breakers.note("venue:x", ok=False, at=timezone.now())
    for _ in range(40):
        breakers.note("venue:x", ok=True, at=timezone.now())
    assert Breaker.objects.get().recent == [True] * POLICY.window
