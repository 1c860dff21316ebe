"""A venue in maintenance, a market that is halted, one that is closed for good: each is a state with its own way out."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import BalanceMovement, ExchangeAccount
from project.journal.models import JournalEntry
from signals.models import Instrument
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.levers import at_venue, states
from trading import tasks
from trading.models import PositionGroup, QueuedSignal
from trading.services import connect, market, queue, reconcile
from trading.services.invariants import CHECKS


@pytest.fixture
def closed_venue(desk: Desk) -> Iterator[Desk]:
    """A desk whose venue can be closed for maintenance; it is open again afterwards."""
    yield one_leg(desk)
    desk.paper.control("maintenance", {"on": False})


@pytest.fixture
def halting(desk: Desk) -> Iterator[Desk]:
    """A desk whose BTC market can be halted; it trades again afterwards."""
    yield one_leg(desk)
    trading(desk, on=True)


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A futures account whose BTC contract may be closed for good; it trades again afterwards."""
    paper_process.faults([])
    made = make_desk(paper_process, venue="binanceusdm")
    yield made
    paper_process.faults([])
    paper_process.control("trading", {"symbol": "BTCUSDT", "on": True, "market": "usdm"})


def trading(desk: Desk, *, on: bool, kind: str = "spot") -> None:
    desk.paper.control("trading", {"symbol": "BTCUSDT", "on": on, "market": kind})


def closes(desk: Desk) -> None:
    """The venue closes, and the next look for fills learns it."""
    desk.paper.control("maintenance", {"on": True})
    tasks.poll_balances(desk.account.pk)


def health() -> tuple[str, str]:
    return ExchangeAccount.objects.values_list("health", "health_detail").get()


def refreshed(desk: Desk) -> str:
    """The markets are read anew; what ours is called now."""
    market.refresh_instruments(desk.account, gateway=desk.gateway, clock=timezone.now)
    row = Instrument.objects.get(symbol__startswith="BTC/USDT", venue=desk.account.venue)
    return f"{row.status} {'active' if row.active else 'stopped'}"


def held(desk: Desk) -> PositionGroup:
    """A filled position with its target."""
    desk.buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    assert states("TARGET") == ["OPEN"]
    return PositionGroup.objects.get()


# maintenance -------------------------------------------------------------------------------------


def test_a_venue_that_says_so_is_in_maintenance_and_not_just_silent(closed_venue: Desk) -> None:
    closes(closed_venue)
    code, words = health()
    assert code == "MAINTENANCE"
    assert words.startswith("Binance is in maintenance since ")


def test_a_venue_that_is_only_overloaded_is_not_in_maintenance(closed_venue: Desk) -> None:
    closed_venue.paper.fault("http_503_before_accept", method="GET", path="/api/v3/account", times=9)
    tasks.poll_balances(closed_venue.account.pk)
    assert health()[0] == "VENUE_NOT_REACHED"


def test_entries_wait_and_exits_are_kept_until_it_has_been_reconciled(closed_venue: Desk) -> None:
    desk = closed_venue
    group = held(desk)
    closes(desk)
    waiting = desk.alert(symbol="ETHUSDT", action="buy", price="3000", interval="60")
    desk.alert(symbol="BTCUSDT", action="exit", interval="60")
    desk.decide()
    waiting.refresh_from_db()
    assert (waiting.outcome, "maintenance" in waiting.reason) == ("QUEUED", True)
    queue.sweep(desk.account.pk, now=timezone.now())
    desk.submit()
    row = QueuedSignal.objects.get()
    assert (row.state, "MAINTENANCE" in row.last_denial) == ("WAITING", True)

    desk.paper.control("maintenance", {"on": False})
    desk.submit()
    assert states("EXIT") in ([], ["NEW"])  # first reconcile, then trade
    tasks.reconcile_books(desk.account.pk)
    assert health() == ("", "")
    desk.settle()
    desk.sweep()
    group.refresh_from_db()
    assert (group.status in ("CLOSED", "DUST_CLOSED"), states("EXIT")) == (True, ["FILLED"])
    desk.refresh()
    queue.sweep(desk.account.pk, now=timezone.now())
    row.refresh_from_db()
    assert row.state == "PROMOTED"


def test_an_account_that_is_not_armed_loses_its_entry_as_ever(closed_venue: Desk) -> None:
    closes(closed_venue)
    ExchangeAccount.objects.update(armed=False)
    alert = closed_venue.alert(symbol="ETHUSDT", action="buy", price="3000", interval="60")
    closed_venue.decide()
    alert.refresh_from_db()
    assert alert.outcome == "NOT_ARMED"


# halted ------------------------------------------------------------------------------------------


def test_a_halted_market_keeps_entries_and_exits_until_it_trades_again(halting: Desk) -> None:
    desk = halting
    group = held(desk)
    trading(desk, on=False)
    assert refreshed(desk) == "BREAK stopped"
    assert JournalEntry.objects.filter(kind="market.stopped").count() == 1
    alert = desk.alert(symbol="BTCUSDT", action="buy", price="59800", interval="240")
    desk.alert(symbol="BTCUSDT", action="exit", interval="60")
    desk.decide()
    alert.refresh_from_db()
    assert (alert.outcome, "BTC/USDT stands still" in alert.reason) == ("QUEUED", True)
    desk.settle()
    desk.sweep()
    assert states("EXIT") == ["NEW"]
    assert len(at_venue(desk)) == 2  # nothing was sent there

    trading(desk, on=True)
    desk.paper.price("BTCUSDT", "59800")
    assert refreshed(desk) == "TRADING active"
    desk.refresh()
    desk.settle()
    group.refresh_from_db()
    assert (states("EXIT"), group.status in ("CLOSED", "DUST_CLOSED")) == (["FILLED"], True)
    queue.sweep(desk.account.pk, now=timezone.now())
    assert QueuedSignal.objects.get().state == "PROMOTED"


# closed for good ---------------------------------------------------------------------------------


def test_a_settled_contract_is_booked_and_its_group_ends_by_that_name(perps: Desk) -> None:
    perps.setting("per_symbol_pct", "50")
    perps.alert(symbol="BTCUSDT.P", action="sell", price="60000", interval="60", size="1000 USDT")
    perps.decide()
    perps.settle()
    perps.price("BTCUSDT", "60050")
    perps.settle()
    trading(perps, on=False, kind="usdm")
    listed: Any = perps.gateway._client.fapiPublicGetExchangeInfo()  # type: ignore[attr-defined]
    settling = [{**row, "status": "SETTLING"} if row["symbol"] == "BTCUSDT" else row for row in listed["symbols"]]
    perps.paper.faults([answer("/fapi/v1/exchangeInfo", {**listed, "symbols": settling})])
    assert refreshed(perps) == "SETTLING stopped"
    reconciled(perps)
    group = PositionGroup.objects.get()
    assert (group.status, group.close_reason, group.qty) == ("CLOSED", "DELISTED", 0)
    perps.refresh()
    assert [CHECKS[name](timezone.now()).violations for name in ("I1", "I6", "I12", "I13")] == [()] * 4
    assert health()[0] == ""


def reconciled(desk: Desk) -> None:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())
    desk.sweep()


def test_what_a_venue_converts_of_a_spot_pair_it_listed_no_more_ends_the_group_and_is_written_down(desk: Desk) -> None:
    """The pair is gone; first the coins are still there, then quote stands in their place."""
    group = held(one_leg(desk))
    trading(desk, on=False)
    listed: Any = desk.gateway._client.publicGetExchangeInfo()  # type: ignore[attr-defined]
    others = {**listed, "symbols": [row for row in listed["symbols"] if row["baseAsset"] != "BTC"]}
    account: Any = desk.gateway._client.privateGetAccount()  # type: ignore[attr-defined]
    gone = answer("/api/v3/exchangeInfo", others)
    desk.paper.faults([gone])
    reconciled(desk)
    assert refused(desk) == ("NOT_TRADABLE", True)
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("ACTIVE", "DELISTED")
    Instrument.objects.filter(symbol="BTC/USDT").update(stopped_at=timezone.now() - timedelta(hours=1))

    worth = {"asset": "USDT", "free": "10010", "locked": "0"}
    desk.paper.faults([gone, answer("/api/v3/account", {**account, "balances": [worth]})])
    reconciled(desk)
    desk.paper.faults([])
    group.refresh_from_db()
    assert (group.status, group.close_reason, group.converted_qty) == ("CLOSED", "DELISTED", group.qty)
    assert group.qty > 0
    moved = BalanceMovement.objects.filter(kind="foreign").values_list("currency", "amount")
    assert dict(moved)["BTC"] == -group.qty
    assert health()[0] == ""
    trading(desk, on=True)


def answer(path: str, body: Any) -> dict[str, Any]:
    """The venue says this whenever it is asked there."""
    return {
        "match": {"method": "GET", "path": path},
        "times": 99,
        "action": "reply_before_accept",
        "status": 200,
        "body": body,
    }


def refused(desk: Desk) -> tuple[str, bool]:
    """What an entry on the pair comes to, and whether it is told why."""
    alert = desk.alert(symbol="BTCUSDT", action="buy", price="59800", interval="240")
    desk.decide()
    alert.refresh_from_db()
    return alert.outcome, "BTC/USDT" in alert.reason
