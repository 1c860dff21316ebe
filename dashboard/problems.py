"""Why something was not done, for programs (RFC 9457): one shape, our codes, and the words a trader understands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as made
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404

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


class Refused(Exception):
    """A deed that was not done."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def refused(code: str, detail: str, *, status: int = HTTPStatus.CONFLICT, **more: Any) -> Refused:
    """What is raised when a deed is not done."""
    return Refused(Problem(int(status), code, detail, **more))


def not_now(detail: str, code: str = "NOT_NOW") -> Refused:
    """What was asked for is no longer, or not yet, possible."""
    return refused(code, detail)


def body(found: Problem) -> dict[str, Any]:
    """A problem as JSON: what is empty is left out."""
    said = {"type": "about:blank", "title": HTTPStatus(found.status).phrase, "status": found.status}
    said |= {"detail": found.detail[:DETAIL_MAX], "code": found.code}
    said |= {name: getattr(found, name) for name in ("field", "limit", "value", "advice") if getattr(found, name)}
    return said | ({"errors": [asdict(wrong) for wrong in found.errors]} if found.errors else {})


def problem_of(error: Exception) -> Problem | None:
    """What to say of an error; None where it is nobody's but ours."""
    return next((say(error) for kind, say in SAID.items() if isinstance(error, kind)), None)


def of_refusal(found: Refusal, *, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> Problem:
    """A refusal of the domain with its numbers."""
    limit, value = str(plain(found.limit)), str(plain(found.value))
    return Problem(int(status), found.code, found.sentence(), found.field, limit, value, found.advice)


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
