"""The settings somebody changed: a form that the registry checks, and every version with who and when."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from project.accounts.models import ExchangeAccount
from project.admin import Admin, EngineAdmin, account_name
from project.journal.models import JournalEntry
from project.journal.record import record
from signals.market import instruments
from signals.symbols import UnknownSymbol, resolve
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.domain.settings import Scope, Setting
from trading.models import PendingChange, SettingOverride
from trading.services import overrides, sealing
from trading.services.overrides import Place
from trading.services.setting_agreement import disagreement


def _described(setting: Setting) -> str:
    limits = f" {setting.low}–{setting.high}" if setting.low is not None and setting.high is not None else ""
    return f"{setting.group}: {setting.name}{limits} {setting.unit}".rstrip()


def _choices() -> list[tuple[str, str]]:
    return [(name, _described(setting)) for name, setting in registry.REGISTRY.items()]


SCOPES = tuple(Scope)  # widest first
VERSIONS_SHOWN = 50
WIDER = "(the wider scope)"
WAITS = "The profile is sealed: {name} = {value} holds from {due:%Y-%m-%d %H:%M} UTC on, unless it is withdrawn before."
HOLDS = "{name} = {value} protects more and holds at once."


class SettingOverrideForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """One setting at one scope, checked by the registry that the engine reads it with."""

    name = forms.ChoiceField(choices=_choices, widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="As in docs/configuration.md: 5, on, 1% equity, or legs as (0, 20, 1.0) (−0.5, 20, 0.5) …",
    )

    place: "tuple[str, Place] | None" = None  # where the row stood before the form moved it

    class Meta:
        model = SettingOverride
        fields = ("user", "account", "symbol", "name", "value")
        help_texts = {  # noqa: RUF012 - Django's own shape
            "user": "Empty: everybody.",
            "account": "Empty: every account.",
            "symbol": "Empty: every pair. As in BTC/USDT; needs an account.",
        }

    def clean(self) -> dict[str, Any]:
        """The value must pass the registry, the scope must be one the setting has."""
        data: dict[str, Any] = super().clean() or {}
        if "name" in data and "value" in data:
            data["value"] = self._checked(data["name"], data["value"])
            self._check_scope(data)
        if data.get("symbol") and data.get("account"):
            data["symbol"] = self._listed(data["symbol"], data["account"])
        if not self.errors and "name" in data and "value" in data:
            self._agrees(data)
        return data

    def _agrees(self, data: dict[str, Any]) -> None:
        """Settings that cannot hold together are refused where the second of them is written."""
        said = {name: data.get(name) for name in ("user", "account", "name", "value")}
        wrong = disagreement(SettingOverride(pk=self.instance.pk, symbol=data.get("symbol") or "", **said))
        if wrong:
            self.add_error("value", forms.ValidationError(wrong, code="CONTRADICTION"))

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

    def _listed(self, text: str, account: ExchangeAccount) -> str:
        """The name that the engine looks a pair's setting up by; under any other it would be kept and never read."""
        found = resolve(text, account.venue, instruments.listed(account.venue, account.environment).names)
        if isinstance(found, UnknownSymbol):
            self.add_error("symbol", forms.ValidationError(_no_pair(found, account), code=found.code))
            return text
        return found


def _no_pair(found: UnknownSymbol, account: ExchangeAccount) -> str:
    """Why no pair of the account goes by a name, with the ones that come near."""
    near = " or ".join(found.suggestions)
    if found.code == "AMBIGUOUS_SYMBOL":
        return f"{found.text} is more than one pair of {account.name}: write {near}."
    return f"{found.text} is not a pair of {account.name}" + (f"; did you mean {near}?" if near else ".")


def _scope(data: dict[str, Any]) -> Scope:
    """The narrowest scope that the form names."""
    named = (("symbol", Scope.PAIR), ("account", Scope.ACCOUNT), ("user", Scope.USER))
    return next((scope for field, scope in named if data.get(field)), Scope.GLOBAL)


def _versions(row: SettingOverride) -> Iterator[tuple[str, str, str, str]]:
    """Time, who, before and after of each journalled change; what was not set reads as the wider scope."""
    scope = {"user": row.user_id, "account": row.account_id, "symbol": row.symbol}
    found = JournalEntry.objects.filter(kind="setting.changed", subject=f"setting:{row.name}", payload__scope=scope)
    for entry in found.order_by("-id")[:VERSIONS_SHOWN]:
        before, after = (WIDER if entry.payload[part] is None else entry.payload[part] for part in ("before", "after"))
        yield f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.payload["operator"], before, after


def _place_of(row: SettingOverride) -> tuple[str, Place]:
    """The same as the sealed profile's service names it."""
    return row.name, Place(row.user_id, row.account_id, row.symbol)


def _place(row: SettingOverride) -> tuple[object, ...]:
    """Which setting, at which scope."""
    return (row.name, row.user_id, row.account_id, row.symbol)


@admin.register(SettingOverride)
class SettingOverrideAdmin(Admin):
    """Settings somebody changed; everything else has its default. The narrowest scope wins."""

    form = SettingOverrideForm
    list_display = ("name", "said", "default", "user", account_name(), "symbol", "changed_by", "changed_at")
    list_filter = ("name", "account", "user", "changed_by")
    search_fields = ("name", "symbol")
    readonly_fields = ("default", "changed_by", "changed_at", "versions")
    list_select_related = ("user", "account")
    actions_list = ("every_change",)

    @admin.display(description="value", ordering="value")
    def said(self, row: SettingOverride) -> str:
        """As one writes it; kept as JSON, whose quotes are nobody's concern."""
        return str(row.value)

    @admin.display(description="default")
    def default(self, row: SettingOverride) -> str:
        """What counts where nobody changed anything."""
        known = registry.REGISTRY.get(row.name)
        return registry.as_text(row.name, known.default) if known else "–"

    @admin.display(description="versions")
    def versions(self, row: SettingOverride) -> str | SafeString:
        """Who changed this setting at this scope, when, from what to what; the latest first."""
        return format_html_join("", "<div>{} UTC, {}: {} → {}</div>", _versions(row)) or "none yet"

    @action(description="Every change", url_path="every-change", permissions=["view"])  # type: ignore[untyped-decorator]
    def every_change(self, request: HttpRequest) -> HttpResponse:
        """The journal of all settings: also of those that were taken back."""
        return redirect(f"{reverse('admin:journal_journalentry_changelist')}?kind__exact=setting.changed")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form; under the sealed profile what it says is asked for instead of saved."""
        seals = overrides.seals(request.POST.get("name", ""), request.POST.get("value", ""))
        if seals and not request.user.has_perm("dashboard.may_admin"):
            raise PermissionDenied(overrides.SEALS_ALL)
        if request.method == "POST" and sealing.in_force():
            older = None if object_id is None else self.get_object(request, object_id)
            form = SettingOverrideForm(request.POST, instance=older)
            form.place = _place_of(older) if older else None
            allowed = self.has_change_permission(request, older) if older else self.has_add_permission(request)
            if allowed and form.is_valid():
                return self._asked(request, form)
        found: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return found

    def _asked(self, request: HttpRequest, form: SettingOverrideForm) -> HttpResponse:
        """Ask for what the form says, and for the end of what stood at the place it moved away from."""
        row, by, now = form.instance, request.user.get_username(), timezone.now()
        if form.place is not None and form.place != (row.name, _place_of(row)[1]):
            sealing.change(form.place[1], form.place[0], None, operator=by, now=now)
        waits = sealing.change(_place_of(row)[1], row.name, row.value, operator=by, now=now)
        said = WAITS.format(name=row.name, value=row.value, due=waits.due_at) if waits else ""
        messages.info(request, said or HOLDS.format(name=row.name, value=row.value))
        return redirect("admin:trading_settingoverride_changelist")

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


@admin.register(PendingChange)
class PendingChangeAdmin(EngineAdmin):
    """Changes that were asked for under the sealed profile; they are withdrawn on the dashboard's page Sealed."""

    list_display = ("name", "value", "scope", "asked_by", "asked_at", "due_at", "applied_at", "withdrawn_at")
    list_filter = ("name", "asked_by")
    list_select_related = ("user", "account")
