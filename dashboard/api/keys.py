"""Who I am, personal tokens, and the log-in of programs."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import security_login, tokens
from dashboard.api.authentication import Bearer, scopes, unknown
from dashboard.api.base import Edge, Shown
from dashboard.api.fields import DoneSerializer, RowSerializer, done, named
from dashboard.models import SCOPES, ApiToken
from dashboard.problems import refused
from dashboard.roles import ORDER, Scope, scopes_of
from dashboard.tokens import DEFAULT_DAYS, MOST_DAYS, Keys, NotAllowed, Opened
from project.accounts.models import Role

BEYOND = "This key reaches as far as {widest}, not {scope}: log in with the scope {scope} for that."


class MeSerializer(serializers.Serializer):
    """Who is asking, and how far this request's key reaches."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES))


class Me(Edge):
    """Who I am."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Name, role and scopes."""
        user, held = self.user, scopes(request)
        said = {"id": user.pk, "username": user.get_username(), "role": user.role}
        return Response(said | {"scopes": [scope for scope in ORDER if scope in held]})


# personal tokens ---------------------------------------------------------------------------------


class TokenSerializer(RowSerializer):
    """A personal token, by its first letters; its text is told only when it is made."""

    class Meta:
        model = ApiToken
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "name",
            "start",
            "scope",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        )


class NewTokenSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=60, help_text="What it is for.")
    scope = serializers.ChoiceField(choices=SCOPES, default=Scope.READ.value)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=DEFAULT_DAYS)


class MadeTokenSerializer(TokenSerializer):
    """A new token with its text, this once."""

    token = serializers.CharField()

    class Meta(TokenSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*TokenSerializer.Meta.fields, "token")


class Tokens(Shown):
    """The user's own personal tokens."""

    queryset = ApiToken.objects.all()
    serializer_class = TokenSerializer
    scope_to_write = Scope.READ
    keeps_answers = False
    owner = "user"

    def get_queryset(self) -> Any:
        """One's own: an admin sees the others' in the admin."""
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else rows.filter(user=self.user)

    @extend_schema(request=NewTokenSerializer, responses={201: MadeTokenSerializer}, operation_id="tokens_make")
    def create(self, request: Request) -> Response:
        """Make one. Its text is told here and never again; an Idempotency-Key is not kept for it."""
        self.by_person()
        asked = self.asked(NewTokenSerializer)
        _within(request, Scope(asked["scope"]))
        named = {"name": asked["name"], "scope": Scope(asked["scope"]), "days": asked["days"]}
        row, text = tokens.make(self.user, **named, now=timezone.now())
        row.token = text  # type: ignore[attr-defined]  # for the one answer that tells it
        return Response(MadeTokenSerializer(row).data, status=201)

    @extend_schema(request=None, responses={200: DoneSerializer}, operation_id="tokens_revoke")
    def destroy(self, request: Request, pk: int) -> Response:
        """It opens nothing from now on."""
        row = self.row()
        if isinstance(request.auth, Opened):
            _within(request, Scope(row.scope))
        tokens.revoke(row, operator=self.operator, now=timezone.now())
        return Response(done(f"{row.name} is revoked."))


def _within(request: Request, scope: Scope) -> None:
    """A key gives, and takes back, no more than it may itself. Raises Refused."""
    held = scopes(request)
    if scope not in held and scope in scopes_of(request.user):
        widest = max(held, key=ORDER.index, default=Scope.READ)
        raise refused("SCOPE_TOO_WIDE", BEYOND.format(widest=widest, scope=scope), status=403, limit=str(widest))


# the log-in of programs --------------------------------------------------------------------------


class LogInSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    code = serializers.CharField(max_length=20, default="", allow_blank=True, help_text="Of the second factor, if any.")
    scope = serializers.ChoiceField(choices=SCOPES, default=Scope.READ.value)


class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField(max_length=200)


class KeysSerializer(serializers.Serializer):
    """An access token for some minutes, and the refresh token that gets the next one; each is used once."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    scope = serializers.ChoiceField(choices=SCOPES)
    access_secs = serializers.IntegerField()


class Open(Edge):
    """What works without a key."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    keeps_answers = False

    def get_authenticate_header(self, request: Request) -> str:
        """A wrong password is a 401, though no key was asked for."""
        return Bearer().authenticate_header(request)


class LogIn(Open):
    """Name and password for keys."""

    @extend_schema(request=LogInSerializer, responses=KeysSerializer, operation_id="log_in")
    def post(self, request: Request) -> Response:
        """Log in; after ten failures a name has to wait five minutes."""
        asked = self.asked(LogInSerializer)
        named = {name: asked[name] for name in ("username", "password", "code")}
        try:
            user = security_login.user_of(request._request, **named)
        except security_login.Locked as locked:
            waits = {"Retry-After": str(locked.secs)}
            raise refused("TOO_MANY_FAILURES", str(locked), status=429, headers=waits) from None
        except NotAllowed as error:
            raise unknown(error) from None
        return Response(_told(tokens.log_in(user, scope=Scope(asked["scope"]), now=timezone.now())))


class Renew(Open):
    """The next pair of keys."""

    @extend_schema(request=RefreshSerializer, responses=KeysSerializer, operation_id="log_in_renew")
    def post(self, request: Request) -> Response:
        """A refresh token is used once; used twice, its whole log-in ends."""
        try:
            return Response(_told(tokens.renew(self.asked(RefreshSerializer)["refresh"], now=timezone.now())))
        except NotAllowed as error:
            raise unknown(error) from None


class LogOut(Open):
    """The end of a log-in."""

    @extend_schema(request=RefreshSerializer, responses=DoneSerializer, operation_id="log_out")
    def post(self, request: Request) -> Response:
        """Its keys open nothing from now on."""
        tokens.log_out(self.asked(RefreshSerializer)["refresh"], now=timezone.now())
        return Response(done("Logged out."))


def _told(keys: Keys) -> dict[str, Any]:
    return named(KeysSerializer, keys)
