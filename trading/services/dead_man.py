"""The venue's own dead-man switch: it cancels resting orders when it has not heard of us for a while.

It cancels plain orders, targets too, and never flattens: so it is set only on markets where nothing but entries rests,
and it is off unless the account's `dead_man_secs` says otherwise.
"""

import logging
from datetime import datetime

from project.accounts.models import ExchangeAccount
from signals.market import venues
from trading.domain.order_state import RESTING
from trading.domain.vocabulary import Purpose
from trading.errors import NotReached
from trading.gateways.base import Gateway
from trading.models import Order
from trading.services.desk import Desk

log = logging.getLogger(__name__)


def renew(account: ExchangeAccount, *, gateway: Gateway, now: datetime) -> tuple[str, ...]:
    """Say again that we live, for every market of the account where only entries rest; which. Called every few seconds."""
    venue, modes = venues.capability(account.venue), Desk(account, now).settings("").modes
    secs = modes.dead_man_secs
    if secs is None or venue is None or not venue.dead_man_call:
        return ()
    guarded, freed = markets(account.pk)
    for symbol in (*guarded, *freed):
        _say(gateway, symbol, secs if symbol in guarded else 0)
    return guarded


def markets(account_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Markets where nothing but entries rests, and those where something else does: there the switch is taken back."""
    rows = Order.objects.filter(account_id=account_id, state__in=sorted(RESTING), trigger_price=None)
    purposes: dict[str, set[str]] = {}
    for symbol, purpose in rows.values_list("instrument__symbol", "purpose").distinct().order_by():
        purposes.setdefault(symbol, set()).add(purpose)
    only = {symbol for symbol, found in purposes.items() if found == {Purpose.ENTRY}}
    return tuple(sorted(only)), tuple(sorted(purposes.keys() - only))


def _say(gateway: Gateway, symbol: str, secs: int) -> None:
    try:
        gateway.dead_man(symbol, secs=secs)
    except NotReached as error:  # said again at the next tick; if not, the venue does what it was told
        log.warning("the dead-man switch of %s was not renewed: %s", symbol, error)
