"""Rows for tests, made the way the engine makes them."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from project.accounts import mode
from project.accounts.models import ExchangeAccount, Installation, Role, User
from project.accounts.vault import seal_credentials
from signals.market import instruments
from signals.models import Alert, Source
from tests.support.markets import know_markets
from tests.support.paper import PaperExchange
from trading.gateways.base import Gateway
from trading.models import SettingOverride
from trading.services import cancel, connect, decide, exits_sweep, fills, lookups, market, reconcile, submit, watch
from trading.services.bootstrap import digest

TOKEN = "t" * 43
PRICES = {"BTCUSDT": "60000", "ETHUSDT": "3000", "SOLUSDT": "150"}


@dataclass
class Desk:
    """One account on the paper exchange, with levers that move it as the workers would."""

    paper: PaperExchange
    account: ExchangeAccount
    source: Source
    key: str
    secret: str = ""

    @property
    def gateway(self) -> Gateway:
        return connect.gateway(self.account)

    def alert(self, **fields: Any) -> Alert:
        """Store an alert as the door does; numbers may be given as text."""
        body = {"id": secrets.token_hex(8), "timestamp": timezone.now().isoformat(), **fields}
        return store(self.source, body)

    def decide(self) -> None:
        decide.process_inbox(self.account.pk, gateway=lambda: self.gateway, clock=timezone.now)

    def submit(self) -> None:
        """Send everything that is NEW and cancel what is to go, until nothing is left."""
        for opening in (True, False):
            cancel.cancel(cancel.claim_cancels(self.account.pk), gateway=self.gateway, clock=timezone.now)
            gateway, timing = self.gateway, connect.timing()
            submit.submit_all(self.account.pk, opening=opening, gateway=gateway, clock=timezone.now, timing=timing)

    def poll(self) -> int:
        return fills.collect(self.account.pk, gateway=self.gateway, clock=timezone.now)

    def look_up(self) -> int:
        return lookups.look_up(self.account.pk, gateway=self.gateway, clock=timezone.now, timing=connect.timing())

    def refresh(self) -> None:
        """Prices and balances as they are now."""
        market.refresh_prices(self.account, gateway=self.gateway, clock=timezone.now)
        market.refresh_balances(self.account, gateway=self.gateway, clock=timezone.now)

    def price(self, symbol: str, price: str) -> None:
        """Move a market and see it."""
        self.paper.price(symbol, price)
        self.refresh()

    def setting(self, name: str, value: Any, symbol: str = "") -> None:
        """Change one engine setting of the account, or of a pair."""
        SettingOverride.objects.update_or_create(
            account=self.account, symbol=symbol, name=name, defaults={"value": value}
        )

    def watch(self) -> int:
        """Fire what the last prices reach, and let the dust settle."""
        reviewed = watch.look(self.account.pk, now=timezone.now())
        self.settle()
        return reviewed

    def sweep(self) -> None:
        """The exits sweep, and let the dust settle."""
        exits_sweep.sweep(self.account.pk, now=timezone.now())
        self.settle()

    def settle(self) -> None:
        """Let the dust settle: submit and poll until nothing changes."""
        self.submit()
        while self.poll():
            self.submit()
        self.submit()

    def buy(self, symbol: str = "BTCUSDT", price: str = "60000", **fields: Any) -> Alert:
        """A buy alert, decided, sent and looked at."""
        alert = self.alert(symbol=symbol, action="buy", price=price, interval="60", **fields)
        self.decide()
        self.settle()
        alert.refresh_from_db()
        return alert


def store(source: Source, body: dict[str, Any], *, received_at: datetime | None = None) -> Alert:
    """One delivery of the native format, as the door stores it."""
    raw = json.dumps(body)
    return Alert.objects.create(
        source=source,
        account_id=source.account_id,
        endpoint="tradingview",
        format="windlass",
        raw=raw,
        body_hash=digest(raw),
        dedupe_key=f"id:{body.get('id', raw)}",
        received_at=received_at or timezone.now(),
    )


def make_user(name: str = "trader", role: str = Role.TRADER) -> User:
    return User.objects.create_user(name, password="correct horse battery", role=role)


def make_desk(paper: PaperExchange, *, prices: dict[str, str] | None = None, venue: str = "binance") -> Desk:
    """A fresh account, reconciled: the demo account of a test."""
    connect.forget()
    instruments.forget()
    Installation.objects.get_or_create(id=1, defaults={"name": secrets.token_hex(16)})
    mode.current()
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    paper.add_key(key, secret, f"account-{key}")
    account = ExchangeAccount(user=make_user(), name="paper", venue=venue, base_url=paper.url, armed=True)
    account.save()
    seal_credentials(account, {"apiKey": key, "secret": secret})
    account.save()
    source = Source.objects.create(
        user=account.user, account=account, name="test", token_hash=digest(TOKEN), pair_whitelist=[]
    )
    paper.prices((prices or PRICES).items())
    made = Desk(paper, account, source, f"account-{key}", secret)
    reconcile.reconcile(account.pk, gateway=made.gateway, clock=timezone.now, timing=connect.timing())
    know_markets()
    account.refresh_from_db()
    return made
