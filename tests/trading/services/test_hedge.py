"""Hedge mode on real parts: one pair long and short at once, each side with its own exits, and never the other's.

Both sides come in through the queue: an alert against an open position closes or turns it, in hedge mode too.
"""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import timezone

from project.accounts.models import PositionMode
from tests.support import oracle_futures
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen
from tests.support.paper import PaperExchange
from trading.models import Order, PositionGroup, QueuedSignal
from trading.services import connect, funding, queue, reconcile
from trading.services.invariants import CHECKS

LONG = {"action": "buy", "market_position": "long"}
SHORT = {"action": "sell", "market_position": "short"}
LOT = Decimal("0.003")  # a leg: 1 000 USDT ÷ 5 ÷ 60 000, down to the lot


@pytest.fixture
def hedged(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A futures account that may hold both sides of a pair."""
    paper_process.faults([])
    desk = make_desk(paper_process, venue="binanceusdm")
    desk.account.position_mode = PositionMode.HEDGE
    desk.account.save()
    chosen(desk, per_symbol_pct="50", stop="fixed", fixed_stop_pct="3")
    yield desk


def told(desk: Desk, **fields: str) -> str:
    """An alert on the pair, decided and carried out; its outcome."""
    alert = desk.alert(**{"symbol": "BTCUSDT.P", "interval": "60", **fields})
    desk.decide()
    desk.settle()
    alert.refresh_from_db()
    return alert.outcome


def moved(desk: Desk, price: str) -> None:
    """The market goes there; fills are seen, and what follows from them is done."""
    desk.price("BTCUSDT", price)
    desk.settle()
    desk.sweep()


def both_sides(desk: Desk) -> None:
    """Both wait while another pair has the only slot; then the pool grows, and the first leg of each comes in."""
    chosen(desk, max_open_groups=1)
    assert told(desk, symbol="ETHUSDT.P", price="2990", size="1000 USDT", **LONG) == "ENTERED"
    assert told(desk, price="60000", size="1000 USDT", **LONG) == "QUEUED"
    assert told(desk, price="60000", size="1000 USDT", **SHORT) == "QUEUED"
    chosen(desk, max_open_groups=3)
    queue.sweep(desk.account.pk, now=timezone.now())
    desk.settle()
    assert set(QueuedSignal.objects.values_list("state", flat=True)) == {"PROMOTED"}
    moved(desk, "59950")
    moved(desk, "60050")


def group(side: str) -> PositionGroup:
    return PositionGroup.objects.get(instrument__symbol="BTC/USDT:USDT", side=side)


def standing() -> dict[str, tuple[str, Decimal]]:
    """The pair's groups by side: status and quantity."""
    return {side: (group(side).status, group(side).qty) for side in ("LONG", "SHORT")}


def resting(side: str) -> list[tuple[str, str, Decimal]]:
    """What a side's group has at the venue to close with: purpose, order side, quantity."""
    rows = Order.objects.filter(group=group(side), state="OPEN").exclude(purpose="ENTRY").order_by("purpose")
    return list(rows.values_list("purpose", "side", "qty"))


def at_venue(desk: Desk) -> dict[str, Decimal]:
    """The pair's positions by side, as the exchange has them."""
    rows = desk.paper.futures(desk.key)["positions"]
    return {row["positionSide"]: Decimal(row["qty"]) for row in rows if row["symbol"] == "BTCUSDT"}


def broken(desk: Desk) -> list[str]:
    """What our books, the invariants and the exchange's ledger do not agree on."""
    desk.refresh()
    found = [f"{name}: {words}" for name, check in CHECKS.items() for words in check(timezone.now()).violations]
    return [*found, *oracle_futures.differences(desk)]


def test_both_sides_are_held_at_once_each_with_a_target_and_a_stop_of_its_own(hedged: Desk) -> None:
    both_sides(hedged)
    assert standing() == {"LONG": ("PARTIALLY_FILLED", LOT), "SHORT": ("PARTIALLY_FILLED", LOT)}
    assert at_venue(hedged) == {"LONG": LOT, "SHORT": -LOT}
    assert resting("LONG") == [("STOP", "SELL", LOT), ("TARGET", "SELL", LOT)]
    assert resting("SHORT") == [("STOP", "BUY", LOT), ("TARGET", "BUY", LOT)]
    ledger = hedged.paper.futures(hedged.key)
    stops = [(row["positionSide"], row["side"], row["status"]) for row in ledger["algoOrders"]]
    assert sorted(stops) == [("LONG", "SELL", "NEW"), ("SHORT", "BUY", "NEW")]
    assert broken(hedged) == []


def test_a_target_closes_its_own_side_and_leaves_the_other(hedged: Desk) -> None:
    """Through 60 600: the LONG's target; the SHORT, of which more comes in, goes on."""
    both_sides(hedged)
    moved(hedged, "60650")
    assert (group("LONG").status, group("LONG").close_reason) == ("CLOSED", "TARGETS_TAKEN")
    assert group("LONG").realised_pnl > 0
    assert standing()["SHORT"] == ("PARTIALLY_FILLED", 3 * LOT)  # 60 000, 60 300, 60 600
    assert at_venue(hedged) == {"SHORT": -3 * LOT}
    assert broken(hedged) == []


def test_a_stop_that_triggers_at_the_venue_closes_its_own_side(hedged: Desk) -> None:
    """Down to 57 000: the LONG's stop, while the SHORT takes its profit at 59 400."""
    both_sides(hedged)
    moved(hedged, "57000")
    assert (group("LONG").status, group("LONG").qty) == ("CLOSED", 0)
    assert group("LONG").realised_pnl < 0 < group("SHORT").realised_pnl
    assert at_venue(hedged) == {}
    assert broken(hedged) == []


@pytest.mark.parametrize(
    ("alert", "outcome", "left"),
    [
        ({"action": "exit", "side": "long"}, "EXITED", {"SHORT": -LOT}),
        ({"action": "exit", "prev_market_position": "short"}, "EXITED", {"LONG": LOT}),
        ({"action": "exit"}, "EXITED", {}),
        ({"action": "reverse", "market_position": "long"}, "EXITED", {"LONG": LOT}),  # it is long already
        ({"action": "buy"}, "AMBIGUOUS_SIDE", {"LONG": LOT, "SHORT": -LOT}),
    ],
    ids=["long named", "short implied", "neither named", "to the long side", "a buy"],
)
def test_an_alert_closes_the_side_that_it_names(
    hedged: Desk, alert: dict[str, str], outcome: str, left: dict[str, Decimal]
) -> None:
    both_sides(hedged)
    assert told(hedged, **alert) == outcome
    hedged.settle()
    assert at_venue(hedged) == left
    assert broken(hedged) == []


def test_a_reduction_shrinks_the_side_that_it_names(hedged: Desk) -> None:
    """Half of the two legs held, and the stop fits what is left."""
    both_sides(hedged)
    moved(hedged, "60550")
    moved(hedged, "60590")  # SHORT: 60 000 and 60 300 came in
    before = standing()
    assert told(hedged, action="reduce", side="short", size="50% position") == "REDUCED"
    hedged.settle()
    assert standing() == {"LONG": before["LONG"], "SHORT": ("PARTIALLY_FILLED", LOT)}
    assert sum(qty for purpose, _, qty in resting("SHORT") if purpose == "STOP") == LOT
    assert broken(hedged) == []


def test_a_reconcile_finds_both_sides_where_our_books_have_them(hedged: Desk) -> None:
    both_sides(hedged)
    connect.forget()
    reconcile.reconcile(hedged.account.pk, gateway=hedged.gateway, clock=timezone.now, timing=connect.timing())
    hedged.account.refresh_from_db()
    assert (hedged.account.health, hedged.account.reconciled_at is not None) == ("", True)
    assert reconcile.strange_positions(hedged.account.pk, gateway=hedged.gateway) == []


def test_one_way_the_other_side_waits_until_the_first_is_flat(hedged: Desk) -> None:
    """The same signals on an account that holds one side at a time: the gate denies the second, which keeps its place."""
    hedged.account.position_mode = PositionMode.ONE_WAY
    hedged.account.save()
    chosen(hedged, max_open_groups=1)
    told(hedged, symbol="ETHUSDT.P", price="2990", size="1000 USDT", **LONG)
    told(hedged, price="60000", size="1000 USDT", **LONG)
    told(hedged, price="60000", size="1000 USDT", **SHORT)
    chosen(hedged, max_open_groups=3)
    queue.sweep(hedged.account.pk, now=timezone.now())
    hedged.settle()
    waiting = QueuedSignal.objects.get(state="WAITING")
    assert (waiting.side, group("LONG").status) == ("SHORT", "LIVE")
    assert "other side" in waiting.last_denial
    assert broken(hedged) == []


def test_an_alert_that_names_its_side_opens_it_beside_the_other(hedged: Desk) -> None:
    hedged.setting("per_symbol_pct", "50")
    outcomes = []
    for action, side in (("buy", "long"), ("sell", "short")):
        alert = hedged.alert(
            symbol="BTCUSDT.P", action=action, side=side, price="60000", interval="60", size="600 USDT"
        )
        hedged.decide()
        hedged.settle()
        alert.refresh_from_db()
        outcomes.append(alert.outcome)
    assert outcomes == ["ENTERED", "ENTERED"]
    assert set(PositionGroup.objects.values_list("side", flat=True)) == {"LONG", "SHORT"}


def test_funding_of_both_sides_goes_to_the_side_that_paid_and_the_one_that_received(hedged: Desk) -> None:
    """The SHORT holds three legs, the LONG one: 0.0001 of each side's value, paid by the LONG, received by the SHORT."""
    both_sides(hedged)
    moved(hedged, "60550")
    moved(hedged, "60590")
    sizes = {side: qty for side, (_, qty) in standing().items()}
    assert sizes["SHORT"] != sizes["LONG"]
    hedged.paper.funding(symbol="BTCUSDT")
    assert funding.collect(hedged.account, gateway=hedged.gateway, clock=timezone.now) == 2
    sums = {side: sum(row.amount for row in group(side).funding.all()) for side in sizes}
    assert sums["LONG"] < 0 < sums["SHORT"]
    assert abs(sums["SHORT"] / sums["LONG"] + sizes["SHORT"] / sizes["LONG"]) < Decimal("0.001")
    assert funding.collect(hedged.account, gateway=hedged.gateway, clock=timezone.now) == 0
    assert broken(hedged) == []


def test_both_sides_in_one_batch_are_entered_each_with_its_own_orders(hedged: Desk) -> None:
    for action, side in (("buy", "long"), ("sell", "short")):
        fields = {"action": action, "side": side, "price": "60000", "interval": "60", "size": "1000 USDT"}
        hedged.alert(symbol="BTCUSDT.P", **fields)
    hedged.decide()
    hedged.settle()
    moved(hedged, "59950")
    moved(hedged, "60050")
    assert standing() == {"LONG": ("PARTIALLY_FILLED", LOT), "SHORT": ("PARTIALLY_FILLED", LOT)}
    assert at_venue(hedged) == {"LONG": LOT, "SHORT": -LOT}
    assert broken(hedged) == []
