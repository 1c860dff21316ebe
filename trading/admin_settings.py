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

from project.admin import Admin, EngineAdmin, account_name
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.domain.settings import Setting, SettingError
from trading.models import PendingChange, SettingOverride, SettingRequest, SettingVersion
from trading.models.setting_version import How
from trading.services import overrides, setting_versions
from trading.services.overrides import Place, Wish
from trading.services.overrides_submit import submit
from trading.services.setting_versions import Said


def _described(setting: Setting) -> str:
    limits = f" {setting.low}–{setting.high}" if setting.low is not None and setting.high is not None else ""
    return f"{setting.group}: {setting.name}{limits} {setting.unit}".rstrip()


def _choices() -> list[tuple[str, str]]:
    return [(name, _described(setting)) for name, setting in registry.REGISTRY.items()]


VERSIONS_SHOWN = 50
WIDER = "(the wider scope)"


class SettingOverrideForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """One setting at one scope, checked by the registry that the engine reads it with."""

    name = forms.ChoiceField(choices=_choices, widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="As in docs/configuration.md: 5, on, 1% equity, or legs as (0, 20, 1.0) (−0.5, 20, 0.5) …",
    )

    stood: "tuple[str, Place] | None" = None  # where the row was before the form moves it
    wishes: tuple[Wish, ...] = ()  # what the form asks for

    class Meta:
        model = SettingOverride
        fields = ("user", "account", "symbol", "name", "value")
        help_texts = {  # noqa: RUF012 - Django's own shape
            "user": "Empty: everybody.",
            "account": "Empty: every account.",
            "symbol": "Empty: every pair. As in BTC/USDT; needs an account.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.stood = (self.instance.name, overrides.place_of(self.instance))

    def clean(self) -> dict[str, Any]:
        """What the engine would refuse is refused here, at the field that is wrong."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("user") and data.get("account"):
            self.add_error("user", "An account has its user already: leave one of the two empty.")
        if not self.errors:
            self._wish(data)
        return data

    def _wish(self, data: dict[str, Any]) -> None:
        """The change as the service takes it; where the row moves, its old place is given back in the same step."""
        user = data.get("user")
        try:
            at = overrides.place(user_id=user and user.pk, account=data.get("account"), symbol=data.get("symbol") or "")
            here = (data["name"], at)
            moved = (Wish(*self.stood),) if self.stood and self.stood != here else ()
            self.wishes = (*moved, Wish(*here, data["value"]))
            overrides.plan(self.wishes)
        except SettingError as error:
            self._refuse(error.refusal)
        else:
            data |= {"symbol": at.symbol, "value": registry.as_text(here[0], registry.parse(here[0], data["value"]))}

    def _refuse(self, found: Refusal) -> None:
        field = "symbol" if found.field == "symbol" else None if found.code == "SCOPE_TOO_NARROW" else "value"
        said = found.said if field != "value" and found.said else f"{found.code}: {found.sentence()}"
        self.add_error(field, forms.ValidationError(said, code=found.code))


def _versions(row: SettingOverride) -> Iterator[tuple[str, str, str, str]]:
    """Time, who, before and after of each journalled change; what was not set reads as the wider scope."""
    here = (row.name, overrides.place_of(row))
    about = {"name": row.name, "scope": here[1].told}
    for version in SettingVersion.objects.filter(changes__contains=[about])[:VERSIONS_SHOWN]:
        for one in (one for one in setting_versions.kept(version) if one.key == here):
            before, after = (WIDER if text is None else text for text in (one.before, one.after))
            yield f"{version.at:%Y-%m-%d %H:%M:%S}", version.operator, before, after


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
        """The form; what it says is asked for rather than saved: it may hold at once, tomorrow, or with a second name."""
        wishes = self._wished(request, object_id) if request.method == "POST" else ()
        if wishes:
            _submit(request, wishes)
            return redirect("admin:trading_settingoverride_changelist")
        found: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return found

    def _wished(self, request: HttpRequest, object_id: str | None) -> tuple[Wish, ...]:
        """What the form asks for; nothing where it is wrong, or is not this person's to change: the page then says so."""
        if overrides.seals(request.POST.get("name", ""), request.POST.get("value", "")):
            _only_admin(request)
        older = None if object_id is None else self.get_object(request, object_id)
        form = SettingOverrideForm(request.POST, instance=older)
        allowed = self.has_change_permission(request, older) if older else self.has_add_permission(request)
        return form.wishes if allowed and form.is_valid() else ()

    def delete_model(self, request: HttpRequest, obj: SettingOverride) -> None:
        """Back to the wider scope, by the same way."""
        _submit(request, (Wish(obj.name, overrides.place_of(obj)),))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """All of them in one step."""
        _submit(request, tuple(Wish(row.name, overrides.place_of(row)) for row in queryset))


def _only_admin(request: HttpRequest) -> None:
    if not request.user.has_perm("dashboard.may_admin"):
        raise PermissionDenied(overrides.SEALS_ALL)


def _submit(request: HttpRequest, wishes: tuple[Wish, ...]) -> None:
    """Ask for a change, and say what became of it."""
    said = Said(request.user.get_username(), how=How.ADMIN)
    try:
        done = submit(wishes, said, now=timezone.now())
    except SettingError as error:
        messages.error(request, str(error))
        return
    messages.add_message(request, messages.WARNING if done.waiting else messages.SUCCESS, done.words)


@admin.register(SettingVersion)
class SettingVersionAdmin(EngineAdmin):
    """Every change of settings, step by step; they are compared and taken back on the dashboard's page Settings."""

    list_display = ("id", "at", "operator", "how", "reason", "changes")
    list_filter = ("how", "operator")
    search_fields = ("reason", "operator")


@admin.register(SettingRequest)
class SettingRequestAdmin(EngineAdmin):
    """What waits for a second person, and how it ended; it is answered on the dashboard's page Settings."""

    list_display = ("id", "asked_by", "asked_at", "expires_at", "ending", "ended_by", "changes")
    list_filter = ("ending", "asked_by")
    list_select_related = ("asker", "version")


@admin.register(PendingChange)
class PendingChangeAdmin(EngineAdmin):
    """Changes that were asked for under the sealed profile; they are withdrawn on the dashboard's page Sealed."""

    list_display = ("name", "value", "scope", "asked_by", "asked_at", "due_at", "applied_at", "withdrawn_at")
    list_filter = ("name", "asked_by")
    list_select_related = ("user", "account")
