"""What the gate decided, and what it knows of the markets."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from project.admin import EngineAdmin, account_name
from risk import drawdown
from risk.models import BookDepth, Breaker, Dependence, GarchFit, RiskDecision, RiskState


@admin.register(RiskDecision)
class RiskDecisionAdmin(EngineAdmin):
    """Each passage through the gate, with every check's numbers."""

    list_display = ("id", "at", account_name(), "allowed", "code", "sentence")
    list_filter = ("allowed", "code", "account", "at")
    search_fields = ("sentence",)
    list_select_related = ("account",)


@admin.register(RiskState)
class RiskStateAdmin(EngineAdmin):
    """How far each account stands below its peak; the one thing a person may do is to say: I have looked."""

    list_display = ("account", "equity", "peak", "deepest_pct", "deepest_at", "stopped", "looked_at")
    list_select_related = ("account",)
    actions = ("reset",)

    @admin.action(description="I have looked: begin drawdown and losing streak anew")
    def reset(self, request: HttpRequest, rows: QuerySet[RiskState]) -> None:
        """The present equity is the new peak; entries resume."""
        for row in rows.select_related("account"):
            drawdown.reset(row.account_id, operator=request.user.get_username(), now=timezone.now())
            messages.success(request, f"{row.account.name}: drawdown and losing streak begin anew.")


@admin.register(GarchFit)
class GarchFitAdmin(EngineAdmin):
    """Volatility per instrument and timeframe."""

    list_display = ("instrument", "timeframe_secs", "method", "variance", "nu", "count", "candle_at", "fitted_at")
    list_filter = ("method", "timeframe_secs")
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument",)


@admin.register(BookDepth)
class BookDepthAdmin(EngineAdmin):
    """How much rests near each price."""

    list_display = ("instrument", "quote", "at")
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument",)


@admin.register(Dependence)
class DependenceAdmin(EngineAdmin):
    """How a venue's pairs move together."""

    list_display = ("venue", "environment", "method", "at")


@admin.register(Breaker)
class BreakerAdmin(EngineAdmin):
    """Circuit breakers."""

    list_display = ("component", "state", "errors", "successes", "opened_at")
    list_filter = ("state",)
