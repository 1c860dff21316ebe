"""Rows of shadow mode and of lost alerts, one of each."""

from datetime import datetime

from signals.models import Alert, Instrument, LostAlert
from trading.models import ShadowDecision, ShadowGroup, ShadowLeg, ShadowOrder, TheirTrade


def one_of_each(alert: Alert, *, now: datetime) -> None:
    """A paper position with a leg and an order, its decision, the old bot's trade, and an alert that did not come."""
    instrument = Instrument.objects.get(base="BTC")
    group = ShadowGroup.objects.create(
        source=alert.source,
        account=alert.account,
        instrument=instrument,
        timeframe_secs=900,
        side="LONG",
        opened_at=now,
    )
    leg = ShadowLeg.objects.create(
        group=group, pyramid_index=0, index=0, base_price=1, price=1, qty=1, take_profit_pct=1, target_price=2,
        created_at=now,
    )  # fmt: skip
    ShadowOrder.objects.create(group=group, leg=leg, purpose="ENTRY", side="BUY", type="LIMIT", qty=1, placed_at=now)
    ShadowDecision.objects.create(alert=alert, source=alert.source, group=group, outcome="ENTERED", decided_at=now)
    TheirTrade.objects.create(
        source=alert.source, key="1", symbol="BTC/USDT", side="LONG", qty=1, entry_price=1, opened_at=now
    )
    LostAlert.objects.create(source=alert.source, kind="SILENCE", expected_at=now, words="nothing came", found_at=now)
