"""Settings: what there is, what holds where and why, preview and change of one value. Versions: setting_versions.py."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.authentication import scopes
from dashboard.api.base import Edge, own_accounts
from dashboard.api.fields import Id
from dashboard.problems import not_now, refused
from dashboard.roles import Scope
from dashboard.settings_words import LOCKS
from trading.domain import settings as registry
from trading.domain.sealing import SEALED
from trading.domain.settings import Kind, Setting
from trading.domain.settings import Scope as Where
from trading.models.setting_version import How
from trading.services import overrides
from trading.services.overrides import Change, Place, Wish
from trading.services.overrides_submit import Way, submit, ways
from trading.services.setting_versions import Said

EVERYBODY = "A setting for everybody takes the scope admin. Name an account, or set `own`."
SOMEBODYS = "This setting is somebody else's: it takes its owner, or the scope admin."


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
    reason = serializers.CharField(required=False, default="", max_length=200, allow_blank=True)


class ChangeSerializer(NamedSerializer):
    value = serializers.CharField(max_length=4000, allow_blank=True)


class ChangedSerializer(serializers.Serializer):
    """Before and after as written at this place (null: nothing), and what holds there either way.

    `way`: NOW, or what it waits for: SEAL (a day), APPROVAL (another admin) or BOTH (first the day, then the admin);
    `version` is null while it waits.
    """

    name = serializers.CharField()
    scope = SettingScopeSerializer()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    holds_before = serializers.CharField()
    holds_after = serializers.CharField()
    note = serializers.CharField(allow_blank=True, help_text="What else it brings with it.")
    way = serializers.ChoiceField(choices=[(one.value, one.value) for one in Way])


class DoneChangeSerializer(ChangedSerializer):
    version = serializers.IntegerField(allow_null=True)


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

    def wish(self, asked: dict[str, Any]) -> Wish:
        """What is asked for. Raises Http404, SettingError."""
        return Wish(asked["name"], self.place(asked), asked.get("value"))

    def changed(self, asked: dict[str, Any]) -> Response:
        """Do it, or ask for it where it must wait. Raises Refused, SettingError."""
        wish = self.wish(asked)
        may_write(self.request, (wish,))
        said = Said(self.operator, asked["reason"], How.API)
        with transaction.atomic():
            seen = _looked_at(wish)
            done = submit((wish,), said, now=timezone.now())
        if done.nothing and wish.raw is None:
            raise not_now(f"{wish.name} is not set there; nothing was changed.", "NOTHING_CHANGED")
        return Response(DoneChangeSerializer(seen | {"version": done.version and done.version.pk}).data)


def may_write(request: Request, wishes: Sequence[Wish]) -> None:
    """What holds for everybody, as the seal does, takes the scope admin; the rest is its owner's. Raises Refused."""
    if Scope.ADMIN in scopes(request):
        return
    own = set(own_accounts(request.user).values_list("pk", flat=True))  # type: ignore[arg-type]  # permissions saw to it
    for wish in wishes:
        if wish.place.scope is Where.GLOBAL:
            raise refused("SCOPE_MISSING", EVERYBODY, status=403, limit=str(Scope.ADMIN))
        if overrides.seals(wish.name, wish.raw):
            raise refused("SCOPE_MISSING", overrides.SEALS_ALL, status=403, limit=str(Scope.ADMIN))
        if wish.place.user_id not in (None, request.user.pk) or wish.place.account_id not in (None, *own):
            raise refused("SCOPE_MISSING", SOMEBODYS, status=403, limit=str(Scope.ADMIN))


def _looked_at(wish: Wish) -> dict[str, Any]:
    """What a wish changes and by which way; what is so already stands on both sides."""
    found = overrides.plan((wish,)) or (overrides.as_it_is(wish),)
    return shown(found[0], ways(found)[0])


class Values(Places):
    """What holds at a place."""

    query_class = PlaceQuery

    @extend_schema(responses=ValuesSerializer)
    def get(self, request: Request) -> Response:
        """Every setting's value there, and which scope decides it."""
        at = self.place(self.queried(PlaceQuery))
        rows = overrides.holding(at)
        found = overrides.values(rows)
        values = [{"name": n, "value": text, "origin": overrides.origin(n, rows)} for n, text in found.items()]
        return Response(ValuesSerializer({"values": values}).data)

    @extend_schema(request=ChangeSerializer, responses=DoneChangeSerializer, operation_id="settings_change")
    def put(self, request: Request) -> Response:
        """Set one value at one place; a version with your name. Groups that are open keep what they were entered with."""
        return self.changed(self.asked(ChangeSerializer))


class Withdrawal(Places):
    """Taking a value back."""

    @extend_schema(request=NamedSerializer, responses=DoneChangeSerializer, operation_id="settings_withdraw")
    def post(self, request: Request) -> Response:
        """What the wider scope says holds again."""
        return self.changed(self.asked(NamedSerializer))


class SettingPreview(Places):
    """A change before it is made."""

    scope_to_write = Scope.READ

    @extend_schema(request=ChangeSerializer, responses=ChangedSerializer, operation_id="settings_preview")
    def post(self, request: Request) -> Response:
        """Check a value and say what would hold; nothing is written."""
        return Response(ChangedSerializer(_looked_at(self.wish(self.asked(ChangeSerializer)))).data)


def shown(change: Change, way: Way) -> dict[str, Any]:
    """A change as the API tells it."""
    names = ("name", "before", "after", "holds_before", "holds_after")
    note = LOCKS if (change.name, change.after) == ("profile", SEALED) and change.before != SEALED else ""
    return {name: getattr(change, name) for name in names} | {"scope": change.place.told, "note": note, "way": way}
