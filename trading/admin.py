"""Groups with everything in them, orders, fills, slots, the queue; all of it the engine's own."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from project.admin import (
    EngineAdmin,
    EngineStack,
    EngineTable,
    account_name,
    asked_back,
    columns,
    flag,
    journal_of,
    plain,
    short,
    worded,
)
from trading.admin_offset import OffsetRunAdmin
from trading.admin_results import MonthResultAdmin, PnlPointAdmin
from trading.admin_settings import SettingOverrideAdmin
from trading.admin_shadow import ShadowGroupAdmin
from trading.admin_troubles import DisagreementAdmin
from trading.domain.words import group_words, order_words
from trading.models import (
    Canary,
    Fill,
    ForeignOrder,
    FundingPayment,
    Leg,
    Order,
    PositionGroup,
    Pyramid,
    QueuedSignal,
    Slot,
)
from trading.services import block, exits, queue, withdraw

__all__ = [
    "DisagreementAdmin",
    "MonthResultAdmin",
    "OffsetRunAdmin",
    "PnlPointAdmin",
    "SettingOverrideAdmin",
    "ShadowGroupAdmin",
]  # found through this module

# A page nests two tables deep: group → pyramids → legs and group → orders → fills; a leg links to its own page.
LEG_SHOWN = ("index", "price", "qty", "weight_pct", "take_profit_pct", "target_price", "ended_reason")
ORDER_STATE = worded("state", order_words)
ACCOUNT = account_name()
FOLDED = ("settings", "watch")
ORDER_SHOWN = ("side", "type", "price", "trigger_price", "qty", "filled_qty", "code")


class FillTable(EngineTable):
    """Fills of an order."""

    model = Fill
    fields = readonly_fields = columns(
        "at", "side", "price", "qty", "cost", "fee", "fee_currency", "fee_price", "maker", of=Fill
    )


class OrderTable(EngineTable):
    """Orders of a group or leg, each with its fills."""

    model = Order
    ordering = ("id",)
    fields = readonly_fields = (
        "number",
        "place",
        "purpose",
        ORDER_STATE,
        *columns(*ORDER_SHOWN, of=Order),
        "fills",
        "ids",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Order]":
        """With what its rows show."""
        rows: QuerySet[Order] = super().get_queryset(request).select_related("leg__pyramid").prefetch_related("fills")
        return rows

    @admin.display(description="order")
    def number(self, order: Order) -> SafeString:
        """Leads to its own page."""
        address = reverse("admin:trading_order_change", args=[order.pk])
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, order.pk)

    @admin.display(description="leg")
    def place(self, order: Order) -> str:
        """Pyramid and leg as the live page names them."""
        return f"P{order.leg.pyramid.index + 1} · {order.leg.index}" if order.leg else "–"

    @admin.display(description="fills")
    def fills(self, order: Order) -> str | SafeString:
        """Time, quantity, price and fee of each."""
        found = (
            (f"{f.at:%H:%M:%S}", plain(f.qty), short(f.price), plain(f.fee), f.fee_currency) for f in order.fills.all()
        )
        return format_html_join("", "<div>{} UTC {} @ {}, fee {} {}</div>", found) or "–"

    @admin.display(description="ids")
    def ids(self, order: Order) -> SafeString:
        """Ours, and the venue's."""
        return format_html("<div>{}</div><div>{}</div>", order.client_order_id, order.venue_order_id or "–")


class LegTable(EngineTable):
    """Legs of a pyramid."""

    model = Leg
    fields = readonly_fields = columns(*LEG_SHOWN, of=Leg)


class LegStack(EngineStack):
    """Legs of a pyramid, with their orders."""

    model = Leg
    readonly_fields = columns(*LEG_SHOWN, of=Leg)
    fields = (readonly_fields[:2], readonly_fields[2:4], readonly_fields[4:])
    inlines = (OrderTable,)


class PyramidStack(EngineStack):
    """Pyramids of a group, with their legs."""

    model = Pyramid
    readonly_fields = columns("base_price", "capital", "bound_by", "created_at", of=Pyramid)
    fields = (readonly_fields[:2], readonly_fields[2:])
    inlines = (LegTable,)


@admin.register(PositionGroup)
class PositionGroupAdmin(EngineAdmin):
    """Position groups: pyramids, legs, orders and fills below each."""

    figures = columns("qty", "average_entry", "realised_pnl", of=PositionGroup)
    list_display = (
        *("id", ACCOUNT, "instrument", "side", worded("status", group_words), *figures),
        *("tp_mode", flag("blocked"), "close_reason", "opened_at"),
    )
    list_filter = ("status", "side", "tp_mode", "blocked", "account", "close_reason", "opened_at")
    search_fields = ("=id", "instrument__symbol", "=orders__client_order_id")
    search_help_text = "A group's number, part of a pair, or a client order id."
    list_select_related = ("instrument", "account")
    inlines = (PyramidStack, OrderTable)
    actions = ("close", "block", "unblock", "block_pair", "unblock_pair")
    actions_detail = ("close_this", "journal")

    def get_fieldsets(self, request: HttpRequest, obj: PositionGroup | None = None) -> list[tuple[str | None, Any]]:
        """What it is, two figures a line; what it was opened with stands folded below."""
        shown = [field for field in self.get_fields(request, obj) if field not in FOLDED]
        lines = [tuple(shown[at : at + 2]) for at in range(0, len(shown), 2)]
        return [(None, {"fields": lines}), ("Opened with", {"fields": FOLDED, "classes": ["collapse"]})]

    @admin.action(description="Close: cancel what rests, sell what is held at market…")
    def close(self, request: HttpRequest, chosen: "QuerySet[PositionGroup]") -> TemplateResponse | None:
        """The same as the button on the page; asks back with what would be sold."""
        open_ones = list(chosen.filter(closed_at=None, closing_at=None))
        lines = [f"{_named(group)}: sells {plain(group.qty)} at market, cancels what rests" for group in open_ones]
        page = asked_back(self, request, chosen, title="Close these groups", lines=lines or ["None of them is open."])
        if page is None:
            now, operator = timezone.now(), request.user.get_username()
            began = sum(exits.close_by_hand(group.pk, operator=operator, now=now) for group in open_ones)
            messages.warning(request, f"{began} of {len(chosen)} groups are closing now.")
        return page

    @admin.action(description="Block: no more pyramids")
    def block(self, request: HttpRequest, chosen: "QuerySet[PositionGroup]") -> None:
        """It keeps its exits."""
        _set_blocked(request, chosen, to=True)

    @admin.action(description="Unblock")
    def unblock(self, request: HttpRequest, chosen: "QuerySet[PositionGroup]") -> None:
        """Pyramids again."""
        _set_blocked(request, chosen, to=False)

    @admin.action(description="Block the pair: nothing new is entered")
    def block_pair(self, request: HttpRequest, chosen: "QuerySet[PositionGroup]") -> None:
        """Neither new groups nor pyramids, also not from the queue; every exit goes on."""
        _set_pair_blocked(request, chosen, to=True)

    @admin.action(description="Unblock the pair")
    def unblock_pair(self, request: HttpRequest, chosen: "QuerySet[PositionGroup]") -> None:
        """Entries again, from the next alert on."""
        _set_pair_blocked(request, chosen, to=False)

    @action(description="Close…", url_path="close", permissions=["view"])
    def close_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that names the consequence."""
        return redirect("dashboard:close_group", int(object_id))

    @action(description="Journal", url_path="journal", permissions=["view"])
    def journal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was written down about it."""
        return journal_of(f"group:{object_id}")


def _named(row: PositionGroup | QueuedSignal) -> str:
    return f"{row.instrument.symbol} {row.side}"


def _set_blocked(request: HttpRequest, chosen: Iterable[PositionGroup], *, to: bool) -> None:
    operator = request.user.get_username()
    changed = sum(block.set_blocked(row.pk, to=to, operator=operator) for row in chosen)
    messages.info(request, f"{changed} of {len(list(chosen))} groups {'blocked' if to else 'unblocked'}.")


def _set_pair_blocked(request: HttpRequest, chosen: Iterable[PositionGroup], *, to: bool) -> None:
    pairs, operator = {(row.account_id, row.instrument.symbol) for row in chosen}, request.user.get_username()
    changed = sum(block.set_pair_blocked(account, pair, to=to, operator=operator) for account, pair in sorted(pairs))
    messages.info(request, f"{changed} of {len(pairs)} pairs {'blocked' if to else 'unblocked'}.")


@admin.register(Pyramid)
class PyramidAdmin(EngineAdmin):
    """Entries into groups."""

    list_display = columns("id", "group", "index", "base_price", "capital", "bound_by", "created_at", of=Pyramid)
    list_filter = ("bound_by", "group__account", "created_at")
    search_fields = ("=group__id", "group__instrument__symbol")
    search_help_text = "A group's number, or part of a pair."
    list_select_related = ("group",)
    inlines = (LegStack,)


@admin.register(Leg)
class LegAdmin(EngineAdmin):
    """DCA legs as planned."""

    shown = ("id", "pyramid", "index", "price", "qty", "weight_pct", "target_price", "ended_reason")
    list_display = columns(*shown, of=Leg)
    list_filter = ("ended_reason", "pyramid__group__account")
    search_fields = ("=pyramid__group__id", "pyramid__group__instrument__symbol")
    search_help_text = "A group's number, or part of a pair."
    list_select_related = ("pyramid",)
    inlines = (OrderTable,)


@admin.register(Order)
class OrderAdmin(EngineAdmin):
    """Every instruction to a venue. Orders are never deleted."""

    shown = columns("side", "type", "price", "qty", "filled_qty", of=Order)
    list_display = (
        "id",
        "created_at",
        ACCOUNT,
        "instrument",
        "purpose",
        worded("state", order_words),
        *shown,
        "code",
    )
    list_filter = ("state", "purpose", "type", "account", "code", "created_at")
    search_fields = ("=id", "=client_order_id", "=venue_order_id", "=venue_algo_id", "instrument__symbol")
    search_help_text = "A number, a client order id or a venue order id, whole; or part of a symbol."
    list_select_related = ("instrument", "account")
    inlines = (FillTable,)
    actions = ("cancel",)
    actions_detail = ("cancel_this", "journal")

    @admin.action(description="Cancel entry orders…")
    def cancel(self, request: HttpRequest, chosen: "QuerySet[Order]") -> TemplateResponse | None:
        """Entries only: a target or stop would be placed again at once, because a filled quantity always has an exit."""
        mine = [order for order in chosen if withdraw.may_withdraw(order)]
        lines = [
            f"{order.instrument.symbol}: {order.side} {plain(order.qty)} at {plain(order.price)}" for order in mine
        ]
        nothing = ["None of them is an entry that rests or waits. Targets and stops go when their group is closed."]
        page = asked_back(self, request, chosen, title="Cancel these entry orders", lines=lines or nothing)
        if page is None:
            now, operator = timezone.now(), request.user.get_username()
            cancelled = sum(withdraw.withdraw_by_hand(order.pk, operator=operator, now=now) for order in mine)
            messages.warning(request, f"{cancelled} of {len(chosen)} orders are being cancelled.")
        return page

    @action(description="Cancel…", url_path="cancel", permissions=["view"])
    def cancel_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that names the consequence."""
        return redirect("dashboard:cancel_order", int(object_id))

    @action(description="Journal", url_path="journal", permissions=["view"])
    def journal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was written down about it."""
        return journal_of(f"order:{object_id}")


@admin.register(Fill)
class FillAdmin(EngineAdmin):
    """Executions, as the venue tells them."""

    list_display = columns(
        "at", "instrument", "side", "price", "qty", "cost", "fee", "fee_currency", "fee_price", "order", of=Fill
    )
    list_filter = ("account", "side", "at")
    search_fields = ("=venue_trade_id", "=venue_order_id", "instrument__symbol")
    list_select_related = ("instrument", "order")


@admin.register(FundingPayment)
class FundingPaymentAdmin(EngineAdmin):
    """Funding paid or received on futures; part of the result of its group."""

    list_display = (*columns("at", "instrument", "amount", "group", of=FundingPayment), ACCOUNT)
    list_filter = ("account", "at")
    search_fields = ("=venue_id", "instrument__symbol")
    list_select_related = ("instrument", "group", "account")


@admin.register(Slot)
class SlotAdmin(EngineAdmin):
    """Units of the pool, taken and given back."""

    list_display = (ACCOUNT, "number", "pair", "pool_size", "taken_at", "released_at")
    list_filter = ("account", ("released_at", admin.EmptyFieldListFilter))
    search_fields = ("group__instrument__symbol", "=group__id")
    list_select_related = ("account", "group__instrument")

    @admin.display(description="held by", ordering="group")
    def pair(self, slot: Slot) -> str:
        """The group that holds it, or held it."""
        return f"{_named(slot.group)} (group {slot.group_id})"


@admin.register(QueuedSignal)
class QueuedSignalAdmin(EngineAdmin):
    """Entries that wait for a slot, or waited, and how it ended."""

    shown = ("state", "instrument", "side", "timeframe_secs", "alert_price", "replacement_count")
    list_display = ("id", ACCOUNT, *columns(*shown, "queued_at", "last_denial", "ended_by", of=QueuedSignal))
    list_filter = ("state", "account", "side", "queued_at")
    search_fields = ("instrument__symbol", "ended_by")
    list_select_related = ("instrument", "account")
    actions = ("promote", "remove")

    @admin.action(description="Promote: try to enter now, before its turn")
    def promote(self, request: HttpRequest, chosen: "QuerySet[QueuedSignal]") -> None:
        """Each still needs a slot and passes every check; what was refused says why."""
        for row in chosen:
            verdict = queue.promote_by_hand(row.pk, operator=request.user.get_username(), now=timezone.now())
            level = messages.SUCCESS if verdict.outcome in queue.WAITS_ON else messages.WARNING
            messages.add_message(request, level, f"{_named(row)}: {verdict.reason}")

    @admin.action(description="Remove from the queue…")
    def remove(self, request: HttpRequest, chosen: "QuerySet[QueuedSignal]") -> TemplateResponse | None:
        """For good: only a new alert brings one back."""
        lines = [f"{_named(row)}, waiting since {row.queued_at:%H:%M} UTC, will not be entered" for row in chosen]
        page = asked_back(self, request, chosen, title="Remove these signals", lines=lines)
        if page is None:
            now, operator = timezone.now(), request.user.get_username()
            gone = sum(queue.remove_by_hand(row.pk, operator=operator, now=now) for row in chosen)
            messages.warning(request, f"{gone} of {len(chosen)} signals were taken out of the queue.")
        return page


@admin.register(Canary)
class CanaryAdmin(EngineAdmin):
    """When a worker last answered."""

    list_display = ("id", "rung_at", "answered_at")


@admin.register(ForeignOrder)
class ForeignOrderAdmin(EngineAdmin):
    """What rests at a venue and is none of ours: placed by hand, or by another program on the same keys."""

    shown = ("instrument", "side", "type", "price", "qty", "filled_qty", "venue_order_id", "seen_at", "gone_at")
    list_display = (ACCOUNT, *columns(*shown, of=ForeignOrder))
    list_filter = ("account", "side", ("gone_at", admin.EmptyFieldListFilter))
    search_fields = ("=venue_order_id", "=client_order_id", "instrument__symbol")
    list_select_related = ("account", "instrument")
