"""The sums behind the cards: equity, unrealised result, win rate, how late a part is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Equity:
    """An account's balances in its quote currency; `unvalued` names currencies that have no price."""

    total: Decimal | None
    unvalued: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What groups have brought so far, quote: `today` of those closed today, `all_time` of all that closed."""

    today: Decimal
    closed_today: int
    all_time: Decimal
    won: int
    closed: int

    @property
    def win_rate_pct(self) -> Decimal | None:
        """Closed groups with a profit, in percent; None before the first one closed."""
        return HUNDRED * self.won / self.closed if self.closed else None


def equity(balances: Mapping[str, Decimal], *, quote: str, prices: Mapping[str, Decimal]) -> Equity:
    """Balances valued by the last prices; `prices` is by base currency, in the quote. No balances: no equity."""
    known = {currency: Decimal(1) if currency == quote else prices.get(currency) for currency in balances}
    unvalued = tuple(sorted(c for c, held in balances.items() if held and known[c] is None))
    total = sum((held * (known[c] or 0) for c, held in balances.items()), Decimal(0))
    return Equity(total if balances else None, unvalued)


def share_pct(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Part ÷ whole in percent; None where there is no whole."""
    return HUNDRED * part / whole if part is not None and whole else None


def distance_pct(level: Decimal | None, *, price: Decimal | None) -> Decimal | None:
    """How far a level is from the price, in percent of the price; None where either is not known."""
    return None if level is None or not price else HUNDRED * (level - price) / price


def return_pct(result: Decimal, equity_now: Decimal | None) -> Decimal | None:
    """A result in percent of the equity it started from: result ÷ (equity − result)."""
    return share_pct(result, equity_now - result) if equity_now is not None else None


def late_secs(at: datetime | None, *, now: datetime, limit_secs: float) -> float | None:
    """By how much something is late, seconds; None while it is in time or was never seen."""
    overdue = (now - at).total_seconds() - limit_secs if at else 0.0
    return overdue if overdue > 0 else None
