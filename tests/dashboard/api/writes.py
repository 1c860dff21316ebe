"""Every write of the API with a request that says something: the tests that ask all of them share this table."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from dashboard.api import schema
from dashboard.notices.models import Channel
from dashboard.users_models import BrowserSession
from project.accounts.models import ExchangeAccount
from signals.models import Alert, LostAlert, Source
from trading.models import (
    BareHolding,
    Disagreement,
    DustMove,
    Order,
    PendingChange,
    PositionGroup,
    QueuedSignal,
    SettingRequest,
)

DOCUMENT = schema.document()
SAFE = ("get", "head", "options")
PATHS = {
    operation["operationId"]: (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method not in SAFE
}
# Of each write its method and address.
UNKEPT = {"log_in", "log_in_renew", "log_out", "sources_make", "sources_token", "tokens_make", "tokens_revoke"}
# Their answers hold or end a key or an address; none of them is kept under another.
WHY = {"reason": "because"}


@dataclass(frozen=True)
class Write:
    """What is asked, and which row's number the address carries."""

    body: dict[str, Any] | None = None
    of: Any = None
    which: dict[str, Any] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """The operation's address for the last such row."""
        path = PATHS[name][1]
        if self.of is None:
            return path
        row = self.of._default_manager.filter(**self.which).order_by("pk").last()
        return re.sub(r"\{\w+\}", str(row.pk), path)


BY_HAND = {"account": 1, "symbol": "BTCUSDT", "side": "LONG", "size": "200 USDT"}
SETTING = {"name": "max_open_groups", "value": "3", "own": True}
WRITES: dict[str, Write] = {
    "accounts_adopt": Write(of=ExchangeAccount),
    "accounts_arm": Write({"typed": "paper-1"}, ExchangeAccount),
    "accounts_checkups": Write({"kind": "preflight"}, ExchangeAccount),
    "accounts_disarm": Write(WHY, ExchangeAccount),
    "accounts_test": Write(of=ExchangeAccount),
    "alerts_replay": Write(of=Alert),
    "books_bare_take_back": Write(of=BareHolding),
    "books_bare_waive": Write(WHY, BareHolding),
    "books_differences_settle": Write({"choice": "OURS", **WHY}, Disagreement),
    "books_differences_undo": Write(of=Disagreement),
    "books_dust_put_back": Write(of=DustMove),
    "groups_add": Write({"size_quote": "50"}, PositionGroup, {"closed_at": None}),
    "groups_block": Write({"blocked": True}, PositionGroup, {"closed_at": None}),
    "groups_close": Write(of=PositionGroup, which={"closed_at": None}),
    "groups_exits": Write({"exits": {"time_exit_h": "12"}}, PositionGroup, {"closed_at": None}),
    "groups_offset": Write(of=PositionGroup, which={"closed_at": None}),
    "groups_skip": Write(of=PositionGroup, which={"closed_at": None}),
    "groups_write_off_dust": Write(WHY, PositionGroup, {"status": "DUST_CLOSED"}),
    "kill_confirm": Write({"phrase": "LEAVE EMERGENCY"}),
    "kill_leave": Write(WHY),
    "kill_press": Write({"phrase": "KILL", "confirmation": "stale", **WHY}),
    "lost_settle": Write({"choice": "ignore"}, LostAlert),
    "mode_change": Write({"mode": "PAUSED", **WHY}),
    "notices_channels_change": Write({"most": 3}, Channel),
    "notices_channels_make": Write(
        {"kind": "webhook", "name": "desk", "address": {"url": "https://hooks.example.org/a-hook-of-mine"}}
    ),
    "notices_channels_remove": Write(of=Channel),
    "notices_channels_switch": Write({"on": False}, Channel),
    "notices_channels_test": Write(of=Channel),
    "orders_cancel": Write(of=Order, which={"purpose": "ENTRY", "state": "OPEN"}),
    "orders_settle": Write({"ending": "absent", **WHY}, Order),
    "preview": Write({"source": "tradingview", "body": "{}"}),
    "queue_promote": Write(of=QueuedSignal),
    "queue_remove": Write(of=QueuedSignal),
    "sealed_changes_withdraw": Write(of=PendingChange),
    "sessions_end": Write(of=BrowserSession),
    "sessions_end_others": Write(),
    "settings_change": Write(SETTING),
    "settings_preview": Write(SETTING),
    "settings_requests_approve": Write(WHY, SettingRequest),
    "settings_requests_refuse": Write(WHY, SettingRequest),
    "settings_roll_back": Write({"version": 1, **WHY}),
    "settings_withdraw": Write({"name": "max_open_groups", "own": True}),
    "shadow_forget": Write(of=Source),
    "shadow_import": Write({"csv": "a,b"}, Source),
    "sources_change": Write({"live": False}, Source),
    "ticket_preview": Write(BY_HAND),
    "ticket_send": Write(BY_HAND),
}


def kept() -> Iterator[str]:
    """Every write whose answer is kept under its key."""
    return (name for name in sorted(PATHS) if name not in UNKEPT)


def ask(client: Client, name: str, address: str, body: Any, **headers: str) -> Any:
    """The write, with a body."""
    method = PATHS[name][0]
    text = "" if body is None else json.dumps(body)
    return client.generic(method.upper(), address, text, content_type="application/json", headers=headers)
