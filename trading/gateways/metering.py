"""What a gateway tells of its calls: what they cost, that the venue wants fewer, and how each went."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from trading.domain.budget import Call

SLOW_DOWN: Mapping[int, float] = {418: 120.0, 429: 10.0}
# HTTP statuses by which a venue asks for fewer calls, and how long we keep still where it does not say: 418 is a ban.
SHUT_OUT, SHUT_OUT_SECS = "access too frequent", 600.0
# How Bybit words its 403 to an address that asked too often (others are told so for where they live), and how long it lasts.
RESET_HEADER, RESET_SECS = "x-bapi-limit-reset-timestamp", (0.1, 1.0, 10.0)
# When an account may ask again, milliseconds on the venue's clock; the least we wait, what without it, and the most.
ORDERS_SECS = 10.0
# The shortest stretch over which a venue counts an account's orders.
MOST_SECS = 3 * 24 * 3600.0
# The longest ban a venue knows; more than that is nonsense in a header.


class Meter(Protocol):
    """Counts the calls at one venue, for every process together."""

    def spend(self, call: Call, weight: float, *, until: datetime | None) -> None:
        """Wait until a call may be made. Raises NotSent, Unknown or Postponed where that would be too late."""

    def banned(self, secs: float) -> None:
        """The venue asked for silence."""

    def slowed(self, secs: float, *, calls: Collection[Call]) -> None:
        """The venue wants fewer such calls of this account; what closes and cancels goes out all the same."""

    def ended(self, call: Call, *, ok: bool) -> None:
        """A call was answered (ok, refusals too), or timed out or failed."""


class Unmetered:
    """Counts nothing: for whoever asks a venue by himself."""

    def spend(self, call: Call, weight: float, *, until: datetime | None) -> None:
        """Every call may be made."""

    def banned(self, secs: float) -> None:
        """Nobody else asks."""

    def slowed(self, secs: float, *, calls: Collection[Call]) -> None:
        """Nobody waits."""

    def ended(self, call: Call, *, ok: bool) -> None:
        """Nobody counts."""


def pause_secs(status: int, headers: Mapping[str, Any] | None, body: str = "") -> float:
    """How long the venue wants silence: Retry-After in seconds, else what its status means; 0: it does not."""
    if status == 403 and SHUT_OUT in body.lower():
        return SHUT_OUT_SECS
    if status not in SLOW_DOWN:
        return 0.0
    text = _header(headers, "retry-after")
    return min(float(text), MOST_SECS) if text.isdecimal() else SLOW_DOWN[status]


def reset_secs(headers: Mapping[str, Any] | None, *, now_ms: float) -> float:
    """Until when an account may not ask, seconds from now by the venue's clock."""
    least, usual, most = RESET_SECS
    text = _header(headers, RESET_HEADER)
    return min(max((float(text) - now_ms) / 1000, least), most) if text.isdecimal() else usual


def _header(headers: Mapping[str, Any] | None, name: str) -> str:
    said = {str(key).lower(): value for key, value in (headers or {}).items()}
    return str(said.get(name, "")).strip()
