"""Testing an account's connection by hand: address, clock, keys, markets, each asked of the venue; nothing is changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from project.journal.record import plain
from signals.market import venues
from trading.errors import WindlassError
from trading.gateways.base import Gateway
from trading.services import connect, reconcile

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question brought, in words."""

    name: str
    said: str
    well: bool = True


def probe(account: ExchangeAccount, *, clock: Clock) -> tuple[Answer, ...]:
    """Every question in its order, up to the first that fails. Takes seconds: never inside a transaction."""
    answers: list[Answer] = []
    try:
        gateway = connect.gateway(account)
        for name, question in QUESTIONS.items():
            if said := question(account, gateway, clock):
                answers.append(Answer(name, said))
    except VaultError as error:
        answers.append(Answer("keys", f"cannot be opened: {error}", well=False))
    except WindlassError as error:
        answers.append(Answer(error.code, f"{error}.", well=False))
    return tuple(answers)


def _clock(account: ExchangeAccount, gateway: Gateway, clock: Clock) -> str:
    """How fast it answers, and how far its clock is from ours."""
    offset, trip = reconcile.clock_offset(gateway, clock)
    trip_ms, offset_ms = trip.total_seconds() * 1000, offset.total_seconds() * 1000
    return f"{account.venue} answered within {trip_ms:.0f} ms; its clock is {offset_ms:+.0f} ms from ours"


def _keys(account: ExchangeAccount, gateway: Gateway, _: Clock) -> str:
    """The balances: only good keys are told them."""
    held = {report.currency: report for report in gateway.balances() if report.total}
    quote = held.get(account.quote)
    total, free = (quote.total, quote.free) if quote else (Decimal(0), Decimal(0))
    return f"accepted; {plain(total)} {account.quote} held, {plain(free)} free; {len(held)} currencies"


def _positions(account: ExchangeAccount, gateway: Gateway, _: Clock) -> str:
    """Open futures positions; empty on spot."""
    venue = venues.capability(account.venue)
    return f"{len(gateway.positions())} open" if venue and venue.derivative else ""


def _markets(account: ExchangeAccount, gateway: Gateway, _: Clock) -> str:
    """How many markets may be traded in the account's currency."""
    listed = [report for report in gateway.instruments() if report.active]
    return f"{sum(report.quote == account.quote for report in listed)} of {len(listed)} are in {account.quote}"


QUESTIONS: dict[str, Callable[[ExchangeAccount, Gateway, Clock], str]] = {
    "connection": _clock,
    "keys": _keys,
    "positions": _positions,
    "markets": _markets,
}
