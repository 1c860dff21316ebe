"""Races with real threads and connections: what two processes do at once is done once."""

from typing import Any

from django.utils import timezone

from project.journal.models import JournalEntry
from signals.models import Alert
from tests.support.factories import Desk
from tests.support.levers import chosen, one_leg
from tests.support.races import elsewhere, injected, own_gateway, together
from tests.trading.services.levers import at_venue, found, states
from trading import locks
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import Order, PositionGroup
from trading.services import connect, decide, lookups, submit

INTERVALS = ("1", "3", "5", "15", "30", "60")
BUY = {"symbol": "BTCUSDT", "action": "buy", "price": "59900"}


def process(desk: Desk) -> int:
    return decide.process_inbox(desk.account.pk, gateway=lambda: own_gateway(desk), clock=timezone.now)


def claim(desk: Desk) -> list[submit.Claim]:
    return submit.claim(desk.account.pk, opening=True, now=timezone.now(), timing=connect.timing())


def six_alerts(desk: Desk) -> list[int]:
    """Entries into six groups of their own: same pair, six timeframes."""
    return [desk.alert(**BUY, interval=interval).pk for interval in INTERVALS]


def test_every_alert_is_settled_once_however_many_decide(desk: Desk) -> None:
    chosen(one_leg(desk), max_open_groups=3)
    ids = six_alerts(desk)
    assert sum(together(*[lambda: process(desk)] * 4)) == 6
    settled = JournalEntry.objects.filter(kind="alert.settled").order_by("xid", "id").values_list("subject", flat=True)
    assert list(settled) == [f"alert:{pk}" for pk in ids]


def test_one_pair_entered_by_two_processes_is_one_group(desk: Desk) -> None:
    one_leg(desk)
    for _ in range(4):
        desk.alert(**BUY, interval="W")  # in the same bar, whatever the time of day
    together(*[lambda: process(desk)] * 4)
    assert PositionGroup.objects.count() == 1
    assert sorted(Alert.objects.values_list("outcome", flat=True)) == ["ENTERED", "TOO_SOON", "TOO_SOON", "TOO_SOON"]


def test_an_order_is_claimed_by_one_of_many(desk: Desk) -> None:
    desk.alert(**BUY, interval="60")
    desk.decide()
    claims = [owned.order_id for taken in together(*[lambda: claim(desk)] * 4) for owned in taken]
    assert sorted(claims) == [order.pk for order in found()]
    assert {order.fence for order in found()} == {1}


def test_an_alert_that_arrives_during_the_decision_waits_for_the_next_batch(desk: Desk) -> None:
    first = desk.alert(**BUY, interval="60")
    late: list[Alert] = []
    add = lambda: late.append(desk.alert(symbol="BTCUSDT", action="sell", interval="60"))  # noqa: E731
    with injected(decide.outcomes, "settle", before=add):
        desk.decide()
    for alert in (first, *late):
        alert.refresh_from_db()
    assert [first.outcome, late[0].outcome] == ["ENTERED", ""]
    desk.decide()  # the bell that its arrival rang
    late[0].refresh_from_db()
    assert late[0].outcome == "EXITED"


def test_an_exit_between_claim_and_send_ends_what_was_sent(desk: Desk) -> None:
    """The order is on its way: it is sent, then cancelled, and its group ends."""
    one_leg(desk).alert(**BUY, interval="60")
    desk.decide()

    def leave() -> None:
        desk.alert(symbol="BTCUSDT", action="sell", interval="60")
        process(desk)

    with injected(submit, "claim", after=leave):
        desk.submit()
    desk.settle()
    assert states() == ["CANCELED"]
    assert PositionGroup.objects.get().status == "FAILED"
    assert {order["status"] for order in at_venue(desk)} == {"CANCELED"}


def test_a_takeover_during_the_call_shuts_the_sender_out(desk: Desk) -> None:
    """Somebody holds us for dead while the venue answers: his look-up tells the outcome, once."""
    one_leg(desk).alert(**BUY, interval="60")
    desk.decide()

    def take_over() -> None:
        Order.objects.update(valid_until=timezone.now() - 2 * lookups.CALL_TIMEOUT)
        lookups.doubt(desk.account.pk, now=timezone.now())

    with injected(CcxtGateway, "place", after=take_over):
        desk.submit()
    assert states() == ["UNKNOWN"]
    desk.look_up()
    assert states() == ["OPEN"]
    assert len(at_venue(desk)) == 1


def test_two_look_ups_at_once_count_as_one_poll(desk: Desk) -> None:
    one_leg(desk).alert(**BUY, interval="60")
    desk.decide()
    Order.objects.update(state="UNKNOWN", next_poll_at=timezone.now(), valid_until=timezone.now())

    def look() -> int:
        return lookups.look_up(desk.account.pk, gateway=own_gateway(desk), clock=timezone.now, timing=connect.timing())

    assert sum(together(look, look)) == 1
    assert found()[0].polls == 1


def test_the_account_lock_lets_an_insert_of_its_children_pass(desk: Desk) -> None:
    """FOR NO KEY UPDATE: an alert can be stored while the account is being decided."""
    from django.db import transaction

    def store() -> Any:
        return desk.alert(**BUY, interval="60").pk

    with transaction.atomic():
        locks.account(desk.account.pk)
        assert elsewhere(store)


def test_a_busy_account_is_skipped_not_waited_for(desk: Desk) -> None:
    from django.db import transaction

    def look() -> Any:
        with transaction.atomic():
            return locks.account_if_free(desk.account.pk)

    with transaction.atomic():
        locks.account(desk.account.pk)
        assert elsewhere(look) is None
    assert elsewhere(look) == desk.account
