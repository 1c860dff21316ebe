"""Errors as problem details (RFC 9457): one shape, our codes, and the words a trader understands."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as made
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from dashboard.tokens import NotAllowed
from project.accounts.mode import ModeRefused
from project.accounts.vault import VaultError
from project.journal.record import plain
from signals.formats import FormatRefused
from trading.domain.refusal import Refusal
from trading.domain.settings import SettingError
from trading.errors import WindlassError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECS = 5
DETAIL_MAX = 2000
ROLLED_BACK = frozenset({"40001", "40P01", "55P03", "57014"})
# PostgreSQL's codes: serialization failure, deadlock, a lock that is not to be had, cancelled.


@dataclass(frozen=True, slots=True)
class Wrong:
    """One field of a request that cannot be taken."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was not done. field, limit and value where a number or a name decided."""

    status: int
    code: str
    detail: str
    field: str = ""
    limit: str = ""
    value: str = ""
    advice: str = ""
    errors: tuple[Wrong, ...] = ()
    headers: Mapping[str, str] = made(default_factory=dict)


class Refused(exceptions.APIException):
    """A deed that was not done, raised by the views."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail, problem.code)
        self.status_code = problem.status
        self.problem = problem


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


def refused(code: str, detail: str, *, status: int = HTTPStatus.CONFLICT, **more: Any) -> Refused:
    """What a view raises when a deed is not done."""
    return Refused(Problem(int(status), code, detail, **more))


def not_now(detail: str, code: str = "NOT_NOW") -> Refused:
    """What was asked for is no longer, or not yet, possible."""
    return refused(code, detail)


def handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: a problem, or None for a defect of ours."""
    found = problem_of(error)
    if found is None:
        return None
    return answer(found)


def answer(found: Problem) -> Response:
    """A problem as a response."""
    return Response(body(found), status=found.status, headers=dict(found.headers), content_type=MEDIA_TYPE)


def body(found: Problem) -> dict[str, Any]:
    """A problem as JSON: what is empty is left out."""
    said = {"type": "about:blank", "title": HTTPStatus(found.status).phrase, "status": found.status}
    said |= {"detail": found.detail[:DETAIL_MAX], "code": found.code}
    said |= {name: getattr(found, name) for name in ("field", "limit", "value", "advice") if getattr(found, name)}
    return said | ({"errors": [asdict(wrong) for wrong in found.errors]} if found.errors else {})


def problem_of(error: Exception) -> Problem | None:
    """What to say of an error; None where it is nobody's but ours."""
    return next((say(error) for kind, say in SAID.items() if isinstance(error, kind)), None)


def undone(error: Exception) -> bool:
    """Whether nothing was done: we refused, or the database says that it rolled back. A lost connection says nothing."""
    if isinstance(error, (OperationalError, InterfaceError)):
        return getattr(error.__cause__, "sqlstate", None) in ROLLED_BACK
    return problem_of(error) is not None


def of_refusal(found: Refusal, *, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> Problem:
    """A refusal of the domain with its numbers."""
    limit, value = str(plain(found.limit)), str(plain(found.value))
    return Problem(int(status), found.code, found.sentence(), found.field, limit, value, found.advice)


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


def _missing(_: Exception) -> Problem:
    return Problem(404, "NOT_FOUND", "There is no such thing, or it is not yours.")


def _away(_: Exception) -> Problem:
    words = f"The database does not answer, or is busy. Ask again in {RETRY_AFTER_SECS} s."
    return Problem(503, "DATABASE_AWAY", words, headers={"Retry-After": str(RETRY_AFTER_SECS)})


def _format(error: FormatRefused) -> Problem:
    wrong = tuple(Wrong(one.field, one.code, str(one.expected)) for one in error.errors)
    return Problem(422, error.code, error.message, errors=wrong)


SAID: Mapping[type[Exception], Any] = {
    Refused: lambda error: error.problem,
    exceptions.ValidationError: _validation,
    exceptions.APIException: _of_framework,
    Http404: _missing,
    PermissionDenied: lambda error: Problem(403, "FORBIDDEN", str(error) or "This is not yours to do."),
    OperationalError: _away,
    InterfaceError: _away,
    NotAllowed: lambda error: Problem(403, error.code, str(error)),
    SettingError: lambda error: of_refusal(error.refusal),
    FormatRefused: _format,
    ModeRefused: lambda error: Problem(409, error.code, str(error)),
    VaultError: lambda error: Problem(409, "KEYS_UNREADABLE", str(error)),
    WindlassError: lambda error: Problem(409, error.code, str(error)),
}
