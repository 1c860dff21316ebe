"""The cards on top of the page: title, number, the small line below."""

from dataclasses import dataclass
from decimal import Decimal

from dashboard.figures import return_pct
from dashboard.formats import NOTHING, amount, percent, tone
from dashboard.snapshot import Cards, SlotBox

HIDDEN = "hidden by the seal"


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `hint` explains the number to who points at it."""

    key: str
    title: str
    value: str = ""
    tone: str = ""
    sub: str = ""
    sub_tone: str = ""
    hint: str = ""
    slots: tuple[SlotBox, ...] = ()


def cards(figures: Cards | None) -> tuple[Card, ...]:
    """The cards of an account; none before there is one."""
    if figures is None:
        return ()
    makers = (_equity, _balance, _today, _all_time, _win_rate, _open, _slots, _queue)
    return tuple(make(figures) for make in makers)


def _equity(figures: Cards) -> Card:
    missing = figures.equity.unvalued
    sub = f"{figures.quote}, without {', '.join(missing)}" if missing else figures.quote
    sub = HIDDEN if figures.hidden else sub
    hint = "Everything held at the last prices, with remainders too small to sell; so it differs a little from "
    hint += "deposits plus results."
    return Card("equity", "Equity", amount(figures.equity.total, figures.quote), sub=sub, hint=hint)


def _balance(figures: Cards) -> Card:
    sub = HIDDEN if figures.hidden else f"{amount(figures.free, figures.quote)} free"
    return Card("balance", "Balance", amount(figures.balance, figures.quote), sub=sub, hint=f"{figures.quote} held.")


def _queue(figures: Cards) -> Card:
    free = "the next goes straight in" if not figures.waiting else "slots are free: each says why it waits"
    sub = free if figures.taken < figures.pool_size else "all slots are taken"
    hint = "Signals that wait for a slot, or for a market that stands still."
    return Card("queue", "Queue", str(figures.waiting), sub=sub, hint=hint)


def _result(key: str, title: str, result: Decimal, figures: Cards, *, count: str, hint: str) -> Card:
    share = return_pct(result, figures.equity.total)
    sub = count if share is None else f"{percent(share)} · {count}"
    return Card(key, title, amount(result, figures.quote, signed=True), tone(result), sub, tone(result), hint)


def _today(figures: Cards) -> Card:
    count = f"{figures.record.closed_today} closed"
    hint = "Net result of the groups that closed since 00:00 UTC, and in percent of the equity before it."
    return _result("today", "Today", figures.record.today, figures, count=count, hint=hint)


def _all_time(figures: Cards) -> Card:
    count = f"{figures.record.closed} closed"
    hint = "Net result of all groups that have closed. What open ones have taken already counts when they close."
    return _result("all-time", "All time", figures.record.all_time, figures, count=count, hint=hint)


def _win_rate(figures: Cards) -> Card:
    record = figures.record
    rate = record.win_rate_pct
    sub = f"{record.won} of {record.closed}" if record.closed else "no group closed yet"
    value = NOTHING if rate is None else percent(rate, 1, signed=False)
    return Card("win-rate", "Win rate", value, sub=sub, hint="Closed groups that ended with a profit after fees.")


def _open(figures: Cards) -> Card:
    result = figures.unrealised
    unsaid = HIDDEN if figures.hidden else "nothing filled"
    sub = f"{amount(result, figures.quote, signed=True)} unrealised" if result is not None else unsaid
    hint = "Open position groups, and what they would bring at the last prices before exit fees."
    return Card("open", "Open groups", str(figures.open_groups), "", sub, tone(result), hint)


def _slots(figures: Cards) -> Card:
    sub = f"{figures.taken} of {figures.pool_size} taken"
    return Card("slots", "Slots", sub=sub, slots=figures.slots, hint="Each open group holds one unit of the pool.")
