"""Fits of volatility and correlations, account after account, in a process of their own that a worker's bell starts."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from project.accounts.models import ExchangeAccount
from risk import volatility
from risk.volatility import Ask, FitFailed
from trading.services import candles
from trading.services.alone import alone

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
BELL = "refit_volatility"
SPAN = 2 * volatility.CHILD_LIMIT + timedelta(minutes=1)
# Two questions to the child, volatility and correlations, and what is read and written around them.


def make_all(*, clock: Clock = timezone.now, ask: Ask = volatility.child) -> None:
    """Fit what is due of every account; one whose fit fails keeps its old fits and holds up no other."""
    for account in ExchangeAccount.objects.order_by("id"):
        if candles.fits_due(account, now=clock()):
            make(account, clock=clock, ask=ask)


def make(account: ExchangeAccount, *, clock: Clock = timezone.now, ask: Ask = volatility.child) -> None:
    """Fit what is due of the account, unless another process does."""
    alone(f"fits:{account.pk}", lambda: _fitted(account, clock, ask), span=SPAN)


def _fitted(account: ExchangeAccount, clock: Clock, ask: Ask) -> None:
    try:
        candles.refit(account, clock=clock, ask=ask)
    except FitFailed as error:
        log.warning("account %s keeps its old fits: %s", account.pk, error)
