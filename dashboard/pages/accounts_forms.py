"""The forms of the accounts' pages. What was typed into a key field is never rendered again."""

from typing import Any, ClassVar

from django import forms

from dashboard.words import venue_words
from project.accounts import typed_keys
from project.accounts.models import Environment, ExchangeAccount
from signals.market.venues import VENUES
from trading.services import open_account

TERMS = ("position_mode", "margin_mode", "leverage")


class AccountForm(forms.ModelForm):
    """A new account, or the terms of one that is there; venue and kind are chosen once."""

    venue = forms.ChoiceField(
        choices=[(name, f"{venue_words(name)} ({', '.join(v.market_types)})") for name, v in VENUES.items()]
    )

    class Meta:
        model = ExchangeAccount
        fields: ClassVar = ("venue", "environment", "name", "quote", *TERMS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["venue"], self.fields["environment"]
        self.fields["leverage"].required = False

    def clean_name(self) -> str:
        """Alerts and log lines name the account by it: printable, and one of its kind per user."""
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError("There is an invisible character in it: type it anew.")
        same = ExchangeAccount.objects.filter(user_id=self.instance.user_id, name=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise forms.ValidationError(f"There is an account named {name} already: alerts could not tell them apart.")
        return name

    def clean_quote(self) -> str:
        """A currency's name."""
        quote: str = self.cleaned_data["quote"].strip().upper()
        if not quote.isalnum() or not quote.isascii():
            raise forms.ValidationError("A currency's name has letters and digits only, for example USDT.")
        return quote

    def clean_leverage(self) -> int:
        """Empty means without."""
        return self.cleaned_data["leverage"] or 1

    def clean(self) -> dict[str, Any]:
        """What its venue cannot do."""
        data: dict[str, Any] = super().clean() or {}
        values = {name: data[name] for name in ("venue", "environment", *TERMS) if name in data}
        seen = ExchangeAccount(**({"pk": self.instance.pk, "venue": self.instance.venue} | values))
        for field, words in open_account.problems(seen, changed=self.changed_data).items():
            self.add_error(field if field in self.fields else None, words)
        return data


class KeysForm(forms.Form):
    """Key, secret and passphrase, each written only."""

    api_key = forms.CharField(required=False, max_length=typed_keys.MOST + 1, strip=True)
    api_secret = forms.CharField(required=False, max_length=typed_keys.MOST + 1, strip=True)
    passphrase = forms.CharField(required=False, max_length=200, strip=True)

    def __init__(self, account: ExchangeAccount, *args: Any, **kwargs: Any) -> None:
        self.account = account
        super().__init__(*args, **kwargs)

    @property
    def credentials(self) -> dict[str, str]:
        """By the envelope's names."""
        return typed_keys.credentials(self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        """Said in words what cannot be right."""
        data: dict[str, Any] = super().clean() or {}
        real = self.account.environment != Environment.PAPER
        for field, words in typed_keys.problems(data, venue=self.account.venue, real=real).items():
            self.add_error(field, words)
        return data
