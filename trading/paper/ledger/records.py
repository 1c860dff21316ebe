"""Events as lines of text: one line per command, so a torn line never splits an order from its fills."""

import json
from collections.abc import Sequence
from typing import Any

from trading.paper.core import events
from trading.paper.core.orders import Terms
from trading.paper.core.perps import events as perps

_CODES: dict[str, type[events.Event]] = {
    "A": events.Accepted,
    "B": events.Discounted,
    "C": events.Closed,
    "D": events.Deposited,
    "E": events.Released,
    "F": events.Filled,
    "K": events.Tracked,
    "L": events.Listed,
    "M": events.Amended,
    "P": events.Priced,
    "R": events.Reserved,
    "S": events.Positioned,
    "T": events.Triggered,
    "X": events.Switched,
    "W": Terms,
    "ua": perps.AlgoAccepted,
    "uc": perps.AlgoClosed,
    "uk": perps.AlgoTracked,
    "ut": perps.AlgoTriggered,
    "UA": perps.PerpAccepted,
    "UB": perps.PerpAmended,
    "UC": perps.PerpClosed,
    "UD": perps.PerpDeposited,
    "UF": perps.PerpFilled,
    "UH": perps.Sided,
    "UI": perps.Isolated,
    "UL": perps.Leveraged,
    "UM": perps.Margined,
    "UN": perps.Insured,
    "UP": perps.PerpPriced,
    "UR": perps.PerpReserved,
    "US": perps.PerpSwitched,
    "UX": perps.Funded,
    "V": events.AtVenue,
}
_CODE_OF = {kind: code for code, kind in _CODES.items()}

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


class Unreadable(ValueError):
    """The line is not a whole record."""


def line(batch: Sequence[events.Event]) -> bytes:
    """The events of one command as one line: [[code, fields…], …]."""
    return _encode([_row(event) for event in batch]).encode() + b"\n"


def _row(event: events.Event) -> tuple[Any, ...]:
    if isinstance(event, events.AtVenue):
        return ("V", event.venue, *_row(event.event))
    return (_CODE_OF[type(event)], *event)


def _event(code: str, *fields: Any) -> events.Event:
    if code == "V":
        venue, *inner = fields
        return events.AtVenue(venue, _event(*inner))  # type: ignore[arg-type]
    return _CODES[code](*fields)


def parse(text: bytes) -> list[events.Event]:
    """The events of one line."""
    if not text.endswith(b"\n"):
        raise Unreadable("torn line")
    try:
        return [_event(*row) for row in json.loads(text)]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(str(error)) from error
