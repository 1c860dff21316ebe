"""HTML as text that cannot be forgotten to escape: plain strings are escaped, `Html` is not."""

from collections.abc import Iterable
from html import escape

Content = "str | Html | Iterable[str | Html] | None"

_VOID = frozenset({"input", "link", "meta", "rect"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def inner(*content: "str | Html | Iterable[str | Html] | None") -> Html:
    """One after the other, escaped where it is plain; None is nothing."""
    return Html("".join(_text(one) for one in content))


def _text(one: "str | Html | Iterable[str | Html] | None") -> str:
    if one is None:
        return ""
    if isinstance(one, Html):
        return str(one)
    return escape(one) if isinstance(one, str) else "".join(_text(part) for part in one)


def tag(element: str, /, *content: "str | Html | Iterable[str | Html] | None", **attributes: str | bool | None) -> Html:
    """An element. `cls` is its class, an underscore in a name a hyphen; True is a bare attribute, False and None none."""
    told = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    return Html(f"<{element}{told}>" if element in _VOID else f"<{element}{told}>{inner(*content)}</{element}>")


def _attribute(key: str, value: object) -> str:
    name = {"cls": "class", "of": "for"}.get(key, key.replace("_", "-"))
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def table(caption: str, heads: Iterable[tuple[str, str]], rows: Iterable[Html], *, empty: str) -> Html:
    """A table of (heading, class) columns; without rows its own empty state."""
    body = list(rows)
    if not body:
        return tag("p", empty, cls="empty")
    head = tag("tr", [tag("th", word, cls=kind or None, scope="col") for word, kind in heads])
    return tag("div", tag("table", tag("caption", caption), tag("thead", head), tag("tbody", body)), cls="scroll")


def row(*cells: tuple["str | Html", str]) -> Html:
    """A row of (content, class) cells."""
    return tag("tr", [tag("td", content, cls=kind or None) for content, kind in cells])


def panel(
    title: str, *content: "str | Html | Iterable[str | Html] | None", name: str, aside: "str | Html" = ""
) -> Html:
    """A framed part of the page; `name` is how the live update finds it."""
    head = tag("header", tag("h2", title), tag("span", aside, cls="muted small"))
    return tag("section", head, *content, cls="panel", id=name, data_live=True)
