"""What an admin can do to the engine's rows: ask back first, go through the engine's own services, journal who."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse

from dashboard import preflight
from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from signals.models import Instrument, Signal
from tests.dashboard import people, rows
from trading.models import Order, PositionGroup, QueuedSignal, SettingOverride

TERMS = {"position_mode": "one-way", "margin_mode": "isolated", "leverage": "1"}


def act(root: Client, action: str, chosen: list[models.Model], **fields: str) -> str:
    form = {"action": action, "_selected_action": [row.pk for row in chosen]} | fields
    address = reverse(f"admin:trading_{chosen[0]._meta.model_name}_changelist")
    return root.post(address, form, follow=True).content.decode()


def group(symbol: str) -> PositionGroup:
    return PositionGroup.objects.get(instrument__symbol=symbol, closed_at=None)


def test_closing_asks_back_and_then_closes(day: rows.Desk, root: Client) -> None:
    asked = act(root, "close", [group("ETH/USDT")])
    assert "ETH/USDT LONG: sells 0.037962 at market" in asked
    assert group("ETH/USDT").closing_at is None
    assert "1 of 1 groups are closing now" in act(root, "close", [group("ETH/USDT")], confirmed="yes")
    assert group("ETH/USDT").close_reason == "BY_HAND root"


@pytest.mark.parametrize(("action", "blocked"), [("block", True), ("unblock", False)])
def test_blocking_is_journalled(day: rows.Desk, root: Client, action: str, blocked: bool) -> None:
    PositionGroup.objects.update(blocked=not blocked)
    act(root, action, [group("ETH/USDT")])
    assert group("ETH/USDT").blocked is blocked
    entry = JournalEntry.objects.get(kind="group.blocked")
    assert (entry.payload["operator"], entry.payload["blocked"]) == ("root", blocked)


def test_a_resting_entry_can_be_cancelled(day: rows.Desk, root: Client) -> None:
    entry = Order.objects.filter(purpose="ENTRY", state="OPEN").first()
    assert "BUY" in act(root, "cancel", [entry])
    act(root, "cancel", [entry], confirmed="yes")
    entry.refresh_from_db()
    assert (entry.cancel_requested, entry.code) == (True, "BY_HAND")


def test_a_target_cannot_because_what_is_held_always_has_an_exit(day: rows.Desk, root: Client) -> None:
    target = Order.objects.filter(purpose="TARGET", state="OPEN").first()
    assert "None of them is an entry that rests or waits" in act(root, "cancel", [target])
    act(root, "cancel", [target], confirmed="yes")
    target.refresh_from_db()
    assert target.cancel_requested is False


@pytest.fixture
def queued(day: rows.Desk, now: datetime) -> QueuedSignal:
    signal = Signal.objects.create(
        alert=day.account.sources.get().alerts.first(), account=day.account, meaning="ENTRY", symbol="XRP/USDT"
    )
    return QueuedSignal.objects.create(
        account=day.account, instrument=Instrument.objects.get(base="XRP"), timeframe_secs=900, side="LONG",
        signal=signal, queued_at=now, refreshed_at=now,
    )  # fmt: skip


def test_removing_asks_back(queued: QueuedSignal, root: Client) -> None:
    assert "will not be entered" in act(root, "remove", [queued])
    act(root, "remove", [queued], confirmed="yes")
    queued.refresh_from_db()
    assert (queued.state, queued.ended_by) == ("REMOVED", "BY_HAND root")


def test_promoting_says_why_not(queued: QueuedSignal, root: Client) -> None:
    assert "XRP/USDT LONG:" in act(root, "promote", [queued])
    queued.refresh_from_db()
    assert queued.state == "WAITING"


# arming ------------------------------------------------------------------------------------------


@pytest.fixture
def ready(day: rows.Desk, now: datetime, settings: Any) -> ExchangeAccount:
    """A live account that lacks nothing but the typed name."""
    settings.WINDLASS = SimpleNamespace(**{**vars_of(settings.WINDLASS), "live_allowed": True})
    facts = {"environment": "live", "armed": False, "sealed_credentials": b"sealed", "reconciled_at": now}
    account = rows.account(day.account.user, "main", clock_offset_ms=12, **facts)
    people.app(day.account.user)  # with a live account the admin wants a second factor
    rows.checkup(account, now=now)
    return account


def vars_of(chosen: Any) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in chosen.__slots__}


def arm(root: Client, account: ExchangeAccount, **fields: Any) -> str:
    form = {"user": account.user_id, "name": "main", "venue": "binance", "environment": "live", "quote": "USDT"} | TERMS
    address = reverse("admin:accounts_exchangeaccount_change", args=[account.pk])
    return root.post(address, form | {"armed": "on"} | fields, follow=True).content.decode()


def test_a_live_account_is_armed_by_typing_its_name(ready: ExchangeAccount, root: Client) -> None:
    arm(root, ready, typed="main")
    ready.refresh_from_db()
    assert ready.armed
    assert JournalEntry.objects.get(kind="account.changed").payload["armed"] is True


@pytest.mark.parametrize("typed", ["", "Main", "mai"])
def test_any_other_word_does_not(ready: ExchangeAccount, root: Client, typed: str) -> None:
    assert "Type the account&#x27;s name, main, to confirm." in arm(root, ready, typed=typed)
    ready.refresh_from_db()
    assert not ready.armed


@pytest.mark.parametrize(
    "facts",
    [
        {"health": "KEYS_REFUSED"},
        {"reconciled_at": None},
        {"clock_offset_ms": 5000},
        {"clock_offset_ms": None},
        {"keys_mark": "0badcafe"},  # the pre-flight was of other keys
    ],
)
def test_a_red_pre_flight_keeps_it_unarmed(ready: ExchangeAccount, root: Client, facts: dict[str, Any]) -> None:
    ExchangeAccount.objects.filter(pk=ready.pk).update(**facts)
    assert "Run the doctor on the account&#x27;s page" in arm(root, ready, typed="main")


def test_without_a_first_day_cap_it_stays_unarmed(ready: ExchangeAccount, root: Client) -> None:
    SettingOverride.objects.create(account=ready, name="live_start_cap_quote", value="0")
    assert "Set live_start_cap_quote above 0" in arm(root, ready, typed="main")


@pytest.mark.parametrize(("kind", "wanted"), [("testnet", "live"), ("live", "paper"), ("paper", "live")])
def test_an_account_keeps_its_kind(ready: ExchangeAccount, root: Client, kind: str, wanted: str) -> None:
    ExchangeAccount.objects.filter(pk=ready.pk).update(environment=kind)
    assert "An account keeps its kind of money" in arm(root, ready, environment=wanted, typed="main")
    ready.refresh_from_db()
    assert (ready.environment, ready.armed) == (kind, False)


def test_an_armed_one_is_saved_without_typing_again(ready: ExchangeAccount, root: Client) -> None:
    ExchangeAccount.objects.filter(pk=ready.pk).update(armed=True)
    arm(root, ready, quote="USDC")
    ready.refresh_from_db()
    assert (ready.armed, ready.quote) == (True, "USDC")


@pytest.mark.parametrize(("environment", "armed"), [("paper", True), ("testnet", False), ("live", False)])
def test_a_new_account_is_armed_on_paper_only(day: rows.Desk, root: Client, environment: str, armed: bool) -> None:
    form = {
        "user": day.account.user_id,
        "name": "new",
        "venue": "binance",
        "environment": environment,
        "quote": "USDT",
    } | TERMS
    root.post(reverse("admin:accounts_exchangeaccount_add"), form)
    assert ExchangeAccount.objects.get(name="new").armed is armed


def test_the_pre_flight_says_what_is_wrong(ready: ExchangeAccount, now: datetime) -> None:
    assert preflight.green(ready, now=now)
    late = preflight.lines(ready, now=now + timedelta(seconds=61))
    assert [line.trouble for line in late] == ["", "", "61 s ago, 60 s is the limit", "", ""]
