"""What was not as it should be, as the admin shows it: bare holdings, executions that differed, dust and where it went."""

from django.contrib import admin

from project.admin import EngineAdmin, account_name, columns
from trading.models import BareHolding, Disagreement, DustMove

BARE_SHOWN = ("group", "qty", "cover", "code", "since", "told_at", "waived_by", "waived_reason", "ended_at")
DIFFERS_SHOWN = ("instrument", "order", "kind", "venue_trade_id", "settled_as", "settled_by", "seen_at", "settled_at")
DUST_SHOWN = ("group", "to_group", "qty", "price", "operator", "reason", "at", "undone_at")


@admin.register(BareHolding)
class BareHoldingAdmin(EngineAdmin):
    """A quantity without an exit: since when, why, told when, waived by whom."""

    list_display = ("id", account_name(), *columns(*BARE_SHOWN, of=BareHolding))
    list_filter = ("account", "cover", "code", ("ended_at", admin.EmptyFieldListFilter))
    search_fields = ("=group__id", "group__instrument__symbol", "waived_by")
    list_select_related = ("account", "group")


@admin.register(Disagreement)
class DisagreementAdmin(EngineAdmin):
    """An execution of which our books and the venue's said different things, and what became of it."""

    list_display = ("id", account_name(), *columns(*DIFFERS_SHOWN, of=Disagreement))
    list_filter = ("account", "kind", "settled_as", ("settled_at", admin.EmptyFieldListFilter))
    search_fields = ("=venue_trade_id", "=venue_order_id", "instrument__symbol")
    list_select_related = ("account", "instrument", "order")


@admin.register(DustMove)
class DustMoveAdmin(EngineAdmin):
    """Where the dust of an ended group went."""

    list_display = ("id", *columns(*DUST_SHOWN, of=DustMove))
    list_filter = (("to_group", admin.EmptyFieldListFilter), ("undone_at", admin.EmptyFieldListFilter))
    search_fields = ("=group__id", "=to_group__id", "group__instrument__symbol")
    list_select_related = ("group", "to_group")
