"""The sweeps of shadow mode and of lost alerts as a worker runs them."""

from signals.models import LostAlert, Source
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading import bells, tasks
from trading.models import ShadowGroup


def test_a_shadowed_alert_is_filled_on_paper_by_its_bell(desk: Desk) -> None:
    Source.objects.update(live=False)
    one_leg(desk)
    desk.refresh()
    desk.alert(symbol="BTCUSDT", action="buy", price="60100", interval="60")
    tasks.process_inbox(desk.account.pk)
    assert bells.ring("sweep_shadow", desk.account.pk) is True
    tasks.sweep_shadow(desk.account.pk)
    assert ShadowGroup.objects.get().qty > 0
    assert bells.ring("sweep_shadow", desk.account.pk) is True  # it was heard


def test_a_silence_is_found_by_its_bell(desk: Desk) -> None:
    Source.objects.update(heartbeat_secs=1, updated_at="2026-01-01T00:00:00Z")
    tasks.sweep_lost(desk.account.pk)
    tasks.sweep_lost(desk.account.pk)
    assert LostAlert.objects.get().kind == "SILENCE"


def test_with_nothing_to_do_nothing_happens(desk: Desk) -> None:
    tasks.sweep_shadow(desk.account.pk)
    tasks.sweep_lost(desk.account.pk)
    assert (ShadowGroup.objects.count(), LostAlert.objects.count()) == (0, 0)
