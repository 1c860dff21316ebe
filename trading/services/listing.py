"""Markets that their venue halts or closes: noticed, journalled, and what may still be done there."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from project.accounts.models import Environment, ExchangeAccount
from project.journal.record import Event, record_all
from signals.listing import GONE, HALTS, MarketState, market_state
from signals.market.instruments import InstrumentFacts
from signals.models import Instrument
from signals.verdict import Outcome, Verdict
from trading.domain.listing import PERMITS, said

NOT_LISTED = Q(instrument__active=False, instrument__status=GONE)
# The venue does not know these markets any more: whoever asks about one is told nothing about anything.
HALTED = Q(instrument__active=False, instrument__status__in=sorted(HALTS)) | NOT_LISTED
# Orders of these markets stay here until they trade again.
KINDS: Mapping[bool, str] = {True: "market.resumed", False: "market.stopped"}


def state_of(instrument: Instrument | InstrumentFacts) -> MarketState:
    """What the venue does with a market."""
    return market_state(active=instrument.active, status=instrument.status)


def refusal(account: ExchangeAccount, instrument: InstrumentFacts) -> Verdict | None:
    """Why nothing new is entered in a market now; None while it trades."""
    state = state_of(instrument)
    if PERMITS[state].enters:
        return None
    venue, paper = account.venue.capitalize(), account.environment == Environment.PAPER
    words = said(state, venue=venue, symbol=instrument.symbol, since=None, paper=paper)
    return Verdict(Outcome.NOT_TRADABLE, words, {"symbol": instrument.symbol, "state": state})


def note_changes(account: ExchangeAccount, listed: Collection[str], *, now: datetime) -> None:
    """After a refresh: markets that the venue lists no more, and since when those that do not trade stand still."""
    rows = Instrument.objects.filter(venue=account.venue, environment=account.environment)
    with transaction.atomic():
        rows.exclude(symbol__in=listed).exclude(active=False, status=GONE).update(active=False, status=GONE)
        stopped = rows.filter(active=False, stopped_at=None)
        resumed = rows.filter(active=True).exclude(stopped_at=None)
        _tell(account, dict(stopped.values_list("symbol", "status")), resumed=False)
        _tell(account, dict(resumed.values_list("symbol", "status")), resumed=True)
        stopped.update(stopped_at=now)
        resumed.update(stopped_at=None)


def _tell(account: ExchangeAccount, changed: Mapping[str, str], *, resumed: bool) -> None:
    """Into the journal where something of ours is open, or waits."""
    if not changed:
        return
    ours = Q(groups__isnull=False, groups__closed_at=None) | Q(queue__isnull=False, queue__ended_at=None)
    rows = Instrument.objects.filter(ours, venue=account.venue, environment=account.environment, symbol__in=changed)
    symbols = sorted(set(rows.values_list("symbol", flat=True)))
    subject = f"market:{account.venue}:{account.environment}"
    facts = {symbol: {"symbol": symbol, "status": changed[symbol]} for symbol in symbols}
    record_all(Event(KINDS[resumed], f"{subject}:{symbol}", facts[symbol]) for symbol in symbols)
