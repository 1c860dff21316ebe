"""Errors of the API as problem details: our own (dashboard/problems.py), and those of the framework."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import InterfaceError, OperationalError
from rest_framework import exceptions
from rest_framework.response import Response

from dashboard import problems
from dashboard.problems import MEDIA_TYPE, Problem, Wrong, body

ROLLED_BACK = frozenset({"40001", "40P01", "55P03", "57014"})
# PostgreSQL's codes: serialization failure, deadlock, a lock that is not to be had, cancelled.
WRONG_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["field", "code", "detail"],
    "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "Why something was not done (RFC 9457). Programs decide by `code`; people read `detail`.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        **{
            name: {"type": "string"}
            for name in ("type", "title", "detail", "code", "field", "limit", "value", "advice")
        },
        "status": {"type": "integer"},
        "errors": {"type": "array", "items": WRONG_SCHEMA},
    },
}


def handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: a problem, or None for a defect of ours."""
    found = problem_of(error)
    if found is None:
        return None
    return Response(body(found), status=found.status, headers=dict(found.headers), content_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem | None:
    """What to say of an error, the framework's among them; None where it is nobody's but ours."""
    if isinstance(error, exceptions.ValidationError):
        return _validation(error)
    return _of_framework(error) if isinstance(error, exceptions.APIException) else problems.problem_of(error)


def undone(error: Exception) -> bool:
    """Whether nothing was done: we refused, or the database says that it rolled back. A lost connection says nothing."""
    if isinstance(error, (OperationalError, InterfaceError)):
        return getattr(error.__cause__, "sqlstate", None) in ROLLED_BACK
    return problem_of(error) is not None


def _validation(error: exceptions.ValidationError) -> Problem:
    wrong = tuple(_wrongs(error.get_full_details(), ""))
    detail = "; ".join(f"{one.field}: {one.detail}" if one.field else one.detail for one in wrong)
    only = wrong[0].field if len(wrong) == 1 else ""
    return Problem(422, "INVALID", detail or "The request cannot be taken.", field=only, errors=wrong)


def _wrongs(details: Any, path: str) -> Iterator[Wrong]:
    """DRF's nested errors, flat: `legs.0.price`."""
    if isinstance(details, dict) and {"message", "code"} == set(details):
        yield Wrong(path, str(details["code"]).upper(), str(details["message"]))
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from _wrongs(inner, "" if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    else:
        for place, inner in enumerate(details):
            flat = isinstance(inner, dict) and {"message", "code"} == set(inner)
            yield from _wrongs(inner, path if flat else f"{path}.{place}".lstrip("."))


def _of_framework(error: exceptions.APIException) -> Problem:
    code = str(error.default_code).upper()
    headers = {}
    if asks := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(asks)
    if secs := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(secs) + 1)
    return Problem(error.status_code, code, str(error.detail), headers=headers)
