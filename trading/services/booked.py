"""What our books explain of an account's balances, added up where the rows are: a long past costs one sum, no rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain

from django.db.models import Sum

from project.accounts.models import BalanceMovement
from signals.models import Instrument
from trading.domain.reconcile import VenueFill, effects
from trading.domain.vocabulary import MarketKind, Side
from trading.models import Fill, FundingPayment
from trading.services import realised

Amount = tuple[str, Decimal]
# Currency, and how much of it.


def expected(account_id: int) -> dict[str, Decimal]:
    """What the account should hold: baseline, movements of others, and what our fills did."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    filled = effects(_fills(account_id)).items()
    for currency, amount in chain(_moved(account_id), filled, realised.of(account_id), _funded(account_id)):
        sums[currency] += amount
    return dict(sums)


def _fills(account_id: int) -> Iterator[VenueFill]:
    """Our executions as if each market had one for each side and fee currency: what they do to balances is a sum."""
    rows = Fill.objects.filter(account_id=account_id).order_by().values_list("instrument_id", "side", "fee_currency")
    summed = list(rows.annotate(Sum("qty"), Sum("cost"), Sum("fee")))
    markets = Instrument.objects.in_bulk({row[0] for row in summed})
    for number, side, fee_currency, qty, cost, fee in summed:
        market = markets[number]
        yield VenueFill(
            symbol=market.symbol,
            venue_order_id="",
            venue_trade_id="",
            side=Side(side),
            qty=qty,
            cost=cost,
            fee=fee,
            fee_currency=fee_currency,
            base=market.base,
            quote=market.quote,
            kind=MarketKind(market.kind),
        )


def _moved(account_id: int) -> Iterable[Amount]:
    rows = BalanceMovement.objects.filter(account_id=account_id).order_by()
    return rows.values_list("currency").annotate(Sum("amount"))


def _funded(account_id: int) -> Iterable[Amount]:
    rows = FundingPayment.objects.filter(account_id=account_id).order_by()
    return rows.values_list("instrument__quote").annotate(Sum("amount"))
