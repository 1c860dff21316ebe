"""Notifications: one's own channels, made, changed, tried, switched and removed; what was told. Never an address."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.authentication import scopes
from dashboard.api.base import Edge, Listed, Shown
from dashboard.api.fields import DoneSerializer, Id, RowSerializer, done
from dashboard.api.permissions import SENTENCE
from dashboard.notices import channels
from dashboard.notices.channels import MANNERS, Wanted
from dashboard.notices.domain.addresses import KINDS, MAX_FIELD
from dashboard.notices.domain.classes import CLASSES, Klass, Way, ways
from dashboard.notices.models import KIND_CHOICES, Channel, Notice
from dashboard.problems import Refused, not_now, refused
from dashboard.roles import Scope, scopes_of
from dashboard.tokens import Opened
from trading.services import sealing

WAYS = tuple((way.value, way.value) for way in Way)
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
EVERYONES = "Other people's accounts are told by a key with the scope admin."
SO_ALREADY = "{name} is {state} already."


class Clock(serializers.RegexField):
    """A time of day as 22:30, in the channel's zone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(CLOCK, **{"allow_null": True, **options})

    def to_representation(self, value: Any) -> str:
        """Without seconds: none are kept."""
        return f"{value:%H:%M}"


class WaysField(serializers.DictField):
    """Class to on, silent or off."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.ChoiceField(choices=WAYS), **options)


class ChannelSerializer(RowSerializer):
    """A channel. `tail`: the last characters of its address, to tell channels apart; nothing more of it is ever told."""

    ways = serializers.SerializerMethodField()
    quiet_from = Clock()
    quiet_to = Clock()

    class Meta:
        model = Channel
        fields = (
            *("id", "name", "kind", "tail", "enabled", "ways", "zone", "quiet_from", "quiet_to", "break_through"),
            *("most", "window_minutes", "daily_hour", "everyones", "since", "failures", "retry_at", "last_error"),
            *("last_error_at", "last_sent_at", "created_at"),
        )

    @extend_schema_field(WaysField())
    def get_ways(self, row: Channel) -> dict[str, str]:
        """Of every class, as chosen or by default."""
        return {str(klass): str(way) for klass, way in ways(row.ways).items()}


class ChannelMannersSerializer(serializers.Serializer):
    """What is left out stays as it is. `address` is a whole new one: its fields by the channel's kind (`notices_kinds_get`)."""

    name = serializers.CharField(max_length=40, required=False)
    address = serializers.DictField(child=serializers.CharField(max_length=MAX_FIELD, allow_blank=True), required=False)
    ways = WaysField(required=False, help_text="Only the classes that change; the others stay.")
    zone = serializers.CharField(max_length=60, required=False, help_text="As Europe/Vienna.")
    quiet_from = Clock(required=False)
    quiet_to = Clock(required=False)
    break_through = serializers.BooleanField(required=False, help_text="Kill and alarms are told in quiet hours too.")
    most = serializers.IntegerField(min_value=1, max_value=60, required=False, help_text="Messages per window.")
    window_minutes = serializers.IntegerField(min_value=1, max_value=60, required=False)
    daily_hour = serializers.IntegerField(min_value=0, max_value=23, required=False)
    everyones = serializers.BooleanField(required=False, help_text="Other people's accounts too; for admins.")

    def validate_ways(self, value: Mapping[str, str]) -> Mapping[str, str]:
        """Only classes there are."""
        if unknown := sorted(set(value) - set(CLASSES)):
            raise serializers.ValidationError(f"{unknown[0][:20]} is none of {', '.join(CLASSES)}.")
        return value


class NewChannelSerializer(ChannelMannersSerializer):
    """A channel to be made: its kind, the fields of its address, and other manners than the usual."""

    kind = serializers.ChoiceField(choices=KIND_CHOICES)
    name = serializers.CharField(max_length=40)
    address = serializers.DictField(child=serializers.CharField(max_length=MAX_FIELD, allow_blank=True))


class SwitchChannelSerializer(serializers.Serializer):
    on = serializers.BooleanField(help_text="On: what happens from now on is told.")


class Channels(Shown):
    """The user's own channels. Whoever may look has some too; a key that only looks changes none."""

    queryset = Channel.objects.select_related("user")
    serializer_class = ChannelSerializer
    scope_to_write = Scope.READ
    owner = "user"

    def get_queryset(self) -> "QuerySet[Any]":
        """One's own, an admin's too."""
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else rows.filter(user=self.user)

    @extend_schema(
        request=NewChannelSerializer, responses={201: ChannelSerializer}, operation_id="notices_channels_make"
    )
    def create(self, request: Request) -> Response:
        """Make one, on from now. It tells on when a token has ended, so a token does not make it."""
        self.by_log_in()
        _acts(request)
        asked = self.asked(NewChannelSerializer)
        wanted = _wanted(request, asked, _manners(Channel()))
        try:
            row = channels.make(
                self.user, asked["kind"], wanted, private=bool(settings.NOTICES_PRIVATE), now=timezone.now()
            )
        except channels.Refused as error:
            raise _not_kept(error, asked["kind"]) from None
        return Response(ChannelSerializer(row).data, status=201)

    @extend_schema(request=ChannelMannersSerializer, responses=ChannelSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Other manners, or another address, which a token does not give."""
        row = self.row()
        _acts(request)
        asked = self.asked(ChannelMannersSerializer)
        if any(asked.get("address", {}).values()):
            self.by_log_in()
        wanted = _wanted(request, asked, _manners(row))
        try:
            channels.change(row, wanted, operator=self.user, private=bool(settings.NOTICES_PRIVATE))
        except channels.Refused as error:
            raise _not_kept(error, row.kind) from None
        return Response(ChannelSerializer(self.row()).data)

    @extend_schema(request=None, responses={200: DoneSerializer}, operation_id="notices_channels_remove")
    def destroy(self, request: Request, pk: int) -> Response:
        """The channel with its address and everything that waits for it."""
        row = self.row()
        _acts(request)
        name = row.name
        channels.remove(row, operator=self.user)
        return Response(done(f"{name} is removed."))

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: int) -> Response:
        """Ask for a test message, whatever the hour; what became of it is in `notices_list`."""
        row = self.row()
        _acts(request)
        if not channels.test(row, operator=self.user, now=timezone.now()):
            raise not_now(channels.TEST_WAITS, "TEST_WAITS")
        return Response(done(channels.TEST_ASKED))

    @extend_schema(request=SwitchChannelSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, pk: int) -> Response:
        """On from now, or off: what waited is not told."""
        row = self.row()
        _acts(request)
        on = self.asked(SwitchChannelSerializer)["on"]
        if on and sealing.in_force():
            raise refused("SEALED", sealing.SENTENCE, status=403)
        state = "on" if on else "off"
        if not channels.switch(row, on=on, operator=self.user, now=timezone.now()):
            raise not_now(SO_ALREADY.format(name=row.name, state=state), "NOTHING_CHANGED")
        return Response(done(f"{row.name} is {state}."))


def _acts(request: Request) -> None:
    """What may act is asked for, but of a viewer who came himself: his channels are his. Raises Refused."""
    personal = isinstance(request.auth, Opened) and request.auth.personal
    if (personal or Scope.TRADE in scopes_of(request.user)) and Scope.TRADE not in scopes(request):
        raise refused("SCOPE_MISSING", SENTENCE.format(needed=Scope.TRADE), status=403, limit=str(Scope.TRADE))


def _manners(row: Channel) -> dict[str, Any]:
    """As they stand; of one that is not made yet, the usual ones."""
    return {name: getattr(row, name) for name in (*MANNERS, "ways")}


def _wanted(request: Request, asked: Mapping[str, Any], before: Mapping[str, Any]) -> Wanted:
    """The manners as they are to be. Raises Refused where the key does not reach everybody's accounts."""
    kept: dict[str, Any] = {name: asked.get(name, before[name]) for name in MANNERS}
    if kept["everyones"] and not before["everyones"] and Scope.ADMIN not in scopes(request):
        raise refused("SCOPE_MISSING", EVERYONES, status=403, field="everyones", limit=str(Scope.ADMIN))
    clocks = {name: _clock(kept[name]) for name in ("quiet_from", "quiet_to")}
    chosen = {**before["ways"], **asked.get("ways", {})}
    return Wanted(**(kept | clocks), ways=chosen, address=asked.get("address", {}))


def _clock(value: time | str | None) -> time | None:
    """As it was kept, or as it was asked for: 22:30."""
    return time.fromisoformat(value) if isinstance(value, str) else value


def _not_kept(error: channels.Refused, kind: str) -> Refused:
    """422 with the field: a part of the address by its place in the request."""
    parts = {field.name for field in KINDS[kind].fields}
    field = f"address.{error.field}" if error.field in parts else error.field
    return refused("CANNOT_KEEP", str(error), status=422, field=field)


# what was told -----------------------------------------------------------------------------------


class NoticeSerializer(RowSerializer):
    """One thing that one channel was told, or is to be told; `answer` is the service's, where it failed."""

    class Meta:
        model = Notice
        fields = (
            *("id", "channel", "klass", "account_id", "at", "title", "text", "silent", "code", "state", "attempts"),
            *("sent_at", "answer"),
        )


class NoticesQuery(serializers.Serializer):
    channel = Id(required=False)
    klass = serializers.ChoiceField(choices=[(one.value, one.value) for one in Klass], required=False)
    state = serializers.ChoiceField(choices=Notice.State.choices, required=False)


class Notices(Listed):
    """What the user's own channels were told, the latest first; kept for 14 days."""

    queryset = Notice.objects.all()
    serializer_class = NoticeSerializer
    query_class = NoticesQuery
    owner = "channel__user"

    def get_queryset(self) -> "QuerySet[Any]":
        """One's own; under the seal without the executions of what is open."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        hidden = sealing.hides()
        return rows.filter(channel__user=self.user).exclude(klass__in=(Klass.FILLS,) if hidden else ())


# what there is to choose from --------------------------------------------------------------------


class AddressPartSerializer(serializers.Serializer):
    """A field of an address; with `choices`, the first is the usual."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the name is ours, DRF has it too
    hint = serializers.CharField(allow_blank=True)
    secret = serializers.BooleanField()
    needed = serializers.BooleanField()
    choices = serializers.ListField(child=serializers.CharField())


class NoticeKindSerializer(serializers.Serializer):
    """A service, where its address is found, and what the address is made of."""

    name = serializers.CharField()
    title = serializers.CharField()
    where = serializers.CharField()
    can_be_silent = serializers.BooleanField()
    address = AddressPartSerializer(many=True)


class NoticeClassSerializer(serializers.Serializer):
    """A class of notices and how it is told where nothing was chosen."""

    name = serializers.CharField()
    title = serializers.CharField()
    what = serializers.CharField()
    way = serializers.CharField()


class NoticeKindsSerializer(serializers.Serializer):
    kinds = NoticeKindSerializer(many=True)
    classes = NoticeClassSerializer(many=True)


class ChannelKinds(Edge):
    """Kinds of channels, and classes of notices."""

    @extend_schema(responses=NoticeKindsSerializer)
    def get(self, request: Request) -> Response:
        """Every kind with the fields of its address, every class with its default."""
        kinds = [_kind(name) for name in KINDS]
        classes = [
            {"name": str(klass), "title": row.title, "what": row.what, "way": str(row.way)}
            for klass, row in CLASSES.items()
        ]
        return Response(NoticeKindsSerializer({"kinds": kinds, "classes": classes}).data)


def _kind(name: str) -> dict[str, Any]:
    row = KINDS[name]
    said = {"name": name, "title": row.title, "where": row.where, "can_be_silent": row.can_be_silent}
    return said | {"address": row.fields}
