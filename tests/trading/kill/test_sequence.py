"""A kill against a live exchange: everything cancelled, everything of ours sold, nothing else, and written down."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from project.accounts import latch as latches
from project.accounts.models import ExchangeAccount, KillReport, PositionMode
from project.journal.models import JournalEntry
from tests.support.factories import PRICES, Desk
from tests.support.levers import chosen
from tests.trading.kill.conftest import Button, until
from trading.domain.order_state import VenueStatus
from trading.gateways.base import OrderReport
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.kill import desk, journal, sequence
from trading.models import Fill, Order, PositionGroup
from trading.services import connect, kill_import, reconcile
from trading.services.invariants import CHECKS
from trading.services.invariants.base import Finding

LEGS = [["0", "50", "1"], ["-2", "50", "1"]]


def grid(desk: Desk, *symbols: str) -> Desk:
    """A filled first leg with a target, a second leg that rests, per symbol."""
    chosen(desk, legs=LEGS, first_entry="market", per_symbol_pct="500")
    for symbol in symbols:
        desk.buy(symbol, price=PRICES[symbol])
    desk.settle()
    return desk


def kinds(button: Button, name: str) -> list[str]:
    return [line["kind"] for line in journal.lines(button.home, name)]


def test_spot_is_flat_and_what_was_there_before_stays(spot: Desk, button: Button) -> None:
    spot.paper.deposit({"BTC": "0.5"}, account=spot.key)
    reconcile.reconcile(spot.account.pk, gateway=spot.gateway, clock=timezone.now, timing=connect.timing())
    grid(spot, "BTCUSDT", "ETHUSDT")
    button.files()
    latch = button.press()
    assert sequence.run(button.around, latch)
    ledger = spot.paper.ledger(spot.key)
    assert [order for order in ledger["orders"] if order["status"] in ("NEW", "PARTIALLY_FILLED")] == []
    held = {c: Decimal(b["free"]) + Decimal(b["locked"]) for c, b in ledger["balances"].items() if c != "USDT"}
    assert Decimal("0.5") <= held["BTC"] < Decimal("0.50001")  # what fees left below a lot
    assert held["ETH"] < Decimal("0.0001")
    assert kinds(button, latch.id)[-1] == "flat"


def test_afterwards_the_sales_are_booked_and_the_groups_close(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT", "ETHUSDT")
    button.files()
    latch = button.press()
    assert sequence.run(button.around, latch)
    lines = journal.lines(button.home, latch.id)
    assert [kill_import.take_over(button.home) for _ in range(2)] == [len(lines), 0]
    assert JournalEntry.objects.filter(kind="kill.closed").count() == 2
    assert KillReport.objects.get(latch=latch.id).flat
    spot.poll()
    assert kill_import.book_sales(spot.account, gateway=spot.gateway, clock=timezone.now) == 2
    spot.poll()
    assert not PositionGroup.objects.filter(closed_at=None).exists()
    reconcile.reconcile(spot.account.pk, gateway=spot.gateway, clock=timezone.now, timing=connect.timing())
    spot.account.refresh_from_db()
    assert spot.account.health == ""
    assert CHECKS["I7"](timezone.now()) == Finding(1, ())
    entries, soon = Fill.objects.filter(order__purpose="ENTRY"), timezone.now() + timedelta(hours=1)
    entries.update(at=soon)
    assert CHECKS["I7"](soon + timedelta(hours=1)) == Finding(1, ())  # they rested already, and filled late
    Order.objects.filter(purpose="ENTRY").update(acknowledged_at=soon)  # as if they had come through
    assert len(CHECKS["I7"](soon + timedelta(hours=1)).violations) == 2


def test_sales_whose_journal_came_after_a_person_had_left_are_booked_all_the_same(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    assert sequence.run(button.around, button.press())
    latches.lift(button.home)
    clock: dict[str, Any] = {"gateway": spot.gateway, "clock": timezone.now}
    assert kill_import.book_sales(spot.account, **clock) == 0
    kill_import.take_over(button.home)
    spot.poll()
    assert [kill_import.book_sales(spot.account, **clock) for _ in range(2)] == [1, 0]
    spot.poll()
    assert not PositionGroup.objects.filter(closed_at=None).exists()


def test_futures_are_flat_with_their_conditional_orders(futures: Desk, button: Button) -> None:
    chosen(futures, stop="fixed", fixed_stop_pct="5")
    grid(futures, "BTCUSDT", "ETHUSDT")
    futures.sweep()
    assert any(report.order.venue_algo_id for report in futures.gateway.resting())
    button.files()
    latch = button.press()
    assert sequence.run(button.around, latch)
    after = futures.gateway
    assert (list(after.resting()), list(after.positions())) == ([], [])
    assert Order.objects.exists()


def test_what_is_deposited_meanwhile_stays_even_when_the_kill_begins_again(
    spot: Desk, button: Button, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    monkeypatch.setattr(desk, "RECENT", timedelta(0))  # as if the entry were older than two minutes
    spot.paper.deposit({"BTC": "0.8"}, account=spot.key)  # beyond the engine's last picture
    latch = button.press()
    assert [sequence.run(button.around, latch) for _ in range(2)] == [True, True]
    assert Decimal("0.8") <= Decimal(spot.paper.ledger(spot.key)["balances"]["BTC"]["free"]) < Decimal("0.80001")


def test_positions_are_closed_in_the_mode_that_the_venue_is_in(hedged: Desk, button: Button) -> None:
    grid(hedged, "BTCUSDT")
    ExchangeAccount.objects.update(position_mode=PositionMode.ONE_WAY)  # as if somebody had changed it at the venue
    button.files()
    assert list(hedged.gateway.positions())
    assert sequence.run(button.around, button.press())
    assert list(hedged.gateway.positions()) == []


def test_a_venue_that_wants_silence_gets_it_and_the_kill_goes_on(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    spot.paper.fault("rate_limit", method="GET", path="/api/v3/openOrders", ms=1500)
    latch = button.press()
    assert sequence.run(button.around, latch)
    spot.paper.faults([])
    assert kinds(button, latch.id).count("refused") == 1  # told once, and waited for


def as_it_is(report: OrderReport) -> OrderReport:
    return report


def as_taken(report: OrderReport) -> OrderReport:
    """As a venue answers that tells no more than the number."""
    return replace(report, status=VenueStatus.OPEN, filled_qty=Decimal(0))


@pytest.mark.parametrize("answer", [as_it_is, as_taken])
def test_a_sale_that_found_no_buyer_is_tried_again(
    spot: Desk, button: Button, monkeypatch: pytest.MonkeyPatch, answer: Callable[[OrderReport], OrderReport]
) -> None:
    """Accepted and over, with nothing sold: the coin is still there."""
    place = CcxtGateway.place
    monkeypatch.setattr(CcxtGateway, "place", lambda gateway, request: answer(place(gateway, request)))
    grid(spot, "BTCUSDT")
    button.files()
    spot.paper.depth("BTCUSDT", levels=0)
    latch = button.press()
    work = threading.Thread(target=sequence.run, args=(button.around, latch))
    work.start()
    try:
        until(lambda: kinds(button, latch.id).count("closed") > 1, about="a second sale")
        assert "flat" not in kinds(button, latch.id)
    finally:
        spot.paper.depth("BTCUSDT", levels=20)
        work.join(60)
    assert Decimal(spot.paper.ledger(spot.key)["balances"]["BTC"]["free"]) < Decimal("0.00001")
    assert kinds(button, latch.id)[-1] == "flat"


def test_a_lifted_latch_ends_the_work(spot: Desk, button: Button) -> None:
    button.files()
    latch = button.press()
    latches.lift(button.home)
    assert sequence.run(button.around, latch) is False
    assert "flat" not in kinds(button, latch.id)


def test_without_word_of_what_is_ours_orders_go_and_coins_stay(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    (button.home / "kill-holdings.json").unlink()
    latch = button.press()
    work = threading.Thread(target=sequence.run, args=(button.around, latch))
    work.start()
    until(lambda: "refused" in kinds(button, latch.id) and not spot.gateway.resting(), about="orders gone, and a word")
    latches.lift(button.home)
    work.join(60)
    refused = next(line for line in journal.lines(button.home, latch.id) if line["kind"] == "refused")
    assert refused["code"] == "UNKNOWN_HOLDINGS"
    assert "flat" not in kinds(button, latch.id)
    assert not any(
        order["side"] == "SELL" and order["status"] == "FILLED" for order in spot.paper.ledger(spot.key)["orders"]
    )


def test_entries_that_the_engine_had_not_told_of_yet_are_sold_and_booked_too(spot: Desk, button: Button) -> None:
    button.files()  # before the first entry
    grid(spot, "SOLUSDT")
    spot.alert(symbol="SOLUSDT", action="buy", price=PRICES["SOLUSDT"], interval="240")  # a second group of the pair
    spot.decide()
    spot.settle()
    latch = button.press()
    assert sequence.run(button.around, latch)
    sold = [line["symbol"] for line in journal.lines(button.home, latch.id) if line["kind"] == "closed"]
    assert sold == ["SOL/USDT", "SOL/USDT"]  # one for each group, though nobody had told of them
    kill_import.take_over(button.home)
    spot.poll()
    clock = {"gateway": spot.gateway, "clock": timezone.now}
    assert kill_import.book_sales(spot.account, **clock) == 2
    assert not PositionGroup.objects.filter(closed_at=None).exists()


def test_what_is_too_little_of_each_group_stays_though_all_of_it_could_be_sold(spot: Desk, button: Button) -> None:
    chosen(spot, max_open_groups=9)
    grid(spot, "SOLUSDT")
    for interval in ("5", "15", "30", "240", "1"):
        spot.alert(symbol="SOLUSDT", action="buy", price=PRICES["SOLUSDT"], interval=interval)
        spot.decide()
    spot.settle()
    assert PositionGroup.objects.filter(qty__gt=0).count() == 6
    button.files()
    latch = button.press()
    assert sequence.run(button.around, latch)
    sold = [line for line in journal.lines(button.home, latch.id) if line["kind"] == "closed"]
    kill_import.take_over(button.home)
    spot.poll()
    assert kill_import.book_sales(spot.account, gateway=spot.gateway, clock=timezone.now) == len(sold) == 6
    rest = sum(PositionGroup.objects.values_list("qty", flat=True))
    assert rest * Decimal(PRICES["SOLUSDT"]) > 5  # together it could have been sold, and booked to none of them
