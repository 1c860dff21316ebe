"""States as words: what the glossary calls them, so that a page or a line is read and not decoded. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from trading.domain.order_state import OrderState as S
from trading.domain.vocabulary import GroupStatus

ORDER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        S.NEW: "waiting to be sent",
        S.SUBMITTING: "being sent",
        S.OPEN: "resting",
        S.PARTIALLY_FILLED: "partly filled",
        S.FILLED: "filled",
        S.CANCELLING: "being cancelled",
        S.CANCELED: "cancelled",
        S.EXPIRED: "expired",
        S.REJECTED: "rejected",
        S.UNKNOWN: "unknown, being looked up",
        S.NOT_PLACED: "not placed",
        S.NEEDS_HUMAN: "needs a person",
        S.DROPPED: "dropped",
    }
)
GROUP_WORDS: Mapping[str, str] = MappingProxyType(
    {
        GroupStatus.WAITING: "waiting for a slot",
        GroupStatus.LIVE: "resting, nothing filled",
        GroupStatus.PARTIALLY_FILLED: "partly filled",
        GroupStatus.ACTIVE: "filled",
        GroupStatus.CLOSING: "closing",
        GroupStatus.CLOSED: "closed",
        GroupStatus.DUST_CLOSED: "closed, dust written off",
        GroupStatus.FAILED: "withdrawn, nothing filled",
    }
)


def order_words(state: str) -> str:
    """The words of an order's state; an unforeseen state stands for itself."""
    return ORDER_WORDS.get(state, state)


def group_words(status: str) -> str:
    """The words of a group's status."""
    return GROUP_WORDS.get(status, status)
