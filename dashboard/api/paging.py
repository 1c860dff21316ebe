"""Pages by cursor: newest first, each page begins after the last row of the one before, however many came meanwhile."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import given

DEFAULT, MOST = 50, 200
WINDOW = 20_000
# Rows that one page of a search looks through: about a quarter of a second.


class ByCursor(BasePagination):
    """`?cursor=` is what `next` of the page before carries; `?limit=` how many rows a page has."""

    largest: ClassVar[int] = given.LARGEST_ID

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """One page, and where the next one begins."""
        self.limit = _number(request, "limit", default=DEFAULT, most=MOST)
        before = _number(request, "cursor", default=self.largest, most=self.largest)
        rows = list(self.before(queryset, before)[: self.limit + 1])
        page = rows[: self.limit]
        self.next = self.place(page[-1]) if len(rows) > self.limit else self.beyond()
        return page

    def before(self, queryset: Any, cursor: int) -> Any:
        """The rows after the cursor, in order."""
        return queryset.filter(pk__lt=cursor).order_by("-pk")

    def place(self, row: Any) -> int:
        """The cursor of a row."""
        return int(row.pk)

    def beyond(self) -> int | None:
        """Where to go on after the last row that was found; None where there is nothing."""
        return None

    def get_paginated_response(self, data: Any) -> Response:
        """The page as JSON."""
        return Response({"results": data, "next": None if self.next is None else str(self.next)})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """What a page looks like."""
        cursor = {"type": "string", "nullable": True, "description": "The cursor of the next page; null on the last."}
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": cursor},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """What may be asked."""
        limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}
        cursor = {"type": "integer", "minimum": 1, "maximum": self.largest}
        return [
            {"name": "limit", "in": "query", "required": False, "description": "Rows a page.", "schema": limit},
            {"name": "cursor", "in": "query", "required": False, "description": "`next` of the page before.", "schema": cursor},
        ]  # fmt: skip


class ByOpening(ByCursor):
    """Bars: the cursor is the second at which one opened, for they are written in any order."""

    largest = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())

    def before(self, queryset: Any, cursor: int) -> Any:
        """Those that opened earlier, the latest first."""
        return queryset.filter(opened_at__lt=datetime.fromtimestamp(cursor, UTC)).order_by("-opened_at")

    def place(self, row: Any) -> int:
        """Its opening."""
        return int(row.opened_at.timestamp())


class InWindows(ByCursor):
    """A search looks through so many rows a page and no further: a page may be empty though there is a next one."""

    floor: int = 0

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """By windows only where the view looks for something that no index knows."""
        self.in_windows = bool(view.looks_through)
        return super().paginate_queryset(queryset, request, view)

    def before(self, queryset: Any, cursor: int) -> Any:
        """The rows of one window."""
        rows = super().before(queryset, cursor)
        if not self.in_windows:
            return rows
        newest = queryset.model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.floor = max(min(cursor, newest + 1) - WINDOW, 0)
        return rows.filter(pk__gte=self.floor)

    def beyond(self) -> int | None:
        """The end of the window; None at the beginning of everything."""
        return self.floor or None


def _number(request: Request, name: str, *, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    number = given.number(text, most=most)
    if not number:
        raise ValidationError({name: f"A whole number from 1 to {most} is needed."}, code="out_of_range")
    return number
