"""What every page asks of the database: twelve questions at most, and as many with sixteen groups as with eight.

The pages are those of the addresses themselves: a new one is measured without a word here; one about something that this world
has none of fails until it has.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from dashboard import invites, urls
from dashboard.models import ApiToken, Drawing
from dashboard.notices.models import Channel
from dashboard.users_models import BrowserSession, Invite
from project.accounts.models import ExchangeAccount, User
from signals.models import Alert, Instrument, LostAlert, Source
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.sheet import text_of
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import Purpose
from trading.models import (
    Disagreement,
    ForeignOrder,
    OffsetBook,
    Order,
    PendingChange,
    PnlPoint,
    PositionGroup,
    QueuedSignal,
    SettingOverride,
    SettingRequest,
    SettingVersion,
)
from trading.services import desk_ahead
from trading.services.desk import Desk

MOST = 12
MODELS: Mapping[str, type[Model]] = {
    "account_id": ExchangeAccount,
    "alert_id": Alert,
    "change_id": PendingChange,
    "channel_id": Channel,
    "drawing_id": Drawing,
    "group_id": PositionGroup,
    "invite_id": Invite,
    "lost_id": LostAlert,
    "order_id": Order,
    "queued_id": QueuedSignal,
    "request_id": SettingRequest,
    "row_id": Disagreement,
    "session_id": BrowserSession,
    "source_id": Source,
    "token_id": ApiToken,
    "user_id": User,
    "version_id": SettingVersion,
}
WORDS = {
    "history_csv": {"name": "fills"},
    "invite": {"text": "welcome"},
    "notices_new": {"kind": "telegram"},
    "settings_request": {"answer": "approve"},
    "settings_roll_back": {"way": "undo"},
    "settle": {"ending": "absent"},
    "settle_difference": {"choice": "theirs"},
    "settle_lost": {"choice": "ignore"},
    "user_deed": {"deed": "log-out"},
}
REST = {"rest": "x"}
QUERIES = {"chart_data": "?account={}&symbol=BTC/USDT", "chart_marks": "?account={}&symbol=BTC/USDT"}
# What an address cannot do without.
CENTRAL = ("", "groups", "history", "kill", "logs", "offset", "performance", "pool", "risk", "sealed")


def addresses() -> list[str]:
    """Every address of the dashboard itself, with rows that are there; the API's are measured in its own room."""
    return sorted({_address(pattern) for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)})


def _address(pattern: URLPattern) -> str:
    """With the first row of whatever it names. Raises KeyError, DoesNotExist where this world has none."""
    values: dict[str, Any] = REST | WORDS.get(pattern.name or "", {})
    rows_of = {name: MODELS[name] for name in set(pattern.pattern.converters) - set(values)}
    values |= {name: model._default_manager.earliest("pk").pk for name, model in rows_of.items()}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda named: str(values[named[1]]), str(pattern.pattern))
    return path + QUERIES.get(pattern.name or "", "").format(ExchangeAccount.objects.earliest("pk").pk)


def cost(client: Client, address: str) -> tuple[int, int]:
    """(status, questions) of a page that was looked at before."""
    client.get(f"/{address}")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"/{address}")
        text_of(answer) if answer.streaming else answer.content
    return answer.status_code, len(asked)


def more(day: rows.Desk, *, numbers: range) -> None:
    """Open groups with legs, orders and fills, half of them at a loss; closed ones; and who waits."""
    markets = [Instrument.objects.get(base=base) for base in ("BTC", "ETH", "SOL", "XRP")]
    for number in numbers:
        market = markets[number % len(markets)]
        price = market.ticker.last * (Decimal("1.2") if number % 2 else Decimal("0.9"))
        lot = str(market.lot_step * 100)
        held = day.group(market, minutes=400 + number, timeframe_secs=60 * (number + 61))
        legs = day.pyramid(held, [(str(price), lot, str(price * 2)), (str(price / 2), lot, str(price))])
        day.order(held, legs[0], Purpose.ENTRY, OrderState.FILLED, submitted_at=held.opened_at)
        day.order(held, legs[1], Purpose.ENTRY, OrderState.OPEN, submitted_at=held.opened_at)
        rows.position(held, qty=lot, cost=str(price * Decimal(lot)))
        closed = day.group(market, minutes=900, status="CLOSED", closed_at=day.now - timedelta(minutes=number))
        day.order(closed, day.pyramid(closed, [("100", "4", "101")])[0], Purpose.ENTRY, OrderState.FILLED)
        rows.queued(day, "XRP", minutes=number, timeframe_secs=60 * (number + 61))


@pytest.fixture
def day(db: None, now: datetime) -> rows.Desk:
    """With whatever else there may be, and what is root's own."""
    made, root = world.world(rows.admin(), now=now), User.objects.get(username="root")
    Drawing.objects.create(user=root, symbol="BTC/USDT", kind="LEVEL", first_at=now, first_price=1)
    SettingOverride.objects.create(name="registration", value="invite")
    Invite.objects.create(
        token_hash=invites.digest("welcome"),
        role="VIEWER",
        note="otto",
        made_by=root,
        expires_at=now + timedelta(days=1),
    )
    return made


@pytest.fixture
def filled(standing: None, day: rows.Desk) -> rows.Desk:
    """Something of everything that a page may show."""
    now, xrp = day.now, Instrument.objects.get(base="XRP")
    more(day, numbers=range(5))
    for market in Instrument.objects.all():
        levels = [[str(market.ticker.last), "100000"]]
        OffsetBook.objects.update_or_create(instrument=market, defaults={"bids": levels, "asks": levels, "at": now})
    PnlPoint.objects.bulk_create(
        PnlPoint(account=day.account, at=now - timedelta(hours=n), realised_pnl=n, unrealised_pnl=0, open_groups=1,
                 equity=10_000) for n in range(1, 51)
    )  # fmt: skip
    ForeignOrder.objects.create(
        account=day.account, instrument=xrp, side="BUY", type="LIMIT", qty=1, filled_qty=0, price=1,
        venue_order_id="7", seen_at=now,
    )  # fmt: skip
    return day


def test_every_page_asks_twelve_questions_at_most_however_many_groups(filled: rows.Desk, root: Client) -> None:
    few = {address: cost(root, address) for address in addresses()}
    more(filled, numbers=range(5, 13))
    many = {address: cost(root, address) for address in addresses()}
    assert {address: status for address, (status, _) in many.items() if status in (404, 500)} == {}
    shown = {address: asked for address, (status, asked) in many.items() if status == 200}
    assert {address: asked for address, asked in shown.items() if asked > MOST} == {}
    assert {address: (few[address], many[address]) for address in few if few[address] != many.get(address)} == {}
    assert set(CENTRAL) <= set(shown)


def test_the_two_busiest_pages_ask_in_two_statements_of_their_own(filled: rows.Desk, root: Client) -> None:
    # session, user, seal, the bar; then what the page itself shows
    assert cost(root, "") == (200, 5)
    assert cost(root, "risk") == (200, 6)


def test_a_desk_that_was_asked_ahead_asks_nothing_more(filled: rows.Desk) -> None:
    def everything(desk: Desk) -> list[object]:
        names: list[Callable[[], object]] = [
            lambda: desk.settings("XRP/USDT").pool.max_open_groups,
            lambda: (desk.equity, desk.available_quote, desk.free_slots, desk.record, desk.holdings, desk.mode),
            lambda: [row.pk for row in desk.waiting],
        ]
        return [read() for read in names]

    alone = everything(Desk(filled.account, filled.now))
    with desk_ahead.known(filled.account, now=filled.now), CaptureQueriesContext(connection) as asked:
        ahead = everything(Desk(filled.account, filled.now))
    assert (len(asked), ahead) == (0, alone)
