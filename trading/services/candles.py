"""Candles of the pairs that are traded, and the volatility that follows them: kept fresh by a sweep, fetched for an alert."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from project.accounts.models import ExchangeAccount
from risk import depth, portfolio, together, volatility
from risk.depth import AskDepth
from risk.domain.depth import near
from risk.models import GarchFit
from risk.volatility import Ask
from signals.market import candles, instruments
from signals.market.bars import WANTED, Bar, Span
from signals.market.candles import Fetch, HasTime, NotNow, Refreshed
from signals.models import Instrument
from trading.errors import VenueError
from trading.gateways.base import Gateway
from trading.services import market

Clock = Callable[[], datetime]

CALLS_A_SWEEP = 12
# Questions of candles per tick: six new pairs a minute, and far from any venue's limit.
CALLS_FOR_ALERTS = 8
# Before a batch of alerts is decided: four new pairs; the sweep sees to the rest.
BOOKS_A_SWEEP = 10
# Books asked for per tick: of 50 pairs each is five minutes old at the most.
WHILE = timedelta(seconds=2)
# Candles as well as books are asked for so long a tick; the question that is under way then takes ten at the most.
FITS_AT_ONCE = 40
# Some 30 ms each on one core, in the child.


TRIED_AGAIN = timedelta(minutes=1)
_tried: dict[tuple[str, str, str], datetime] = {}


def sweep(account: ExchangeAccount, *, gateway: Gateway, clock: Clock, recent: timedelta = timedelta()) -> Refreshed:
    """Fetch what is missing of the account's traded pairs, and follow their volatility; what time is too short for waits.

    Its worker polls prices too, and fires what they reach. A book that was asked for within `recent`, for another account
    of the venue, is not asked for again; of candles only what is missing ever is.
    """
    pairs = market.watched(account, now=clock())
    done = candles.refresh(
        pairs, fetch=fetcher(gateway), now=clock(), most_calls=CALLS_A_SWEEP, has_time=_for_a_while(clock)
    )
    volatility.follow(pairs.values())
    ask = depth_asker(account, gateway)
    depth.refresh(pairs, ask=ask, clock=clock, most=BOOKS_A_SWEEP, has_time=_for_a_while(clock), recent=recent)
    portfolio.forget()
    return done


def _for_a_while(clock: Clock) -> HasTime:
    """True for WHILE from now on; where the clock is set back meanwhile, the number of questions is the bound."""
    began = clock()
    return lambda: clock() - began < WHILE


def ensure(account: ExchangeAccount, symbols: Iterable[str], *, gateway: Callable[[], Gateway], clock: Clock) -> None:
    """Candles and books for pairs whose volatility or depth is not known, so that a first alert finds both.

    Without such a pair nothing is asked, of the venue or of the database.
    """
    markets = portfolio.markets(account.venue, account.environment, now=clock()).by_symbol
    known = {symbol for symbol, market in markets.items() if market.depth is not None}
    lacking = _lacking(account, set(symbols) - known, now=clock())
    if not lacking:
        return
    venue = gateway()
    candles.refresh(lacking, fetch=fetcher(venue), now=clock(), most_calls=CALLS_FOR_ALERTS)
    volatility.follow(lacking.values())
    depth.refresh(lacking, ask=depth_asker(account, venue), clock=clock, most=CALLS_FOR_ALERTS)
    portfolio.forget()


def _lacking(account: ExchangeAccount, symbols: set[str], *, now: datetime) -> dict[str, int]:
    """The pairs (symbol → instrument id) to ask for, each once a minute: a venue may know no more of them."""
    place = (account.venue, account.environment)
    turn = {s for s in symbols if now - _tried.get((*place, s), datetime.min.replace(tzinfo=UTC)) > TRIED_AGAIN}
    _tried.update({(*place, symbol): now for symbol in turn})
    here = {"venue": account.venue, "environment": account.environment, "active": True}
    return dict(Instrument.objects.filter(**here, symbol__in=turn).values_list("symbol", "pk")) if turn else {}


def forget() -> None:
    """Drop what is remembered: between tests."""
    _tried.clear()
    candles.forget()
    portfolio.forget()


@contextmanager
def _not_now() -> Iterator[None]:
    """One pair that the venue says nothing of keeps no account from trading: its own volatility is missing, no more."""
    try:
        yield
    except VenueError as error:
        raise NotNow(str(error)) from error


def fetcher(gateway: Gateway) -> Fetch:
    """How the venue is asked for bars."""

    def fetch(symbol: str, span: Span) -> list[Bar]:
        with _not_now():
            return list(gateway.candles(symbol, span))

    return fetch


def depth_asker(account: ExchangeAccount, gateway: Gateway) -> AskDepth:
    """How the venue is asked for what rests near a price, quote."""
    listed = instruments.listed(account.venue, account.environment).by_symbol

    def ask(symbol: str) -> Decimal:
        with _not_now():
            book, facts = gateway.order_book(symbol), listed.get(symbol)
        return near(book.bids, book.asks, contract_size=facts.contract_size if facts else Decimal(1))

    return ask


def fits_due(account: ExchangeAccount, *, now: datetime) -> bool:
    """Whether anything of the account's traded pairs is to be fitted anew."""
    pairs = market.watched(account, now=now)
    return bool(volatility.due(pairs.values(), now=now, most=1)) or _together_due(account, pairs, now=now)


def refit(account: ExchangeAccount, *, clock: Clock, ask: Ask = volatility.child) -> int:
    """Fit what is due of the account's traded pairs, in a child process that ends; how many sound fits. Raises FitFailed."""
    pairs, now = market.watched(account, now=clock()), clock()
    rows = volatility.due(pairs.values(), now=now, most=FITS_AT_ONCE)
    sound = volatility.refit(rows, ask=ask, now=now) if rows else 0
    if _together_due(account, pairs, now=now):
        together.refresh(account.venue, account.environment, _measured(pairs), ask=ask, now=now)
    candles.drop_old(now=now)
    return sound


def _together_due(account: ExchangeAccount, pairs: Mapping[str, int], *, now: datetime) -> bool:
    return together.due(account.venue, account.environment, sorted(_measured(pairs)), now=now)


def _measured(pairs: Mapping[str, int]) -> dict[str, int]:
    """The pairs whose hourly volatility is known."""
    ids = set(GarchFit.objects.filter(timeframe_secs=min(WANTED)).values_list("instrument_id", flat=True))
    return {symbol: pk for symbol, pk in pairs.items() if pk in ids}
