"""Why a plan was denied: a code, the numbers, a sentence, and what to do. Pure; the documentation is made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class DenialCode(StrEnum):
    """Every reason for which the gate, or what comes before it, says no."""

    ACCOUNT_UNHEALTHY = "ACCOUNT_UNHEALTHY"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    CAPITAL_TIER = "CAPITAL_TIER"
    CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
    CLOCK_OFFSET = "CLOCK_OFFSET"
    CLUSTER_EXPOSURE = "CLUSTER_EXPOSURE"
    CONSECUTIVE_LOSSES = "CONSECUTIVE_LOSSES"
    DAILY_LOSS = "DAILY_LOSS"
    DAILY_VAR = "DAILY_VAR"
    DATA_MISSING = "DATA_MISSING"
    DRAWDOWN_TIER = "DRAWDOWN_TIER"
    LEVERAGE = "LEVERAGE"
    LIVE_START_CAP = "LIVE_START_CAP"
    MAX_PYRAMIDS = "MAX_PYRAMIDS"
    MODE = "MODE"
    NOT_ARMED = "NOT_ARMED"
    OPEN_ORDER_CAP = "OPEN_ORDER_CAP"
    OPPOSITE_SIDE_OPEN = "OPPOSITE_SIDE_OPEN"
    ORDER_RATE = "ORDER_RATE"
    OTHER_QUOTE = "OTHER_QUOTE"
    POOL_FULL = "POOL_FULL"
    PORTFOLIO_HEAT = "PORTFOLIO_HEAT"
    RESERVED_FUNDS = "RESERVED_FUNDS"
    SECTOR_EXPOSURE = "SECTOR_EXPOSURE"
    SIZE_UNKNOWN = "SIZE_UNKNOWN"
    STALE = "STALE"
    STALE_PRICE = "STALE_PRICE"
    STRATEGY_EXPOSURE = "STRATEGY_EXPOSURE"
    SYMBOL_EXPOSURE = "SYMBOL_EXPOSURE"
    TOO_SOON = "TOO_SOON"
    VENUE_EXPOSURE = "VENUE_EXPOSURE"


@dataclass(frozen=True, slots=True)
class Words:
    """A code in words: {subject}, {value}, {limit} and {unit} are filled in; advice is what the trader can do."""

    sentence: str
    advice: str
    unit: str = ""


C = DenialCode
_OVER = "{subject} would stand at {value}{unit}, the limit is {limit}{unit}."
_LOWER = "Lower the capital per pyramid, close something, or raise the limit under Settings, risk."

WORDS: Mapping[DenialCode, Words] = MappingProxyType(
    {
        C.ACCOUNT_UNHEALTHY: Words(
            "Account {subject} is not healthy: {value}.", "Open the account's page and follow what it says."
        ),
        C.BELOW_MINIMUM: Words(
            "The smallest order of {subject} would be {value}{unit}, the venue wants at least {limit}{unit}.",
            "Raise the capital per pyramid or use fewer legs.",
        ),
        C.CAPITAL_TIER: Words(
            "{subject} is not part of this account's capital tier: {value}, from {limit}.",
            "Trade what the tier allows, or wait until the equity has grown.",
        ),
        C.CIRCUIT_BREAKER: Words(
            "The circuit breaker of {subject} is open after {value} errors (limit {limit}).",
            "It tries again by itself; the page Risk shows when.",
        ),
        C.CLOCK_OFFSET: Words(
            "This machine's clock is {value}{unit} away from {subject}, allowed are {limit}{unit}.",
            "Switch on time synchronisation (timedatectl set-ntp true).",
            "ms",
        ),
        C.CLUSTER_EXPOSURE: Words("Pairs that move with " + _OVER, _LOWER, "quote"),
        C.CONSECUTIVE_LOSSES: Words(
            "{subject} has lost {value} times in a row, the limit is {limit}.",
            "Look at the closed groups, then reset the counter under Risk.",
            "",
        ),
        C.DAILY_LOSS: Words(
            "{subject} has lost {value}{unit} today, the limit is {limit}{unit}.", "Entries resume tomorrow (UTC).", "%"
        ),
        C.DAILY_VAR: Words("The daily value at risk of " + _OVER, _LOWER, "%"),
        C.DATA_MISSING: Words(
            "{value} of {subject} is not known, so the check that needs it denies.",
            "Wait for the next refresh; if it stays so, the page Risk shows how old every figure is.",
        ),
        C.DRAWDOWN_TIER: Words(
            "{subject} stands {value}{unit} below its peak; entries stop at {limit}{unit}.",
            "Entries resume after the cooldown.",
            "%",
        ),
        C.LEVERAGE: Words(_OVER, "Lower the leverage or the capital per pyramid.", "×"),
        C.LIVE_START_CAP: Words(
            "{subject} would use {value}{unit} on its first day, the cap is {limit}{unit}.",
            "Wait a day, or raise live_start_cap_quote.",
            "quote",
        ),
        C.MAX_PYRAMIDS: Words(
            "{subject} holds {value} pyramids, the limit is {limit}.",
            "Raise max_pyramids or wait for the group to close.",
        ),
        C.MODE: Words(
            "The trading mode is {value}; {subject} needs {limit}.",
            "Set the mode to NORMAL when you want new positions; out of EMERGENCY lead two steps on the page Kill switch.",
        ),
        C.NOT_ARMED: Words(
            "Account {subject} is {value}; entries need it {limit}.", "Arm it on its page; exits go on meanwhile."
        ),
        C.OPEN_ORDER_CAP: Words(
            "{subject} would have {value}{unit} open orders, the venue allows {limit}.",
            "Use fewer legs or a smaller active_window.",
        ),
        C.OPPOSITE_SIDE_OPEN: Words(
            "{subject} is open on the other side ({value}) and the account holds one side at a time.",
            "Close it first, or use an account in hedge mode.",
        ),
        C.ORDER_RATE: Words(
            "{subject} would send {value} orders in a minute, the limit is {limit}.",
            "Slow the alerts down or raise order_rate_per_min.",
        ),
        C.OTHER_QUOTE: Words(
            "{subject} is priced in {value}, and the account counts in {limit}.",
            "Trade it on an account that counts in its currency: sizes, limits and results are in that alone.",
        ),
        C.POOL_FULL: Words(
            "All {limit} slots of {subject} are taken ({value} open groups).",
            "Wait for a group to close or raise max_open_groups.",
        ),
        C.PORTFOLIO_HEAT: Words(_OVER, _LOWER),
        C.RESERVED_FUNDS: Words(
            "{subject} needs {value}{unit}, free and not reserved are {limit}{unit}.",
            "Lower the capital per pyramid, close something or add funds.",
            "quote",
        ),
        C.SECTOR_EXPOSURE: Words("The sector of " + _OVER, _LOWER, "quote"),
        C.SIZE_UNKNOWN: Words(
            "The size {value} of {subject} cannot be used here; {limit}.",
            'Write for example "1% equity", "100 USDT", "0.01 base" or "risk 1%".',
        ),
        C.STALE: Words(
            "The alert for {subject} was {value}{unit} old, allowed are {limit}{unit}.",
            "Check the sender's delay, or raise max_age_secs.",
            "s",
        ),
        C.STALE_PRICE: Words(
            "The price of {subject} is {value}{unit} old, allowed are {limit}{unit}.",
            "Look at the venue's state on the page Risk; raise stale_price_secs only for slow venues.",
            "s",
        ),
        C.STRATEGY_EXPOSURE: Words("The strategy of " + _OVER, _LOWER, "quote"),
        C.SYMBOL_EXPOSURE: Words(_OVER, _LOWER, "quote"),
        C.TOO_SOON: Words(
            "{subject} had its last pyramid {value}{unit} ago, the next may come after {limit}{unit}.",
            "One pyramid per bar, and pyramid_min_gap_pct apart.",
            "s",
        ),
        C.VENUE_EXPOSURE: Words("Everything at the venue of " + _OVER, _LOWER, "quote"),
    }
)


def plain(value: object) -> str:
    """A value as a trader reads it: decimals without exponent and trailing zeros, nothing as a dash."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return "–" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal by rule. subject: what it is about; unit belongs to value and limit; advice is never empty."""

    code: DenialCode
    limit: object
    value: object
    subject: str
    advice: str
    unit: str = ""

    def sentence(self) -> str:
        """The denial in one line with its numbers and advice, for page, API and log."""
        unit = f" {self.unit}" if self.unit and self.unit != "%" else self.unit
        said = WORDS[self.code].sentence.format(
            subject=self.subject, value=plain(self.value), limit=plain(self.limit), unit=unit
        )
        return f"{said} {self.advice}"


def deny(code: DenialCode, *, subject: str, value: object, limit: object, unit: str | None = None) -> Denial:
    """A denial with its code's own advice, and its own unit unless another is given."""
    words = WORDS[code]
    return Denial(code, limit, value, subject, words.advice, words.unit if unit is None else unit)


def missing(field: str, *, subject: str) -> Denial:
    """What is not known denies: the field is named."""
    return deny(DenialCode.DATA_MISSING, subject=subject, value=field, limit=None)
