"""What the model and the races have found, each as a test of its own."""

from decimal import Decimal

from tests.engine.stage import reckoned
from tests.engine.states import active, fall_to, partially_filled, told, waiting
from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, time_passes
from trading.models import Order, PositionGroup, QueuedSignal


def targets() -> list[tuple[int, str]]:
    """Targets by leg, and how they stand."""
    rows = Order.objects.filter(purpose="TARGET").order_by("leg__index", "id")
    return list(rows.values_list("leg__index", "state"))


def test_a_target_whose_fills_are_on_their_way_is_not_placed_again(desk: Desk) -> None:
    """All five fill at once. Recording the first one's fills must not take the others' for gone."""
    active(desk)
    fall_to(desk, "61000")
    assert targets() == [(leg, "FILLED") for leg in range(5)]
    reckoned(desk)


def test_a_reduction_that_never_arrived_is_decided_anew(desk: Desk) -> None:
    active(desk)
    assert told(desk, action="reduce", size="50% position") == "REDUCED"
    desk.paper.fault(LOST, **ORDER, times=5)
    desk.submit()
    assert Order.objects.filter(purpose="REDUCE", state="UNKNOWN").exists()
    for _ in range(3):
        time_passes()
        desk.look_up()
    reckoned(desk)
    sold = Order.objects.filter(purpose="REDUCE", state="FILLED").values_list("filled_qty", flat=True)
    assert sum(sold) == Decimal("0.00082")  # of 0.00165 held


def test_a_target_that_was_faster_leaves_less_to_reduce(desk: Desk) -> None:
    """0.00032 BTC held, 60 % are to go; the target sells a part of it before it can be cancelled."""
    partially_filled(desk)
    assert told(desk, action="reduce", size="60% position") == "REDUCED"
    desk.paper.price("BTCUSDT", "60700", qty="0.0002")
    reckoned(desk)
    group = PositionGroup.objects.get()
    assert group.qty >= 0
    assert group.status in ("CLOSED", "DUST_CLOSED", "PARTIALLY_FILLED")


def test_covering_a_short_takes_no_waiting_long_out_of_the_queue(desk: Desk) -> None:
    """A buy that leaves the strategy short closes a SHORT: the LONG that waits is none of its business."""
    waiting(desk)
    assert told(desk, action="buy", market_position="short") == "NOTHING_TO_EXIT"
    assert QueuedSignal.objects.get().state == "WAITING"
