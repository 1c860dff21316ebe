"""At least one row of everything the API shows, all of one trader; and browsers that carry keys."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client

from dashboard import tokens
from dashboard.notices import sealing
from dashboard.notices.models import Channel, Notice
from dashboard.roles import Scope
from dashboard.users_models import BrowserSession
from project.accounts import vault
from project.accounts.models import BalanceMovement, ExchangeAccount, Installation, User
from project.journal.record import record
from risk.models import RiskDecision, RiskState
from signals.models import Candle, Instrument, Refusal, Signal
from tests.dashboard import rows, shadow_rows
from tests.support.markets import know_markets
from trading.models import (
    BareHolding,
    Disagreement,
    DustMove,
    OffsetBook,
    OffsetRun,
    PendingChange,
    PnlPoint,
    PositionGroup,
    SettingOverride,
    SettingRequest,
    SettingVersion,
)

SECRETS = {"apiKey": "PLANTED-api-key-5f2c", "secret": "PLANTED-secret-91ab", "passphrase": "PLANTED-phrase-77"}
PROOFS = {name: f"PLANTED-{name}-c0ffee" for name in ("token_hash", "secret_hash", "api_key_hash")}
HMAC_KEY = "PLANTED-hmac-key-d00d"
HOOK = "PLANTED-hook-0ff1ce"


def world(owner: User, *, now: datetime) -> rows.Desk:
    """A desk in the middle of its day, with whatever else there may be; secrets are planted where secrets belong."""
    day = rows.desk(owner, now=now)
    account, sender = day.account, day.account.sources.get()
    _plant(account, sender)
    alert = sender.alerts.first()
    signal = Signal.objects.create(
        alert=alert, account=account, meaning="ENTRY", symbol="BTC/USDT", position_side="LONG", price=100
    )
    RiskDecision.objects.create(account=account, signal=signal, allowed=False, code="POOL_FULL", sentence="8 of 8")
    RiskState.objects.create(account=account, base=10000, equity=10000, peak=10000)
    BalanceMovement.objects.create(account=account, currency="USDT", kind="baseline", amount=1, at=now)
    _log_in(owner, now)
    Installation.objects.get_or_create(id=1, defaults={"name": "test"})
    SettingOverride.objects.create(account=account, name="max_open_groups", value="7")
    PnlPoint.objects.create(
        account=account, at=now, equity="10823.96", realised_pnl="31.87", unrealised_pnl=0, open_groups=3
    )
    rows.queued(day, "XRP", minutes=9, price="0.52")
    group = PositionGroup.objects.filter(account=account, closed_at=None).order_by("id").first()
    run = OffsetRun.objects.create(account=account, group=group, loss=5, cover=4, uncovered=1, bound=1, started_at=now)
    run.steps.create(kind="LOSER", group=group, qty=1, expected=-5, worst_price=100, bound=1)
    OffsetBook.objects.create(instrument=group.instrument, at=now)
    shadow_rows.one_of_each(alert, now=now)
    _troubles(day, group)
    _waiting(owner, account, now)
    know_markets()
    _versions(account.pk, owner, now=now)
    tokens.make(owner, name="bot", scope=Scope.READ, days=1, now=now)
    _channel(owner, now)
    return day


def _channel(owner: User, now: datetime) -> None:
    """A channel with its address, and what it was told."""
    row = Channel.objects.create(user=owner, name="phone", kind="webhook", tail=HOOK[-4:])
    sealing.put(row, f"jsons://hooks.example.org/{HOOK}")
    row.save()
    row.notices.create(key="journal:1", klass="fills", at=now, title="Fills", text="filled", state=Notice.State.SENT)


def _log_in(owner: User, now: datetime) -> None:
    key, agent = f"{owner.pk:032d}", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=1))
    BrowserSession.objects.create(user=owner, session_key=key, agent=agent, since=now, seen_at=now)


def _plant(account: Any, sender: Any) -> None:
    vault.seal_credentials(account, SECRETS)
    account.save()
    for name, text in PROOFS.items():
        setattr(sender, name, hashlib.sha256(text.encode()).digest())
    sender.hmac_sealed = vault.seal(HMAC_KEY.encode(), aad=f"source:{sender.pk}".encode())
    sender.save()
    Refusal.objects.filter(source=None).update(reason="UNKNOWN_TOKEN")


def _troubles(day: rows.Desk, group: PositionGroup) -> None:
    """A bare holding, an execution that differs, dust that lies about, and dust that was written off."""
    order = group.orders.first()
    about = {"account": day.account, "instrument": group.instrument, "order": order}
    BareHolding.objects.create(
        account=day.account, group=group, qty=1, cover="NAKED", code="REFUSED", since=day.now, told_at=day.now
    )
    Disagreement.objects.create(**about, kind="FILL_CHANGED", venue_order_id="w1", venue_trade_id="w1", seen_at=day.now)
    ended = PositionGroup.objects.filter(account=day.account).exclude(closed_at=None).order_by("id")[:2]
    for one in ended:
        PositionGroup.objects.filter(pk=one.pk).update(
            status="DUST_CLOSED", dust_qty="0.00003", qty="0.00003", average_entry=1
        )
    DustMove.objects.create(group=ended[0], qty="0.00003", price=1, at=day.now, operator="mira", reason="too little")


def _waiting(owner: User, account: ExchangeAccount, now: datetime) -> None:
    """A change that waits for its day, and a bar of a chart."""
    PendingChange.objects.create(
        account=account, name="max_open_groups", value="9", asked_by=owner.username, asked_at=now, due_at=now
    )
    bar = {"open": 1, "high": 2, "low": 1, "close": 2, "volume": 3}
    Candle.objects.create(instrument=of_base("BTC"), timeframe_secs=3600, opened_at=now, **bar)


def _versions(account_id: int, owner: User, *, now: datetime) -> None:
    """Settings that were changed, and one that waits for a second person; the journal tells of the first."""
    scope = {"user": None, "account": account_id, "symbol": ""}
    told = {"name": "max_open_groups", "scope": scope, "before": None, "after": "7"}
    with transaction.atomic():
        payload = {"operator": owner.username, **told}
        record("setting.changed", subject="setting:max_open_groups", payload=payload, account_id=account_id)
    SettingVersion.objects.create(at=now, operator=owner.username, how="PAGE", changes=[told])
    SettingRequest.objects.create(
        asker=owner, asked_by=owner.username, asked_at=now, expires_at=now, changes=[told | {"after": "9"}]
    )


def of_base(base: str) -> Instrument:
    return Instrument.objects.get(base=base)


def bearer(text: str) -> Client:
    """A program that carries a key."""
    return Client(headers={"authorization": f"Bearer {text}"})


def program(user: User, scope: Scope = Scope.TRADE, *, now: datetime) -> Client:
    """A program with a personal token of a user."""
    return bearer(tokens.make(user, name="test", scope=scope, days=1, now=now)[1])


def post(client: Client, address: str, body: Any = None, **headers: str) -> Any:
    """A write with a JSON body."""
    text = "" if body is None else json.dumps(body)
    return client.post(f"/api/v1/{address}", text, content_type="application/json", headers=headers)


def get(client: Client, address: str, **query: Any) -> Any:
    """A read."""
    return client.get(f"/api/v1/{address}", query)
