"""Prices of fees in a third currency: whose are wanted, which are known, and what is written into a fill before it is one."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from project.accounts.models import ExchangeAccount
from project.reads import Read
from signals.models import Instrument, Ticker
from trading.domain import fee_price
from trading.domain.fee_price import Known
from trading.models import Fill

Pair = tuple[str, str]
# A fee's currency, and the quote currency of its fill.
Place = ExchangeAccount | Instrument
# Whatever names a venue and an environment: prices of another one are none of ours.

WANT_AGAIN = timedelta(hours=1)
# How often a market whose price served is noted as wanted: from then on it is watched for a day.
SOON = timedelta(seconds=30)
# The next look at prices, 2 s, and the next exits sweep, 10 s, more than twice over: then nobody waits for a price any more.

WAITING = Read(
    lambda account_id: (
        Fill.objects.filter(account_id=account_id, unpriced=True)
        .order_by()
        .values_list("fee_currency", "instrument__quote")
        .distinct()
    )
)


def waiting(account_id: int) -> list[Pair]:
    """What fees of the account wait for the price of; a partial index of nothing when none do."""
    return WAITING(account_id=account_id)


def of_pairs(pairs: Collection[Pair]) -> Q:
    """Markets of these currencies, whichever way round; none for no pairs."""
    either = (Q(base=one, quote=other) for pair in pairs for one, other in (pair, pair[::-1]))
    return reduce(or_, either, Q(pk__in=()))


def of_fills(pairs: Collection[Pair]) -> Q:
    """Fills whose fee is priced by one of these; none for no pairs."""
    return reduce(or_, (Q(fee_currency=paid, instrument__quote=quote) for paid, quote in pairs), Q(pk__in=()))


def known(pairs: Collection[Pair], *, place: Place, now: datetime) -> dict[Pair, Decimal]:
    """The prices of these that are known now, quote per unit; asks nothing for no pairs."""
    if not pairs:
        return {}
    rows = _tickers(pairs, place).select_related("instrument")
    last = [_known(row.instrument, row) for row in rows]
    found = {pair: fee_price.price(pair[0], quote=pair[1], known=last, now=now) for pair in pairs}
    return {pair: price for pair, price in found.items() if price is not None}


def _known(market: Instrument, ticker: Ticker) -> Known:
    return Known(market.symbol, market.kind, market.base, market.quote, ticker.last, ticker.at)


def put(fills: Sequence[Fill], *, market: Instrument, now: datetime) -> None:
    """Give fills of a market that are about to be written their fees' prices; those that nobody knows are waited for."""
    third = [fill for fill in fills if is_third(fill.fee, fill.fee_currency, market)]
    pairs = {(fill.fee_currency, market.quote) for fill in third}
    prices = known(pairs, place=market, now=now)
    for fill in third:
        fill.fee_price = prices.get((fill.fee_currency, market.quote))
        fill.unpriced = fill.fee_price is None


def is_due(order_ids: Collection[int], *, now: datetime) -> bool:
    """Whether a fee of these orders will have its price in a moment, as far as anybody can tell."""
    return Fill.objects.filter(unpriced=True, order_id__in=order_ids, recorded_at__gt=now - SOON).exists()


def is_third(fee: Decimal, currency: str, market: Instrument) -> bool:
    """Whether a fee paid on a market counts only with a price of its own."""
    return fee_price.is_third(fee, currency, base=market.base, quote=market.quote)


def want(pairs: Collection[Pair], *, place: Place, now: datetime) -> None:
    """Watch the markets of these for a day: the next such fee finds its price."""
    _tickers(pairs, place).filter(wanted_at__lt=now - WANT_AGAIN).update(wanted_at=now)


def _tickers(pairs: Collection[Pair], place: Place) -> QuerySet[Ticker]:
    markets = Instrument.objects.filter(of_pairs(pairs), venue=place.venue, environment=place.environment)
    return Ticker.objects.filter(instrument__in=markets)
