"""An overview as named pieces of HTML, and the difference between two of them as the frame a browser patches in.

A part is a list on the page (cards, groups, alerts …), a piece one keyed element of it. Pieces are rendered once, by
templates that escape everything; a frame carries the keys in order and only the pieces that changed.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from dashboard.cards import cards
from dashboard.shell import Bar
from dashboard.snapshot import GroupRow, Overview

Pieces = Mapping[str, str]
Json = dict[str, Any]
REMEMBERED = 512
# Pieces: two of each open group, and some that have just changed; a detail has 10 KB.
EMPTY = "empty"  # the key of the piece that stands where a list has no rows yet


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser at this state shows: every piece of every part, and short texts (`facts`) beside them."""

    number: int
    at: datetime
    parts: Mapping[str, Pieces]
    facts: Mapping[str, str]

    @property
    def html(self) -> dict[str, SafeString]:
        """Each part's pieces in order, for the first rendering. They come out of escaping templates."""
        return {name: mark_safe("".join(pieces.values())) for name, pieces in self.parts.items()}  # noqa: S308


def show(overview: Overview, *, demo: bool, webhook_url: str) -> Shown:
    """Render every piece; of a page that has no account to show, the bar: there is no place for more on it."""
    if overview.account is None:
        return show_bar(overview, facts=facts_of(overview))
    shared = {"overview": overview, "now": overview.at, "demo": demo, "webhook_url": webhook_url}
    parts: dict[str, Pieces] = {
        "health": {"health": _piece("health", shared)},
        "person": dict(_person(shared)),
        "unknown": _rows("unknown", overview.unknown, shared),
        "cards": {f"card-{card.key}": _piece("card", {"card": card}) for card in cards(overview.cards)},
        "curve": {
            "curve": _piece(
                "curve", {"curve": overview.curve, "quote": overview.health.quote, "sealed": overview.sealed}
            )
        },
        "alarms": _rows("alarm", overview.alarms, shared),
        "groups": dict(_groups(overview)) or _empty("groups", shared),
        "queue": _rows("waiting", overview.waiting, shared) | _rows("left", overview.left_queue, shared),
        "foreign": _rows("foreign", overview.foreign, shared),
        "closed": _rows("closed", overview.closed, shared) or _empty("closed", shared),
        "alerts": _rows("alert", overview.alerts, shared) or _empty("alerts", shared),
        "refused": _rows("refused", overview.refused, shared) or _empty("refused", shared),
    }
    return Shown(overview.number, overview.at, parts, facts_of(overview))


def show_bar(bar: Bar | Overview, *, facts: Mapping[str, str]) -> Shown:
    """The bar alone, for pages that read themselves again."""
    health = _piece("health", {"overview": bar, "now": bar.at})
    return Shown(bar.number, bar.at, {"health": {"health": health}}, facts)


def snapshot(shown: Shown) -> Json:
    """The frame that replaces everything."""
    parts = {name: _part(pieces, pieces) for name, pieces in shown.parts.items()}
    return {"type": "snapshot", "number": shown.number, **_common(shown, parts)}


def frame(before: Shown, after: Shown) -> Json:
    """The frame from one state to the next. `after` is the number it builds on: a browser elsewhere asks again."""
    changed = {name: _changes(before.parts.get(name, {}), pieces) for name, pieces in after.parts.items()}
    parts = {name: part for name, part in changed.items() if part is not None}
    return {"type": "frame", "number": after.number, "after": before.number, **_common(after, parts)}


def _common(shown: Shown, parts: Mapping[str, Json]) -> Json:
    return {"at": shown.at.isoformat(), "parts": dict(parts), "facts": dict(shown.facts)}


def _part(pieces: Pieces, sent: Pieces) -> Json:
    return {"keys": list(pieces), "rows": dict(sent)}


def _changes(before: Pieces, after: Pieces) -> Json | None:
    sent = {key: html for key, html in after.items() if before.get(key) != html}
    return _part(after, sent) if sent or list(before) != list(after) else None


def _piece(template: str, context: Mapping[str, Any]) -> str:
    return render_to_string(f"dashboard/parts/{template}.html", dict(context)).strip()


def _empty(part: str, context: Mapping[str, Any]) -> Pieces:
    return {EMPTY: _piece(f"{part}_empty", context)}


def _rows(name: str, rows: Iterable[Any], context: Mapping[str, Any]) -> dict[str, str]:
    return {f"{name}-{row.id}": _piece(name, {**context, "row": row}) for row in rows}


def _person(shared: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What waits for a person: an account that is held back, then orders that only a person can settle, then lost alerts."""
    overview: Overview = shared["overview"]
    if overview.ailment:
        yield "ailment", _piece("ailment", {**shared, "row": overview.ailment})
    yield from ((row.id, _piece("trouble", {**shared, "row": row})) for row in overview.troubles)
    yield from _rows("doubt", overview.doubts, shared).items()
    yield from _rows("lost", overview.lost, shared).items()


def _groups(overview: Overview) -> Iterator[tuple[str, str]]:
    """Two pieces a group: the row, which moves with the price, and the detail, which only orders and fills move."""
    today = overview.at.replace(hour=0, minute=0, second=0, microsecond=0)
    for row in overview.groups:
        still = (row.id, row.version)
        yield f"group-{row.id}", _remembered(_Wanted("group", (still, row.market.last, row.unrealised), today, row))
        yield f"group-{row.id}-detail", _remembered(_Wanted("group_detail", still, today, row))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A piece of a group: the same for everybody as long as its key is, on the same day."""

    template: str
    key: Hashable
    today: datetime
    row: GroupRow = field(compare=False)


@lru_cache(maxsize=REMEMBERED)
def _remembered(wanted: _Wanted) -> str:
    """Most pieces stay as they are from frame to frame."""
    return _piece(wanted.template, {"row": wanted.row, "now": wanted.today})


def facts_of(overview: Overview) -> dict[str, str]:
    """The short texts beside the parts."""
    counts = {"groups": str(len(overview.groups)), "queue": str(len(overview.waiting))}
    return counts | {"refused": f"{overview.refused_total:,}"}
