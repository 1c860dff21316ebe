"""States as words: what the glossary calls them, so that a page is read and not decoded. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from trading.domain.admission import QueueRule
from trading.domain.exit_view import ExitReason
from trading.domain.order_state import OrderState as S
from trading.domain.refusal import plain
from trading.domain.vocabulary import Purpose, TakeProfitMode
from trading.domain.words import GROUP_WORDS, ORDER_WORDS, group_words, order_words

__all__ = ["GROUP_WORDS", "ORDER_WORDS", "group_words", "order_words"]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order as the words need it; quantities in base."""

    purpose: str
    state: str
    qty: Decimal
    filled_qty: Decimal
    code: str = ""


CLOSE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "DELISTED": "the venue closed the market",
        "EXIT_SIGNAL": "exit signal",
        "FLATTEN": "flattened",
        "KILL": "the kill switch",
        "NEVER_FILLED": "nothing filled",
        "OFFSET": "offset, winners paid",
        "OFFSET_PAID": "paid for a loser (offset)",
        "REDUCED_WHOLE": "reduced to nothing",
        "STOPPED_AT_VENUE": "stop at the venue",
        "TARGETS_TAKEN": "targets taken",
    }
)
ORDER_CODE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "BOOKS_DIFFER": "The account's executions differ from the venue's: a person looks",
        "BY_HAND": "Withdrawn by a person",
        "FORGOTTEN": "The venue shows it no more, and it may have filled: a person looks",
        "GROUP_CLOSING": "Withdrawn because its group closes",
        "MARKET_GONE": "The venue closed the market",
        "MODE": "Stopped on its way: the trading mode or the kill switch forbade it",
        "NO_NUMBER": "It triggered, and the venue names no order that it became: that is looked for",
        "OTHER_ORDER": "The venue has another order under its number: a person looks",
        "REPRICED": "Taken back, to be placed at another price",
        "RESIZED": "Taken back, to be placed with another quantity",
        "SENDER_GONE": "The process that sent it did not come back: it is looked up",
        "STALE": "It could not leave for 60 s, so it was dropped",
        "TOO_LATE": "Stopped on its way: past its validity",
    }
)
BY_HAND = "BY_HAND"  # followed by who
OFFSET_PARTLY = "OFFSET_PARTLY"  # followed by what winners did not pay, quote
MODE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        TakeProfitMode.PER_LEG: "leg by leg, each at its own target",
        TakeProfitMode.AGGREGATE: "all at once, at one target for the whole group",
        TakeProfitMode.HYBRID: "leg by leg or all at once, whichever comes first",
    }
)
# What ends a loss, of everything that is watched.
STOPS = frozenset(reason for reason in ExitReason if reason.startswith("STOP_"))
WATCH_WORDS: Mapping[str, str] = MappingProxyType(
    {
        ExitReason.AGGREGATE_TARGET: "aggregate target",
        ExitReason.STOP_ALERT: "the alert's stop",
        ExitReason.STOP_ATR: "ATR stop",
        ExitReason.STOP_BREAK_EVEN: "break-even stop",
        ExitReason.STOP_EMERGENCY: "emergency stop",
        ExitReason.STOP_FIXED: "fixed stop",
        ExitReason.STOP_SUPPORT: "support stop",
        ExitReason.STOP_TRAILING: "trailing stop",
        ExitReason.TIME_EXIT: "time exit",
    }
)
HEALTH_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "BOOKS_DIFFER": "executions differ from the venue's",
        "CLOCK_OFFSET": "our clock and the venue's differ too much",
        "KEYS_REFUSED": "the venue refused the keys",
        "LIVE_NOT_ALLOWED": "live money is not allowed here",
        "MAINTENANCE": "in maintenance",
        "POSITION_DIFFERS": "the venue's position is not ours",
        "SECOND_ENGINE": "another engine trades this account",
        "UNSAFE_ENDPOINT": "its address is not allowed",
        "UNSUPPORTED_VENUE": "this venue is not known",
        "VAULT_CLOSED": "its keys cannot be opened",
        "VENUE_NOT_REACHED": "does not answer",
    }
)
VENUE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "binance": "Binance",
        "binanceusdm": "Binance futures",
        "bybit": "Bybit futures",
        "kucoinfutures": "KuCoin futures",
    }
)
RANK_WORDS: Mapping[QueueRule, str] = MappingProxyType(
    {
        QueueRule.CONTINUATION: "it continues an open group",
        QueueRule.DEEPEST_LOSS: "its price moved further in our favour",
        QueueRule.REPLACEMENTS: "it was replaced more often",
        QueueRule.FIRST_IN: "it has waited longer",
    }
)
# Worst first: of several targets of a leg the one that needs attention gives the word.
TARGET_WORDS = (
    (S.NEEDS_HUMAN, "target needs a person"),
    (S.UNKNOWN, "target unknown, being looked up"),
    (S.PARTIALLY_FILLED, "target partly taken"),
    (S.OPEN, "target resting"),
    (S.CANCELLING, "target being cancelled"),
    (S.SUBMITTING, "target being sent"),
    (S.NEW, "target waiting to be sent"),
)


def close_words(reason: str) -> str:
    """Why a group closed, in words; a code without its own becomes plain text."""
    code, _, who = reason.partition(" ")
    if code == BY_HAND:
        return f"by hand, {who}" if who else "by hand"
    if code == OFFSET_PARTLY:
        return f"offset, winners paid partly, about {who or 'a part'} of it from the loss budget"
    return CLOSE_WORDS.get(reason) or WATCH_WORDS.get(reason) or reason.replace("_", " ").lower()


def mode_words(mode: str) -> str:
    """How a group takes profit, in words."""
    return MODE_WORDS.get(mode, mode)


def watch_words(kind: str) -> str:
    """The name of a watched exit; an unforeseen one becomes plain text."""
    return WATCH_WORDS.get(kind, kind.replace("_", " ").lower())


def rank_words(rule: QueueRule, *, ahead_of: int) -> str:
    """Why a waiting signal stands before the next one."""
    return f"before {ahead_of}: {RANK_WORDS[rule]}"


def health_words(code: str, detail: str) -> str:
    """What ails an account: the sentence the engine left, or the code's words."""
    return detail or HEALTH_WORDS.get(code, code.replace("_", " ").lower())


def venue_words(name: str) -> str:
    """A venue as its customers call it; an unforeseen one by its ccxt name."""
    return VENUE_WORDS.get(name, name.capitalize())


def filled_by(orders: Sequence[OrderLine], *, entry: bool) -> Decimal:
    """What a leg's entries (or everything that closes it) have filled, base."""
    return sum((o.filled_qty for o in orders if (o.purpose == Purpose.ENTRY) is entry), Decimal(0))


def leg_words(orders: Sequence[OrderLine], *, ended: bool, shared: bool = False) -> str:
    """The state of a leg from its orders, oldest first; leg_code() has its reason.

    ended: its group is over; shared: a target of the whole group rests, or a ladder of them.
    """
    entries = [order for order in orders if order.purpose == Purpose.ENTRY]
    if not entries:
        return "planned"
    entry, filled = entries[-1], filled_by(orders, entry=True)
    if filled == 0:
        return order_words(entry.state)
    said = "filled" if entry.state == S.FILLED else f"filled {plain(filled)} of {plain(entry.qty)}"
    exit_said = _exit_words(orders, ended=ended, shared=shared)
    return exit_said if exit_said in ("target taken", "closed") else f"{said}, {exit_said}"


def leg_code(orders: Sequence[OrderLine]) -> str:
    """The code beside the words of a leg of which nothing filled: why its entry ended, or what holds it up."""
    entries = [order for order in orders if order.purpose == Purpose.ENTRY]
    return entries[-1].code if entries and filled_by(orders, entry=True) == 0 else ""


def code_words(code: str) -> str:
    """What one of our own codes of an order means; nothing for a venue's."""
    return ORDER_CODE_WORDS.get(code, "")


def _exit_words(orders: Sequence[OrderLine], *, ended: bool, shared: bool) -> str:
    targets = [order for order in orders if order.purpose == Purpose.TARGET]
    working = {order.state for order in targets}
    if targets and targets[-1].state == S.FILLED and working <= {S.FILLED, S.CANCELED, S.EXPIRED}:
        return "target taken"
    rest = "closed" if ended else "in the group's target" if shared else "no target yet"
    return next((text for state, text in TARGET_WORDS if state in working), rest)


def leg_mark(orders: Sequence[OrderLine], *, ended: bool = False) -> str:
    """The small box of a leg: `t` target taken, `f` filled, `s` sold with its group, empty while nothing is filled."""
    if filled_by(orders, entry=True) == 0:
        return ""
    taken = any(order.purpose == Purpose.TARGET and order.state == S.FILLED for order in orders)
    return "t" if taken else "s" if ended else "f"
