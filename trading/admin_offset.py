"""Offsets as the admin shows them: runs with their steps, what is watched, and the books they were planned by."""

from typing import Any

from django.contrib import admin

from project.admin import EngineAdmin, EngineTable, account_name, columns
from trading.models import OffsetBook, OffsetRun, OffsetStep, OffsetWatch

STEP_SHOWN = ("kind", "group", "state", "qty", "expected", "bound", "sold_qty", "realised", "code", "ended_at")
RUN_SHOWN = ("loss", "cover", "uncovered", "bound", "winners_realised", "loser_realised", "cost", "code")


class StepTable(EngineTable):
    """The steps of a run."""

    model = OffsetStep
    fields = readonly_fields = STEP_SHOWN


@admin.register(OffsetRun)
class OffsetRunAdmin(EngineAdmin):
    """A losing group closed and paid for by winners: what was planned, and what came of it."""

    list_display = ("id", account_name(), "group", "state", *columns(*RUN_SHOWN, of=OffsetRun), "started_at")
    list_filter = ("account", "state", "code", "started_at")
    search_fields = ("=id", "=group__id", "group__instrument__symbol", "operator")
    list_select_related = ("account", "group")
    inlines: Any = (StepTable,)


@admin.register(OffsetStep)
class OffsetStepAdmin(EngineAdmin):
    """One group's part in an offset."""

    list_display = ("id", "run", *columns(*STEP_SHOWN, of=OffsetStep))
    list_filter = ("kind", "state", "code")
    search_fields = ("=run__id", "=group__id")
    list_select_related = ("run", "group")


@admin.register(OffsetWatch)
class OffsetWatchAdmin(EngineAdmin):
    """What is remembered of a losing group."""

    list_display = ("group", "losing_since", "skipped_until", "skipped_by", "code", "seen_at")
    search_fields = ("=group__id",)
    list_select_related = ("group",)


@admin.register(OffsetBook)
class OffsetBookAdmin(EngineAdmin):
    """The order book of a pair as an offset saw it last."""

    list_display = ("instrument", "at")
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument",)
