"""Sources and their proofs; alerts and what became of them; instruments and prices."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget

from project.accounts import vault
from project.admin import Admin, EngineAdmin, account_name, columns, worded
from project.journal.record import record
from signals.authentication import networks
from signals.formats import REGISTRY
from signals.models import Alert, Candle, IndicatorValue, Instrument, LostAlert, Refusal, Signal, Source, Ticker

FORMATS = tuple(sorted(known.name for known in REGISTRY))
Proof = Callable[[Source], str]
"""Makes a new proof, puts its hash or envelope into the (unsaved) source and returns the sentence that tells it."""


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _token(source: Source) -> str:
    token = secrets.token_urlsafe(32)
    source.token_hash = _hash(token)
    return f"Webhook URL of {source.name}: http://127.0.0.1:{settings.WINDLASS.door_port}/webhooks/{token}"


def _secret(source: Source) -> str:
    secret = secrets.token_urlsafe(24)
    source.secret_hash = _hash(secret)
    return f'Body secret of {source.name}: "secret": "{secret}"'


def _api_key(source: Source) -> str:
    key = secrets.token_urlsafe(32)
    source.api_key_hash = _hash(key)
    return f"API key of {source.name}, for the header X-API-Key: {key}"


def _hmac_key(source: Source) -> str:
    key = secrets.token_urlsafe(32)
    source.hmac_sealed = vault.seal(key.encode(), aad=f"source:{source.pk}".encode())
    return f"HMAC key of {source.name}, for X-Signature: {key}"


def _is_set(name: str, title: str) -> Callable[[Any, Source], str]:
    @admin.display(description=title)
    def column(_: Any, source: Source) -> str:
        return "set" if getattr(source, name) else "not set"

    return column


LISTS = ("allowed_ips", "formats", "pair_whitelist")
LABELS = {
    "allow_bare_hmac": "Allow an HMAC without timestamp",
    "allowed_ips": "Allowed addresses",
    "bar_secs": "An alert for each bar of, s",
    "body_dedupe_secs": "Equal bodies count once within, s",
    "default_timeframe_secs": "Default timeframe, s",
    "grace_secs": "Grace, s",
    "heartbeat_secs": "An alert at least every, s",
    "hmac_required": "HMAC required",
    "live": "Live (off: shadow)",
    "rate_per_min": "Rate, alerts per minute",
    "watch_position": "Compare the sender's position with ours",
}
HELP = {
    "allowed_ips": "Addresses or networks with commas between, as in 52.89.214.238, 10.0.0.0/8. Empty: from anywhere.",
    "bar_secs": "900: an alert at the close of every 15 min bar, for each pair of the list above. Empty: none is expected.",
    "body_dedupe_secs": "0: off. The same body after this counts anew.",
    "default_timeframe_secs": "For alerts that name none: 900 is 15 minutes.",
    "formats": f"Names with commas between. Empty: every format. There are: {', '.join(FORMATS)}.",
    "grace_secs": "So late an expected alert may be, and so long two positions may differ.",
    "heartbeat_secs": "A longer silence is an alarm. Empty: silence says nothing.",
    "hmac_required": "Refuse what is not signed, whatever else proves it.",
    "pair_whitelist": "Pairs with commas between, as in BTC/USDT, ETH/USDT. Empty: every pair.",
    "watch_position": "For alerts with market_position: it is an alarm when the sender is in and we are not, or the other way round.",
}
KIND_WORDS = {"tradingview": "TradingView", "indicators": "Indicators", "alerts": "Alerts", "signals": "Signals"}


class SourceForm(forms.ModelForm):
    """A source; what cannot be known from one field is checked here."""

    class Meta:
        model = Source
        fields = "__all__"
        labels: ClassVar = LABELS
        help_texts: ClassVar = HELP
        widgets: ClassVar = {name: UnfoldAdminTextareaWidget({"rows": 2}) for name in LISTS}

    def clean_allowed_ips(self) -> list[str]:
        """Addresses or networks, one by one."""
        texts: list[str] = self.cleaned_data["allowed_ips"]
        try:
            networks(texts)
        except ValueError as error:
            message = f"{error}. Write addresses or networks, as in 52.89.214.238, 10.0.0.0/8."
            raise forms.ValidationError(message, code="BAD_NETWORK") from error
        return texts

    def clean_formats(self) -> list[str]:
        """Names of formats that exist."""
        names: list[str] = self.cleaned_data["formats"]
        if unknown := [name for name in names if name not in FORMATS]:
            raise forms.ValidationError(f"No such format: {', '.join(unknown)}. There are: {', '.join(FORMATS)}.")
        return names

    def clean(self) -> dict[str, Any]:
        """A source trades on an account of its own user."""
        data: dict[str, Any] = super().clean() or {}
        owner, account = data.get("user"), data.get("account")
        if data.get("bar_secs") and not data.get("pair_whitelist"):
            self.add_error("bar_secs", "List the pairs whose bars are expected, as in BTC/USDT.")
        if owner and account and account.user_id != owner.pk:
            self.add_error("account", f"{account.name} belongs to {account.user}, not to {owner}.")
        return data


@admin.register(Source)
class SourceAdmin(Admin):
    """Senders of alerts. Proofs are shown once, when they are made."""

    form = SourceForm
    list_display = (
        "name",
        "user",
        account_name(),
        worded("kind", KIND_WORDS.__getitem__),
        "enabled",
        "live",
        "has_token",
        "has_secret",
        "has_key",
        "has_hmac",
    )
    list_filter = ("kind", "enabled", "live")
    search_fields = ("name",)
    list_select_related = ("user", "account")
    actions = ("new_token", "new_secret", "new_api_key", "new_hmac_key", "remove_secret", "revoke")
    readonly_fields = ("has_token", "has_secret", "has_key", "has_hmac")
    fieldsets = (
        (None, {"fields": ("user", "account", "name", "kind", "enabled", "live")}),
        (
            "Proof",
            {
                "fields": (*readonly_fields, "hmac_required", "allow_bare_hmac", "allowed_ips"),
                "description": "New proofs are made by the actions of the list of sources.",
            },
        ),
        ("Alerts", {"fields": ("formats", "pair_whitelist", "default_timeframe_secs", "default_size")}),
        ("Limits", {"fields": ("body_dedupe_secs", "rate_per_min")}),
        (
            "Expected",
            {
                "fields": ("heartbeat_secs", "bar_secs", "watch_position", "grace_secs"),
                "description": "What does not come, or does not agree, is an alarm on the page Lost alerts.",
            },
        ),
    )
    has_token = _is_set("token_hash", "URL token")
    has_secret = _is_set("secret_hash", "body secret")
    has_key = _is_set("api_key_hash", "API key")
    has_hmac = _is_set("hmac_sealed", "HMAC key")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Kinds by the names that their vendors and our documents use."""
        if db_field.name == "kind":
            options["choices"] = tuple(KIND_WORDS.items())
        return super().formfield_for_choice_field(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """A new source gets its URL token at once: without a proof nothing can reach it."""
        super().save_model(request, obj, form, change)
        if not change:
            self._prove(request, obj, _token)

    @admin.action(description="New URL token (the old one ends)")
    def new_token(self, request: HttpRequest, chosen: "QuerySet[Source]") -> None:
        """The webhook URL itself is the proof."""
        self._prove_all(request, chosen, _token)

    @admin.action(description="New body secret (the old one ends)")
    def new_secret(self, request: HttpRequest, chosen: "QuerySet[Source]") -> None:
        """For senders that can only put text into the body."""
        self._prove_all(request, chosen, _secret)

    @admin.action(description="New API key (the old one ends)")
    def new_api_key(self, request: HttpRequest, chosen: "QuerySet[Source]") -> None:
        """For senders that can set a header."""
        self._prove_all(request, chosen, _api_key)

    @admin.action(description="New HMAC key (the old one ends)")
    def new_hmac_key(self, request: HttpRequest, chosen: "QuerySet[Source]") -> None:
        """For senders that can sign."""
        self._prove_all(request, chosen, _hmac_key)

    @admin.action(description="Remove the body secret: other proofs go on")
    def remove_secret(self, request: HttpRequest, chosen: "QuerySet[Source]") -> None:
        """The way back from a secret that the sender's messages do not carry."""
        held = [source for source in chosen if source.secret_hash is not None]
        for source in held:
            source.secret_hash = None
            _save(source, request, "secret removed")
        messages.warning(request, f"{len(held)} of {len(chosen)} sources ask for no body secret any more.")

    @admin.action(description="Revoke every proof and switch off")
    def revoke(self, request: HttpRequest, chosen: "QuerySet[Source]") -> None:
        """Nothing that was ever handed out works after a second."""
        for source in chosen:
            source.token_hash = source.secret_hash = source.api_key_hash = source.hmac_sealed = None
            source.enabled = False
            _save(source, request, "revoked")
        messages.warning(request, f"{len(chosen)} sources revoked. The door forgets them within a second.")

    def _prove_all(self, request: HttpRequest, chosen: "QuerySet[Source]", proof: Proof) -> None:
        for source in chosen:
            self._prove(request, source, proof)

    def _prove(self, request: HttpRequest, source: Source, proof: Proof) -> None:
        told = proof(source)
        _save(source, request, proof.__name__.strip("_"))
        messages.warning(request, f"{told} — shown this once, kept as a hash or sealed.")


def _save(source: Source, request: HttpRequest, what: str) -> None:
    with transaction.atomic():
        source.save()
        payload = {"operator": request.user.get_username(), "what": what}
        record("source.proof", subject=f"source:{source.pk}", payload=payload, account_id=source.account_id)


@admin.register(Alert)
class AlertAdmin(EngineAdmin):
    """Every authenticated delivery with its one outcome."""

    list_display = ("id", "received_at", "source", account_name(), "outcome", "reason")
    list_filter = ("outcome", "source", "endpoint", "format", "received_at")
    search_fields = ("=id", "reason", "=client_id", "raw")
    search_help_text = "An alert's number, its client id, or words of its reason or body."
    list_select_related = ("source", "account")
    hidden = ("body_hash",)


@admin.register(LostAlert)
class LostAlertAdmin(EngineAdmin):
    """What was promised and did not come; settled on the page Lost alerts."""

    list_display = ("expected_at", "kind", "symbol", "source", "state", "words", "settled_by")
    list_filter = ("state", "kind", "source")
    search_fields = ("symbol", "words")
    list_select_related = ("source",)


@admin.register(Refusal)
class RefusalAdmin(EngineAdmin):
    """Deliveries turned away at the door, counted by day, reason and address."""

    list_display = ("day", "reason", "count", "source", "address", "last_at")
    list_filter = ("reason", "day")
    search_fields = ("address",)
    list_select_related = ("source",)


@admin.register(Signal)
class SignalAdmin(EngineAdmin):
    """What alerts turned out to mean, where something followed."""

    shown = ("id", "created_at", "meaning", "symbol", "position_side", "price")
    list_display = (*columns(*shown, of=Signal), account_name())
    list_filter = ("meaning", "position_side", "account", "created_at")
    search_fields = ("symbol",)
    list_select_related = ("account",)


@admin.register(Candle)
class CandleAdmin(EngineAdmin):
    """Finished bars of traded pairs, by the hour and by the day."""

    shown = ("opened_at", "timeframe_secs", "open", "high", "low", "close", "volume")
    list_display = ("instrument", *columns(*shown, of=Candle))
    list_filter = ("timeframe_secs",)
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument",)


@admin.register(Instrument)
class InstrumentAdmin(EngineAdmin):
    """Markets and the rules an order must keep; refreshed every 60 s."""

    shown = ("symbol", "venue", "environment", "active", "tick_size", "lot_step", "min_qty", "min_notional")
    list_display = columns(*shown, "refreshed_at", of=Instrument)
    list_filter = ("venue", "environment", "active", "quote")
    search_fields = ("symbol", "venue_symbol")


@admin.register(Ticker)
class TickerAdmin(EngineAdmin):
    """The last known prices."""

    list_display = columns("instrument", "bid", "ask", "last", "at", of=Ticker)
    search_fields = ("instrument__symbol",)
    list_select_related = ("instrument",)


@admin.register(IndicatorValue)
class IndicatorValueAdmin(EngineAdmin):
    """Values that alerts brought; a time series, never a trade."""

    list_display = ("at", "symbol", "timeframe_secs", "name", "value", "source")
    list_filter = ("source", "name")
    search_fields = ("symbol", "name")
    list_select_related = ("source",)
