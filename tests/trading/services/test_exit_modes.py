"""Every exit on real parts: aggregate and hybrid targets, stops, reductions, the ladder's window."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from tests.support.factories import Desk
from tests.support.levers import ORDER, chosen
from trading.models import Order, PositionGroup


def group() -> PositionGroup:
    return PositionGroup.objects.get()


def live(purpose: str) -> list[Order]:
    rows = Order.objects.filter(purpose=purpose, state__in=("NEW", "OPEN", "PARTIALLY_FILLED"))
    return list(rows.order_by("id"))


def fall_to(desk: Desk, price: str) -> None:
    desk.price("BTCUSDT", price)
    desk.settle()


def test_aggregate_rests_one_target_for_all_and_resizes_it_after_each_fill(desk: Desk) -> None:
    desk.setting("tp_mode", "AGGREGATE")
    desk.buy(price="60000")
    fall_to(desk, "59950")
    (first,) = live("TARGET")
    fall_to(desk, "59650")
    (second,) = live("TARGET")
    assert first.leg_id is None
    assert second.qty > first.qty
    assert second.price < first.price  # the average entry came down
    desk.price("BTCUSDT", "60700")
    desk.settle()
    assert (group().status, group().close_reason) == ("CLOSED", "TARGETS_TAKEN")


def test_hybrid_closes_everything_when_the_watched_aggregate_is_reached_first(desk: Desk) -> None:
    desk.setting("tp_mode", "HYBRID")
    desk.setting("tp_aggregate_pct", "0.3")
    desk.buy(price="60000")
    fall_to(desk, "59950")
    assert len(live("TARGET")) == 1
    assert desk.watch() == 0
    desk.price("BTCUSDT", "60300")  # average a little over 60 000: 0.3 % above is about 60 240
    assert desk.watch() == 1
    assert (group().status, group().close_reason) == ("CLOSED", "AGGREGATE_TARGET")
    assert not live("TARGET")


@pytest.mark.parametrize(
    ("settings", "prices", "reason"),
    [
        ({"stop": "fixed", "fixed_stop_pct": "3"}, ["58000"], "STOP_FIXED"),
        ({"emergency_stop_pct": "5"}, ["56500"], "STOP_EMERGENCY"),
        (
            {"stop": "trailing", "trailing_activation_pct": "0.3", "trailing_distance_pct": "0.2"},
            ["60300", "60100"],
            "STOP_TRAILING",
        ),
    ],
)
def test_a_watched_stop_cancels_reads_the_trades_and_sells_the_rest(
    desk: Desk, settings: dict[str, str], prices: list[str], reason: str
) -> None:
    for name, value in settings.items():
        desk.setting(name, value)
    desk.buy(price="60000")
    fall_to(desk, "59950")
    for price in prices:
        desk.price("BTCUSDT", price)
        desk.watch()
    assert (group().status, group().close_reason) == ("CLOSED", reason)
    assert not Order.objects.filter(state__in=("NEW", "OPEN", "PARTIALLY_FILLED", "UNKNOWN")).exists()


def test_an_alerts_own_stop_is_watched(desk: Desk) -> None:
    desk.buy(price="60000", stop_loss="59000")
    fall_to(desk, "59950")
    assert {"STOP_ALERT", "STOP_EMERGENCY"} <= {post["kind"] for post in group().watch}
    fall_to(desk, "58900")
    desk.watch()
    assert group().close_reason == "STOP_ALERT"


def test_a_reduction_frees_the_quantity_sells_it_and_targets_fit_again(desk: Desk) -> None:
    desk.setting("per_symbol_pct", "50")
    desk.buy(price="60000", size="2000 USDT")
    fall_to(desk, "59950")
    before = group().qty
    alert = desk.alert(symbol="BTCUSDT", action="reduce", size="50% position", interval="60")
    desk.decide()
    desk.settle()
    desk.settle()
    alert.refresh_from_db()
    assert (alert.outcome, group().status) == ("REDUCED", "PARTIALLY_FILLED")
    sold = Order.objects.get(purpose="REDUCE")
    assert sold.state == "FILLED"
    assert sold.qty == (before / 2).quantize(Decimal("0.00001"), rounding="ROUND_DOWN")
    assert sum(order.qty for order in live("TARGET")) <= group().qty


def test_a_size_is_one_for_all_positions_that_an_alert_names(desk: Desk) -> None:
    """The oldest gives first; a part of the position is of each. On two positions of about 0.0166 BTC."""
    chosen(desk, per_symbol_pct=60, legs=[["0", "100", "20"]])
    for interval in ("60", "240"):
        desk.alert(symbol="BTCUSDT", action="buy", price="60000", interval=interval, size="1000 USDT")
        desk.decide()
    fall_to(desk, "59950")
    older, newer = PositionGroup.objects.order_by("id")
    for size, given in (
        ("0.002 BTC", ("0.002", "0")),
        ("0.5% equity", ("0.00083", "0")),  # of 10 000: 50 ÷ 59 950
        ("0.5% free", ("0.00066", "0")),  # of 8 000: 40 ÷ 59 950
        ("850 USDT", ("0.01315", "0.00102")),  # 0.01417: all that the older one has left, and it closes
        ("20% position", ("0", "0.00332")),
    ):
        before = [left_to_sell(one) for one in (older, newer)]
        alert = desk.alert(symbol="BTCUSDT", action="reduce", size=size)
        desk.decide()
        alert.refresh_from_db()
        assert [was - left_to_sell(one) for was, one in zip(before, (older, newer), strict=True)] == [
            Decimal(qty) for qty in given
        ], size
        gave = [one.pk for one, qty in zip((older, newer), given, strict=True) if qty != "0"]
        whole = sum(map(Decimal, given), Decimal(0))
        assert (alert.outcome, alert.details["groups"], Decimal(alert.details["qty"])) == ("REDUCED", gave, whole), size
        assert f"Selling {whole} BTC" in alert.reason
    desk.settle()
    desk.settle()
    older.refresh_from_db()
    assert (older.status, older.close_reason) == ("CLOSED", "REDUCED_WHOLE")
    sold = sum(o.filled_qty for o in Order.objects.filter(group=newer, purpose="REDUCE"))
    assert sold == Decimal("0.00434")  # 0.00102 and 0.00332


def left_to_sell(one: PositionGroup) -> Decimal:
    """Lots that no reduction and no close has taken yet."""
    one.refresh_from_db()
    on_its_way = sum(o.qty - o.filled_qty for o in live("REDUCE") if o.group_id == one.pk)
    free = Decimal(0) if one.closing_at else one.qty - one.reduce_qty - on_its_way
    return free.quantize(Decimal("0.00001"), rounding="ROUND_DOWN")


def test_a_reduction_that_the_venue_refuses_is_still_wanted(desk: Desk) -> None:
    desk.setting("per_symbol_pct", "50")
    desk.buy(price="60000", size="2000 USDT")
    fall_to(desk, "59950")
    before = group().qty
    refusal = {"code": -1015, "msg": "Too many new orders; current limit is 50 orders per TEN_SECOND."}
    match = {**ORDER, "contains": "type=MARKET"}
    desk.paper.faults([{"match": match, "action": "reply_before_accept", "status": 400, "body": refusal}])
    desk.alert(symbol="BTCUSDT", action="reduce", size="50% position", interval="60")
    desk.decide()
    desk.settle()
    refused = Order.objects.get(purpose="REDUCE")
    assert (refused.state, group().reduce_qty, group().qty) == ("REJECTED", refused.qty, before)
    Order.objects.filter(pk=refused.pk).update(updated_at=F("updated_at") - timedelta(minutes=1))
    desk.sweep()
    desk.settle()
    assert [order.state for order in Order.objects.filter(purpose="REDUCE").order_by("id")] == ["REJECTED", "FILLED"]
    assert (group().reduce_qty, group().qty) == (0, before - refused.qty)


def test_an_active_window_rests_only_the_nearest_legs_and_follows_the_fills(desk: Desk) -> None:
    desk.setting("active_window", 2)
    desk.buy(price="60000")
    assert [order.leg.index for order in live("ENTRY")] == [0, 1]
    fall_to(desk, "59950")
    assert [order.leg.index for order in live("ENTRY")] == [1, 2]


def test_legs_that_the_price_has_left_behind_are_withdrawn_for_good(desk: Desk) -> None:
    desk.setting("cancel_dca_beyond_pct", "0.5")
    desk.setting("tp_mode", "AGGREGATE")
    desk.setting("tp_aggregate_pct", "5")
    desk.buy(price="60000")
    fall_to(desk, "59950")
    desk.price("BTCUSDT", "60400")
    desk.sweep()
    assert not live("ENTRY")
    assert group().status == "ACTIVE"


def test_a_ladder_that_follows_its_first_fill_hangs_from_it(desk: Desk) -> None:
    desk.setting("base_price", "follow_fill")
    desk.setting("first_entry", "market")
    desk.price("BTCUSDT", "59900")
    desk.buy(price="60000")
    desk.settle()
    filled = Order.objects.get(purpose="ENTRY", leg__index=0)
    average = filled.filled_cost / filled.filled_qty
    (second, *_) = live("ENTRY")
    assert group().pyramids.get().base_price == average
    assert abs(second.price - average * Decimal("0.995")) < Decimal("0.02")


def test_what_nobody_carries_out_is_refused_by_name(desk: Desk) -> None:
    alert = desk.buy(price="60000", take_profit="61000")
    assert alert.outcome == "NOT_SUPPORTED"
    assert "take_profit" in alert.reason


def test_a_price_from_before_the_last_fill_fires_nothing_and_arms_nothing(desk: Desk) -> None:
    """A crash fills the deep leg before prices are asked again: the old one lies far above the new average."""
    for name, value in {"stop": "trailing", "trailing_activation_pct": "1", "trailing_distance_pct": "0.5"}.items():
        desk.setting(name, value)
    desk.setting("tp_mode", "HYBRID")
    desk.setting("legs", [["0", "10", "9"], ["-5", "90", "9"]])
    desk.buy(price="60000")
    fall_to(desk, "59990")
    desk.paper.price("BTCUSDT", "56000")
    desk.settle()
    desk.sweep()
    assert (group().average_entry < 58000, group().closing_at, group().peak) == (True, None, None)
    desk.price("BTCUSDT", "58500")
    desk.watch()
    assert (group().status, group().close_reason) == ("CLOSED", "AGGREGATE_TARGET")
