"""Versions of settings: the list, what differs between two, the way back; and what waits for a second person."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.authentication import scopes
from dashboard.api.base import Edge, Listed, Shown, own_accounts, sees_all
from dashboard.api.fields import Id, RowSerializer
from dashboard.api.settings import ChangedSerializer, SettingScopeSerializer, may_write, shown
from dashboard.problems import not_now, refused
from dashboard.roles import Scope
from project.accounts.models import User
from trading.models import SettingRequest, SettingVersion
from trading.models.setting_version import How
from trading.services import approvals, overrides, setting_versions
from trading.services.overrides import Place
from trading.services.overrides_submit import submit, ways
from trading.services.setting_versions import Kept, Said

ADMINS = "Answering takes the scope admin."


class KeptSerializer(serializers.Serializer):
    """One setting of a version; null stands for what the wider scope says."""

    name = serializers.CharField()
    scope = SettingScopeSerializer()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class ChangesSerializer(RowSerializer):
    """A row with changes, of which those are told that the reader may see."""

    def to_representation(self, row: Any) -> dict[str, Any]:
        """The row without what is somebody else's."""
        told, visible = super().to_representation(row), self.context.get("visible")
        if visible is not None:
            told["changes"] = [one for one in told["changes"] if visible(Place.of(one["scope"]))]
        return told


class VersionSerializer(ChangesSerializer):
    """What was changed in one step; `of`: the version it takes back or returns to."""

    changes = KeptSerializer(many=True)

    class Meta:
        model = SettingVersion
        fields = ("id", "at", "operator", "reason", "how", "of", "changes")


class VersionsQuery(serializers.Serializer):
    account = Id(required=False)
    name = serializers.CharField(required=False, max_length=60)


class DiffQuery(serializers.Serializer):
    first = serializers.IntegerField(min_value=0)
    last = serializers.IntegerField(min_value=0)


class DiffSerializer(serializers.Serializer):
    """What is different after `last` from what was after `first`; before and after are of these two."""

    changes = KeptSerializer(many=True)


class BackSerializer(serializers.Serializer):
    """`UNDO` takes back what this version changed; `RETURN` makes all settings as they were just after it."""

    version = Id()
    how = serializers.ChoiceField(choices=[("UNDO", "UNDO"), ("RETURN", "RETURN")], default="UNDO")
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    only_preview = serializers.BooleanField(default=False)


class WentBackSerializer(serializers.Serializer):
    """What changes; `version` is null where it was a preview, or all of it waits."""

    version = serializers.IntegerField(allow_null=True)
    said = serializers.CharField()
    changes = ChangedSerializer(many=True)


class OwnChanges(Edge):
    """Rows that hold changes: a user sees those of his accounts, his own, and those for everybody, and of a row only these."""

    def get_serializer_context(self) -> dict[str, Any]:
        """With whose changes may be told."""
        known: dict[str, Any] = super().get_serializer_context()  # type: ignore[misc]  # every list of rows has it
        told = None if getattr(self, "swagger_fake_view", False) else _visible(self.user)
        return known | {"visible": told}

    def seen_by(self, rows: "QuerySet[Any]", user: Any) -> "QuerySet[Any]":
        """A row is shown when any of its changes is."""
        if sees_all(user):
            return rows
        wanted = Q(changes__contains=[{"scope": {"user": user.pk}}])
        wanted |= Q(changes__contains=[{"scope": {"user": None, "account": None}}])
        for account_id in own_accounts(user).values_list("pk", flat=True):
            wanted |= Q(changes__contains=[{"scope": {"account": account_id}}])
        return rows.filter(wanted)


def _visible(user: User) -> "Callable[[Place], bool]":
    """Whether a user is told of changes at a place."""
    if sees_all(user):
        return lambda _: True
    mine = {None, *own_accounts(user).values_list("pk", flat=True)}
    return lambda at: at.account_id in mine and at.user_id in (None, user.pk)


class Versions(OwnChanges, Shown):
    """Every step, the latest first."""

    queryset = SettingVersion.objects.all()
    serializer_class = VersionSerializer
    query_class = VersionsQuery
    owner = ""

    def get_queryset(self) -> "QuerySet[Any]":
        """What the user may see."""
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else self.seen_by(rows, self.user)

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """A step is about an account or a setting when one of its changes is."""
        about = {"scope": {"account": value}} if name == "account" else {"name": value}
        return rows.filter(changes__contains=[about])


class VersionDiff(Edge):
    """Between two versions."""

    query_class = DiffQuery

    @extend_schema(responses=DiffSerializer, parameters=[DiffQuery])
    def get(self, request: Request) -> Response:
        """What differs of what you may see; 0 is before the first version."""
        asked = self.queried(DiffQuery)
        found = setting_versions.between(asked["first"], asked["last"])
        visible = _visible(self.user)
        rows = [_kept(one) for one in found if visible(one.place)]
        return Response(DiffSerializer({"changes": rows}).data)


def _kept(one: Kept) -> dict[str, Any]:
    return {"name": one.name, "scope": one.place.told, "before": one.before, "after": one.after}


class RollBack(OwnChanges):
    """The way back, as a new version."""

    @extend_schema(request=BackSerializer, responses=WentBackSerializer, operation_id="settings_roll_back")
    def post(self, request: Request) -> Response:
        """Checked, and held back, like every change; `only_preview` writes nothing."""
        asked = self.asked(BackSerializer)
        version = get_object_or_404(self.seen_by(SettingVersion.objects.all(), self.user), pk=asked["version"])
        towards = setting_versions.undoing if asked["how"] == "UNDO" else setting_versions.restoring
        wishes = towards(version)
        may_write(request, wishes)
        changes = overrides.plan(wishes)
        told = [shown(change, way) for change, way in zip(changes, ways(changes), strict=True)]
        if asked["only_preview"] or not changes:
            return _went_back(None, "Nothing was written." if changes else "It is so already.", told)
        done = submit(wishes, Said(self.operator, asked["reason"], How.ROLLBACK, version.pk), now=timezone.now())
        return _went_back(done.version, done.words, told)


def _went_back(version: SettingVersion | None, said: str, changes: list[dict[str, Any]]) -> Response:
    found = {"version": version and version.pk, "said": said, "changes": changes}
    return Response(WentBackSerializer(found).data)


# a second person ---------------------------------------------------------------------------------


class RequestSerializer(ChangesSerializer):
    """Changes that wait for another admin; `ending` is empty while they do."""

    changes = KeptSerializer(many=True)

    class Meta:
        model = SettingRequest
        fields = ("id", "asked_by", "asked_at", "reason", "expires_at", "changes", "ending", "ended_at", "ended_by")


class AnswerSerializer(serializers.Serializer):
    reason = serializers.CharField(min_length=3, max_length=200)


class AnsweredSerializer(serializers.Serializer):
    said = serializers.CharField()


class Requests(OwnChanges, Listed):
    """Requests, the latest first."""

    queryset = SettingRequest.objects.all()
    serializer_class = RequestSerializer
    owner = ""

    def get_queryset(self) -> "QuerySet[Any]":
        """What the user may see."""
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else self.seen_by(rows, self.user)

    @extend_schema(request=AnswerSerializer, responses=AnsweredSerializer, operation_id="settings_requests_approve")
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: int) -> Response:
        """Say yes to what another admin asked for; a deed of a person, not of a script."""
        row, reason = self.row(), self._reason(request)
        self.by_person()
        found = approvals.approve(row.pk, self.user, reason=reason, now=timezone.now())
        return _answered(found)

    @extend_schema(request=AnswerSerializer, responses=AnsweredSerializer, operation_id="settings_requests_refuse")
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: int) -> Response:
        """Say no; whoever asked may take it back without the scope admin."""
        row = self.row()
        reason = self._reason(request, own=row.asker_id == self.user.pk)
        return _answered(approvals.refuse(row.pk, self.user, reason=reason, now=timezone.now()))

    def _reason(self, request: Request, *, own: bool = False) -> str:
        if not own and Scope.ADMIN not in scopes(request):
            raise refused("SCOPE_MISSING", ADMINS, status=403, limit=str(Scope.ADMIN))
        return str(self.asked(AnswerSerializer)["reason"])


def _answered(found: approvals.Answered) -> Response:
    if not found.done:
        raise not_now(found.text, "NOT_APPROVED")
    return Response(AnsweredSerializer({"said": found.text}).data)
