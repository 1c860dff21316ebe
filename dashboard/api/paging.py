"""Pages by cursor: newest first, each page begins after the last row of the one before, however many came meanwhile."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

DEFAULT, MOST = 50, 200
LARGEST_ID = 2**63 - 1


class ByCursor(BasePagination):
    """`?cursor=` is what `next` of the page before carries; `?limit=` how many rows a page has."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """One page, and whether there is another."""
        self.request = request
        self.limit = _number(request, "limit", default=DEFAULT, most=MOST)
        before = _number(request, "cursor", default=LARGEST_ID, most=LARGEST_ID)
        rows = list(queryset.filter(pk__lt=before).order_by("-pk")[: self.limit + 1])
        self.more, page = len(rows) > self.limit, rows[: self.limit]
        self.last = page[-1].pk if page else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """The page as JSON."""
        return Response({"results": data, "next": self._next()})

    def _next(self) -> str | None:
        return str(self.last) if self.more else None

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
        cursor = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
        return [
            {"name": "limit", "in": "query", "required": False, "description": "Rows a page.", "schema": limit},
            {"name": "cursor", "in": "query", "required": False, "description": "`next` of the page before.", "schema": cursor},
        ]  # fmt: skip


def _number(request: Request, name: str, *, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else 0
    if not 1 <= number <= most:
        raise ValidationError({name: f"A whole number from 1 to {most} is needed."}, code="out_of_range")
    return number
