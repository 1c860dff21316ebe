"""ATR and support stops and exit ladders on real parts: entered by a chart, fired, climbed, averaged, replaced."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from signals.market import instruments
from signals.models import Instrument
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen, one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.charts import steady, store, valley
from trading.models import Order, PositionGroup

D = Decimal
TWO_LEGS = "(0, 50, 20) (-0.5, 50, 20)"
# Targets out of the way.


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """An armed futures account on the live paper exchange."""
    paper_process.faults([])
    yield make_desk(paper_process, venue="binanceusdm")


def group() -> PositionGroup:
    return PositionGroup.objects.get()


def trigger(kind: str) -> Decimal:
    (found,) = [D(post["trigger_price"]) for post in group().watch if post["kind"] == kind]
    return found


def note(kind: str) -> str:
    (found,) = [post["note"] for post in group().watch if post["kind"] == kind]
    return str(found)


def targets() -> list[tuple[Decimal, Decimal]]:
    """Quantity and price of what rests to take profit, nearest first."""
    rows = Order.objects.filter(purpose="TARGET", state__in=("OPEN", "PARTIALLY_FILLED")).order_by("price", "-qty")
    return [(order.qty - order.filled_qty, order.price) for order in rows]


def moved(desk: Desk, price: str) -> None:
    """The market goes there, and everything that follows is done."""
    desk.price("BTCUSDT", price)
    desk.settle()
    desk.sweep()


def ended() -> tuple[str, str]:
    return group().status, group().close_reason


# stops -------------------------------------------------------------------------------------------


def test_an_atr_stop_is_counted_from_closed_candles_moves_with_the_average_and_fires(desk: Desk) -> None:
    store(desk, steady(150))
    chosen(desk, stop="atr", atr_multiplier=4, legs=TWO_LEGS)
    assert desk.buy(price="60000").outcome == "ENTERED"
    moved(desk, "59950")
    first = group().average_entry
    assert 0 <= trigger("STOP_ATR") - (first - 600) < D("0.01")  # 4 × 150 below the average entry
    assert note("STOP_ATR") == "14 × 4, 1h candles"
    store(desk, steady(700))  # the market has become wild: the group keeps what it was entered with
    moved(desk, "59690")
    averaged = group().average_entry
    assert averaged < first
    assert 0 <= trigger("STOP_ATR") - (averaged - 600) < D("0.01")
    desk.price("BTCUSDT", "59290")
    desk.watch()
    assert ended() == ("CLOSED", "STOP_ATR")


def test_a_support_stop_stands_at_the_swing_low_and_fires(desk: Desk) -> None:
    store(desk, valley(low=59500, high=60400))
    chosen(one_leg(desk), stop="support", swing_lookback=26)
    assert desk.buy(price="60000").outcome == "ENTERED"
    moved(desk, "59950")
    assert (trigger("STOP_SUPPORT"), note("STOP_SUPPORT")) == (D(59498), "swing low, 1h candles")
    desk.price("BTCUSDT", "59510")
    assert desk.watch() == 0
    desk.price("BTCUSDT", "59490")
    desk.watch()
    assert ended() == ("CLOSED", "STOP_SUPPORT")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"stop": "atr"}, "CANDLES_MISSING"),
        ({"stop": "fixed, support"}, "CANDLES_MISSING"),
        ({"tp_ladder": "fibonacci"}, "CANDLES_MISSING"),
        ({"tp_ladder": "r"}, "LADDER_WITHOUT_STOP"),
        ({"stop": "fixed", "fixed_stop_pct": 20}, "STOP_BEYOND_EMERGENCY"),
    ],
)
def test_what_cannot_stand_refuses_the_entry_by_name(desk: Desk, settings: dict[str, object], code: str) -> None:
    chosen(desk, **settings)
    alert = desk.buy(price="60000")
    assert alert.outcome == code
    assert not PositionGroup.objects.exists()


@pytest.mark.parametrize(("late_bars", "outcome"), [(1, "ENTERED"), (3, "CANDLES_MISSING")])
def test_candles_of_long_ago_are_none(desk: Desk, late_bars: int, outcome: str) -> None:
    """An alert at the turn of the hour is here before its candle; two hours later there is something wrong."""
    store(desk, steady(150), late_bars=late_bars)
    chosen(desk, stop="atr")
    assert desk.buy(price="60000").outcome == outcome


# ladders -----------------------------------------------------------------------------------------


def test_an_r_ladder_is_filled_rung_by_rung(desk: Desk) -> None:
    """R is 1 % of 60 000: rungs 900, 1 200 and 1 800 above the average entry; a third of the quantity leaves on each."""
    chosen(one_leg(desk), stop="fixed", fixed_stop_pct=1, tp_ladder="r")
    assert desk.buy(price="60000").outcome == "ENTERED"
    moved(desk, "59950")
    whole, average = group().qty, group().average_entry
    resting = targets()
    above = [price - average for _, price in resting]
    assert [gap.quantize(D(1)) for gap in above] == [900, 1200, 1800]
    assert [
        0 <= price - (average + gain) < D("0.01") for (_, price), gain in zip(resting, (900, 1200, 1800), strict=True)
    ] == [True] * 3
    assert 0 <= whole - sum(qty for qty, _ in resting) < D("0.00001")  # all but what no lot can carry
    for count, price in ((2, "61000"), (1, "61300")):
        moved(desk, price)
        assert len(targets()) == count
        assert 0 <= group().qty - sum(qty for qty, _ in targets()) < D("0.00001")
    moved(desk, "62000")
    assert ended() == ("CLOSED", "TARGETS_TAKEN")
    assert group().realised_pnl > 0


def test_rungs_beyond_the_venues_largest_order_rest_in_several(desk: Desk) -> None:
    """0.03 BTC in three rungs of some 0.01; the venue lets no more than 0.004 rest in one order."""
    chosen(one_leg(desk), stop="fixed", fixed_stop_pct=1, tp_ladder="r", per_symbol_pct="50")
    desk.buy(price="60000", size="0.03 BTC")
    Instrument.objects.update(max_qty=D("0.004005"))
    instruments.forget()
    moved(desk, "59950")
    assert [qty for qty, _ in targets()[:2]] == [D("0.004"), D("0.004")]
    assert (len(targets()), len({price for _, price in targets()})) == (9, 3)
    assert 0 <= group().qty - sum(qty for qty, _ in targets()) < D("0.00001")
    for count, price in ((6, "61000"), (3, "61300")):
        moved(desk, price)
        assert len(targets()) == count
        assert 0 <= group().qty - sum(qty for qty, _ in targets()) < D("0.00001")
    moved(desk, "62000")
    assert ended() == ("CLOSED", "TARGETS_TAKEN")
    assert not Order.objects.filter(state="REJECTED").exists()


def test_the_rungs_follow_the_average_entry(desk: Desk) -> None:
    chosen(desk, stop="fixed", fixed_stop_pct=2, tp_ladder="r", legs=TWO_LEGS)
    desk.buy(price="60000")
    moved(desk, "59950")
    before = targets()
    moved(desk, "59650")
    averaged = group().average_entry
    assert [price < old for (_, price), (_, old) in zip(targets(), before, strict=True)] == [True] * 3
    assert 0 <= targets()[0][1] - (averaged + 1800) < D("0.01")  # 1.5 × 1 200
    assert 0 <= group().qty - sum(qty for qty, _ in targets()) < D("0.00001")
    assert Order.objects.filter(purpose="TARGET", state="CANCELED").count() == 3


def test_a_fibonacci_ladder_stands_at_the_swings_extensions(desk: Desk) -> None:
    """From 57 998 up to 59 802: 57 998 + 1 804 × 1.272, 1.618 and 2.618."""
    store(desk, valley(low=58000, high=59800))
    chosen(one_leg(desk), tp_ladder="fibonacci", swing_lookback=26)
    desk.buy(price="60000")
    moved(desk, "59950")
    assert [price for _, price in targets()] == [D("60292.69"), D("60916.88"), D("62720.88")]
    moved(desk, "61000")
    assert len(targets()) == 1
    moved(desk, "63000")
    assert ended() == ("CLOSED", "TARGETS_TAKEN")


def test_a_reduction_makes_room_and_the_rungs_fit_again(desk: Desk) -> None:
    chosen(one_leg(desk), stop="fixed", tp_ladder="r")
    desk.buy(price="60000")
    moved(desk, "59950")
    before = group().qty
    desk.alert(symbol="BTCUSDT", action="reduce", size="50% position", interval="60")
    desk.decide()
    desk.settle()
    desk.sweep()
    assert group().qty < before * D("0.51")
    assert 0 <= group().qty - sum(qty for qty, _ in targets()) < D("0.00001")


def test_a_stop_takes_the_ladder_back_and_sells_the_rest(desk: Desk) -> None:
    chosen(one_leg(desk), stop="fixed", fixed_stop_pct=1, tp_ladder="r", breakeven_after_target=0)
    desk.buy(price="60000")
    moved(desk, "59950")
    moved(desk, "61000")
    desk.price("BTCUSDT", "59300")
    desk.watch()
    assert ended() == ("CLOSED", "STOP_FIXED")
    assert targets() == []


# futures -----------------------------------------------------------------------------------------


def short(desk: Desk) -> None:
    """A SHORT of two legs of 500 USDT, of which the first has filled."""
    chosen(desk, per_symbol_pct=50, legs=TWO_LEGS)
    alert = desk.alert(symbol="BTCUSDT.P", action="sell", price="60000", interval="60", size="1000 USDT")
    desk.decide()
    desk.settle()
    alert.refresh_from_db()
    assert alert.outcome == "ENTERED"
    moved(desk, "60050")


def stops() -> list[tuple[str, Decimal, Decimal]]:
    return list(Order.objects.filter(purpose="STOP").order_by("id").values_list("state", "qty", "trigger_price"))


def test_the_stop_at_the_venue_moves_with_the_average_and_is_never_without_a_successor(perps: Desk) -> None:
    """4 × 150 above 60 000; after the second leg at 60 300 above 60 150, for both legs."""
    store(perps, steady(150))
    chosen(perps, stop="atr", atr_multiplier=4)
    short(perps)
    assert stops() == [("OPEN", D("0.008"), D(60600))]
    perps.price("BTCUSDT", "60350")
    perps.poll()
    assert [state for state, _, _ in stops()] == ["OPEN", "NEW"]  # the old one stays until the new one is there
    perps.submit()
    assert [state for state, _, _ in stops()] == ["OPEN", "OPEN"]
    perps.settle()
    assert stops() == [("CANCELED", D("0.008"), D(60600)), ("OPEN", D("0.016"), D(60750))]
    perps.paper.price("BTCUSDT", "60800")
    perps.settle()
    perps.refresh()
    perps.sweep()
    assert ended() == ("CLOSED", "STOPPED_AT_VENUE")


def test_beside_another_group_of_the_market_the_old_stop_goes_first(perps: Desk) -> None:
    """Two stops of one group at once could close the other's part as well."""
    chosen(perps, stop="fixed", fixed_stop_pct=3)
    short(perps)
    first = group()
    perps.alert(symbol="BTCUSDT.P", action="sell", price="60200", interval="240", size="1000 USDT")
    perps.decide()
    perps.settle()
    assert PositionGroup.objects.exclude(pk=first.pk).exists()
    perps.price("BTCUSDT", "60350")
    perps.poll()
    mine = Order.objects.filter(purpose="STOP", group=first).order_by("id")
    assert list(mine.values_list("state", "cancel_requested")) == [("OPEN", True)]
    perps.settle()
    assert list(mine.values_list("state", "qty")) == [("CANCELED", D("0.008")), ("OPEN", D("0.016"))]


def test_a_ladder_on_futures_is_reduce_only_and_averages_for_a_short(perps: Desk) -> None:
    """R is 2 % of 60 000: 1 800, 2 400 and 3 600 below the average."""
    chosen(perps, stop="fixed", fixed_stop_pct=2, tp_ladder="r")
    short(perps)
    moved(perps, "60350")
    assert targets() == [(D("0.006"), D(56550)), (D("0.005"), D(57750)), (D("0.005"), D(58350))]
    assert set(Order.objects.filter(purpose="TARGET").values_list("reduce_only", flat=True)) == {True}
    for price in ("58300", "57700", "56500"):
        moved(perps, price)
    assert ended() == ("CLOSED", "TARGETS_TAKEN")
    assert not perps.gateway.positions()
