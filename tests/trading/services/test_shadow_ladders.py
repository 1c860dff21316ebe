"""Stops by candles and exit ladders on paper: read and climbed by the same code as for real groups."""

from decimal import Decimal

import pytest
from django.utils import timezone

from signals.models import Source
from tests.support.factories import Desk
from tests.support.levers import chosen, one_leg
from tests.trading.services.charts import steady, store
from trading.models import ShadowDecision, ShadowGroup, ShadowOrder
from trading.services import shadow

D = Decimal


@pytest.fixture
def shadowed(desk: Desk) -> Desk:
    """A desk whose source is not live, with an ATR of 150 and a ladder of R: 4 × 150 = 600."""
    Source.objects.update(live=False)
    desk.source.refresh_from_db()
    chosen(one_leg(desk), stop="atr", atr_multiplier=4, tp_ladder="r", capital_per_pyramid="100 USDT")
    desk.refresh()
    return desk


def bought(desk: Desk) -> ShadowDecision:
    alert = desk.alert(symbol="BTCUSDT", interval="60", action="buy", price="60100")
    desk.decide()
    moved(desk, "60000")
    return ShadowDecision.objects.get(alert=alert)


def moved(desk: Desk, price: str) -> None:
    desk.price("BTCUSDT", price)
    shadow.sweep(desk.account.pk, gateway=lambda: desk.gateway, clock=timezone.now)


def rungs() -> list[tuple[int, str]]:
    return list(ShadowOrder.objects.filter(purpose="TARGET").order_by("id").values_list("rung", "state"))


def test_the_rungs_are_climbed_on_paper(shadowed: Desk) -> None:
    store(shadowed, steady(150))
    assert bought(shadowed).outcome == "ENTERED"
    group = ShadowGroup.objects.get()
    assert (group.levels["atr_quote"][:3], D(group.levels["risk_quote"])) == ("150", 600)
    assert rungs() == [(0, "OPEN"), (1, "OPEN"), (2, "OPEN")]
    moved(shadowed, "61100")  # 60 060 and 1.5 × 600 is 60 960
    assert rungs() == [(0, "FILLED"), (1, "OPEN"), (2, "OPEN")]
    moved(shadowed, "62000")
    group.refresh_from_db()
    assert (group.close_reason, {state for _, state in rungs()}) == ("TARGETS_TAKEN", {"FILLED"})


def test_the_atr_stop_fires_on_paper(shadowed: Desk) -> None:
    store(shadowed, steady(150))
    bought(shadowed)
    moved(shadowed, "59400")
    assert ShadowGroup.objects.get().close_reason == "STOP_ATR"


def test_without_candles_paper_refuses_too(shadowed: Desk) -> None:
    assert bought(shadowed).outcome == "CANDLES_MISSING"
    assert not ShadowGroup.objects.exists()
