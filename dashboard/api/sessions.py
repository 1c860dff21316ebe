"""The browsers one is logged in with: where, since when, and ending them."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import users_sessions
from dashboard.api.base import Shown
from dashboard.api.fields import DoneSerializer, RowSerializer, done
from dashboard.roles import Scope
from dashboard.users_models import BrowserSession


class SessionSerializer(RowSerializer):
    """A browser that is logged in; `here` is the one that asks."""

    what = serializers.SerializerMethodField(help_text="As Firefox on Linux.")
    here = serializers.SerializerMethodField()

    class Meta:
        model = BrowserSession
        fields: ClassVar[tuple[str, ...]] = ("id", "what", "address", "since", "seen_at", "here")

    def get_what(self, row: BrowserSession) -> str:
        """Browser and system in words."""
        return users_sessions.agent_words(row.agent)

    def get_here(self, row: BrowserSession) -> bool:
        """A token is in no browser."""
        return bool(row.session_key == self.context["request"].session.session_key)


class SessionsEndedSerializer(DoneSerializer):
    ended = serializers.IntegerField(help_text="How many.")


class Sessions(Shown):
    """One's own log-ins, an admin's too. A personal token does not end them."""

    queryset = BrowserSession.objects.all()
    serializer_class = SessionSerializer
    scope_to_write = Scope.READ
    owner = "user"

    def get_queryset(self) -> Any:
        """Those that still open something, and one's own alone."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(pk__in=users_sessions.alive(timezone.now()).filter(user=self.user))

    @extend_schema(request=None, responses={200: DoneSerializer}, operation_id="sessions_end")
    def destroy(self, request: Request, pk: int) -> Response:
        """Log one browser out."""
        self.by_log_in()
        row = self.row()
        users_sessions.end(self.user, operator=self.operator, session_id=row.pk)
        return Response(done(f"{users_sessions.agent_words(row.agent)} is logged out."))

    @extend_schema(request=None, responses=SessionsEndedSerializer, operation_id="sessions_end_others")
    @action(detail=False, methods=["post"], url_path="end-others")
    def end_others(self, request: Request) -> Response:
        """Log every browser out but the one that asks; asked with a log-in's key, all of them."""
        self.by_log_in()
        here = request.session.session_key if request.auth is None else None
        count = users_sessions.end(self.user, operator=self.operator, but=here)
        return Response(done(f"{count} logged out.", ended=count))
