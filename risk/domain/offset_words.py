"""Why an offset does not happen, or not yet: a code, the numbers, when it will be, and what to do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import ceil
from types import MappingProxyType

from risk.domain.denial import plain


class OffsetCode(StrEnum):
    """Every reason for which a group is not offset now, and every way in which a run may end."""

    ACCOUNT_NOT_READY = "ACCOUNT_NOT_READY"
    BOOK_STALE = "BOOK_STALE"
    BOOK_THIN = "BOOK_THIN"
    BUDGET_SPENT = "BUDGET_SPENT"
    EQUITY_UNKNOWN = "EQUITY_UNKNOWN"
    GROUP_BLOCKED = "GROUP_BLOCKED"
    GROUP_BUSY = "GROUP_BUSY"
    GROUP_CLOSING = "GROUP_CLOSING"
    LOSER_CLOSED_ELSEWHERE = "LOSER_CLOSED_ELSEWHERE"
    LOSER_TOO_SMALL = "LOSER_TOO_SMALL"
    LOSS_GREW = "LOSS_GREW"
    LOSS_TOO_SMALL = "LOSS_TOO_SMALL"
    LOSS_TOO_YOUNG = "LOSS_TOO_YOUNG"
    MODE = "MODE"
    NOBODY_PAID = "NOBODY_PAID"
    NO_LOSS = "NO_LOSS"
    NO_WINNERS = "NO_WINNERS"
    OFFSET = "OFFSET"
    PRICE_UNKNOWN = "PRICE_UNKNOWN"
    PYRAMIDS_INCOMPLETE = "PYRAMIDS_INCOMPLETE"
    QUOTE_DIFFERS = "QUOTE_DIFFERS"
    RUN_IN_PROGRESS = "RUN_IN_PROGRESS"
    SKIPPED = "SKIPPED"
    TIMER_NOT_STARTED = "TIMER_NOT_STARTED"
    TIMER_RUNNING = "TIMER_RUNNING"
    WINNER_FELL = "WINNER_FELL"


@dataclass(frozen=True, slots=True)
class OffsetWords:
    """A code in words: {value} and {limit} are filled in; advice is what the trader can do."""

    sentence: str
    advice: str
    unit: str = ""


C = OffsetCode
QUOTE, SECONDS = "quote", "s"
# Units that are said another way: by the account's currency, in whole numbers.

OFFSET_WORDS: Mapping[OffsetCode, OffsetWords] = MappingProxyType(
    {
        C.ACCOUNT_NOT_READY: OffsetWords(
            "The account is not ready: {value}; it needs {limit}.", "Open its page and follow what it says."
        ),
        C.BOOK_STALE: OffsetWords(
            "The order book is {value} old, {limit} are allowed.",
            "It is read again every 10 s; if it stays so, the account's venue is not well: the bar on top says what.",
            SECONDS,
        ),
        C.BOOK_THIN: OffsetWords(
            "The book takes {value}, the group holds {limit}.", "Wait for a deeper book, or close in parts by hand."
        ),
        C.BUDGET_SPENT: OffsetWords(
            "It could cost {value}, {limit} are left of today's budget.",
            "Raise loss_budget_pct, wait for better winners, or for tomorrow (UTC).",
            QUOTE,
        ),
        C.EQUITY_UNKNOWN: OffsetWords(
            "The equity is not known, so neither is the loss budget.", "Wait for the next look at the balances."
        ),
        C.GROUP_BLOCKED: OffsetWords("The group is blocked by hand.", "Unblock it, and the rest of this list counts."),
        C.GROUP_BUSY: OffsetWords("The group has {value} under way.", "Wait until its orders are settled."),
        C.GROUP_CLOSING: OffsetWords("The group is closing already.", "Nothing is to be done."),
        C.LOSER_CLOSED_ELSEWHERE: OffsetWords(
            "A stop, an exit signal or a person closed the losing group first.", "What the winners earned is kept."
        ),
        C.LOSER_TOO_SMALL: OffsetWords(
            "The group holds {value}, the venue sells at least {limit}.", "What is left is written off when it closes."
        ),
        C.LOSS_GREW: OffsetWords(
            "The loss would be {value} beyond what winners paid, {limit} were agreed.",
            "What the winners earned is kept and counts for the next try.",
            QUOTE,
        ),
        C.LOSS_TOO_SMALL: OffsetWords(
            "It stands at {value}, it counts from {limit} on.", "Nothing is to be done.", "%"
        ),
        C.LOSS_TOO_YOUNG: OffsetWords(
            "The loss has lasted {value}, {limit} are wanted.", "Wait, or lower min_loss_age_minutes.", "min"
        ),
        C.MODE: OffsetWords("The trading mode is {value}; an offset needs {limit}.", "The mode's own exits go on."),
        C.NOBODY_PAID: OffsetWords(
            "No winner could pay: each was closed, blocked, or fell below what was agreed.",
            "Nothing was sold for it; it is tried again after a minute.",
        ),
        C.NO_LOSS: OffsetWords("By the book, closing it now brings {value}: no loss.", "Nothing is to be done.", QUOTE),
        C.NO_WINNERS: OffsetWords(
            "No other group of the account can pay: {value} stand in profit after fees.", "Wait for a winner.", ""
        ),
        C.OFFSET: OffsetWords("Done: the winners paid and the losing group was closed.", "Nothing is to be done."),
        C.PRICE_UNKNOWN: OffsetWords(
            "The price is {value} old, {limit} are allowed.", "The bar on top says what the venue lacks.", SECONDS
        ),
        C.PYRAMIDS_INCOMPLETE: OffsetWords(
            "The group has {value} of {limit} pyramids.",
            "Wait for the others, or switch require_full_pyramids off.",
        ),
        C.QUOTE_DIFFERS: OffsetWords(
            "The pair is priced in {value}, the account counts in {limit}.",
            "Only pairs in the account's quote are offset: the loss budget is counted in it.",
        ),
        C.RUN_IN_PROGRESS: OffsetWords("The group is part of offset {value}.", "It ends by itself."),
        C.SKIPPED: OffsetWords(
            "It is left alone for now: a person skipped it, or a try has just been broken off.",
            "It counts again after that.",
        ),
        C.TIMER_NOT_STARTED: OffsetWords(
            "The timer has not started: {value} of {limit}.", "See timer_start under Settings, offset."
        ),
        C.TIMER_RUNNING: OffsetWords(
            "The timer has run {value} of {limit}.", "Wait, or lower post_full_wait_minutes.", "min"
        ),
        C.WINNER_FELL: OffsetWords(
            "The winner stands below what was agreed, or below its cost.",
            "It is let be, and its targets rest as before.",
        ),
    }
)


def done_words(*, cost: Decimal, quote: str) -> str:
    """How a run that closed the loser went; cost: what no winner paid for and the day's loss budget bore, quote."""
    if cost <= 0:
        return NotNow(OffsetCode.OFFSET).sentence()
    return f"Done in part: the losing group was closed, {plain(round(cost, 2))} {quote} of it paid by the loss budget."


@dataclass(frozen=True, slots=True)
class NotNow:
    """One reason why a group is not offset. ready_at: when it falls away by itself; None where that is not known."""

    code: OffsetCode
    value: object = None
    limit: object = None
    ready_at: datetime | None = None

    def sentence(self, quote: str = QUOTE) -> str:
        """The reason in one line with its numbers and advice, for page, API and log; quote: in which currency."""
        said = OFFSET_WORDS[self.code]
        unit = {"": "", QUOTE: f" {quote}"}.get(said.unit, f" {said.unit}")
        numbers = {"value": f"{_told(self.value, said.unit)}{unit}", "limit": f"{_told(self.limit, said.unit)}{unit}"}
        return f"{said.sentence.format(**numbers)} {said.advice}"


def _told(value: object, unit: str) -> str:
    """An age in whole seconds, never less than it is; anything else as it is."""
    return plain(ceil(value) if unit == SECONDS and isinstance(value, Decimal) else value)
