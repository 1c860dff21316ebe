"""The account page with what arming asks for: it knows the engine's conditions, which the accounts' own floor does not."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from dashboard import preflight
from project.accounts.admin import ExchangeAccountAdmin, ExchangeAccountForm
from project.accounts.models import Environment, ExchangeAccount
from trading.domain.arming import ArmingCondition, ArmingRequest, missing_conditions, starts_armed
from trading.services.desk import Desk

ASKED_ANEW = frozenset({"armed", "environment", "venue", "user", "api_key"})
# An armed live account that keeps these keeps its arming; a change of one is arming again.
SAVE_FIRST = "A new account starts unarmed: save it, let the pre-flight become green, then arm it here."


class ArmingForm(ExchangeAccountForm):
    """The account's form, with the typed confirmation that live money needs."""

    typed = forms.CharField(
        label="Confirm",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="To arm a live account, type its name.",
    )

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
        now, stored = timezone.now(), ExchangeAccount.objects.filter(pk=self.instance.pk).first()
        moved = {"environment", "venue", "user", "base_url", "api_key"} & set(self.changed_data)
        return ArmingRequest(
            account_name=data.get("name", ""),
            environment=data.get("environment", Environment.LIVE),
            live_flag=settings.WINDLASS.live_allowed,
            doctor_green=preflight.green(stored, now=now) if stored and not moved else None,
            typed=data.get("typed", ""),
            live_start_cap_quote=Desk(stored, now).settings("").live.live_start_cap_quote if stored else None,
        )


admin.site.unregister(ExchangeAccount)


@admin.register(ExchangeAccount)
class ArmingAdmin(ExchangeAccountAdmin):
    """Venue, keys, the pre-flight, and the switch that lets entries through."""

    form = ArmingForm
    readonly_fields = (*ExchangeAccountAdmin.readonly_fields, "pre_flight")
    fieldsets = (
        *ExchangeAccountAdmin.fieldsets[:-1],
        ("Trading", {"fields": ("pre_flight", "armed", "typed", "health", "health_detail", "reconciled_at")}),
    )

    @admin.display(description="pre-flight")
    def pre_flight(self, account: ExchangeAccount) -> str | SafeString:
        """One line per thing that was looked at."""
        if account.pk is None:
            return "Save the account first."
        found = preflight.lines(account, now=timezone.now())
        return format_html_join("", "<div>{}: {}</div>", ((line.name, line.trouble or "✓") for line in found))

    def save_model(self, request: HttpRequest, obj: ExchangeAccount, form: Any, change: bool) -> None:
        """A new paper account is armed at once; it moves no money."""
        obj.armed = obj.armed or (not change and starts_armed(obj.environment))
        super().save_model(request, obj, form, change)
