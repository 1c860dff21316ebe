"""Settings: what there is, what holds where and why, preview and change of one value, and every version."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.authentication import scopes
from dashboard.api.base import Edge, Listed, own_accounts, sees_all
from dashboard.api.fields import Id, RowSerializer
from dashboard.api.problems import not_now, refused
from dashboard.roles import Scope
from project.journal.models import JournalEntry
from trading.domain import settings as registry
from trading.domain.sealing import SEALED
from trading.domain.settings import Kind, Setting
from trading.domain.settings import Scope as Where
from trading.services import overrides
from trading.services.overrides import Change, Place

LOCKS = (
    "This seals the whole installation at once: no order, close or looser setting from then on, and taking it back "
    "waits 24 hours. The red button works."
)


class SettingSerializer(serializers.Serializer):
    """One setting: what it is, and within which limits; values are text that can be sent back."""

    group = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=[(one.value, one.value) for one in Kind])
    default_value = serializers.CharField()
    help = serializers.CharField()
    low = serializers.CharField(allow_null=True)
    high = serializers.CharField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField(allow_blank=True)
    narrowest = serializers.ChoiceField(choices=[(one.value, one.value) for one in Where])


class SettingScopeSerializer(serializers.Serializer):
    """Where a value was set; all empty: for everybody."""

    user = serializers.IntegerField(allow_null=True)
    account = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField(allow_blank=True)


class ValueSerializer(serializers.Serializer):
    """What holds; `origin` is null where it is the default."""

    name = serializers.CharField()
    value = serializers.CharField()
    origin = SettingScopeSerializer(allow_null=True)


class ValuesSerializer(serializers.Serializer):
    values = ValueSerializer(many=True)


class SettingsSerializer(serializers.Serializer):
    settings = SettingSerializer(many=True)


class PlaceQuery(serializers.Serializer):
    account = Id(required=False, help_text="Nothing named: for everybody.")
    symbol = serializers.CharField(required=False, max_length=40, help_text="A pair of the account.")


class NamedSerializer(PlaceQuery):
    """One setting at one place; `own` means: for all accounts of mine."""

    name = serializers.CharField(max_length=60)
    own = serializers.BooleanField(required=False, default=False)


class ChangeSerializer(NamedSerializer):
    value = serializers.CharField(max_length=4000, allow_blank=True)


class ChangedSerializer(serializers.Serializer):
    """Before and after as written at this place (null: nothing), and what holds there either way."""

    name = serializers.CharField()
    scope = SettingScopeSerializer()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    holds_before = serializers.CharField()
    holds_after = serializers.CharField()
    note = serializers.CharField(allow_blank=True, help_text="What else it brings with it.")


class Registry(Edge):
    """The table of settings."""

    @extend_schema(responses=SettingsSerializer)
    def get(self, request: Request) -> Response:
        """Every setting there is."""
        rows = [_setting(setting) for setting in registry.REGISTRY.values()]
        return Response(SettingsSerializer({"settings": rows}).data)


def _setting(setting: Setting) -> dict[str, Any]:
    names = ("group", "name", "kind", "help", "choices", "unit", "narrowest")
    limits = {name: _text(getattr(setting, name)) for name in ("low", "high")}
    default = registry.as_text(setting.name, setting.default)
    return {name: getattr(setting, name) for name in names} | limits | {"default_value": default}


def _text(value: Any) -> str | None:
    return None if value is None else f"{value:f}"


class Places(Edge):
    """What the views of settings share: a place from a request, and whether it may be written."""

    def place(self, asked: dict[str, Any]) -> Place:
        """The place that was named. Raises Http404, SettingError."""
        account = self.account(asked["account"]) if asked.get("account") else None
        user_id = self.user.pk if asked.get("own") and account is None else None
        return overrides.place(user_id=user_id, account=account, symbol=asked.get("symbol", ""))

    def writable(self, asked: dict[str, Any]) -> Place:
        """The same; what holds for everybody, as the seal does, takes the scope admin. Raises Refused."""
        at = self.place(asked)
        if at.scope is Where.GLOBAL and Scope.ADMIN not in scopes(self.request):
            said = "A setting for everybody takes the scope admin. Name an account, or set `own`."
            raise refused("SCOPE_MISSING", said, status=403, limit=str(Scope.ADMIN))
        if overrides.seals(asked["name"], asked.get("value")) and Scope.ADMIN not in scopes(self.request):
            raise refused("SCOPE_MISSING", overrides.SEALS_ALL, status=403, limit=str(Scope.ADMIN))
        return at


class Values(Places):
    """What holds at a place."""

    query_class = PlaceQuery

    @extend_schema(responses=ValuesSerializer)
    def get(self, request: Request) -> Response:
        """Every setting's value there, and which scope decides it."""
        at = self.place(self.queried(PlaceQuery))
        rows = overrides.holding(at)
        found = registry.dump(registry.resolve([{row.name: row.value} for row in rows]))
        values = [{"name": n, "value": text, "origin": overrides.origin(n, rows)} for n, text in found.items()]
        return Response(ValuesSerializer({"values": values}).data)

    @extend_schema(request=ChangeSerializer, responses=ChangedSerializer, operation_id="settings_change")
    def put(self, request: Request) -> Response:
        """Set one value at one place; a version with your name. Groups that are open keep their settings."""
        asked = self.asked(ChangeSerializer)
        changed = overrides.change(asked["name"], asked["value"], self.writable(asked), operator=self.operator)
        return Response(_changed(changed))


class Withdrawal(Places):
    """Taking a value back."""

    @extend_schema(request=NamedSerializer, responses=ChangedSerializer, operation_id="settings_withdraw")
    def post(self, request: Request) -> Response:
        """What the wider scope says holds again."""
        asked = self.asked(NamedSerializer)
        changed = overrides.withdraw(asked["name"], self.writable(asked), operator=self.operator)
        if changed is None:
            raise not_now(f"{asked['name']} is not set there; nothing was changed.", "NOTHING_CHANGED")
        return Response(_changed(changed))


class SettingPreview(Places):
    """A change before it is made."""

    scope_to_write = Scope.READ

    @extend_schema(request=ChangeSerializer, responses=ChangedSerializer, operation_id="settings_preview")
    def post(self, request: Request) -> Response:
        """Check a value and say what would hold; nothing is written."""
        asked = self.asked(ChangeSerializer)
        return Response(_changed(overrides.preview(asked["name"], asked["value"], self.place(asked))))


def _note(change: Change) -> str:
    return LOCKS if (change.name, change.after) == ("profile", SEALED) and change.before != SEALED else ""


def _changed(change: Change) -> dict[str, Any]:
    names = ("name", "before", "after", "holds_before", "holds_after")
    shown = {name: getattr(change, name) for name in names} | {"scope": change.place.told, "note": _note(change)}
    return dict(ChangedSerializer(shown).data)


class VersionSerializer(RowSerializer):
    """One change of one setting; null stands for what the wider scope says."""

    name = serializers.CharField(source="payload.name")
    operator = serializers.CharField(source="payload.operator")
    scope = SettingScopeSerializer(source="payload.scope")
    before = serializers.CharField(source="payload.before", allow_null=True)
    after = serializers.CharField(source="payload.after", allow_null=True)

    class Meta:
        model = JournalEntry
        fields = ("id", "at", "name", "operator", "scope", "before", "after")


class VersionsQuery(serializers.Serializer):
    account = Id(required=False)
    name = serializers.CharField(required=False, max_length=60)


class Versions(Listed):
    """Every change, the latest first."""

    queryset = JournalEntry.objects.filter(kind=overrides.KIND)
    serializer_class = VersionSerializer
    query_class = VersionsQuery
    owner = ""
    lookups = {"account": "account_id"}  # noqa: RUF012 - a table of the class

    def get_queryset(self) -> "QuerySet[Any]":
        """Of the user's own accounts, his own, and those for everybody."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or sees_all(self.user):
            return rows
        accounts = list(own_accounts(self.user).values_list("pk", flat=True))
        everybody = Q(account_id=None, payload__scope__user=None)
        return rows.filter(
            Q(account_id__in=accounts) | everybody | Q(account_id=None, payload__scope__user=self.user.pk)
        )

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """A setting's name is its subject."""
        return rows.filter(subject=f"setting:{value}") if name == "name" else super().narrow(rows, name, value)
