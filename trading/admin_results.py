"""What an account has come to: the profit curve, and closed groups month by month."""

from django.contrib import admin

from project.admin import EngineAdmin, account_name, columns
from trading.models import MonthResult, PnlPoint


@admin.register(PnlPoint)
class PnlPointAdmin(EngineAdmin):
    """The profit curve: a point a minute, and one at each close."""

    figures = columns("equity", "realised_pnl", "unrealised_pnl", "open_groups", "group", of=PnlPoint)
    list_display = ("at", account_name(), *figures)
    list_filter = ("account", "at", ("group", admin.EmptyFieldListFilter))
    list_select_related = ("account", "group")


@admin.register(MonthResult)
class MonthResultAdmin(EngineAdmin):
    """What closed groups have come to, added up month by month."""

    figures = columns(
        "kind", "label", "count", "won", "lost", "gross_win", "gross_loss", "fees", "stale", of=MonthResult
    )
    list_display = ("month", account_name(), *figures)
    list_filter = ("account", "kind", "stale")
    list_select_related = ("account",)
