"""Shadow in the admin: paper positions with everything in them, what was decided, and what the old bot did."""

from django.contrib import admin

from project.admin import EngineAdmin, EngineTable, columns
from trading.models import ShadowDecision, ShadowGroup, ShadowLeg, ShadowOrder, TheirTrade


class ShadowOrderTable(EngineTable):
    """Orders on paper."""

    model = ShadowOrder
    fields = ("purpose", "side", "type", "qty", "price", "state", "filled_price", "filled_at", "code")


class ShadowLegTable(EngineTable):
    """The plan."""

    model = ShadowLeg
    fields = ("pyramid_index", "index", "price", "qty", "take_profit_pct", "target_price", "ended")


@admin.register(ShadowGroup)
class ShadowGroupAdmin(EngineAdmin):
    """Positions that shadowed sources would hold."""

    shown = ("id", "instrument", "side", "timeframe_secs", "qty", "average_entry", "realised_pnl", "close_reason")
    list_display = (*columns(*shown, of=ShadowGroup), "opened_at", "closed_at")
    list_filter = ("source", "side", "opened_at")
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument", "source")
    inlines = (ShadowLegTable, ShadowOrderTable)
    hidden = ("settings",)


@admin.register(ShadowLeg)
class ShadowLegAdmin(EngineAdmin):
    """Legs of paper positions."""

    list_display = columns("group", "pyramid_index", "index", "price", "qty", "target_price", of=ShadowLeg)
    search_fields = ("group__instrument__symbol",)
    list_select_related = ("group",)


@admin.register(ShadowOrder)
class ShadowOrderAdmin(EngineAdmin):
    """Orders on paper."""

    shown = ("id", "group", "purpose", "side", "type", "qty", "price", "state", "filled_price")
    list_display = columns(*shown, of=ShadowOrder)
    list_filter = ("purpose", "state")
    search_fields = ("group__instrument__symbol", "code")
    list_select_related = ("group",)


@admin.register(ShadowDecision)
class ShadowDecisionAdmin(EngineAdmin):
    """What each alert of a shadowed source came to."""

    list_display = ("id", "decided_at", "alert", "source", "outcome", "reason")
    list_filter = ("outcome", "source")
    search_fields = ("reason",)
    list_select_related = ("alert", "source")


@admin.register(TheirTrade)
class TheirTradeAdmin(EngineAdmin):
    """Imported trades of the old bot."""

    shown = ("id", "symbol", "side", "qty", "entry_price", "exit_price", "pnl")
    list_display = (*columns(*shown, of=TheirTrade), "opened_at", "closed_at", "source")
    list_filter = ("source", "side")
    search_fields = ("symbol", "key")
    list_select_related = ("source",)
