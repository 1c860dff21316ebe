"""What every page asks of the database: twelve questions at most, and as many with sixteen groups as with eight.

The pages are those of the addresses themselves: a new one is measured without a word here.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from dashboard import urls
from project.accounts.models import ExchangeAccount, User
from risk.models import BookDepth, GarchFit
from signals.models import Alert, Instrument, LostAlert, Source
from signals.timeframes import DAY
from tests.dashboard import rows
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import Purpose
from trading.models import ForeignOrder, OffsetBook, Order, PnlPoint, PositionGroup, QueuedSignal
from trading.services import desk_ahead
from trading.services.desk import Desk

MOST = 12
MODELS: Mapping[str, type[Model]] = {
    "account_id": ExchangeAccount,
    "alert_id": Alert,
    "group_id": PositionGroup,
    "lost_id": LostAlert,
    "order_id": Order,
    "queued_id": QueuedSignal,
    "source_id": Source,
    "user_id": User,
}
WORDS = {"settle": {"ending": "absent"}, "settle_lost": {"choice": "ignore"}, "history_csv": {"name": "fills"}}
CENTRAL = ("", "groups", "history", "kill", "logs", "offset", "performance", "pool", "risk", "sealed")


def addresses() -> list[str]:
    """Every address of the dashboard itself, with rows that are there; the API's are measured in its own room."""
    patterns = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]
    made = (_address(pattern) for pattern in patterns)
    return sorted({address for address in made if address is not None})


def _address(pattern: URLPattern) -> str | None:
    """None where it names something that this world has none of."""
    values: dict[str, Any] = dict(WORDS.get(pattern.name or "", {}))
    for name in set(pattern.pattern.converters) - set(values):
        row = MODELS[name]._default_manager.order_by("pk").first() if name in MODELS else None
        if row is None:
            return None
        values[name] = row.pk
    text = str(pattern.pattern)
    for name, value in values.items():
        text = text.replace(f"<int:{name}>", str(value)).replace(f"<slug:{name}>", str(value))
    return text


def cost(client: Client, address: str) -> tuple[int, int]:
    """(status, questions) of a page that was looked at before."""
    client.get(f"/{address}")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"/{address}")
        list(answer.streaming_content) if answer.streaming else answer.content
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
def filled(standing: None, day: rows.Desk) -> rows.Desk:
    """Something of everything that a page may show."""
    now, xrp = day.now, Instrument.objects.get(base="XRP")
    more(day, numbers=range(5))
    for market in Instrument.objects.all():
        BookDepth.objects.create(instrument=market, quote=Decimal(1_000_000), at=now)
        levels = [[str(market.ticker.last), "100000"]]
        OffsetBook.objects.create(instrument=market, bids=levels, asks=levels, at=now)
        GarchFit.objects.create(
            instrument=market, timeframe_secs=DAY, method="GARCH", omega=4e-4, alpha=0, beta=0, nu=5, variance=4e-4,
            usual=4e-4, count=300, candle_at=now - timedelta(days=1), close=1, fitted_at=now,
        )  # fmt: skip
    PnlPoint.objects.bulk_create(
        PnlPoint(account=day.account, at=now - timedelta(hours=n), realised_pnl=n, unrealised_pnl=0, open_groups=1,
                 equity=10_000) for n in range(50)
    )  # fmt: skip
    ForeignOrder.objects.create(
        account=day.account, instrument=xrp, side="BUY", type="LIMIT", qty=1, filled_qty=0, price=1,
        venue_order_id="7", seen_at=now,
    )  # fmt: skip
    LostAlert.objects.create(
        source=Source.objects.get(), kind="SILENCE", expected_at=now, words="Nothing came.", found_at=now
    )
    return day


def test_every_page_asks_twelve_questions_at_most_however_many_groups(filled: rows.Desk, root: Client) -> None:
    few = {address: cost(root, address) for address in addresses()}
    more(filled, numbers=range(5, 13))
    many = {address: cost(root, address) for address in addresses()}
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
