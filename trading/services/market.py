"""What the venue says of prices, balances and instruments, into rows; each with the time it was asked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from project.accounts.models import Balance, ExchangeAccount
from project.journal.publish import PRICES, send
from signals.listing import GONE
from signals.market import instruments as listings
from signals.models import Instrument, Source
from trading.gateways.base import Gateway, InstrumentReport, TickerReport
from trading.models import PositionGroup, QueuedSignal
from trading.services import fee_prices, listing

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Recent:
    """How young what another account of the venue was told must be to be taken as it is."""

    prices: timedelta = timedelta()
    markets: timedelta = timedelta()
    books: timedelta = timedelta()


ANEW = Recent()
WANTED_FOR = timedelta(hours=24)
# A price is polled for a day after the last alert on its pair.

UPSERT_TICKERS = """
INSERT INTO signals_ticker (instrument_id, bid, ask, last, mark, at, wanted_at)
SELECT * FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::timestamptz[],
                     %s::timestamptz[])
ON CONFLICT (instrument_id) DO UPDATE
SET bid = excluded.bid, ask = excluded.ask, last = excluded.last, mark = excluded.mark, at = excluded.at
WHERE signals_ticker.at <= excluded.at OR signals_ticker.at > %s
"""
# An older price loses, unless the other one is from the future: written before the clock was set back, it would keep
# all others out until the clock has caught up.
WANT = "UPDATE signals_ticker SET wanted_at = %s WHERE instrument_id = ANY(%s) AND wanted_at < %s"
WANT_AGAIN = timedelta(hours=1)
# How often a pair that is alerted all the time is noted as wanted.
RULES = tuple(name for name in InstrumentReport.__slots__ if name != "symbol")
FRESH = timedelta(seconds=5)
# A watched price is asked for every 2 s: an older one belongs to a pair that nobody watched.


def refresh_prices(account: ExchangeAccount, *, gateway: Gateway, clock: Clock, recent: timedelta = timedelta()) -> int:
    """Ask for the prices of every watched instrument of the account's venue; how many came. Raises NotReached.

    What was asked for within `recent` stays as it is: prices are the venue's, and its other accounts ask for them too.
    """
    now = clock()
    asked = Q(ticker__at__gt=now - recent, ticker__at__lte=now)
    return _ask_prices(_by_symbol(_watched(account, now=now).exclude(asked)), gateway=gateway, clock=clock)


def ensure_prices(
    account: ExchangeAccount, symbols: Iterable[str], *, gateway: Callable[[], Gateway], clock: Clock
) -> None:
    """Prices for pairs that nobody watches now, so that their next alert finds one; from now on they are watched.

    The gateway is only built where a price is lacking. Raises what building it raises, and NotReached.
    """
    now = clock()
    named = _instruments(account).filter(symbol__in=list(symbols))
    rows = list(named.values_list("symbol", "pk", "ticker__at", "ticker__wanted_at"))
    if forgotten := sorted(pk for _, pk, _, wanted_at in rows if wanted_at and wanted_at < now - WANT_AGAIN):
        with connection.cursor() as cursor:
            cursor.execute(WANT, [now, forgotten, now - WANT_AGAIN])
    lacking = {symbol: pk for symbol, pk, at, _ in rows if at is None or abs(now - at) > FRESH}
    if lacking:
        _ask_prices(lacking, gateway=gateway(), clock=clock)


def _instruments(account: ExchangeAccount) -> QuerySet[Instrument]:
    return Instrument.objects.filter(venue=account.venue, environment=account.environment, active=True)


def watched(account: ExchangeAccount, *, now: datetime) -> Mapping[str, int]:
    """Pairs with open groups or waiting signals, pairs that sources are limited to, pairs alerted lately, and what prices our holdings and fees."""
    return _by_symbol(_watched(account, now=now))


def _by_symbol(instruments: QuerySet[Instrument]) -> Mapping[str, int]:
    return dict(instruments.values_list("symbol", "pk"))


def _watched(account: ExchangeAccount, *, now: datetime) -> QuerySet[Instrument]:
    held = Balance.objects.filter(account=account, total__gt=0).values("currency")
    listed = [
        pair for pairs in Source.objects.filter(enabled=True).values_list("pair_whitelist", flat=True) for pair in pairs
    ]
    queued = QueuedSignal.objects.filter(ended_at=None).values("instrument_id")
    open_ones = PositionGroup.objects.filter(closed_at=None).values("instrument_id")
    wanted = Q(ticker__wanted_at__gte=now - WANTED_FOR) | Q(symbol__in=listed) | Q(pk__in=open_ones) | Q(pk__in=queued)
    priced = Q(base__in=held, quote=account.quote, kind="SPOT")
    charged = fee_prices.of_pairs(fee_prices.waiting(account.pk))
    return _instruments(account).filter(wanted | priced | charged)


def _ask_prices(instruments: Mapping[str, int], *, gateway: Gateway, clock: Clock) -> int:
    if not instruments:
        return 0
    asked_at = clock()  # before the question: an age is never flattered by a slow answer
    reports = gateway.tickers(list(instruments))
    rows = [_ticker_row(instruments[symbol], report, asked_at) for symbol, report in sorted(reports.items())]
    with connection.cursor() as cursor:
        columns = list(map(list, zip(*rows, strict=True))) or [[]] * 7
        cursor.execute(UPSERT_TICKERS, [*columns, clock() + FRESH])
    send(PRICES, {"type": "prices.moved", "at": asked_at.isoformat()})
    return len(rows)


def _ticker_row(instrument_id: int, report: TickerReport, at: datetime) -> tuple[object, ...]:
    return instrument_id, report.bid, report.ask, report.last, report.mark, at, at


def refresh_balances(account: ExchangeAccount, *, gateway: Gateway, clock: Clock) -> None:
    """Write what the account holds; a currency that is gone is kept as 0. Raises NotReached."""
    asked_at = clock()
    reports = {report.currency: report for report in gateway.balances()}
    gone = Balance.objects.filter(account=account).exclude(currency__in=reports)
    gone.update(total=0, free=0, at=asked_at)
    Balance.objects.bulk_create(
        [
            Balance(account=account, currency=r.currency, total=r.total, free=r.free, at=asked_at)
            for r in sorted(reports.values(), key=lambda r: r.currency)
        ],
        update_conflicts=True,
        unique_fields=["account", "currency"],
        update_fields=["total", "free", "at"],
    )


def refresh_instruments(
    account: ExchangeAccount, *, gateway: Gateway, clock: Clock, recent: timedelta = timedelta()
) -> int:
    """Write what the account's venue lists, and what it lists no more; how many markets differed. Raises NotReached.

    Where it was asked within `recent`, for whichever of its accounts, nothing is asked: a venue's list is long.
    """
    now, known = clock(), Instrument.objects.filter(venue=account.venue, environment=account.environment)
    if recent and known.filter(refreshed_at__gt=now - recent, refreshed_at__lte=now).exists():
        return 0
    reports = {report.symbol: report for report in gateway.instruments()}
    written = {row[0]: row[1:] for row in known.values_list("symbol", *RULES)}
    differing = [reports[symbol] for symbol in sorted(reports) if written.get(symbol) != _rules(reports[symbol])]
    Instrument.objects.bulk_create(
        [_instrument(account, report, now) for report in differing],
        update_conflicts=True,
        unique_fields=["venue", "environment", "symbol"],
        update_fields=[*RULES, "refreshed_at"],
    )
    listing.note_changes(account, reports.keys(), now=now)
    known.exclude(active=False, status=GONE).update(refreshed_at=now)
    listings.forget()
    return len(differing)


def _rules(report: InstrumentReport) -> tuple[object, ...]:
    return tuple(getattr(report, name) for name in RULES)


def _instrument(account: ExchangeAccount, report: InstrumentReport, now: datetime) -> Instrument:
    values = dict(zip(RULES, _rules(report), strict=True))
    return Instrument(
        venue=account.venue, environment=account.environment, symbol=report.symbol, refreshed_at=now, **values
    )
