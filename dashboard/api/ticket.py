"""The order ticket: one alert of our own format, sent once for each key, with the checks of the page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import ticket as forms
from dashboard.api import idempotency
from dashboard.api.alerts import PreviewSerializer
from dashboard.api.base import Edge
from dashboard.api.fields import DoneSerializer, Id, done
from dashboard.previewing import as_json
from dashboard.problems import Refused, Wrong, not_now, refused
from dashboard.ticket import LONGEST, LONGEST_NOTE, SIDES, STOP_UNITS, Form
from project.accounts.models import Environment, ExchangeAccount
from signals.formats import FormatRefused
from trading.services import connect, order_by_hand
from trading.services.order_by_hand import CannotSend

NOT_SURE = "This is real money: send `sure` with it."
SENT_ALREADY = (
    "Not sent: this Idempotency-Key has sent its order already, as alert {alert}, and that one stands. "
    "Use a new key for another order."
)
SENT = "The order is alert {alert}: `alerts_get` says what becomes of it."
SENT_BEFORE = "The order was sent before, as alert {alert}; nothing was sent now."


class Typed(serializers.CharField):
    """A field of the form, as it would be typed; empty: as the settings say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST, "required": False, "default": "", "allow_blank": True, **options})


class TicketSerializer(serializers.Serializer):
    """An order by hand: what stands in the fields of the page Ticket."""

    account = Id()
    symbol = serializers.CharField(max_length=LONGEST, help_text="BTC/USDT or BTCUSDT.")
    side = serializers.ChoiceField(choices=[(one, one) for one in SIDES])
    order_type = serializers.ChoiceField(
        choices=[("limit", "limit"), ("market", "market")], required=False, help_text="Left out: as the settings say."
    )
    price = Typed(help_text="Of a limit order.")
    size = Typed(help_text="As 100 USDT, 1% equity, 25% free or 1% risk.")
    leverage = Typed()
    stop = Typed()
    stop_unit = serializers.ChoiceField(choices=list(STOP_UNITS.items()), default="percent")
    target = Typed(help_text="Percent from the average entry.")
    timeframe = Typed(help_text="Minutes, or 1D.")
    note = Typed(max_length=LONGEST_NOTE, help_text="Why; kept in the journal with your name.")
    strategy = Id(required=False, help_text="The source in whose name it is sent; else by hand.")
    sure = serializers.BooleanField(default=False, help_text="Real money takes it.")


class TicketSentSerializer(DoneSerializer):
    """An order that was sent; `fresh` is false where the same key had sent it before."""

    alert = serializers.IntegerField()
    fresh = serializers.BooleanField()


class TicketEdge(Edge):
    """What looking at an order by hand and sending it share."""

    def ticket(self) -> tuple[dict[str, Any], ExchangeAccount, Form]:
        """What was asked, whose, and the form as it would be typed. Raises Refused for what the form would not take."""
        asked = self.asked(TicketSerializer)
        account, form = self.account(asked["account"]), _form(asked)
        if wrong := forms.checked(form):
            raise _wrong(wrong)
        return asked, account, form


class TicketView(TicketEdge):
    """Orders by hand."""

    @extend_schema(request=TicketSerializer, responses=TicketSentSerializer, operation_id="ticket_send")
    def post(self, request: Request) -> Response:
        """Send one: an alert like any other, decided in the inbox. An Idempotency-Key sends one order, for good."""
        asked, account, form = self.ticket()
        if account.environment == Environment.LIVE and not asked["sure"]:
            raise refused("NOT_SURE", NOT_SURE, status=422, field="sure")
        with _said():
            sent = order_by_hand.send(forms.ticket(form), key=self._key(), **self.by())
        if not sent.same:
            raise not_now(SENT_ALREADY.format(alert=sent.alert.pk), "SENT_ALREADY")
        said = (SENT if sent.fresh else SENT_BEFORE).format(alert=sent.alert.pk)
        return Response(done(said, alert=sent.alert.pk, fresh=sent.fresh))

    def _key(self) -> str:
        """The order's own key: of the person and the request's key, so that it is one order even where its answer was lost."""
        given = self.request.headers.get(idempotency.HEADER)
        if given is None:
            return forms.new_key()
        return sha256(f"{self.user.pk}:{given}".encode()).hexdigest()[: forms.KEY_LENGTH]


class TicketPreview(TicketEdge):
    """What would this order by hand do now?"""

    @extend_schema(request=TicketSerializer, responses=PreviewSerializer, operation_id="ticket_preview")
    def post(self, request: Request) -> Response:
        """The plan with every check, decided for real and undone; nothing is sent. `sure` does not matter here."""
        _, account, form = self.ticket()
        gateway = partial(connect.gateway, account)
        with _said():
            found = order_by_hand.preview(forms.ticket(form), gateway=gateway, clock=timezone.now)
        return Response(as_json(found))


@contextmanager
def _said() -> Iterator[None]:
    """Raises Refused with what the ticket's own refusals say."""
    try:
        yield
    except FormatRefused as error:
        raise _wrong(forms.refused(error)) from None
    except CannotSend as error:
        raise not_now(str(error), "CANNOT_SEND") from None


def _form(asked: Mapping[str, Any]) -> Form:
    typed = {name: str(asked.get(name, "")) for name in forms.NAMES} | {"source": str(asked.get("strategy", ""))}
    return forms.filled(typed, account_id=asked["account"])


def _wrong(found: Mapping[str, str]) -> Refused:
    """422 with every field that is wrong, in the page's words."""
    errors = tuple(Wrong(name, "INVALID", words) for name, words in found.items() if name)
    only = errors[0].field if len(errors) == 1 else ""
    return refused("TICKET_WRONG", " ".join(found.values()), status=422, field=only, errors=errors)
