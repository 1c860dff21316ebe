"""What takes a slot, what goes in without one, and what leaves the queue, on real rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.engine.stage import change_mode, reckoned
from tests.engine.states import next_bar, partially_filled, told
from tests.support.factories import Desk
from tests.support.levers import chosen
from trading.models import PositionGroup, QueuedSignal, Slot
from trading.services import queue


def bought(desk: Desk, symbol: str = "BTCUSDT", interval: str = "60") -> str:
    """An entry at the market's price; its outcome."""
    return told(desk, symbol=symbol, action="buy", interval=interval)


def taken() -> list[tuple[int, int | None]]:
    """Open slots: their numbers, and the pyramid that has one of its own."""
    return list(Slot.objects.filter(released_at=None).order_by("number").values_list("number", "pyramid__index"))


def waiting() -> list[str]:
    rows = QueuedSignal.objects.filter(state="WAITING").order_by("id")
    return list(rows.values_list("instrument__venue_symbol", flat=True))


# continuation ------------------------------------------------------------------------------------


def test_a_pyramid_needs_no_slot_while_pyramids_are_exempt(desk: Desk) -> None:
    chosen(desk, max_open_groups=1)
    assert bought(desk) == "ENTERED"
    assert bought(desk, "ETHUSDT") == "QUEUED"
    next_bar()
    assert bought(desk) == "PYRAMIDED"
    assert taken() == [(1, None)]
    reckoned(desk)
    assert waiting() == ["ETHUSDT"]


def test_each_pyramid_takes_a_slot_where_they_count(desk: Desk) -> None:
    chosen(desk, max_open_groups=3, count_pyramids=True)
    said = []
    for _ in range(4):
        said.append(bought(desk))
        next_bar()
    assert said == ["ENTERED", "PYRAMIDED", "PYRAMIDED", "QUEUED"]
    assert taken() == [(1, None), (2, 1), (3, 2)]
    reckoned(desk)
    assert told(desk, action="exit") == "EXITED"
    desk.settle()
    assert taken() == []
    reckoned(desk)


def test_who_continues_an_open_group_goes_before_a_deeper_loss(desk: Desk) -> None:
    """ETH has fallen 2 % under its alert, BTC would be a pyramid: BTC goes first, by the first rule."""
    chosen(desk, max_open_groups=2, count_pyramids=True)
    bought(desk)
    bought(desk, "SOLUSDT")
    assert bought(desk, "ETHUSDT") == "QUEUED"
    next_bar()
    assert bought(desk) == "QUEUED"
    desk.price("ETHUSDT", "2940")
    told(desk, symbol="SOLUSDT", action="exit")
    desk.settle()
    assert waiting() == ["ETHUSDT"]
    assert PositionGroup.objects.get(instrument__venue_symbol="BTCUSDT").pyramids.count() == 2
    reckoned(desk)


def test_without_the_rule_the_deeper_loss_goes_first(desk: Desk) -> None:
    chosen(desk, max_open_groups=2, count_pyramids=True, rules=["deepest_loss", "first_in"])
    bought(desk)
    bought(desk, "SOLUSDT")
    bought(desk, "ETHUSDT")
    next_bar()
    bought(desk)
    desk.price("ETHUSDT", "2940")
    told(desk, symbol="SOLUSDT", action="exit")
    desk.settle()
    assert waiting() == ["BTCUSDT"]
    reckoned(desk)


def test_who_waits_goes_in_without_a_slot_once_pyramids_are_exempt_again(desk: Desk) -> None:
    chosen(desk, max_open_groups=1, count_pyramids=True)
    bought(desk)
    next_bar()
    assert bought(desk) == "QUEUED"
    chosen(desk, count_pyramids=False)
    queue.sweep(desk.account.pk, now=timezone.now())
    assert waiting() == []
    assert taken() == [(1, None)]
    reckoned(desk)
    assert PositionGroup.objects.get().pyramids.count() == 2


def test_a_pool_that_was_lowered_drains(desk: Desk) -> None:
    chosen(desk, max_open_groups=3)
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
        assert bought(desk, symbol) == "ENTERED"
    chosen(desk, max_open_groups=1)
    assert bought(desk, "BTCUSDT", "240") == "QUEUED"
    for symbol, open_slots in (("BTCUSDT", 2), ("ETHUSDT", 1)):
        told(desk, symbol=symbol, action="exit", interval="60")
        desk.settle()
        assert len(taken()) == open_slots
    assert waiting() == ["BTCUSDT"]
    told(desk, symbol="SOLUSDT", action="exit", interval="60")
    desk.settle()
    assert waiting() == []
    assert [number for number, _ in taken()] == [1]
    reckoned(desk)


# promotion ---------------------------------------------------------------------------------------


def test_a_chain_of_ends_promotes_a_chain_of_entries(desk: Desk) -> None:
    """One slot, three who wait: each end lets the next in, in the same transaction."""
    chosen(desk, max_open_groups=1, rules=["first_in"])
    bought(desk)
    for interval in ("5", "15", "30"):
        assert bought(desk, interval=interval) == "QUEUED"
    order = []
    for timeframe in (60, 5, 15, 30):
        order.append(PositionGroup.objects.get(closed_at=None).timeframe_secs // 60)
        told(desk, action="exit", interval=str(timeframe))
        desk.settle()
    assert order == [60, 5, 15, 30]
    assert taken() == []
    reckoned(desk)


def test_one_whose_price_ran_away_keeps_its_place_and_the_next_goes_in(desk: Desk) -> None:
    """ETH is 1 % above its alert, the guard allows 0.5: SOL goes in, ETH waits on with its reason."""
    chosen(desk, max_open_groups=1)
    bought(desk)
    told(desk, symbol="ETHUSDT", action="buy", price="3000")
    told(desk, symbol="SOLUSDT", action="buy", price="150")
    desk.price("ETHUSDT", "3030")
    told(desk, action="exit")
    desk.settle()
    assert waiting() == ["ETHUSDT"]
    assert "worse" in QueuedSignal.objects.get(state="WAITING").last_denial
    reckoned(desk)


def test_nobody_goes_in_while_the_mode_forbids_entries(desk: Desk) -> None:
    chosen(desk, max_open_groups=1)
    bought(desk)
    bought(desk, "ETHUSDT")
    change_mode("PAUSED")
    told(desk, action="exit")
    desk.settle()
    assert (taken(), waiting()) == ([], ["ETHUSDT"])
    change_mode("NORMAL")
    queue.sweep(desk.account.pk, now=timezone.now())
    assert (taken(), waiting()) == ([(1, None)], [])
    reckoned(desk)


# leaving -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "left"),
    [
        ({"symbol": "ETHUSDT", "interval": "60"}, ["SOLUSDT", "ETHUSDT"]),
        ({"symbol": "ETHUSDT", "interval": "240"}, ["ETHUSDT", "SOLUSDT"]),
        ({"symbol": "ETHUSDT", "interval": ""}, ["SOLUSDT"]),
        ({"symbol": "SOLUSDT", "interval": "60"}, ["ETHUSDT", "ETHUSDT"]),
        ({"symbol": "ETHUSDT", "interval": "60", "side": "short"}, ["ETHUSDT", "SOLUSDT", "ETHUSDT"]),
    ],
)
def test_an_exit_takes_out_whom_it_names(desk: Desk, says: dict[str, str], left: list[str]) -> None:
    chosen(desk, max_open_groups=1)
    bought(desk)
    for symbol, interval in (("ETHUSDT", "60"), ("SOLUSDT", "60"), ("ETHUSDT", "240")):
        assert bought(desk, symbol, interval) == "QUEUED"
    desk.alert(**{name: value for name, value in {"action": "exit", **says}.items() if value})
    desk.decide()
    assert waiting() == left


@pytest.mark.parametrize(("minutes", "stays"), [(59, True), (61, False)])
def test_who_has_waited_too_long_leaves_before_a_slot_is_given_away(desk: Desk, minutes: int, stays: bool) -> None:
    """One hour is allowed: the sweep first ends what is overdue, then promotes."""
    chosen(desk, max_open_groups=1, queue_max_age_h=1)
    bought(desk)
    bought(desk, "ETHUSDT")
    chosen(desk, max_open_groups=2)
    QueuedSignal.objects.update(queued_at=timezone.now() - timedelta(minutes=minutes))
    queue.sweep(desk.account.pk, now=timezone.now())
    assert (QueuedSignal.objects.get().state == "PROMOTED") is stays
    assert (QueuedSignal.objects.get().state == "EXPIRED") is not stays


def test_an_expired_one_makes_room_for_a_new_one_of_its_pair(desk: Desk) -> None:
    chosen(desk, max_open_groups=1, queue_max_age_h=1)
    bought(desk)
    bought(desk, "ETHUSDT")
    queue.sweep(desk.account.pk, now=timezone.now() + timedelta(hours=2))
    assert bought(desk, "ETHUSDT") == "QUEUED"
    states = QueuedSignal.objects.order_by("id").values_list("state", "replacement_count")
    assert list(states) == [("EXPIRED", 0), ("WAITING", 0)]


def test_a_partially_filled_group_keeps_its_slot_until_it_has_ended(desk: Desk) -> None:
    chosen(desk, max_open_groups=1)
    partially_filled(desk)
    bought(desk, "ETHUSDT")
    told(desk, action="exit")
    assert (taken(), waiting()) == ([(1, None)], ["ETHUSDT"])
    desk.settle()
    assert (taken(), waiting()) == ([(1, None)], [])
    assert Slot.objects.get(released_at=None).group.instrument.venue_symbol == "ETHUSDT"
    reckoned(desk)
