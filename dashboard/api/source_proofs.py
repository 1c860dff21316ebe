"""Sources made, and new addresses for them, as the alert builder does it: told once and kept nowhere."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import builder_sources
from dashboard.api.base import Edge, mine
from dashboard.api.fields import Id
from dashboard.api.sources import SourceSerializer
from dashboard.problems import refused
from dashboard.render import webhook_url
from project.accounts.models import Environment, ExchangeAccount
from signals.models import Source


class NewSourceSerializer(serializers.Serializer):
    """A sender of alerts for an account."""

    account = Id()
    name = serializers.CharField(max_length=40, help_text="What sends these alerts.")
    kind = serializers.ChoiceField(choices=Source.Kind.choices, default=Source.Kind.TRADINGVIEW)


class AddressedSourceSerializer(SourceSerializer):
    """A source with its token and the whole address, this once."""

    token = serializers.CharField()
    url = serializers.CharField()

    class Meta(SourceSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*SourceSerializer.Meta.fields, "token", "url")


class Addresses(Edge):
    """Whoever knows an address trades on its account: a token gives none, and real money is confirmed afresh as on the page."""

    keeps_answers = False

    def may_give(self, account: ExchangeAccount) -> None:
        """Raises Refused."""
        self.by_log_in()
        if account.environment == Environment.LIVE:
            self.confirmed()


class SourceMaker(Addresses):
    """New sources."""

    @extend_schema(request=NewSourceSerializer, responses={201: AddressedSourceSerializer})
    def post(self, request: Request) -> Response:
        """Make one, on and live. Its address is told here and never again; an Idempotency-Key is not kept for it."""
        asked = self.asked(NewSourceSerializer)
        account = self.account(asked["account"])
        self.may_give(account)
        try:
            row, token = builder_sources.make(self.user, account, asked["name"], asked["kind"])
        except builder_sources.CannotMake as error:
            raise refused("CANNOT_MAKE", str(error), status=422, field="name") from None
        return Response(_told(row, token), status=201)


class SourceToken(Addresses):
    """A source's address."""

    @extend_schema(request=None, responses=AddressedSourceSerializer)
    def post(self, request: Request, source_id: int) -> Response:
        """A new one, told here and never again; the old one ends within a second."""
        rows = mine(Source.objects.select_related("account", "user"), self.user, "account__user")
        row = get_object_or_404(rows, pk=source_id)
        self.may_give(row.account)
        return Response(_told(row, builder_sources.new_token(row, operator=self.operator)))


def _told(row: Source, token: str) -> dict[str, Any]:
    row.token, row.url = token, f"{webhook_url()}{token}"  # type: ignore[attr-defined]  # for the one answer that tells them
    return dict(AddressedSourceSerializer(row).data)
