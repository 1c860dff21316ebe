"""T1–T2–T3: an order is sent once, by one owner, and its outcome is written once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from project.accounts import mode
from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, UNANSWERED, impatient, one_leg, time_passes
from tests.support.paper import free_port
from tests.support.races import own_gateway
from tests.trading.services.levers import at_venue, entered, found, proven_absent, states
from trading.domain.order_state import VenueStatus
from trading.gateways.base import Gateway, OrderReport
from trading.models import Order, PositionGroup, Slot
from trading.services import cancel, connect, exits_sweep, lookups, orders, submit
from trading.services.socket_guard import latch_path
from trading.services.submit import Claim


def claimed(desk: Desk, *, opening: bool = True) -> list[Claim]:
    return submit.claim(desk.account.pk, opening=opening, now=timezone.now(), timing=connect.timing())


def send(desk: Desk, claims: list[Claim]) -> None:
    submit.submit(claims, gateway=desk.gateway, clock=timezone.now)


# T1 and T2 ---------------------------------------------------------------------------------------


def test_orders_are_written_before_anything_leaves(desk: Desk) -> None:
    entered(desk)
    assert states() == ["NEW"] * 5
    assert len({order.client_order_id for order in found()}) == 5
    assert "orders" not in desk.paper.ledger(desk.key) or at_venue(desk) == []


def test_a_claim_commits_the_state_before_the_call(desk: Desk) -> None:
    entered(desk)
    claims = claimed(desk)
    assert states() == ["SUBMITTING"] * 5
    assert [claim.fence for claim in claims] == [1] * 5
    assert at_venue(desk) == []
    assert {order.valid_until for order in found()} == {claim.request.valid_until for claim in claims}


def test_a_second_claim_finds_nothing(desk: Desk) -> None:
    entered(desk)
    assert len(claimed(desk)) == 5
    assert claimed(desk) == []


def test_the_same_intent_and_attempt_cannot_be_written_twice(desk: Desk) -> None:
    entered(one_leg(desk))
    order = found()[0]
    order.pk = None
    with pytest.raises(Exception, match="order_once_per_intent"):
        order.save()


@pytest.mark.parametrize(
    ("trading_mode", "entry", "exits"),
    [("NORMAL", 1, 1), ("PAUSED", 0, 1), ("REDUCED", 0, 1), ("EMERGENCY", 0, 0)],
)
def test_what_each_mode_lets_be_claimed(desk: Desk, trading_mode: str, entry: int, exits: int) -> None:
    one_leg(desk).buy(price="60100")  # above the market: filled at once, its target follows
    Order.objects.filter(purpose="TARGET").update(state="NEW", fence=0)
    entered(desk, symbol="ETHUSDT", price="2990")
    mode.change(trading_mode, operator="mira", reason="test")
    assert (len(claimed(desk)), len(claimed(desk, opening=False))) == (entry, exits)


def test_a_pause_leaves_entries_unsent_until_they_are_old(desk: Desk) -> None:
    entered(desk)
    mode.change("PAUSED", operator="mira", reason="test")
    desk.submit()
    assert states() == ["NEW"] * 5
    mode.change("NORMAL", operator="mira", reason="test")
    desk.submit()
    assert states() == ["OPEN"] * 5


def test_entries_that_could_not_leave_for_a_minute_are_dropped_and_the_slot_is_freed(desk: Desk) -> None:
    entered(desk)
    Order.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    assert claimed(desk) == []
    assert {(order.state, order.code) for order in found()} == {("DROPPED", "STALE")}
    assert PositionGroup.objects.get().status == "FAILED"
    assert not Slot.objects.filter(released_at=None).exists()
    assert at_venue(desk) == []


# T3: every way it may end ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "state", "reported"),
    [("59900", "OPEN", Decimal(0)), ("60100", "FILLED", Decimal("0.00166"))],  # 100 ÷ 60 100 down to the lot
)
def test_the_answer_is_written(desk: Desk, price: str, state: str, reported: Decimal) -> None:
    entered(one_leg(desk), price=price)
    send(desk, claimed(desk))
    order = found()[0]
    assert (order.state, order.reported_qty) == (state, reported)
    assert order.venue_order_id == str(at_venue(desk)[0]["orderId"])
    assert order.acknowledged_at is not None


def test_a_proven_refusal_is_rejected_and_ends_the_group(desk: Desk) -> None:
    entered(one_leg(desk))
    Order.objects.update(qty=1)  # 59 900 USDT of 10 000
    send(desk, claimed(desk))
    order = found()[0]
    assert (order.state, order.code) == ("REJECTED", "-2010")
    assert "insufficient balance" in order.detail
    assert PositionGroup.objects.get().status == "FAILED"


@pytest.mark.parametrize("action", ["timeout_after_accept", "http_503_after_accept", "garbage_after_accept"])
def test_an_order_without_an_answer_is_found_and_never_sent_again(desk: Desk, action: str) -> None:
    entered(impatient(one_leg(desk)))
    desk.paper.fault(action, **ORDER)
    send(desk, claimed(desk))
    assert states() == ["UNKNOWN"]
    assert desk.look_up() == 1
    assert states() == ["OPEN"]
    assert len(at_venue(desk)) == 1
    assert found()[0].venue_order_id == str(at_venue(desk)[0]["orderId"])


def test_an_unknown_market_order_that_filled_is_found(desk: Desk) -> None:
    """A filled order frees its client id at the venue, and is found all the same."""
    entered(one_leg(desk), price="60100")
    desk.paper.fault(UNANSWERED, **ORDER)
    send(desk, claimed(desk))
    desk.look_up()
    desk.settle()
    assert states() == ["FILLED"]
    assert found()[0].filled_qty == found()[0].qty
    assert PositionGroup.objects.get().status == "ACTIVE"


def test_an_order_that_never_arrived_is_proven_absent_and_placed_under_a_new_id(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    proven_absent(desk)
    first, second = found()
    assert (first.state, second.state, second.attempt) == ("NOT_PLACED", "NEW", 1)
    assert first.intent_key == second.intent_key
    assert first.client_order_id != second.client_order_id
    desk.submit()
    assert states() == ["NOT_PLACED", "OPEN"]
    assert len(at_venue(desk)) == 1


@pytest.mark.parametrize("polls", [1, 2])
def test_absence_needs_three_polls(desk: Desk, polls: int) -> None:
    entered(one_leg(desk))
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    for _ in range(polls):
        time_passes()
        desk.look_up()
    assert states() == ["UNKNOWN"]


def test_absence_needs_the_signature_to_have_died(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    for _ in range(5):
        time_passes(valid_until=timezone.now() + timedelta(minutes=1))
        desk.look_up()
    assert states() == ["UNKNOWN"]
    assert Order.objects.get().polls == 5


def test_an_unknown_order_is_not_asked_for_before_its_time(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    assert (desk.look_up(), desk.look_up()) == (1, 0)


def test_an_unknown_order_holds_its_slot_and_its_funds(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    time_passes()
    desk.look_up()
    assert Slot.objects.filter(released_at=None).count() == 1
    assert PositionGroup.objects.get().status == "LIVE"


def test_an_old_entry_that_never_arrived_is_let_go(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    Order.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    proven_absent(desk)
    assert states() == ["NOT_PLACED"]
    assert PositionGroup.objects.get().status == "FAILED"


def test_an_exit_that_never_arrived_is_always_tried_again(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    desk.paper.fault(LOST, **ORDER)
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    desk.submit()  # the target goes; then the exit is sent and gets no answer
    desk.poll()
    desk.submit()
    assert states("EXIT") == ["UNKNOWN"]
    Order.objects.filter(purpose="EXIT").update(created_at=timezone.now() - timedelta(hours=1))
    proven_absent(desk)
    desk.settle()
    assert states("EXIT") == ["NOT_PLACED", "FILLED"]
    assert PositionGroup.objects.get().status == "CLOSED"
    assert [order["side"] for order in at_venue(desk) if order["type"] == "MARKET"] == ["SELL"]


def test_fills_on_their_way_do_not_call_for_a_person(desk: Desk) -> None:
    """What another order of ours bought meanwhile is no unexplained change: it is collected first."""
    one_leg(desk).buy("ETHUSDT", price="2990")
    entered(desk)
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    desk.paper.price("ETHUSDT", "2980")  # fills at the venue; nobody has asked yet
    proven_absent(desk)
    assert [order.state for order in found() if order.instrument.symbol == "BTC/USDT"] == ["NOT_PLACED", "NEW"]


def test_a_change_that_nobody_can_explain_calls_for_a_person(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.paper.fault(LOST, **ORDER)
    send(desk, claimed(desk))
    desk.paper.deposit({"BTC": "0.00166"}, account=desk.key)
    proven_absent(desk)
    assert states() == ["NEEDS_HUMAN"]


# owners ------------------------------------------------------------------------------------------


def test_an_order_whose_sender_died_is_looked_up_not_sent(desk: Desk) -> None:
    entered(one_leg(desk))
    claimed(desk)  # the owner dies here
    time_passes()
    desk.look_up()
    assert states() == ["UNKNOWN"]
    assert found()[0].code == "SENDER_GONE"
    assert at_venue(desk) == []


def test_an_order_whose_sender_died_after_the_call_is_found(desk: Desk) -> None:
    entered(one_leg(desk))
    [owned] = claimed(desk)
    desk.gateway.place(owned.request)  # and dies before it can write what it was told
    time_passes()
    desk.look_up()
    assert states() == ["OPEN"]
    assert len(at_venue(desk)) == 1


def test_a_call_that_is_under_way_is_left_alone(desk: Desk) -> None:
    entered(one_leg(desk))
    claimed(desk)
    assert lookups.doubt(desk.account.pk, now=timezone.now()) == 0
    assert states() == ["SUBMITTING"]


def test_the_old_owner_writes_nothing_once_its_fence_is_lost(desk: Desk) -> None:
    entered(one_leg(desk))
    [owned] = claimed(desk)
    time_passes()
    lookups.doubt(desk.account.pk, now=timezone.now())
    report = OrderReport(owned.request.client_order_id, "77", VenueStatus.FILLED, Decimal("0.00166"))
    submit.settle([(owned, report, timezone.now())])
    assert (found()[0].state, found()[0].venue_order_id) == ("UNKNOWN", "")


def test_a_sleeper_that_wakes_after_its_validity_sends_nothing(desk: Desk) -> None:
    entered(one_leg(desk))
    early = timezone.now() - timedelta(seconds=30)
    claims = submit.claim(desk.account.pk, opening=True, now=early, timing=connect.timing())
    send(desk, claims)
    assert states() == ["NOT_PLACED", "NEW"]
    assert at_venue(desk) == []


def test_two_clocks_that_disagree_are_no_hot_loop(desk: Desk) -> None:
    """Whatever is signed is too late again and again: twice is enough until the next bell."""
    entered(one_leg(desk))
    clock, timing = (lambda: timezone.now() - timedelta(seconds=30)), connect.timing()
    submit.submit_all(desk.account.pk, opening=True, gateway=desk.gateway, clock=clock, timing=timing)
    assert states() == ["NOT_PLACED", "NOT_PLACED", "NEW"]
    assert at_venue(desk) == []


# nothing can be sent -----------------------------------------------------------------------------


def unreachable(desk: Desk) -> Gateway:
    """A gateway of the account whose venue has gone."""
    gateway, port = own_gateway(desk), free_port()
    gateway._client.urls = {"api": dict.fromkeys(("public", "private"), f"http://127.0.0.1:{port}/api/v3")}
    return gateway


def send_all(desk: Desk, gateway: Gateway, *, opening: bool) -> None:
    submit.submit_all(desk.account.pk, opening=opening, gateway=gateway, clock=timezone.now, timing=connect.timing())


def test_a_venue_that_is_down_costs_one_attempt_a_round(desk: Desk) -> None:
    """No connection proves that nothing left: the order is tried again, but not in a hot loop."""
    entered(one_leg(desk))
    gateway = unreachable(desk)
    send_all(desk, gateway, opening=True)
    assert states() == ["NOT_PLACED", "NEW"]
    send_all(desk, gateway, opening=True)
    assert states() == ["NOT_PLACED", "NOT_PLACED", "NEW"]
    desk.submit()
    assert states() == ["NOT_PLACED", "NOT_PLACED", "OPEN"]
    assert [order.attempt for order in found()] == [0, 1, 2]


def test_an_exit_that_cannot_leave_is_tried_again_every_ten_seconds(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    cancel.cancel(cancel.claim_cancels(desk.account.pk), gateway=desk.gateway, clock=timezone.now)
    gateway = unreachable(desk)
    send_all(desk, gateway, opening=False)
    exits_sweep.sweep(desk.account.pk, now=timezone.now())
    assert states("EXIT") == ["NOT_PLACED"]
    for _ in range(3):  # always ten seconds, however often it failed
        exits_sweep.sweep(desk.account.pk, now=timezone.now() + timedelta(seconds=11))
        send_all(desk, gateway, opening=False)
    assert states("EXIT") == ["NOT_PLACED"] * 4
    exits_sweep.sweep(desk.account.pk, now=timezone.now() + timedelta(seconds=11))
    desk.settle()
    assert states("EXIT")[-1] == "FILLED"
    assert PositionGroup.objects.get().status == "CLOSED"


def test_nothing_is_claimed_while_the_kill_latch_is_set(desk: Desk) -> None:
    entered(one_leg(desk))
    latch_path().touch()
    refused = claimed(desk), claimed(desk, opening=False)
    latch_path().unlink()
    assert refused == ([], [])
    assert states() == ["NEW"]


def test_moving_along_no_edge_raises(desk: Desk) -> None:
    entered(one_leg(desk))
    with pytest.raises(orders.IllegalTransition, match="from NEW to FILLED"):
        orders.move(found()[0], orders.OrderState.FILLED)
