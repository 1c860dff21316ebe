"""Groups with everything in them, orders, fills, slots; the settings somebody changed."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from project.admin import Admin, EngineAdmin, EngineStack, EngineTable, asked_back, columns, plain
from project.journal.record import record
from trading import locks
from trading.domain import settings as registry
from trading.domain.order_state import RESTING, OrderState
from trading.domain.refusal import Refusal
from trading.domain.settings import Scope, Setting
from trading.domain.vocabulary import Purpose
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
    SettingOverride,
    Slot,
)
from trading.services import exits, groups, orders, queue

# A page nests two tables deep: group → pyramids → legs and group → orders → fills; a leg links to its own page.
LEG_SHOWN = ("index", "price", "qty", "weight_pct", "take_profit_pct", "target_price")
ORDER_SHOWN = ("purpose", "state", "side", "type", "price", "qty", "filled_qty", "code")


class FillTable(EngineTable):
    """Fills of an order."""

    model = Fill
    fields = readonly_fields = columns("at", "side", "price", "qty", "cost", "fee", "fee_currency", "maker", of=Fill)


class OrderTable(EngineTable):
    """Orders of a leg."""

    model = Order
    fields = readonly_fields = columns(*ORDER_SHOWN, of=Order)


class OrderStack(EngineStack):
    """Orders of a group or leg, with their fills."""

    model = Order
    readonly_fields = columns(*ORDER_SHOWN, "client_order_id", "venue_order_id", of=Order)
    fields = (readonly_fields[:4], readonly_fields[4:8], readonly_fields[8:])  # three lines an order
    inlines = (FillTable,)


class LegTable(EngineTable):
    """Legs of a pyramid."""

    model = Leg
    fields = readonly_fields = columns(*LEG_SHOWN, of=Leg)


class LegStack(EngineStack):
    """Legs of a pyramid, with their orders."""

    model = Leg
    fields = readonly_fields = columns(*LEG_SHOWN, of=Leg)
    inlines = (OrderTable,)


class PyramidStack(EngineStack):
    """Pyramids of a group, with their legs."""

    model = Pyramid
    fields = readonly_fields = columns("index", "base_price", "capital", "bound_by", "created_at", of=Pyramid)
    inlines = (LegTable,)


@admin.register(PositionGroup)
class PositionGroupAdmin(EngineAdmin):
    """Position groups: pyramids, legs, orders and fills below each."""

    shown = ("id", "instrument", "side", "status", "qty", "average_entry", "realised_pnl", "close_reason", "opened_at")
    list_display = columns(*shown, of=PositionGroup)
    list_filter = ("status", "side", "account", "close_reason")
    search_fields = ("=id", "instrument__symbol")
    list_select_related = ("instrument",)
    inlines = (PyramidStack, OrderStack)
    actions = ("close", "block", "unblock")

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

    @admin.action(description="Block: neither pyramids nor offset")
    def block(self, request: HttpRequest, chosen: "QuerySet[PositionGroup]") -> None:
        """It keeps its exits."""
        _set_blocked(request, chosen, to=True)

    @admin.action(description="Unblock")
    def unblock(self, request: HttpRequest, chosen: "QuerySet[PositionGroup]") -> None:
        """Pyramids and offset again."""
        _set_blocked(request, chosen, to=False)


def _named(row: PositionGroup | QueuedSignal) -> str:
    return f"{row.instrument.symbol} {row.side}"


def _set_blocked(request: HttpRequest, chosen: Iterable[PositionGroup], *, to: bool) -> None:
    """Block or unblock, under the locks of the engine, and journal who."""
    for row in chosen:
        with transaction.atomic():
            locks.account(row.account_id)
            group = locks.group(row.pk)
            group.blocked = to
            group.save(update_fields=["blocked"])
            payload = {"operator": request.user.get_username(), "blocked": to}
            record("group.blocked", subject=f"group:{group.pk}", payload=payload, account_id=group.account_id)
    messages.info(request, f"{len(list(chosen))} groups {'blocked' if to else 'unblocked'}.")


@admin.register(Pyramid)
class PyramidAdmin(EngineAdmin):
    """Entries into groups."""

    list_display = columns("id", "group", "index", "base_price", "capital", "bound_by", "created_at", of=Pyramid)
    list_select_related = ("group",)
    inlines = (LegStack,)


@admin.register(Leg)
class LegAdmin(EngineAdmin):
    """DCA legs as planned."""

    list_display = columns("id", "pyramid", "index", "price", "qty", "weight_pct", "target_price", of=Leg)
    list_select_related = ("pyramid",)
    inlines = (OrderStack,)


@admin.register(Order)
class OrderAdmin(EngineAdmin):
    """Every instruction to a venue. Orders are never deleted."""

    list_display = columns("id", "created_at", "instrument", *ORDER_SHOWN, of=Order)
    list_filter = ("state", "purpose", "account", "created_at")
    search_fields = ("=id", "=client_order_id", "=venue_order_id", "instrument__symbol")
    search_help_text = "A number, a client order id or a venue order id, whole; or part of a symbol."
    list_select_related = ("instrument",)
    inlines = (FillTable,)
    actions = ("cancel",)

    @admin.action(description="Cancel entry orders…")
    def cancel(self, request: HttpRequest, chosen: "QuerySet[Order]") -> TemplateResponse | None:
        """Entries only: a target or stop would be placed again at once, because a filled quantity always has an exit."""
        mine = [order for order in chosen if order.purpose == Purpose.ENTRY and order.state in CANCELLABLE]
        lines = [
            f"{order.instrument.symbol}: {order.side} {plain(order.qty)} at {plain(order.price)}" for order in mine
        ]
        nothing = ["None of them is an entry that rests or waits. Targets and stops go when their group is closed."]
        page = asked_back(self, request, chosen, title="Cancel these entry orders", lines=lines or nothing)
        if page is None:
            cancelled = sum(_withdrawn(order.pk, order.account_id) for order in mine)
            messages.warning(request, f"{cancelled} of {len(chosen)} orders are being cancelled.")
        return page


CANCELLABLE = RESTING | {OrderState.NEW}


def _withdrawn(order_id: int, account_id: int) -> bool:
    """Take an order back; False when it ended meanwhile."""
    with transaction.atomic():
        locks.account(account_id)
        order = locks.orders(Order.objects.filter(pk=order_id)).get()
        if order.state not in CANCELLABLE:
            return False
        orders.withdraw(order, code="BY_HAND")
        groups.review(order.group_id, now=timezone.now())
        return True


@admin.register(Fill)
class FillAdmin(EngineAdmin):
    """Executions, as the venue tells them."""

    list_display = columns("at", "instrument", "side", "price", "qty", "cost", "fee", "fee_currency", "order", of=Fill)
    list_filter = ("account", "side", "at")
    search_fields = ("=venue_trade_id", "=venue_order_id", "instrument__symbol")
    list_select_related = ("instrument", "order")


@admin.register(FundingPayment)
class FundingPaymentAdmin(EngineAdmin):
    """Funding paid or received on futures; part of the result of its group."""

    list_display = columns("at", "instrument", "amount", "group", "account", of=FundingPayment)
    list_filter = ("account", "at")
    search_fields = ("=venue_id", "instrument__symbol")
    list_select_related = ("instrument", "group", "account")


@admin.register(Slot)
class SlotAdmin(EngineAdmin):
    """Units of the pool, taken and given back."""

    list_display = ("account", "number", "group", "pool_size", "taken_at", "released_at")
    list_filter = ("account", ("released_at", admin.EmptyFieldListFilter))
    list_select_related = ("account", "group")


@admin.register(QueuedSignal)
class QueuedSignalAdmin(EngineAdmin):
    """Entries that wait for a slot, or waited, and how it ended."""

    shown = ("id", "state", "instrument", "side", "timeframe_secs", "alert_price", "replacement_count", "queued_at")
    list_display = columns(*shown, "last_denial", of=QueuedSignal)
    list_filter = ("state", "account", "side")
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument",)
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


def _described(setting: Setting) -> str:
    limits = f" {setting.low}–{setting.high}" if setting.low is not None and setting.high is not None else ""
    return f"{setting.group}: {setting.name}{limits} {setting.unit}".rstrip()


def _choices() -> list[tuple[str, str]]:
    return [(name, _described(setting)) for name, setting in registry.REGISTRY.items()]


SCOPES = tuple(Scope)  # widest first


class SettingOverrideForm(forms.ModelForm):
    """One setting at one scope, checked by the registry that the engine reads it with."""

    name = forms.ChoiceField(choices=_choices, widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="As in docs/configuration.md: 5, on, 1% equity, or legs as (0, 20, 1.0) (−0.5, 20, 0.5) …",
    )

    class Meta:
        model = SettingOverride
        fields = ("user", "account", "symbol", "name", "value")
        help_texts = {"symbol": "A pair of the account, as in BTC/USDT."}  # noqa: RUF012 - Django's own shape

    def clean(self) -> dict[str, Any]:
        """The value must pass the registry, the scope must be one the setting has."""
        data: dict[str, Any] = super().clean() or {}
        if "name" in data and "value" in data:
            data["value"] = self._checked(data["name"], data["value"])
            self._check_scope(data)
        return data

    def _checked(self, name: str, text: str) -> str:
        value = registry.parse(name, text)
        if isinstance(value, Refusal):
            self.add_error("value", forms.ValidationError(f"{value.code}: {value.sentence()}", code=value.code))
            return text
        return registry.as_text(name, value)

    def _check_scope(self, data: dict[str, Any]) -> None:
        narrowest = registry.REGISTRY[data["name"]].narrowest
        chosen = _scope(data)
        if SCOPES.index(chosen) > SCOPES.index(narrowest):
            message = f"{data['name']} has no {chosen.lower()} scope; the narrowest is {narrowest.lower()}."
            self.add_error(None, forms.ValidationError(message, code="SCOPE_TOO_NARROW"))
        if data.get("user") and data.get("account"):
            self.add_error("user", "An account has its user already: leave one of the two empty.")
        if data.get("symbol") and not data.get("account"):
            self.add_error("symbol", "A pair's setting needs its account.")


def _scope(data: dict[str, Any]) -> Scope:
    """The narrowest scope that the form names."""
    named = (("symbol", Scope.PAIR), ("account", Scope.ACCOUNT), ("user", Scope.USER))
    return next((scope for field, scope in named if data.get(field)), Scope.GLOBAL)


def _place(row: SettingOverride) -> tuple[object, ...]:
    """Which setting, at which scope."""
    return (row.name, row.user_id, row.account_id, row.symbol)


@admin.register(SettingOverride)
class SettingOverrideAdmin(Admin):
    """Settings somebody changed; everything else has its default. The narrowest scope wins."""

    form = SettingOverrideForm
    list_display = ("name", "value", "user", "account", "symbol", "changed_by", "changed_at")
    list_filter = ("name", "account", "user")
    search_fields = ("name", "symbol")
    readonly_fields = ("changed_by", "changed_at")
    list_select_related = ("user", "account")

    def save_model(self, request: HttpRequest, obj: SettingOverride, form: Any, change: bool) -> None:
        """Save with who changed it, and journal it."""
        obj.changed_by = request.user.get_username()
        older = SettingOverride.objects.filter(pk=obj.pk).first()
        moved = older is not None and _place(older) != _place(obj)
        if older is not None and moved:
            self._journal(request, older, before=older.value, after=None)
        super().save_model(request, obj, form, change)
        self._journal(request, obj, before=older.value if older and not moved else None, after=obj.value)

    def delete_model(self, request: HttpRequest, obj: SettingOverride) -> None:
        """Back to the wider scope, which is journalled too."""
        self._journal(request, obj, before=obj.value, after=None)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """One by one, so that each is journalled."""
        for row in queryset:
            self.delete_model(request, row)

    def _journal(self, request: HttpRequest, obj: SettingOverride, *, before: object, after: object) -> None:
        """Who changed what at which scope; None stands for what the wider scope says."""
        scope = {"user": obj.user_id, "account": obj.account_id, "symbol": obj.symbol}
        changed = {"name": obj.name, "scope": scope, "before": before, "after": after}
        payload = {"operator": request.user.get_username(), **changed}
        record("setting.changed", subject=f"setting:{obj.name}", payload=payload, account_id=obj.account_id)


@admin.register(ForeignOrder)
class ForeignOrderAdmin(EngineAdmin):
    """What rests at a venue and is none of ours: placed by hand, or by another program on the same keys."""

    list_display = columns(
        "account", "instrument", "side", "type", "price", "qty", "filled_qty", "seen_at", "gone_at", of=ForeignOrder
    )
    list_filter = ("account", "side")
    search_fields = ("venue_order_id", "client_order_id")
    list_select_related = ("account", "instrument")
