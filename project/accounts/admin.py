"""Users, exchange accounts with their keys, balances, the trading mode."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils import timezone
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget

from project.accounts import latch, mode, services, typed_keys
from project.accounts.models import (
    Balance,
    BalanceMovement,
    Checkup,
    Environment,
    ExchangeAccount,
    Installation,
    KillReport,
    Rival,
    Role,
    TradingMode,
    User,
    WorkedDown,
)
from project.admin import Admin, EngineAdmin, columns

admin.site.unregister(Group)  # the role decides everything: permission groups would promise what nothing reads


class NewUserForm(UserCreationForm):
    """A user is made with a name, a password and a role."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "role")


class ChangedUserForm(UserChangeForm):
    """Nobody takes their own role away: the last admin would lock everybody out."""

    acting: User | None = None

    def clean_role(self) -> str:
        """Refuse to demote oneself."""
        role: str = self.cleaned_data["role"]
        if self.instance == self.acting and role != Role.ADMIN:
            raise forms.ValidationError("This is you. Another admin has to take your role away.", code="OWN_ROLE")
        return role


@admin.register(User)
class WindlassUserAdmin(UserAdmin, Admin):
    """People. The role decides everything: an admin sees these pages, a trader acts, a viewer looks."""

    form, add_form, change_password_form = ChangedUserForm, NewUserForm, AdminPasswordChangeForm
    list_display = ("username", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "is_active")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "role", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """The form learns who is asking."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.acting = request.user
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever has the role admin may use the admin."""
        obj.is_staff = obj.is_superuser = obj.role == Role.ADMIN
        super().save_model(request, obj, form, change)


FUTURES_FIELDS = ("position_mode", "margin_mode", "leverage")
MAX_LEVERAGE = 125
HELP = {
    "venue": "The exchange, by its ccxt name: binance (spot) or binanceusdm (USD-M futures).",
    "environment": "paper moves no money, testnet the venue's play money, live yours.",
    "position_mode": "Futures: one-way holds LONG or SHORT of a pair; hedge may hold both at once.",
    "margin_mode": "Futures: isolated risks a position's own margin, cross the whole wallet.",
    "leverage": f"Futures: 1 to {MAX_LEVERAGE} ×, set at the venue before the first entry. An alert may ask for its own.",
    "armed": "Entries are placed only while this is on. Exits never ask for it.",
}
KIND_STAYS = "An account keeps its kind of money. Make a new account for another."

ASKED_ANEW = frozenset({"armed", "environment", "venue", "user", "api_key"})
# An armed live account that keeps these keeps its arming; a change of one is arming again.
COLUMNS = frozenset(field.name for field in ExchangeAccount._meta.concrete_fields)


def _secret(label: str) -> forms.CharField:
    help_text = "Written only: never shown again. Leave empty to keep what is set."
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}, render_value=False)
    return forms.CharField(label=label, required=False, strip=True, widget=widget, help_text=help_text)


class ExchangeAccountForm(forms.ModelForm):
    """An account and its keys. The keys go straight into the vault."""

    base_url = forms.URLField(
        required=False,
        assume_scheme="http",
        widget=UnfoldAdminURLInputWidget,
        help_text="Where a paper account's exchange listens; empty for real venues.",
    )
    api_key = _secret("API key")
    api_secret = _secret("API secret")
    passphrase = _secret("Passphrase")

    class Meta:
        model = ExchangeAccount
        fields = ("user", "name", "venue", "environment", "base_url", "quote", *FUTURES_FIELDS, "armed")
        widgets: ClassVar = {"leverage": UnfoldAdminIntegerFieldWidget(attrs={"min": 1, "max": MAX_LEVERAGE})}
        help_texts: ClassVar = HELP

    def clean_environment(self) -> str:
        """What money an account moves is chosen once: its settings, its books and its first day are of that money."""
        environment: str = self.cleaned_data["environment"]
        if self.instance.pk and environment != self.instance.environment:
            raise forms.ValidationError(KIND_STAYS, code="KIND_STAYS")
        return environment

    def clean_leverage(self) -> int:
        """Within what any venue offers; the setting max_leverage and the gate may allow less."""
        leverage: int = self.cleaned_data["leverage"]
        if not 1 <= leverage <= MAX_LEVERAGE:
            message = f"{leverage} × is not possible: 1 to {MAX_LEVERAGE} × are. 1 means without leverage."
            raise forms.ValidationError(message, code="LEVERAGE_OUT_OF_RANGE")
        return leverage

    def clean(self) -> dict[str, Any]:
        """What one field cannot know: keys belong to user and venue, live money needs more than a tick."""
        data: dict[str, Any] = super().clean() or {}
        self._check_keys(data)
        self._check_armed(data)
        return data

    @property
    def credentials(self) -> dict[str, str]:
        """The keys that were typed, by ccxt's names."""
        return typed_keys.credentials(self.cleaned_data)

    def _check_keys(self, data: dict[str, Any]) -> None:
        given = bool(data.get("api_key"))
        if given or data.get("api_secret") or data.get("passphrase"):
            real = data.get("environment") != Environment.PAPER
            for field, words in typed_keys.problems(data, venue=data.get("venue", ""), real=real).items():
                self.add_error(field, words)
        moved = {"user", "venue"} & set(self.changed_data)
        if self.instance.sealed_credentials and moved and not given:
            self.add_error("api_key", "The keys are sealed to user and venue. Enter them again to change either.")

    def _check_armed(self, data: dict[str, Any]) -> None:
        if not data.get("armed") or data.get("environment") == Environment.PAPER:
            return
        if not data.get("api_key") and not self.instance.sealed_credentials:
            self.add_error("armed", "There are no keys yet. Enter them before arming.")


@admin.register(ExchangeAccount)
class ExchangeAccountAdmin(Admin):
    """Venue, keys and the switch that lets entries through."""

    form = ExchangeAccountForm
    list_display = ("name", "user", "venue", "environment", "armed", "keys", "state", "reconciled_at")
    list_filter = ("environment", "venue", "armed", "health")
    search_fields = ("name", "user__username")
    list_select_related = ("user",)
    readonly_fields: tuple[str, ...] = ("keys", "state", "health_detail", "reconciled_at")
    fieldsets: tuple[Any, ...] = (
        (None, {"fields": ("user", "name", "venue", "environment", "base_url", "quote")}),
        ("Futures", {"fields": FUTURES_FIELDS, "description": "A spot account keeps one-way and 1 ×."}),
        ("Keys", {"fields": ("keys", "api_key", "api_secret", "passphrase")}),
        ("Trading", {"fields": ("armed", "state", "health_detail", "reconciled_at")}),
    )

    @admin.display(description="keys")
    def keys(self, account: ExchangeAccount) -> str:
        """Whether keys are in the vault; more is never told."""
        return "set" if account.sealed_credentials else "not set"

    @admin.display(description="health", ordering="health")
    def state(self, account: ExchangeAccount) -> str:
        """What keeps entries out; the account's page says more."""
        return account.health or "OK"

    def save_model(self, request: HttpRequest, obj: ExchangeAccount, form: ExchangeAccountForm, change: bool) -> None:
        """Through the service that every way of changing an account takes."""
        changed = sorted(set(form.changed_data) & COLUMNS)
        services.save(
            obj,
            changed=changed,
            credentials=form.credentials,
            operator=request.user.get_username(),
            now=timezone.now(),
            rearmed=obj.armed and (not change or bool(ASKED_ANEW & set(form.changed_data))),
        )


@admin.register(Checkup)
class CheckupAdmin(EngineAdmin):
    """Pre-flights and test orders, as they went."""

    list_display = columns("account", "kind", "green", "asked_by", "asked_at", "finished_at", of=Checkup)
    list_filter = ("account", "kind", "green")
    list_select_related = ("account",)


@admin.register(Balance)
class BalanceAdmin(EngineAdmin):
    """What the venue says is there."""

    list_display = columns("account", "currency", "total", "free", "at", of=Balance)
    list_filter = ("account", "currency")
    list_select_related = ("account",)


@admin.register(BalanceMovement)
class BalanceMovementAdmin(EngineAdmin):
    """Changes that no fill of ours explains: deposits, withdrawals, trades made by hand."""

    list_display = columns("at", "account", "kind", "amount", "currency", "cause", of=BalanceMovement)
    list_filter = ("kind", "account")
    list_select_related = ("account",)


class TradingModeForm(forms.ModelForm):
    """The mode with a reason, which is asked for each time."""

    reason = forms.CharField(min_length=3, max_length=200, help_text="Kept in the journal with your name.")

    class Meta:
        model = TradingMode
        fields = ("mode", "reason")


@admin.register(TradingMode)
class TradingModeAdmin(Admin):
    """How far the engine may go. One row; every change is journalled."""

    form = TradingModeForm
    list_display = ("mode", "reason", "operator", "changed_at")
    readonly_fields = ("operator", "changed_at")

    def has_add_permission(self, *_: Any) -> bool:
        """There is one row."""
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        """And it stays."""
        return False

    def save_model(self, request: HttpRequest, obj: TradingMode, form: Any, change: bool) -> None:
        """Through the functions that change the mode: an emergency sets the latch, and is left in two steps elsewhere."""
        who, why = request.user.get_username(), form.cleaned_data["reason"]
        try:
            if obj.mode == mode.Mode.EMERGENCY:
                self._declare(request, operator=who, reason=why)
            else:
                mode.change(obj.mode, operator=who, reason=why)
        except mode.ModeRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.info(request, "Orders see the new mode within 2 s.")

    @staticmethod
    def _declare(request: HttpRequest, **who: str) -> None:
        """Press, and say where that left no trace on the disk."""
        mode.declare_emergency(**who, source="admin")
        if not latch.is_set(mode.home()):
            messages.warning(request, mode.NO_LATCH)


@admin.register(KillReport)
class KillReportAdmin(EngineAdmin):
    """Emergencies, and how far each came; what was done line by line is in the journal."""

    list_display = columns("latch", "flat", "took_secs", "lines", "at", of=KillReport)


@admin.register(WorkedDown)
class WorkedDownAdmin(EngineAdmin):
    """Which step of REDUCED each account has taken."""

    list_display = columns("since", "account", "step", "at", of=WorkedDown)
    list_select_related = ("account",)


@admin.register(Rival)
class RivalAdmin(EngineAdmin):
    """Other engines whose orders rest on our accounts: which was first, and who decided. `manage.py second_engine` decides."""

    list_display = columns("mark", "account", "standing", "orders", "seen_at", "last_seen_at", "settled_by", of=Rival)
    list_filter = ("account", "standing", ("settled_at", admin.EmptyFieldListFilter))
    search_fields = ("=mark", "settled_by")
    list_select_related = ("account",)


@admin.register(Installation)
class InstallationAdmin(EngineAdmin):
    """The name that client order ids are derived from."""

    list_display = ("name", "created_at")
