"""Maintenance: a venue that says so itself. Nothing is sent until it answers and has been reconciled."""

import logging

from django.utils import timezone

from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from trading.errors import InMaintenance, KeysRefused, NotReached, WindlassError
from trading.services import connect

log = logging.getLogger(__name__)

MAINTENANCE = InMaintenance.code


def in_maintenance(account: ExchangeAccount) -> bool:
    """Whether the account's venue has said so, and has not been reconciled since."""
    return account.health == MAINTENANCE


def diagnosed(account: ExchangeAccount, error: NotReached) -> NotReached:
    """A venue that could not be asked: the same error, or InMaintenance where its status page says so."""
    if isinstance(error, KeysRefused) or not (isinstance(error, InMaintenance) or _says_so(account)):
        return error
    since = timezone.now()
    return InMaintenance(venue=account.venue.capitalize(), since=f"{since:%d %b %H:%M} UTC", error="", detail="")


def _says_so(account: ExchangeAccount) -> bool:
    """Ask the page that answers while nothing else does; a venue without one, or that is silent, has not said so."""
    try:
        return connect.bare(account).in_maintenance()
    except (VaultError, WindlassError) as error:
        log.info("account %s: no word of maintenance: %s", account.pk, error)
        return False
