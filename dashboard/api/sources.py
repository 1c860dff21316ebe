"""Sources of alerts: what they may send, and which proofs they have; never the proofs."""

from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Shown
from dashboard.api.fields import AccountQuery, RowSerializer
from dashboard.problems import refused
from dashboard.roles import Scope
from project.journal.record import record
from signals.models import Source
from trading.services import sealing

SWITCHES = ("enabled", "live")


class SourceSerializer(RowSerializer):
    """A source; of its proofs only whether there are any."""

    user = serializers.CharField(source="user.username")
    account_name = serializers.CharField(source="account.name")
    token_set = serializers.SerializerMethodField()
    secret_set = serializers.SerializerMethodField()
    api_key_set = serializers.SerializerMethodField()
    hmac_set = serializers.SerializerMethodField()

    class Meta:
        model = Source
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "user", "account", "account_name", "name", "kind", "enabled", "live"),
            *("token_set", "secret_set", "api_key_set", "hmac_set", "hmac_required", "allow_bare_hmac", "allowed_ips"),
            *("pair_whitelist", "default_timeframe_secs", "default_size", "formats", "body_dedupe_secs"),
            *("rate_per_min", "heartbeat_secs", "bar_secs", "watch_position", "grace_secs", "created_at", "updated_at"),
        )

    def get_token_set(self, row: Source) -> bool:
        """Whether it has a URL token."""
        return bool(row.token_hash)

    def get_secret_set(self, row: Source) -> bool:
        """Whether it has a body secret."""
        return bool(row.secret_hash)

    def get_api_key_set(self, row: Source) -> bool:
        """Whether it has an API key."""
        return bool(row.api_key_hash)

    def get_hmac_set(self, row: Source) -> bool:
        """Whether it has an HMAC key."""
        return bool(row.hmac_sealed)


class SwitchSerializer(serializers.Serializer):
    """On or off, live or shadow; what is left out stays."""

    enabled = serializers.BooleanField(required=False)
    live = serializers.BooleanField(required=False, help_text="Off: alerts are explained but never traded (shadow).")


class Sources(Shown):
    """Senders of alerts."""

    queryset = Source.objects.select_related("user", "account")
    serializer_class = SourceSerializer
    query_class = AccountQuery
    owner = "user"
    scope_to_write = Scope.ADMIN

    @extend_schema(request=SwitchSerializer, responses=SourceSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Switch a source on or off, or to shadow and back; journalled."""
        asked: dict[str, Any] = self.asked(SwitchSerializer)
        row = self.row()
        if any(asked.values()) and sealing.in_force():
            raise refused("SEALED", sealing.SENTENCE, status=403)
        changed = {name: asked[name] for name in SWITCHES if name in asked and asked[name] != getattr(row, name)}
        if changed:
            with transaction.atomic():
                for name, value in changed.items():
                    setattr(row, name, value)
                row.save(update_fields=[*changed, "updated_at"])
                said = {"operator": self.operator, "changed": changed}
                record("source.changed", subject=f"source:{row.pk}", payload=said, account_id=row.account_id)
        return Response(SourceSerializer(row).data)
