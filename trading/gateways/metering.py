"""What a gateway tells of its calls: what they cost, that the venue wants fewer, and how each went."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from trading.domain.budget import Call

SLOW_DOWN: Mapping[int, float] = {418: 120.0, 429: 10.0}
# HTTP statuses by which a venue asks for fewer calls, and how long we keep still where it does not say: 418 is a ban.
MOST_SECS = 3 * 24 * 3600.0
# The longest ban a venue knows; more than that is nonsense in a header.


class Meter(Protocol):
    """Counts the calls at one venue, for every process together."""

    def spend(self, call: Call, weight: float, *, until: datetime | None) -> None:
        """Wait until a call may be made. Raises NotSent, Unknown or Postponed where that would be too late."""

    def banned(self, secs: float) -> None:
        """The venue asked for silence."""

    def ended(self, call: Call, *, ok: bool) -> None:
        """A call was answered (ok, refusals too), or timed out or failed."""


class Unmetered:
    """Counts nothing: for whoever asks a venue by himself."""

    def spend(self, call: Call, weight: float, *, until: datetime | None) -> None:
        """Every call may be made."""

    def banned(self, secs: float) -> None:
        """Nobody else asks."""

    def ended(self, call: Call, *, ok: bool) -> None:
        """Nobody counts."""


def pause_secs(status: int, headers: Mapping[str, Any] | None) -> float:
    """How long the venue wants silence: Retry-After in seconds, else what its status means."""
    said = {str(name).lower(): value for name, value in (headers or {}).items()}.get("retry-after", "")
    text = str(said).strip()
    return min(float(text), MOST_SECS) if text.isdecimal() else SLOW_DOWN[status]
