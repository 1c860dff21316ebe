"""Addresses of a page with one thing of its query changed: another order, another row unfolded, the next page."""

from django import template
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def query_with(query: QueryDict, **changes: object) -> str:
    """`{% query_with query page=2 %}`: the same query with some fields set; an empty value takes one out."""
    changed = query.copy()
    for name, value in changes.items():
        changed[name] = str(value)
        if value in ("", None):
            del changed[name]
    return f"?{changed.urlencode()}"


@register.simple_tag
def toggled(query: QueryDict, row_id: int) -> str:
    """The same page with one row folded or unfolded (`open` names the unfolded ones)."""
    shown = [part for part in query.get("open", "").split(",") if part]
    name = str(row_id)
    wanted = [part for part in shown if part != name] if name in shown else [*shown, name]
    return query_with(query, open=",".join(wanted))


@register.simple_tag
def sort_head(query: QueryDict, sort: str, name: str, title: str, css: str = "") -> SafeString:
    """A table head that sorts: largest first, then smallest first; the one that holds is marked."""
    to = name if sort == f"-{name}" else f"-{name}"
    mark, order = {f"-{name}": (" ↓", "descending"), name: (" ↑", "ascending")}.get(sort, ("", "none"))
    return format_html(
        '<th scope="col" class="{}" aria-sort="{}"><a class="sort" data-go href="{}">{}{}</a></th>',
        css, order, query_with(query, sort=to), title, mark,
    )  # fmt: skip
