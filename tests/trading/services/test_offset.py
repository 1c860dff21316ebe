"""Offsets on real parts: a losing group closed and paid for by winners, the books and the bound, whatever comes between."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts import mode
from project.journal.models import JournalEntry
from risk.domain.offset import OffsetPlan
from risk.domain.offset_words import NotNow
from signals.models import Signal
from tests.support.factories import Desk, make_desk
from tests.support.levers import LOST, ORDER, chosen
from tests.support.paper import PaperExchange
from tests.trading.services.levers import proven_absent
from tests.trading.services.offsets import (
    AT_ONCE,
    carried_out,
    ended,
    group,
    read,
    realised,
    sales,
    scene,
    steps,
    sweep,
)
from trading import locks
from trading.domain.reduce import Reduction
from trading.models import OffsetRun, OffsetStep, OffsetWatch, Order, PositionGroup, QueuedSignal
from trading.services import block, exits, offset


def test_a_winner_pays_with_a_part_and_the_loser_is_closed(desk: Desk) -> None:
    run = carried_out(scene(desk, "ETHUSDT"))
    assert (run.state, run.code, run.uncovered) == ("DONE", "OFFSET", 0)
    assert steps() == [("WINNER", "ETH", "DONE"), ("LOSER", "BTC", "DONE")]
    assert (group("BTC").status, group("BTC").close_reason) == ("CLOSED", "OFFSET")
    assert group("ETH").closed_at is None
    assert 0 < group("ETH").qty < Decimal("0.16")  # 500 ÷ 3 010
    # What came of it is what was planned: the paper book stood still.
    assert abs(run.winners_realised + run.loser_realised - (run.cover - run.loss)) <= run.bound
    assert realised("BTC", "ETH") == run.winners_realised + run.loser_realised
    assert run.winners_realised + run.loser_realised >= -(run.uncovered + run.bound)
    assert run.cost == 0


def test_the_winners_target_rests_again_for_what_is_left(desk: Desk) -> None:
    carried_out(scene(desk, "ETHUSDT"))
    desk.settle()
    target = Order.objects.get(group=group("ETH"), purpose="TARGET", state="OPEN")
    assert group("ETH").qty - target.qty < Decimal("0.0001")  # less than a lot is left
    assert [order.qty for order in Order.objects.filter(group=group("ETH"), purpose="REDUCE")] == sales("ETH")


def test_a_second_winner_pays_what_the_first_cannot(desk: Desk) -> None:
    scene(desk, "ETHUSDT", "SOLUSDT")
    desk.price("ETHUSDT", "3070")  # + 2 %: about 9 of the 34 that BTC has lost
    run = carried_out(desk)
    assert run.state == "DONE"
    # The richest first: SOL has earned about 46 and covers all of it alone.
    assert steps() == [("WINNER", "SOL", "DONE"), ("LOSER", "BTC", "DONE")]
    desk.settle()
    assert group("ETH").qty > 0


def test_what_winners_cannot_cover_is_held_against_the_budget(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    desk.price("ETHUSDT", "3070")  # 0.166 × 60 less fees: about 9
    run = carried_out(desk)
    assert run.state == "DONE"
    assert run.uncovered > 20
    assert run.cost == -(run.winners_realised + run.loser_realised)
    assert run.cost <= run.uncovered + run.bound
    assert run.words.startswith(
        f"Done in part: the losing group was closed, {round(run.cost, 2).normalize():f} USDT of it"
    )
    assert group("BTC").close_reason == f"OFFSET_PARTLY {round(run.uncovered, 2)}"


def test_a_spent_budget_stops_it_and_the_page_can_say_why(desk: Desk) -> None:
    scene(desk, "ETHUSDT", loss_budget_pct="0.1")  # 10 of 10 000
    desk.price("ETHUSDT", "3070")
    assert sweep(desk) is None
    watch = OffsetWatch.objects.get(group=group("BTC"))
    assert (watch.code, "left of today's budget" in watch.words) == ("BUDGET_SPENT", True)


WHEN = [
    ({}, []),
    ({"loss_threshold_pct": "-20"}, ["LOSS_TOO_SMALL"]),
    ({"require_full_pyramids": "on"}, ["PYRAMIDS_INCOMPLETE"]),
    ({"post_full_wait_minutes": 60}, ["TIMER_RUNNING"]),
    ({"timer_start": "after_5_pyramids"}, ["TIMER_NOT_STARTED"]),
    ({"timer_start": "after_all_dca_submitted"}, []),
    ({"min_loss_age_minutes": 5}, ["LOSS_TOO_YOUNG"]),
    ({"stale_price_secs": 1}, ["PRICE_UNKNOWN"]),
]


def test_when_it_begins(desk: Desk) -> None:
    """Each setting by itself keeps the group from it, and is named as the reason."""
    plain = {"require_full_pyramids": "off", "min_loss_age_minutes": "off", "loss_threshold_pct": "-5"}
    scene(desk, max_pyramids=2, **plain)
    later = timezone.now() + timedelta(seconds=30)
    for settings, codes in WHEN:
        chosen(desk, **{**AT_ONCE, "max_pyramids": 2, **plain, **settings})
        found = offset.look(desk.account, books={}, now=later).not_yet(group("BTC").pk)
        assert [why.code for why in found] == codes
        assert all(why.sentence() for why in found)


def test_a_newer_signal_of_the_pair_starts_the_timer_anew(desk: Desk) -> None:
    scene(desk, post_full_wait_minutes=60)
    later, loser = timezone.now() + timedelta(minutes=61), group("BTC")

    def codes() -> list[str]:
        return [str(why.code) for why in offset.look(desk.account, books={}, now=later).not_yet(loser.pk)]

    assert codes() == ["PRICE_UNKNOWN"]  # an hour later its price is old, nothing else
    named = {"account": desk.account, "instrument": loser.instrument, "side": "LONG", "signal": Signal.objects.get()}
    moved = {"queued_at": timezone.now(), "refreshed_at": later - timedelta(minutes=9), "replacement_count": 1}
    other = QueuedSignal.objects.create(timeframe_secs=900, **named, **moved)
    assert codes() == ["PRICE_UNKNOWN"]
    QueuedSignal.objects.filter(pk=other.pk).update(timeframe_secs=loser.timeframe_secs)
    assert codes() == ["PRICE_UNKNOWN", "TIMER_RUNNING"]


def test_without_a_winner_nothing_happens(desk: Desk) -> None:
    scene(desk)
    assert sweep(desk) is None
    assert OffsetWatch.objects.get(group=group("BTC")).code == "NO_WINNERS"


def test_a_loss_that_lasts_is_offset_and_one_that_recovers_starts_over(desk: Desk) -> None:
    scene(desk, "ETHUSDT", min_loss_age_minutes=5)
    sweep(desk)
    watch = OffsetWatch.objects.get(group=group("BTC"))
    assert watch.losing_since is not None
    desk.price("BTCUSDT", "60000")
    sweep(desk)
    watch.refresh_from_db()
    assert watch.losing_since is None
    desk.price("BTCUSDT", "56000")
    sweep(desk)
    OffsetWatch.objects.update(losing_since=timezone.now() - timedelta(minutes=6))
    assert sweep(desk) is not None


def test_a_blocked_group_neither_pays_nor_is_paid_for(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    block.set_blocked(group("ETH").pk, to=True, operator="mira")
    assert sweep(desk) is None
    block.set_blocked(group("ETH").pk, to=False, operator="mira")
    block.set_blocked(group("BTC").pk, to=True, operator="mira")
    assert sweep(desk) is None


def test_skipped_by_hand_it_waits(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    until = offset.skip_once(group("BTC"), operator="mira", now=timezone.now())
    assert until is not None
    assert sweep(desk) is None
    assert JournalEntry.objects.get(kind="offset.skipped").payload["operator"] == "mira"
    OffsetWatch.objects.update(skipped_until=timezone.now())
    assert sweep(desk) is not None


def test_run_now_overrules_the_timer_and_does_what_the_preview_said(desk: Desk) -> None:
    scene(desk, "ETHUSDT", post_full_wait_minutes=60)
    assert sweep(desk) is None
    books = read(desk)
    said = offset.preview(group("BTC"), books=books, now=timezone.now())
    began = offset.run_now(group("BTC"), operator="mira", books=books, now=timezone.now())
    assert isinstance(said, OffsetPlan)
    assert began == said
    run = ended(desk)
    assert (run.operator, run.state) == ("mira", "DONE")
    assert abs(run.winners_realised + run.loser_realised - said.expected) <= said.bound


@pytest.mark.parametrize("code", ["RUN_IN_PROGRESS", "BOOK_STALE", "MODE", "ACCOUNT_NOT_READY", "QUOTE_DIFFERS"])
def test_run_now_is_refused_in_words(desk: Desk, code: str) -> None:
    scene(desk, "ETHUSDT")
    books, now = read(desk), timezone.now()
    arrange = {
        "RUN_IN_PROGRESS": lambda: offset.run_now(group("BTC"), operator="mira", books=books, now=now),
        "BOOK_STALE": books.clear,  # type: ignore[attr-defined]
        "MODE": lambda: mode.change("EMERGENCY", operator="test", reason="a test"),
        "QUOTE_DIFFERS": lambda: type(desk.account).objects.update(quote="USDC"),
        "ACCOUNT_NOT_READY": lambda: type(desk.account).objects.update(reconciled_at=None),
    }
    arrange[code]()
    found = offset.run_now(group("BTC"), operator="mira", books=books, now=now)
    assert isinstance(found, NotNow)
    assert found.code == code
    assert OffsetRun.objects.count() == (code == "RUN_IN_PROGRESS")


# while it runs -----------------------------------------------------------------------------------


def reserved(desk: Desk) -> OffsetRun:
    """Begun by hand, nothing sold yet."""
    scene(desk, "ETHUSDT")
    assert isinstance(offset.run_now(group("BTC"), operator="mira", books=read(desk), now=timezone.now()), OffsetPlan)
    return OffsetRun.objects.get()


def test_an_exit_of_the_loser_wins_and_the_winner_is_let_be(desk: Desk) -> None:
    reserved(desk)
    exits.close_by_hand(group("BTC").pk, operator="mira", now=timezone.now())
    run = ended(desk)
    assert (run.state, run.code) == ("BROKEN_OFF", "LOSER_CLOSED_ELSEWHERE")
    assert steps() == [("WINNER", "ETH", "LEFT"), ("LOSER", "BTC", "LEFT")]
    desk.settle()
    assert (group("BTC").close_reason, group("ETH").reduce_qty, sales("ETH")) == ("BY_HAND mira", 0, [])


def test_a_winner_that_others_close_leaves_the_loser_open(desk: Desk) -> None:
    reserved(desk)
    exits.close_by_hand(group("ETH").pk, operator="mira", now=timezone.now())
    desk.settle()
    run = ended(desk)
    assert (run.state, run.code, run.cost) == ("BROKEN_OFF", "NOBODY_PAID", 0)
    assert group("BTC").closing_at is None


def test_a_loss_that_grew_is_waited_for_and_what_was_earned_counts_the_next_time(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    sweep(desk)
    desk.price("BTCUSDT", "54000")  # another 17 lost while the winner is sold
    desk.settle()
    sweep(desk)
    run = OffsetRun.objects.get()
    assert (run.code, steps()[0]) == ("LOSS_GREW", ("WINNER", "ETH", "DONE"))
    OffsetRun.objects.update(covered_at=timezone.now() - timedelta(minutes=6))
    assert ended(desk).code == "LOSS_GREW"
    assert sweep(desk) is None  # not at once again
    OffsetWatch.objects.update(skipped_until=timezone.now())
    carried_out(desk)
    first, second = OffsetRun.objects.order_by("id")
    assert (first.state, first.code, first.cost) == ("BROKEN_OFF", "LOSS_GREW", 0)
    assert (second.state, second.credit) == ("DONE", first.winners_realised)
    assert second.cover < second.loss - second.credit + 5
    everything = realised("BTC", "ETH")
    assert everything == first.winners_realised + second.winners_realised + second.loser_realised
    assert everything >= -(second.uncovered + second.bound)


def test_a_part_that_cannot_be_sent_is_given_back(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    sweep(desk)
    assert group("ETH").reduce_qty > 0  # its target is on the book still
    block.set_blocked(group("BTC").pk, to=True, operator="mira")
    sweep(desk)
    run = ended(desk)
    assert (run.state, run.code) == ("BROKEN_OFF", "GROUP_BLOCKED")
    desk.settle()
    assert (group("ETH").reduce_qty, sales("ETH")) == (0, [])
    assert Order.objects.get(group=group("ETH"), purpose="TARGET", state="OPEN").qty == Decimal("0.1659")


def test_a_part_gives_back_what_it_had_reserved_and_nothing_of_anothers(desk: Desk) -> None:
    """A target filled before the step began: it reserved less than was planned."""
    scene(desk, "ETHUSDT")
    sweep(desk)
    step = OffsetStep.objects.get(kind="WINNER")
    reserved = group("ETH").reduce_qty
    assert step.reserved_qty == reserved > 0
    OffsetStep.objects.update(qty=2 * reserved)
    PositionGroup.objects.filter(pk=step.group_id).update(reduce_qty=reserved + Decimal("0.01"))  # an exit signal's
    block.set_blocked(group("BTC").pk, to=True, operator="mira")
    sweep(desk)
    given = JournalEntry.objects.filter(kind="group.reducing", payload__offset=step.run_id).get()
    assert Decimal(given.payload["qty"]) == -reserved


def test_a_loss_that_leaves_no_room_for_slippage_is_waited_for(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    sweep(desk)
    run, step = OffsetRun.objects.get(), OffsetStep.objects.get(kind="LOSER")
    grown = run.bound - step.bound / 2  # within the bound by itself, but not with the loser's own slippage on top
    desk.price("BTCUSDT", str(round(56000 - grown / step.qty)))
    desk.settle()
    sweep(desk)
    assert OffsetRun.objects.get().code == "LOSS_GREW"


def test_an_emergency_lets_no_step_begin(desk: Desk) -> None:
    reserved(desk)
    mode.change("EMERGENCY", operator="test", reason="a test")
    sweep(desk)
    run = OffsetRun.objects.get()
    assert (run.state, run.code) == ("BROKEN_OFF", "MODE")


def test_a_winner_whose_profit_is_gone_is_not_sold(desk: Desk) -> None:
    reserved(desk)
    desk.price("ETHUSDT", "3005")
    sweep(desk)
    assert steps()[0] == ("WINNER", "ETH", "LEFT")
    assert (OffsetStep.objects.get(kind="WINNER").code, sales("ETH")) == ("WINNER_FELL", [])


def test_a_price_that_falls_on_the_way_sells_no_lot_below_its_cost(desk: Desk) -> None:
    """The target has to make room first; meanwhile the market falls: the order finds nobody at its limit."""
    reserved(desk)
    sweep(desk)
    desk.paper.price("ETHUSDT", "3005")  # 3 010 and two fees were paid for it; nobody has looked yet
    desk.settle()
    [order] = Order.objects.filter(group=group("ETH"), purpose="REDUCE")
    assert (order.type, order.time_in_force, order.state, order.filled_qty) == ("LIMIT", "IOC", "EXPIRED", 0)
    assert order.price > Decimal("3013")
    run = ended(desk)
    assert steps() == [("WINNER", "ETH", "LEFT"), ("LOSER", "BTC", "LEFT")]
    assert (run.code, group("BTC").closing_at) == ("NOBODY_PAID", None)
    desk.settle()
    assert Order.objects.get(group=group("ETH"), purpose="TARGET", state="OPEN").qty == Decimal("0.1659")


def test_a_winner_that_gives_everything_is_reduced_to_nothing(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    desk.price("ETHUSDT", "3070")
    run = carried_out(desk)
    assert [step.whole for step in run.steps.order_by("id")] == [True, True]
    assert (group("ETH").status, group("ETH").close_reason) == ("CLOSED", "OFFSET_PAID")


def test_a_reduction_by_others_waits_for_no_price(desk: Desk) -> None:
    """It comes while an offset's part waits for its target to make room: both go together, at market."""
    scene(desk, "ETHUSDT")
    sweep(desk)
    part = group("ETH").reduce_qty
    assert group("ETH").reduce_limit is not None
    with transaction.atomic():
        locked = locks.group(group("ETH").pk)
        exits.start_reducing(locked, Reduction(Decimal("0.01"), whole=False), now=timezone.now())
    run = ended(desk)
    [order] = Order.objects.filter(group=group("ETH"), purpose="REDUCE")
    assert (order.type, order.filled_qty) == ("MARKET", part + Decimal("0.01"))
    assert run.state == "DONE"


def signals(qty: str = "0.01") -> None:
    """A signal reduces the winner, at market."""
    eth = group("ETH")
    with transaction.atomic():
        locks.account(eth.account_id)
        exits.start_reducing(locks.group(eth.pk), Reduction(Decimal(qty), whole=False), now=timezone.now())


def sold_at_market() -> Decimal:
    rows = Order.objects.filter(group=group("ETH"), purpose="REDUCE", type="MARKET")
    return sum((order.filled_qty for order in rows), Decimal(0))


def test_a_part_proven_absent_joins_what_waits_at_market_and_gives_it_no_limit(desk: Desk) -> None:
    """A signal's reduction waits for its target meanwhile: with a limit it would expire, and its REDUCED be untrue."""
    scene(desk, "ETHUSDT")
    sweep(desk)
    desk.paper.faults([{"match": {**ORDER, "contains": "timeInForce=IOC"}, "action": LOST}])
    desk.settle()
    part = Order.objects.get(group=group("ETH"), purpose="REDUCE")
    signals()
    proven_absent(desk)
    part.refresh_from_db()
    assert (part.state, group("ETH").reduce_qty) == ("NOT_PLACED", part.qty + Decimal("0.01"))
    assert group("ETH").reduce_limit is None
    run = ended(desk)
    assert (run.state, sold_at_market()) == ("DONE", part.qty + Decimal("0.01"))
    assert OffsetStep.objects.get(kind="WINNER").sold_qty == part.qty  # the signal's pays for nobody's loss


def test_a_part_proven_absent_keeps_its_limit_where_nothing_else_waits(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    sweep(desk)
    desk.paper.faults([{"match": {**ORDER, "contains": "timeInForce=IOC"}, "action": LOST}])
    desk.settle()
    part = Order.objects.get(group=group("ETH"), purpose="REDUCE")
    proven_absent(desk)
    again = Order.objects.filter(group=group("ETH"), purpose="REDUCE").latest("id")
    assert (again.pk > part.pk, again.type, again.qty, again.price) == (True, "LIMIT", part.qty, part.price)
    assert ended(desk).state == "DONE"


def test_a_part_that_begins_while_a_signals_waits_gives_it_no_limit(desk: Desk) -> None:
    """The signal came after the plan and before the sale; its target has not made room yet."""
    reserved(desk)
    signals()
    assert (group("ETH").reduce_qty, group("ETH").reduce_limit) == (Decimal("0.01"), None)
    sweep(desk)
    step = OffsetStep.objects.get(kind="WINNER")
    assert (group("ETH").reduce_qty, group("ETH").reduce_limit) == (step.reserved_qty + Decimal("0.01"), None)
    desk.paper.price("ETHUSDT", "3005")  # below the limit that the part would have had
    desk.settle()
    assert sold_at_market() == step.reserved_qty + Decimal("0.01")


def closed_elsewhere() -> None:
    """A stop closes the loser."""
    btc = group("BTC")
    with transaction.atomic():
        locks.account(btc.account_id)
        exits.close(locks.group(btc.pk), reason="STOP_FIXED", now=timezone.now())


def test_a_part_that_was_sent_gives_nothing_back_that_a_signal_waits_for(desk: Desk) -> None:
    """Nobody took the part at its limit; then a signal reserves, and a stop closes the loser before both are looked at."""
    scene(desk, "ETHUSDT")
    sweep(desk)
    desk.paper.price("ETHUSDT", "3005")
    desk.settle()
    part = Order.objects.get(group=group("ETH"), purpose="REDUCE")
    assert (part.type, part.state, part.filled_qty) == ("LIMIT", "EXPIRED", 0)
    signals()
    closed_elsewhere()
    sweep(desk)
    assert group("ETH").reduce_qty == Decimal("0.01")
    assert not JournalEntry.objects.filter(kind="group.reducing", payload__offset__isnull=False).exists()
    desk.settle()
    desk.settle()
    assert sold_at_market() == Decimal("0.01")


def test_what_a_signal_sells_after_a_part_that_found_nobody_pays_for_no_loser(desk: Desk) -> None:
    scene(desk, "ETHUSDT")
    sweep(desk)
    desk.paper.price("ETHUSDT", "3005")
    desk.settle()
    signals()
    desk.settle()
    desk.settle()
    assert sold_at_market() == Decimal("0.01")
    run = ended(desk)
    assert (run.code, run.winners_realised, group("BTC").closing_at) == ("NOBODY_PAID", 0, None)
    assert steps()[0] == ("WINNER", "ETH", "LEFT")


def test_a_part_that_came_back_with_a_signals_is_given_back_alone(desk: Desk) -> None:
    """Both went in one order, the venue refused it, and then a stop closed the loser."""
    scene(desk, "ETHUSDT")
    sweep(desk)
    part = group("ETH").reduce_qty
    signals()
    refusal = {"code": -1015, "msg": "Too many new orders; current limit is 50 orders per TEN_SECOND."}
    match = {**ORDER, "contains": "type=MARKET"}
    desk.paper.faults([{"match": match, "action": "reply_before_accept", "status": 400, "body": refusal}])
    desk.settle()
    refused = Order.objects.get(group=group("ETH"), purpose="REDUCE")
    assert (refused.state, refused.qty) == ("REJECTED", part + Decimal("0.01"))
    assert group("ETH").reduce_qty == refused.qty
    closed_elsewhere()
    sweep(desk)
    assert (group("ETH").reduce_qty, group("ETH").reduce_limit) == (Decimal("0.01"), None)
    assert OffsetStep.objects.get(kind="WINNER").reserved_qty == 0
    Order.objects.filter(pk=refused.pk).update(updated_at=timezone.now() - timedelta(minutes=1))
    desk.sweep()
    desk.settle()
    assert (ended(desk).code, sold_at_market()) == ("LOSER_CLOSED_ELSEWHERE", Decimal("0.01"))


def test_what_targets_took_is_missing_in_the_part_and_not_in_a_signals(desk: Desk) -> None:
    """Both were reserved of more than is held now: what is left is the signal's first, and it keeps that."""
    scene(desk, "ETHUSDT")
    sweep(desk)
    more, held = Decimal(1), Decimal("0.1659")
    OffsetStep.objects.filter(kind="WINNER").update(reserved_qty=more)
    PositionGroup.objects.filter(pk=group("ETH").pk).update(reduce_qty=more, reduce_limit=Decimal(3200))
    signals()
    step = OffsetStep.objects.get(kind="WINNER")
    assert (group("ETH").reduce_qty, step.reserved_qty) == (held, held - Decimal("0.01"))
    closed_elsewhere()
    sweep(desk)
    assert group("ETH").reduce_qty == Decimal("0.01")
    desk.settle()
    desk.settle()
    assert sold_at_market() == Decimal("0.01")


def test_a_futures_short_is_bought_back(transactional_db: None, paper_process: PaperExchange) -> None:
    paper_process.faults([])
    desk = make_desk(paper_process, venue="binanceusdm")
    chosen(desk, **AT_ONCE)
    for symbol, price in (("BTCUSDT.P", "59900"), ("ETHUSDT.P", "2990")):
        desk.alert(symbol=symbol, action="sell", market_position="short", price=price, interval="60")
        desk.decide()
        desk.settle()
    assert set(PositionGroup.objects.values_list("side", flat=True)) == {"SHORT"}
    for symbol, price in (("BTCUSDT", "64000"), ("ETHUSDT", "2700")):
        desk.paper.price(symbol, price)
    desk.refresh()
    run = carried_out(desk)
    assert (run.state, group("BTC").status) == ("DONE", "CLOSED")
    assert abs(run.winners_realised + run.loser_realised - (run.cover - run.loss)) <= run.bound
    assert all(Order.objects.filter(purpose__in=("REDUCE", "EXIT")).values_list("reduce_only", flat=True))
