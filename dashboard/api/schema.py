"""The OpenAPI schema: what DRF cannot know of our views, and the problems every operation may answer."""

import json
from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from dashboard.api import idempotency
from dashboard.api.problems import SCHEMA
from dashboard.problems import MEDIA_TYPE

VERBS = {"POST": "post", "PUT": "put", "PATCH": "change", "DELETE": "delete"}
UNSAFE = ("post", "put", "patch", "delete")
KEY_HELP = "Any text of your own. The same key and request again: the first answer again, nothing is done twice."
COMMON = {
    "401": "Nobody is logged in.",
    "403": "The scope does not reach so far.",
    "404": "There is no such thing, or it is not yours.",
    "429": "Too often.",
}
OF_WRITES = {
    "400": "The body is no JSON.",
    "409": "Not possible now; the code says why.",
    "413": "The body is too large.",
    "415": "The body is no application/json.",
}
ALWAYS = {"422": "Something in it cannot be taken.", "503": "The database is away or busy."}


class Schema(AutoSchema):
    """Queries, the Idempotency-Key, and names that a client's functions can have."""

    def get_override_parameters(self) -> list[Any]:
        """A list's query, and the key of a write."""
        found: list[Any] = list(super().get_override_parameters())
        query = getattr(self.view, "query_class", None)
        if query is not None and getattr(self.view, "action", "") in ("list", None, "") and self.method == "GET":
            found.append(query)
        if self.method.lower() in UNSAFE and getattr(self.view, "keeps_answers", False):
            found.append(OpenApiParameter(idempotency.HEADER, str, OpenApiParameter.HEADER, description=KEY_HELP))
        return found

    def get_operation_id(self) -> str:
        """`groups_list`, `groups_get`, `groups_close`, `mode_get`: what a client's functions are called."""
        parts = self.path.removeprefix("/api/v1/").strip("/").split("/")
        words = [part.replace("-", "_") for part in parts if not part.startswith("{")]
        if self.method == "GET":
            return "_".join([*words, "list" if self._is_list_view() else "get"])
        deed = self.method == "POST" and len(words) > 1
        return "_".join(words if deed else [*words, VERBS[self.method]])

    def _is_list_view(self, serializer: Any = None) -> bool:
        """A list is what pages; a view that answers one object is none, whatever its name."""
        return getattr(self.view, "action", "") == "list"


def problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Post-processing: every operation answers problems in one shape."""
    result["components"]["schemas"]["Problem"] = dict(SCHEMA)
    for operations in result["paths"].values():
        for method, operation in operations.items():
            for status, words in _statuses(method).items():
                operation["responses"].setdefault(status, _problem(words))
    return result


def _statuses(method: str) -> dict[str, str]:
    found = COMMON | ALWAYS
    return dict(sorted((found | OF_WRITES if method in UNSAFE else found).items()))


def _problem(words: str) -> dict[str, Any]:
    return {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def document() -> dict[str, Any]:
    """The whole schema."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # untyped there
    return found


@lru_cache(maxsize=1)
def text() -> bytes:
    """The same as JSON; it changes with the code only."""
    return json.dumps(document()).encode()
