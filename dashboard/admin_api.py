"""What the API keeps: tokens, log-ins, kept answers; and what people drew. Hashes and bodies are not shown; a token can be revoked."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from dashboard import tokens
from dashboard.models import ApiToken, Drawing, KeptAnswer, RefreshToken
from project.admin import EngineAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(EngineAdmin):
    """Personal access tokens of everybody; they are made on the page API tokens, and shown once there."""

    hidden = ("token_hash",)
    list_display = ("name", "start", "user", "scope", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("scope", "user")
    search_fields = ("name", "start", "user__username")
    list_select_related = ("user",)
    actions = ("revoke",)

    @admin.action(description="Revoke: they open nothing from now on")
    def revoke(self, request: HttpRequest, rows: "QuerySet[ApiToken]") -> None:
        """At once, and journalled with who."""
        for row in rows:
            tokens.revoke(row, operator=request.user.get_username(), now=timezone.now())
            messages.success(request, f"{row.name} is revoked.")


@admin.register(RefreshToken)
class RefreshTokenAdmin(EngineAdmin):
    """Log-ins of programs, link by link."""

    hidden = ("token_hash",)
    list_display = ("family", "user", "scope", "created_at", "used_at", "expires_at", "revoked_at")
    list_filter = ("user",)
    list_select_related = ("user",)


@admin.register(KeptAnswer)
class KeptAnswerAdmin(EngineAdmin):
    """Writes that carried an Idempotency-Key; their answers are kept for a day."""

    hidden = ("request_hash", "body")
    list_display = ("key", "user", "status", "created_at", "expires_at")
    search_fields = ("key",)
    list_select_related = ("user",)


@admin.register(Drawing)
class DrawingAdmin(EngineAdmin):
    """What people drew into their charts; each sees only his own there."""

    list_display = ("symbol", "kind", "user", "first_price", "first_at", "second_price", "second_at")
    list_filter = ("kind", "user")
    list_select_related = ("user",)
