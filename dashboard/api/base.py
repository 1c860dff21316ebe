"""What every view of the API shares: rights, owner, idempotency, ETags, cursors. A view adds its rows and its deeds."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import RequestDataTooBig
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework import exceptions, serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from dashboard.api import idempotency
from dashboard.api.permissions import DEFAULTS
from dashboard.api.problems import undone
from dashboard.fresh import is_fresh
from dashboard.models import KeptAnswer
from dashboard.problems import refused
from dashboard.roles import Scope, scopes_of
from dashboard.tokens import Opened, digest
from project.accounts.models import ExchangeAccount, User

JSON = "application/json"
BY_PERSON = "A token does not do this: log in with name and password for that."
NOT_KEPT = frozenset({"CONFIRM_FIRST", "LOG_IN_FIRST"})
# Who asked has to do something first, and then sends the same again under the same key.
CONFIRM_FIRST = (
    "This takes your password or second factor once more, within the last 15 minutes: confirm on the page (/profile/confirm)"
    " and send it again, or use a token."
)


class Edge(APIView):
    """A view of ours. `keeps_answers` is off where an answer holds a secret, which is told once and kept nowhere."""

    scope_to_read: ClassVar[Scope] = DEFAULTS["scope_to_read"]
    scope_to_write: ClassVar[Scope] = DEFAULTS["scope_to_write"]
    keeps_answers: ClassVar[bool] = True
    claimed: KeptAnswer | None = None
    maybe_done = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who, whether, how often; then the key of a write is claimed."""
        super().initial(request, *args, **kwargs)
        if request.method in SAFE_METHODS:
            return
        _only_json(request)
        if self.keeps_answers:
            self.claimed = idempotency.claim(request)

    def handle_exception(self, exc: Exception) -> Response:
        """A replay is an answer, not an error. A connection that broke, or a defect, leaves open what was done before it."""
        self.maybe_done = not undone(exc)
        return exc.response() if isinstance(exc, idempotency.Replayed) else super().handle_exception(exc)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer; a claim that got none is given back where surely nothing was done."""
        try:
            response: Any = super().dispatch(request, *args, **kwargs)
        finally:
            if self.claimed is not None and not self.maybe_done:
                idempotency.release(self.claimed)
        if request.method in ("GET", "HEAD") and response.status_code == 200 and isinstance(response, Response):
            response.add_post_render_callback(lambda done: _unchanged(request, done))
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """What was decided is kept under its key; what failed on the way is not."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "private, no-cache"
        if self.claimed is not None and final.status_code < 500 and not _to_be_sent_again(final):
            row, self.claimed = self.claimed, None
            idempotency.keep(row, final)
        return final

    @property
    def user(self) -> User:
        """Who is asking."""
        user: User = self.request.user  # type: ignore[assignment]  # permissions have seen to it
        return user

    @property
    def operator(self) -> str:
        """The name the journal keeps."""
        return self.user.get_username()

    def by(self) -> dict[str, Any]:
        """Who does it and when, as the services want to know."""
        return {"operator": self.operator, "now": timezone.now()}

    def asked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body, checked. Raises ValidationError."""
        form = kind(data=self.request.data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def queried(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query, checked. Raises ValidationError."""
        form = kind(data=self.request.query_params.dict())  # a QueryDict would count as a form: no box, no tick
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def confirmed(self) -> None:
        """A browser's session confirms afresh what widens or hands over power, as on the pages. Raises Refused."""
        if self.request.auth is None and not is_fresh(self.request._request):
            raise refused("CONFIRM_FIRST", CONFIRM_FIRST, status=403)

    def by_person(self) -> None:
        """What hands over power is no script's: a browser that confirmed afresh, or a log-in's key. Raises Refused."""
        self.by_log_in()
        self.confirmed()

    def by_log_in(self) -> None:
        """What goes on after a token has ended is not a token's to give. Raises Refused."""
        if isinstance(self.request.auth, Opened) and self.request.auth.personal:
            raise refused("LOG_IN_FIRST", BY_PERSON, status=403)

    def account(self, account_id: int) -> ExchangeAccount:
        """One of the user's own accounts. Raises Http404."""
        return get_object_or_404(own_accounts(self.user), pk=account_id)


def _to_be_sent_again(response: Any) -> bool:
    """Whether nothing was decided but that the person has to show who it is."""
    data = getattr(response, "data", None)
    return response.status_code == 403 and isinstance(data, dict) and data.get("code") in NOT_KEPT


def _only_json(request: Request) -> None:
    """The body is read here, whole, so that it is bounded and can be counted for its key."""
    raw = request._request
    if raw.headers.get("Content-Length") not in (None, "", "0") and raw.content_type != JSON:
        raise exceptions.UnsupportedMediaType(raw.content_type or "")
    try:
        _ = raw.body
    except RequestDataTooBig:
        raise refused("BODY_TOO_LARGE", "The body is too large: send less at once.", status=413) from None


def _unchanged(request: Any, response: Any) -> Any:
    """The ETag, and 304 where the asker has this very answer."""
    tag = quote_etag(digest_text(response.content))
    response.headers["ETag"] = tag
    kept = get_conditional_response(request, etag=tag, response=response)
    return kept if isinstance(kept, HttpResponse) and kept.status_code == 304 else None


def digest_text(content: bytes) -> str:
    """A short name of some bytes."""
    return digest(content.decode("utf-8", "replace")).hex()[:32]


# whose -------------------------------------------------------------------------------------------


def sees_all(user: User) -> bool:
    """Admins see everybody's accounts, as in the admin."""
    return Scope.ADMIN in scopes_of(user)


def mine(rows: "QuerySet[Any]", user: User, path: str) -> "QuerySet[Any]":
    """The rows whose `path` leads to the user; all of them for an admin, and where there is no owner."""
    return rows if not path or sees_all(user) else rows.filter(**{path: user.pk})


def own_accounts(user: User) -> "QuerySet[ExchangeAccount]":
    """The accounts a user sees."""
    return mine(ExchangeAccount.objects.select_related("user").order_by("id"), user, "user")


class Rows(Edge, GenericViewSet):
    """Rows of a model that belong to somebody. `owner` is the path to the user; `lookups` says what a query filters by."""

    owner: ClassVar[str] = "account__user"
    query_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    lookups: ClassVar[Mapping[str, str]] = {}
    lookup_value_converter = "int"

    def get_queryset(self) -> "QuerySet[Any]":
        """What the user sees, narrowed by the query where rows are listed."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        rows = mine(rows, self.user, self.owner)
        return self.narrowed(rows) if self.action == "list" else rows

    def narrowed(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """By every parameter that was given."""
        if self.query_class is None:
            return rows
        asked = self.queried(self.query_class)
        if "account" in asked:
            self.account(asked["account"])  # 404 where it is not theirs: an empty list would say that it has nothing
        for name, value in asked.items():
            rows = self.narrow(rows, name, value)
        return rows

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """By one parameter."""
        return rows.filter(**{self.lookups.get(name, name): value})

    def row(self) -> Any:
        """The one named in the address, if it is the user's. Raises Http404."""
        found: Model = self.get_object()
        return found


class Listed(Rows, ListModelMixin):
    """Rows that can be listed."""


class Shown(Listed, RetrieveModelMixin):
    """Rows that can be listed and looked at one by one."""
