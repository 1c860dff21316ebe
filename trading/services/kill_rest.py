"""What a kill sold and no single group held: the dust of several, sold together. It explains a balance by its number.

Without it the balance would differ by nobody's doing, and an order whose outcome is unknown could not be proven absent.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.accounts.models import BalanceMovement, ExchangeAccount
from project.journal.models import JournalEntry
from project.journal.record import record
from signals.models import Instrument
from trading import locks
from trading.domain.money import ZERO
from trading.domain.reconcile import VenueFill, effects
from trading.gateways.base import Gateway
from trading.services import execution, kill_sales, realised, reconcile

CAUSE = "sold by kill {name}: of no single group"
SAID = ("payload__venue_order_id", "payload__symbol", "payload__at")
EARLIER = timedelta(seconds=10)
# The venue's clock may be behind the one that wrote the line.


def explain(account: ExchangeAccount, name: str, *, gateway: Gateway, now: datetime) -> bool:
    """Write it down once, when it is all that differs; whether it was. Raises NotReached."""
    cause = CAUSE.format(name=name)
    rows = BalanceMovement.objects.filter(account=account)
    if rows.filter(cause=cause).exists():
        return False
    moved = effects(_rest(account, name, gateway))
    if not moved or not _alike(moved, reconcile.unexplained(account.pk, gateway=gateway), realised.slack(account.pk)):
        return False
    with failpoints.span("kill.rest"), transaction.atomic():
        locks.account(account.pk)
        if rows.filter(cause=cause).exists():  # another process was as quick
            return False
        for currency, amount in moved.items():
            movement = {"currency": currency, "amount": amount, "kind": BalanceMovement.Kind.FOREIGN, "cause": cause}
            rows.create(account=account, at=now, **movement)
            record("balance.moved", subject=f"account:{account.pk}", payload=movement, account_id=account.pk)
    return True


def _rest(account: ExchangeAccount, name: str, gateway: Gateway) -> Iterator[VenueFill]:
    """Executions of the kill's sales that no order of ours tells of."""
    lines = JournalEntry.objects.filter(
        subject=kill_sales.subject(name), account_id=account.pk, kind__in=kill_sales.SALES
    )
    sold = {(symbol, number): at for number, symbol, at in lines.values_list(*SAID) if number}
    known = kill_sales.ours(account.pk, (number for _, number in sold))
    rest = {order: at for order, at in sold.items() if order not in known}
    market = Instrument.objects.filter(venue=account.venue, environment=account.environment)
    for instrument in market.filter(symbol__in={symbol for symbol, _ in rest}):
        since = min(datetime.fromisoformat(at) for (symbol, _), at in rest.items() if symbol == instrument.symbol)
        fills = gateway.fills_since(symbol=instrument.symbol, since=since - EARLIER)
        mine = (fill for fill in fills if (instrument.symbol, fill.venue_order_id) in rest)
        yield from (execution.of(fill, instrument) for fill in mine)


def _alike(one: Mapping[str, Decimal], other: Mapping[str, Decimal], slack: Decimal) -> bool:
    return all(abs(one.get(c, ZERO) - other.get(c, ZERO)) <= slack for c in {*one, *other})
