"""Shadow mode: the same decisions, filled on paper; the account's slots, funds and orders never hear of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from signals.models import Alert, Source, Ticker
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen, one_leg
from tests.support.paper import PaperExchange
from trading.models import Order, PositionGroup, SettingOverride, ShadowDecision, ShadowGroup, ShadowOrder, Slot
from trading.services import shadow
from trading.services.invariants import check_all

D = Decimal

ONE_LEG = [["0", "100", "1"]]


@pytest.fixture
def shadowed(desk: Desk) -> Desk:
    """A desk whose source is not live; one leg of 100 USDT at the alert's price, 1 % target."""
    Source.objects.update(live=False)
    desk.source.refresh_from_db()
    one_leg(desk)
    chosen(desk, capital_per_pyramid="100 USDT")
    desk.refresh()
    return desk


def swept(desk: Desk) -> int:
    return shadow.sweep(desk.account.pk, gateway=lambda: desk.gateway, clock=timezone.now)


def said(desk: Desk, **fields: Any) -> ShadowDecision:
    """An alert, decided by the engine, then on paper."""
    alert = desk.alert(**{"symbol": "BTCUSDT", "interval": "60", **fields})
    desk.decide()
    swept(desk)
    return ShadowDecision.objects.get(alert=alert)


def bought(desk: Desk, price: str = "60100", **fields: Any) -> ShadowGroup:
    decision = said(desk, action="buy", price=price, **fields)
    assert decision.outcome in ("ENTERED", "PYRAMIDED"), decision.reason
    return ShadowGroup.objects.get(pk=decision.group_id)


def moved(desk: Desk, price: str) -> None:
    desk.price("BTCUSDT", price)
    swept(desk)


def orders(purpose: str) -> list[tuple[str, D]]:
    rows = ShadowOrder.objects.filter(purpose=purpose).order_by("id")
    return [(row.state, row.filled_price or row.price) for row in rows]


def test_an_entry_is_filled_and_its_target_rests(shadowed: Desk) -> None:
    group = bought(shadowed)
    # a limit at 60 100 that the book crosses at some 60 000: the market's price, as a taker; the target 1 % above the plan
    assert [state for state, _ in orders("ENTRY")] == ["FILLED"]
    assert orders("TARGET") == [("OPEN", D("60701"))]
    assert D("59900") < group.average_entry < D("60100")
    assert Alert.objects.get().outcome == "SHADOW"


def test_nothing_of_the_account_is_touched(shadowed: Desk) -> None:
    bought(shadowed)
    moved(shadowed, "60800")
    assert [model.objects.count() for model in (PositionGroup, Order, Slot)] == [0, 0, 0]
    assert shadowed.paper.ledger(shadowed.key)["orders"] == []
    found = check_all(clock=timezone.now, settle_secs=0.0)
    broken = {name: result.violations for name, result in found.items() if result.violations}
    assert broken == {}


def test_a_target_that_is_reached_closes_with_a_profit(shadowed: Desk) -> None:
    group = bought(shadowed)
    moved(shadowed, "60800")
    group.refresh_from_db()
    assert (group.close_reason, group.qty < D("0.00001")) == ("TARGETS_TAKEN", True)
    assert orders("TARGET") == [("FILLED", D("60701"))]  # it rested: its own price, as a maker
    assert group.realised_pnl > 0


def test_a_stop_closes_at_the_market(shadowed: Desk) -> None:
    chosen(shadowed, stop="fixed", fixed_stop_pct="2")
    group = bought(shadowed)
    moved(shadowed, "58000")
    group.refresh_from_db()
    assert (group.close_reason, orders("TARGET")) == ("STOP_FIXED", [("CANCELED", D("60701"))])
    assert group.realised_pnl < 0


def test_the_alerts_own_stop_is_kept(shadowed: Desk) -> None:
    group = bought(shadowed, stop_loss="1%")
    moved(shadowed, "59300")
    group.refresh_from_db()
    assert group.close_reason == "STOP_ALERT"


def test_deeper_legs_fill_when_the_price_comes_to_them(shadowed: Desk) -> None:
    chosen(shadowed, legs=[["0", "50", "1"], ["-1", "50", "1"]])
    group = bought(shadowed)
    assert [state for state, _ in orders("ENTRY")] == ["FILLED", "OPEN"]
    moved(shadowed, "59300")
    group.refresh_from_db()
    assert orders("ENTRY")[1] == ("FILLED", D("59499"))
    assert D("59400") < group.average_entry < D("60000")


def test_an_exit_closes_what_is_open(shadowed: Desk) -> None:
    group = bought(shadowed)
    assert said(shadowed, action="exit").outcome == "EXITED"
    group.refresh_from_db()
    assert group.close_reason == "EXIT_SIGNAL"
    assert said(shadowed, action="exit").outcome == "NOTHING_TO_EXIT"


def test_a_reduction_sells_a_part_and_its_target_shrinks(shadowed: Desk) -> None:
    group = bought(shadowed)
    before = group.qty
    assert said(shadowed, action="reduce", market_position="long", size="50% position").outcome == "REDUCED"
    group.refresh_from_db()
    assert group.qty < before * D("0.6")
    assert [state for state, _ in orders("TARGET")] == ["CANCELED", "OPEN"]


def test_a_pyramid_needs_the_next_bar_and_its_gap(shadowed: Desk) -> None:
    bought(shadowed)
    assert said(shadowed, action="buy", price="60100").outcome == "TOO_SOON"


def test_a_pyramid_joins_its_group(shadowed: Desk) -> None:
    group = bought(shadowed)
    group.legs.update(created_at=timezone.now() - timedelta(hours=2))
    chosen(shadowed, pyramid_min_gap_pct="0")
    again = said(shadowed, action="buy", price="60100")
    assert (again.outcome, again.group_id) == ("PYRAMIDED", group.pk)
    assert [leg.pyramid_index for leg in group.legs.all()] == [0, 1]


def test_the_pool_is_its_own(shadowed: Desk) -> None:
    chosen(shadowed, max_open_groups=1)
    bought(shadowed)
    assert said(shadowed, symbol="ETHUSDT", action="buy", price="3000").outcome == "POOL_FULL"


def test_an_alert_is_decided_once_however_often_it_is_looked_at(shadowed: Desk) -> None:
    decision = said(shadowed, action="buy", price="60100")
    again = shadow.decide(shadowed.account, decision.alert, now=timezone.now())
    assert (again.pk, ShadowGroup.objects.count(), swept(shadowed)) == (decision.pk, 1, 0)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"action": "sell", "market_position": "short"}, "NOTHING_TO_EXIT"),
        ({"action": "buy", "price": "50000"}, "PRICE_MOVED"),
        ({"action": "buy", "price": "60000", "take_profit": "2%"}, "NOT_SUPPORTED"),
    ],
)
def test_what_the_engine_refuses_is_refused_on_paper(shadowed: Desk, fields: dict[str, str], outcome: str) -> None:
    assert said(shadowed, **fields).outcome == outcome


def test_what_nobody_looked_at_in_time_is_stale(shadowed: Desk) -> None:
    shadowed.alert(symbol="BTCUSDT", action="buy", price="60000", interval="60")
    shadowed.decide()
    late = timezone.now() - timedelta(minutes=30)
    Alert.objects.update(received_at=late, raw=Alert.objects.get().raw.replace('"timestamp"', '"strategy"'))
    swept(shadowed)
    assert ShadowDecision.objects.get().outcome == "STALE"


def test_a_setting_that_nobody_understands_is_named_and_stops_no_other(shadowed: Desk) -> None:
    shadowed.setting("capital_per_pyramid", "nonsense", symbol="ETH/USDT")
    shadowed.alert(symbol="ETHUSDT", action="buy", price="3010", interval="60")
    SettingOverride.objects.filter(symbol="ETH/USDT").update(value="nonsense")
    group = bought(shadowed)
    assert group.instrument.symbol == "BTC/USDT"
    assert Alert.objects.order_by("id").first().outcome == "SETTING_INVALID"


def test_an_alert_on_which_we_fail_is_named_and_stops_no_other(shadowed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shadow.DEEDS, "EXIT", lambda *_: 1 // 0)
    bought(shadowed)
    assert said(shadowed, action="exit").outcome == "DEFECT"
    assert swept(shadowed) == 0


def test_a_reverse_on_futures_closes_and_enters_at_once(paper_process: PaperExchange, db: None) -> None:
    futures = make_desk(paper_process, venue="binanceusdm")
    Source.objects.update(live=False)
    futures.source.refresh_from_db()
    one_leg(futures)
    chosen(futures, capital_per_pyramid="200 USDT")
    futures.refresh()
    names = {"symbol": "BTCUSDT.P", "market_position": "long"}
    entered = said(futures, action="buy", price="60100", **names)
    assert entered.outcome == "ENTERED", entered.reason
    turned = said(futures, action="reverse", **{**names, "market_position": "short"})
    assert turned.outcome == "REVERSED", turned.reason
    sides = list(ShadowGroup.objects.order_by("id").values_list("side", "close_reason"))
    assert sides == [("LONG", "EXIT_SIGNAL"), ("SHORT", "")]


def test_without_a_price_nothing_moves(shadowed: Desk) -> None:
    group = bought(shadowed)
    Ticker.objects.all().delete()
    shadow._look(group.pk, timezone.now())
    group.refresh_from_db()
    assert group.closed_at is None


def test_a_live_source_leaves_no_shadow(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    assert (swept(desk), ShadowDecision.objects.count()) == (0, 0)
