"""Accounts and alerts with what only the engine knows: conditions of arming, the connection, what followed, replay."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from dashboard import (
    admin_api,  # noqa: F401 - its pages register themselves
    preflight,
    users_admin,  # noqa: F401 - its pages register themselves
)
from project.accounts.admin import ASKED_ANEW, ExchangeAccountAdmin, ExchangeAccountForm
from project.accounts.models import Environment, ExchangeAccount
from project.admin import Column, journal_of
from signals.admin import AlertAdmin
from signals.models import Alert
from trading.domain.arming import ArmingCondition, ArmingRequest, missing_conditions, starts_armed
from trading.models import PositionGroup
from trading.services import arming, open_account, probe

SAVE_FIRST = "A new account starts unarmed: save it, let the pre-flight become green, then arm it here."


class ArmingForm(ExchangeAccountForm):
    """The account's form, with the typed confirmation that live money needs."""

    typed = forms.CharField(
        label="Confirm",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="To arm a live account, type its name.",
    )

    def clean(self) -> dict[str, Any]:
        """And what only the engine knows: what the venue can do, and what is open."""
        data = super().clean()
        self._check_futures(data)
        return data

    def _check_futures(self, data: dict[str, Any]) -> None:
        names = ("venue", "environment", "base_url", "position_mode", "margin_mode", "leverage")
        wanted = {name: data[name] for name in names if name in data}
        seen = ExchangeAccount(pk=self.instance.pk, **wanted)
        for field, words in open_account.problems(seen, changed=self.changed_data).items():
            self.add_error(field, words)

    def _check_armed(self, data: dict[str, Any]) -> None:
        """Everything that is missing, all at once."""
        super()._check_armed(data)
        if not data.get("armed") or not ASKED_ANEW & set(self.changed_data):
            return
        if self.instance.pk is None and not starts_armed(data.get("environment", "")):
            self.add_error("armed", SAVE_FIRST)
        for missing in missing_conditions(self._request(data)):
            self.add_error("typed" if missing.code is ArmingCondition.CONFIRMATION else "armed", missing.advice)

    def _request(self, data: dict[str, Any]) -> ArmingRequest:
        """What the conditions look at; a pre-flight counts only for the account as it is stored."""
        stored = ExchangeAccount.objects.filter(pk=self.instance.pk).first() or ExchangeAccount()
        moved = {"environment", "venue", "user", "base_url", "api_key"} & set(self.changed_data)
        asked = arming.request_for(stored, typed=data.get("typed", ""), now=timezone.now(), stands=not moved)
        name, environment = data.get("name", ""), data.get("environment", Environment.LIVE)
        return replace(asked, account_name=name, environment=environment)


admin.site.unregister(ExchangeAccount)


@admin.register(ExchangeAccount)
class ArmingAdmin(ExchangeAccountAdmin):
    """Venue, keys, the pre-flight, and the switch that lets entries through."""

    form = ArmingForm
    actions = ("test_connection",)
    actions_detail = ("test_this_connection",)
    readonly_fields = (*ExchangeAccountAdmin.readonly_fields, "pre_flight")
    fieldsets = (
        *ExchangeAccountAdmin.fieldsets[:-1],
        ("Trading", {"fields": ("pre_flight", "armed", "typed", "state", "health_detail", "reconciled_at")}),
    )

    @admin.display(description="pre-flight")
    def pre_flight(self, account: ExchangeAccount) -> str | SafeString:
        """One line per thing that was looked at."""
        if account.pk is None:
            return "Save the account first."
        found = preflight.lines(account, now=timezone.now())
        return format_html_join("", "<div>{}: {}</div>", ((line.name, line.trouble or "✓") for line in found))

    @admin.action(description="Test connection: address, clock, keys, markets")
    def test_connection(self, request: HttpRequest, chosen: "QuerySet[ExchangeAccount]") -> None:
        """Asks each venue a few questions; nothing is changed or sent."""
        for account in chosen:
            _told(request, account)

    @action(description="Test connection", url_path="test-connection", permissions=["view"])
    def test_this_connection(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The same, from the account's own page."""
        account = self.get_object(request, object_id)
        if account is not None:
            _told(request, account)
        return redirect("admin:accounts_exchangeaccount_change", object_id)

    def save_model(self, request: HttpRequest, obj: ExchangeAccount, form: Any, change: bool) -> None:
        """A new paper account is armed at once; it moves no money."""
        obj.armed = obj.armed or (not change and starts_armed(obj.environment))
        super().save_model(request, obj, form, change)


admin.site.unregister(Alert)


@admin.register(Alert)
class ReplayingAlertAdmin(AlertAdmin):
    """Alerts with what followed from them, and the way to send one again."""

    actions_detail = ("replay", "journal")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[Column, ...]:
        """What followed stands first."""
        return ("followed", *super().get_fields(request, obj))

    @admin.display(description="what followed")
    def followed(self, alert: Alert) -> str | SafeString:
        """Links to the groups that it opened, added to or closed."""
        ids = {alert.details.get("group"), *alert.details.get("groups", ())} - {None}
        found = PositionGroup.objects.filter(pk__in=ids).select_related("instrument")
        links = (
            (reverse("admin:trading_positiongroup_change", args=[group.pk]), group.pk, group.instrument.symbol)
            for group in found
        )
        return format_html_join(", ", '<a class="text-primary-600" href="{}">group {}, {}</a>', links) or "no group"

    @action(description="Replay…", url_path="replay", permissions=["view"])
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that names the consequence."""
        return redirect("dashboard:replay", int(object_id))

    @action(description="Journal", url_path="journal", permissions=["view"])
    def journal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was written down about it."""
        return journal_of(f"alert:{object_id}")


def _told(request: HttpRequest, account: ExchangeAccount) -> None:
    """A line a question; what failed as an error."""
    for answer in probe.probe(account, clock=timezone.now):
        level = messages.SUCCESS if answer.well else messages.ERROR
        messages.add_message(request, level, f"{account.name}, {answer.name}: {answer.said}")
