"""A gateway per account and process, built at first use, after the fork; rebuilt when the account changes."""

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from project.accounts.models import Environment, ExchangeAccount
from project.accounts.vault import open_credentials
from signals.market import venues
from trading.domain.order_state import TIMING_PROFILES, TimingProfile
from trading.errors import LiveNotAllowed, NoTestnet, UnsafeEndpoint, UnsupportedVenue
from trading.gateways.base import Gateway
from trading.gateways.shelf import Shelf
from trading.services import budget
from trading.services.socket_guard import AccountGuard, ModeGuard

if TYPE_CHECKING:
    from trading.gateways.examiner import Examiner

_guard = ModeGuard()
_gateways: dict[int, tuple[datetime, Gateway]] = {}
_shelves: dict[str, Shelf] = defaultdict(Shelf)


def timing() -> TimingProfile:
    """The timing profile of this installation."""
    return TIMING_PROFILES[settings.WINDLASS.timing]


def gateway(account: ExchangeAccount) -> Gateway:
    """The account's gateway. Raises UnsupportedVenue, UnsafeEndpoint, VaultError, NotReached."""
    kept = _gateways.get(account.pk)
    if kept is None or kept[0] != account.updated_at:
        kept = _gateways[account.pk] = (account.updated_at, _build(account))
    return kept[1]


def forget() -> None:
    """Drop every gateway, and what was read of the mode: between tests, and when keys may have changed without a save."""
    _guard.forget()
    _gateways.clear()
    _shelves.clear()


def bare(account: ExchangeAccount) -> Gateway:
    """The account's gateway without the venue's markets: good for asking whether it is there at all."""
    kept = _gateways.get(account.pk)
    return kept[1] if kept and kept[0] == account.updated_at else _made(account)[0]


def examiner(account: ExchangeAccount) -> "Examiner":
    """A gateway that can be asked about the account itself; made anew each time, for keys may have changed. Raises as above."""
    from trading.gateways.examiner import Examiner

    built: Examiner
    built, client = _made(account, Examiner)
    _lend_markets(account, built, client)
    return built


def _build(account: ExchangeAccount) -> Gateway:
    built: Gateway
    built, client = _made(account)
    _lend_markets(account, built, client)
    return built


def _made(account: ExchangeAccount, kind: Any = None) -> tuple[Any, Any]:
    from trading.gateways.ccxt_gateway import CcxtGateway

    venue = venues.capability(account.venue)
    if venue is None:
        raise UnsupportedVenue(venue=account.venue)
    if account.environment == Environment.TESTNET and not venue.testnet:
        raise NoTestnet(venue=account.venue)
    _refuse_unsafe(account)
    window_ms = int(timing().receive_window.total_seconds() * 1000)
    credentials = open_credentials(account)
    client = venues.build_client(
        venue,
        credentials=credentials,
        base_url=account.base_url,
        sandbox=account.environment == Environment.TESTNET,
        receive_window_ms=window_ms,
    )
    meter = budget.meter(account, venue)
    guard = _guard if kind else AccountGuard(_guard, account.pk)  # an account is examined before it is switched on
    named: dict[str, Any] = {
        "venue": venue,
        "guard": guard,
        "clock": timezone.now,
        "meter": meter,
        "shelf": _shelf(account),
    }
    return (kind or CcxtGateway)(client, **named), client


def _refuse_unsafe(account: ExchangeAccount) -> None:
    """A paper account reaches no real host, any other account no local one, and real money only where it is allowed."""
    paper = account.environment == Environment.PAPER
    if paper != bool(account.base_url) or (paper and not venues.is_paper_url(account.base_url)):
        raise UnsafeEndpoint(environment=account.environment, url=account.base_url or "the venue's real address")
    if account.environment == Environment.LIVE and not settings.WINDLASS.live_allowed:
        raise LiveNotAllowed(account=account.name)


def _shelf(account: ExchangeAccount) -> Shelf:
    """Where the accounts of this process that trade at one address keep its markets."""
    return _shelves[f"{account.venue} {account.environment} {account.base_url}"]


def _lend_markets(account: ExchangeAccount, built: Gateway, client: Any) -> None:
    """Have the venue's markets at hand, so that ccxt never loads them by itself, inside an order call."""
    if not _shelf(account).lend(client):
        built.instruments()
