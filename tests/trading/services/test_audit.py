"""How far back executions are held against the venue's: what it tells no more proves nothing, what it still tells is read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import ccxt
import pytest
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from signals.market.venues import VENUES, Venue
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen
from tests.support.paper import PaperExchange
from tests.trading.services.test_disagreements import phantom
from trading.domain.order_state import OrderState
from trading.domain.reconcile import Difference
from trading.models import Disagreement, Fill, Order
from trading.services import audit, connect, disagree, orders, reconcile

DAY, WEEK, KEPT = timedelta(days=1), timedelta(days=7), timedelta(days=90)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
TIMES = {
    Fill: ("at", "recorded_at"),
    Order: ("created_at", "submitted_at", "acknowledged_at", "updated_at"),
    ExchangeAccount: ("created_at", "keys_at", "reconciled_at", "last_reconciled_at"),
}
Asked = list[tuple[str, datetime]]


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A futures account that holds two contracts, each with its target."""
    paper_process.faults([])
    desk = make_desk(paper_process, venue="binanceusdm")
    chosen(desk, legs=[["0", "100", "1"]], per_symbol_pct="90")
    for symbol, price in (("BTCUSDT.P", "60000"), ("ETHUSDT.P", "3000")):
        desk.alert(symbol=symbol, action="buy", price=price, interval="60", size="600 USDT")
        desk.decide()
        desk.settle()
    for symbol, price in (("BTCUSDT", "59950"), ("ETHUSDT", "2998")):
        desk.price(symbol, price)
    desk.settle()
    assert list(Order.objects.filter(purpose="TARGET").values_list("state", flat=True)) == ["OPEN", "OPEN"]
    yield desk
    paper_process.faults([])


def targets_fill(desk: Desk) -> None:
    """At the venue, while nobody looks."""
    desk.paper.prices([("BTCUSDT", "61500"), ("ETHUSDT", "3100")])


def executed(desk: Desk, monkeypatch: pytest.MonkeyPatch, ago: timedelta, *, silent: bool = False) -> Asked:
    """The venue executed everything so long ago, and tells of it as Binance's futures do; from when on it was asked.

    What it has forgotten it refuses to be asked about, or is silent about.
    """
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    real, asked, shift = client.fetch_my_trades, list[tuple[str, datetime]](), ago // timedelta(milliseconds=1)

    def told(symbol: str, since: int | None = None, limit: int | None = None, more: Any = None) -> list[Any]:
        now = timezone.now()
        by_number = since is None
        first = int((now - WEEK).timestamp() * 1000) if since is None else since
        last = first + WEEK // timedelta(milliseconds=1) if by_number else more["endTime"]
        start = datetime.fromtimestamp(first / 1000, now.tzinfo)
        if not by_number:
            asked.append((symbol, start))
        if last - first > WEEK // timedelta(milliseconds=1):
            raise ccxt.BadRequest('{"code":-4165,"msg":"Invalid time interval."}')
        if start < now - KEPT and not silent:
            raise ccxt.BadRequest('{"code":-4166,"msg":"Search window is restricted to recent 90 days only."}')
        if ago > KEPT:
            return []
        rows = real(symbol, first + shift, limit, {**more, "endTime": last + shift})
        return [{**row, "timestamp": row["timestamp"] - shift} for row in rows]

    monkeypatch.setattr(client, "fetch_my_trades", told)
    return asked


def long_ago(ago: timedelta, *tables: type[models.Model]) -> None:
    """What our books say happened then."""
    for table in tables or TIMES:
        table._default_manager.update(**{name: F(name) - ago for name in TIMES[table]})


def started() -> None:
    """As `bootstrap` leaves it at every start."""
    ExchangeAccount.objects.update(reconciled_at=None)


def reconciled(desk: Desk) -> None:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())
    desk.account.refresh_from_db()


def lacking() -> list[str]:
    """Markets with an order of which the venue reports more than we have recorded."""
    rows = Order.objects.filter(reported_qty__gt=F("filled_qty"))
    return sorted(rows.values_list("instrument__symbol", flat=True))


# what the venue tells no more --------------------------------------------------------------------


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_restart_after_the_venue_has_forgotten(
    perps: Desk, monkeypatch: pytest.MonkeyPatch, known: bool, silent: bool
) -> None:
    """Known or not when the books agreed last: what the venue cannot tell any more is no phantom."""
    asked = executed(perps, monkeypatch, ago=200 * DAY, silent=silent)
    long_ago(200 * DAY)
    ExchangeAccount.objects.update(last_reconciled_at=timezone.now() - DAY if known else None)
    started()
    reconciled(perps)
    assert (perps.account.health, perps.account.reconciled_at) == ("", perps.account.last_reconciled_at)
    assert not Disagreement.objects.exists()
    assert {symbol for symbol, _ in asked} == {BTC, ETH}
    assert min(since for _, since in asked) > timezone.now() - (2 * DAY if known else KEPT)


def test_a_restart_looks_back_to_the_last_reconcile_and_no_further(
    perps: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two markets, one question each, whatever the age of the account."""
    long_ago(30 * DAY)
    ExchangeAccount.objects.update(last_reconciled_at=timezone.now())
    started()
    asked = executed(perps, monkeypatch, ago=30 * DAY)
    reconciled(perps)
    assert sorted(symbol for symbol, _ in asked) == [BTC, ETH]
    assert min(since for _, since in asked) > timezone.now() - audit.OVERLAP - timedelta(minutes=1)


def test_a_phantom_is_found_over_a_restart(perps: Desk) -> None:
    Fill.objects.exclude(pk=Fill.objects.earliest("pk").pk).delete()
    Order.objects.filter(instrument__symbol=ETH).update(filled_qty=0, filled_cost=0, reported_qty=0)
    phantom()
    started()
    reconciled(perps)
    assert perps.account.health == "BOOKS_DIFFER"
    assert [row.kind for row in disagree.unsettled(perps.account.pk)] == [Difference.FILL_PHANTOM]


def test_with_new_keys_the_whole_past_is_looked_at(perps: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be another account's: what was read with the old ones says nothing of it."""
    long_ago(30 * DAY)
    ExchangeAccount.objects.update(last_reconciled_at=timezone.now() - DAY, keys_at=timezone.now())
    started()
    asked = executed(perps, monkeypatch, ago=30 * DAY)
    reconciled(perps)
    assert min(since for _, since in asked) < timezone.now() - 29 * DAY


# what it still tells -----------------------------------------------------------------------------


def test_after_a_long_sleep_every_market_is_looked_at(perps: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """More markets than one turn takes, each with fills of ten days ago, of which no order tells any more."""
    targets_fill(perps)
    with transaction.atomic():
        for order in Order.objects.filter(purpose="TARGET"):
            orders.move(order, OrderState.CANCELED)
    executed(perps, monkeypatch, ago=10 * DAY)
    long_ago(11 * DAY)
    monkeypatch.setattr(audit, "AT_ONCE", 1)
    reconciled(perps)
    assert perps.account.health == ""
    assert not Order.objects.filter(purpose="TARGET").exclude(filled_qty=F("qty")).exists()


def test_an_old_order_that_is_decided_late_gets_its_fills(perps: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person says what became of it ten days later; the books were reconciled all the while."""
    targets_fill(perps)
    executed(perps, monkeypatch, ago=10 * DAY)
    long_ago(11 * DAY)
    ExchangeAccount.objects.update(reconciled_at=timezone.now(), last_reconciled_at=timezone.now())
    monkeypatch.setattr(audit, "SOUGHT_AT_ONCE", 2)
    reconciled(perps)
    assert (lacking(), perps.account.health) == ([], "")
    assert set(Order.objects.filter(purpose="TARGET").values_list("state", flat=True)) == {"FILLED"}


# every venue -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("venue", "told"), [("binance", 400), ("binanceusdm", 89), ("bybit", 400), ("kucoinfutures", 88)]
)
def test_no_venue_is_asked_about_more_than_it_certainly_tells(venue: str, told: int) -> None:
    now = timezone.now()
    account = ExchangeAccount(venue=venue, created_at=now - 400 * DAY)
    assert audit._answered(account, now - 500 * DAY, now) == now - told * DAY
    assert audit._answered(account, now - DAY, now) == now - DAY


@pytest.mark.parametrize(
    "venue", [venue for venue in VENUES.values() if venue.derivative], ids=lambda venue: venue.name
)
def test_what_a_number_brings_is_part_of_what_is_told(venue: Venue) -> None:
    assert venue.fills_told is not None
    assert venue.numbers_told is not None
    assert venue.numbers_told < venue.fills_told - audit.EDGE
