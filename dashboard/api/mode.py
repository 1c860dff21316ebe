"""The trading mode, and the red button with its two steps out."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Edge, own_accounts
from dashboard.api.fields import DoneSerializer, done
from dashboard.mode_steps import DONE, STEPS, WAITS, take_step
from dashboard.problems import refused
from dashboard.red_button import latest_lines, stakes
from dashboard.roles import Scope, scopes_of
from project.accounts import mode
from project.accounts.mode import Mode
from project.accounts.models import ExchangeAccount
from trading.kill import places
from trading.services import approvals, emergency, sealing
from trading.services.overrides import Place

FRESH_SECS = 60
# A confirmation older than this was meant for something else.
SALT = "windlass.kill.confirmation"
STALE = f"Ask for a confirmation first (GET kill) and send it within {FRESH_SECS} s. Nothing was done."


class ModeSerializer(serializers.Serializer):
    """How far the engine may go, and who says so."""

    mode = serializers.ChoiceField(choices=Mode.choices)
    reason = serializers.CharField(allow_blank=True)
    operator = serializers.CharField(allow_blank=True)
    changed_at = serializers.DateTimeField()
    leaving_operator = serializers.CharField(allow_blank=True, help_text="Who asked to leave EMERGENCY.")
    leaving_at = serializers.DateTimeField(allow_null=True)


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(min_length=3, max_length=200, help_text="Kept in the journal with your name.")


class StepSerializer(ReasonSerializer):
    mode = serializers.ChoiceField(choices=[(one.value, one.value) for one in STEPS])


class TradingModeView(Edge):
    """The mode of the whole installation."""

    @extend_schema(responses=ModeSerializer)
    def get(self, request: Request) -> Response:
        """As it holds."""
        return Response(ModeSerializer(mode.current()).data)

    @extend_schema(request=StepSerializer, responses=DoneSerializer, operation_id="mode_change")
    def post(self, request: Request) -> Response:
        """Pause, reduce or resume; under the seal, resuming waits 24 hours. EMERGENCY is entered and left under `kill`."""
        asked = self.asked(StepSerializer)
        wanted = Mode(asked["mode"])
        if wanted is not Mode.PAUSED and sealing.in_force():
            return self._sealed(wanted, asked["reason"])
        if wanted is Mode.NORMAL:
            self.confirmed()
        if problem := take_step(wanted, operator=self.operator, reason=asked["reason"]):
            raise refused("MODE_REFUSED", problem)
        return Response(done(DONE[wanted]))

    def _sealed(self, wanted: Mode, reason: str) -> Response:
        """Under the seal going on waits for a day, as on the page; reducing is out of reach."""
        if wanted is not Mode.NORMAL:
            raise refused("SEALED", sealing.SENTENCE, status=403)
        sealing.ask(Place(), sealing.MODE, wanted, operator=self.operator, now=timezone.now(), reason=reason)
        return Response(done(WAITS))


class StakeSerializer(serializers.Serializer):
    account = serializers.IntegerField()
    name = serializers.CharField()
    environment = serializers.CharField()
    groups = serializers.IntegerField()
    orders = serializers.IntegerField()


class StandingSerializer(serializers.Serializer):
    """An emergency, and how far the kill process has come."""

    id = serializers.CharField()
    at = serializers.CharField()
    operator = serializers.CharField()
    reason = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the name is ours, DRF has it too
    flat = serializers.BooleanField()
    lines = serializers.ListField(child=serializers.DictField())


class KillSerializer(serializers.Serializer):
    """What the button would do, and the confirmation to press it with; while an emergency stands, how far it is."""

    confirmation = serializers.CharField()
    confirmation_secs = serializers.IntegerField()
    phrase = serializers.CharField(help_text="What has to be typed.")
    watched = serializers.BooleanField(help_text="Whether a kill process watches.")
    two_people = serializers.BooleanField()
    stakes = StakeSerializer(many=True)
    standing = StandingSerializer(allow_null=True)


class PressSerializer(ReasonSerializer):
    phrase = serializers.CharField(max_length=40)
    confirmation = serializers.CharField(max_length=400)


class PressedSerializer(DoneSerializer):
    durable = serializers.BooleanField(help_text="False: no disk took the latch, a restart would not remember it.")


class LeaveSerializer(serializers.Serializer):
    phrase = serializers.CharField(max_length=40)


class Kill(Edge):
    """The red button: cancel everything, flatten every position, halt."""

    @extend_schema(responses=KillSerializer)
    def get(self, request: Request) -> Response:
        """What is at stake, and a fresh confirmation."""
        home = settings.WINDLASS.home
        shown = {
            "confirmation": signing.dumps(self.user.pk, salt=SALT),
            "confirmation_secs": FRESH_SECS,
            "phrase": mode.KILL_PHRASE,
            "watched": places.is_watched(home),
            "two_people": approvals.needed(),
            "stakes": stakes(self._flattened()),
            "standing": _standing(home),
        }
        return Response(KillSerializer(shown).data)

    def _flattened(self) -> "QuerySet[ExchangeAccount]":
        """Every account, for those who may press: that is what the button flattens."""
        everything = ExchangeAccount.objects.order_by("id")
        return everything if Scope.TRADE in scopes_of(self.user) else own_accounts(self.user)

    @extend_schema(request=PressSerializer, responses=PressedSerializer, operation_id="kill_press")
    def post(self, request: Request) -> Response:
        """Press it: the phrase typed, a reason, and the confirmation of a moment ago."""
        asked = self.asked(PressSerializer)
        if asked["phrase"].strip() != mode.KILL_PHRASE:
            said = f"Type {mode.KILL_PHRASE} in capital letters. Nothing was done."
            raise refused("PHRASE_WRONG", said, status=422, field="phrase", limit=mode.KILL_PHRASE)
        _fresh(asked["confirmation"], self.user.pk)
        pressed = _press(self.operator, asked["reason"])
        return Response(done(pressed.words, durable=pressed.durable))


def _press(operator: str, reason: str) -> emergency.Pressed:
    """Raises Refused for a reason that nobody could read later."""
    home = settings.WINDLASS.home
    try:
        return emergency.kill(home, operator=operator, reason=reason, phrase=mode.KILL_PHRASE, source="api")
    except emergency.KillRefused as error:
        raise refused(error.code, str(error), status=422) from None


def _fresh(confirmation: str, user_id: int) -> None:
    """Raises Refused for a confirmation that is old, or somebody else's."""
    try:
        whose = signing.loads(confirmation, salt=SALT, max_age=FRESH_SECS)
    except signing.BadSignature:
        whose = None
    if whose != user_id:
        raise refused("CONFIRMATION_STALE", STALE, field="confirmation")


def _standing(home: Any) -> dict[str, Any] | None:
    found = emergency.standing(home)
    if found is None:
        return None
    latch, report = found
    named = {name: getattr(latch, name) for name in ("id", "at", "operator", "reason", "source")}
    return named | {"flat": bool(report and report.flat), "lines": latest_lines(home, latch.id)}


class KillLeave(Edge):
    """The first step out."""

    @extend_schema(request=ReasonSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Ask to leave EMERGENCY; it is confirmed within 15 minutes."""
        reason = self.asked(ReasonSerializer)["reason"]
        self.confirmed()
        mode.request_leave(operator=self.operator, reason=reason, now=timezone.now())
        return Response(done("Asked. Confirm within 15 minutes; with approvals on, somebody else does."))


class KillConfirm(Edge):
    """The second step."""

    @extend_schema(request=LeaveSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """The phrase, and the mode is PAUSED."""
        phrase = self.asked(LeaveSerializer)["phrase"]
        self.confirmed()
        mode.leave(operator=self.operator, phrase=phrase, two_people=approvals.needed(), now=timezone.now())
        return Response(done("The emergency is over and the mode is PAUSED. Entries come back when you resume."))
