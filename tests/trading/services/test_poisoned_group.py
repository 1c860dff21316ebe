"""One group on which we fail: it is told, its fills are booked, and no other group of the account waits for it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, chosen, one_leg, time_passes
from tests.trading.services.levers import found, proven_absent
from trading.domain.naked import SWEEP
from trading.errors import NotSent, VenueError
from trading.gateways.base import OrderReport
from trading.models import BareHolding, Fill, Order, PositionGroup
from trading.selectors import GroupPicture
from trading.services import connect, dust, exits_sweep, fee_prices, fills, groups, naked, reports, submit, watch
from trading.services.invariants import CHECKS
from trading.services.submit import Claim

D = Decimal
FAULT = ZeroDivisionError("nobody thought of this")


def by_zero() -> None:
    raise FAULT


def in_the_database() -> None:
    """Nothing can be written in a transaction after this, until it or its savepoint is undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def away() -> None:
    raise ConnectionError


@pytest.fixture
def two(desk: Desk) -> Desk:
    """ETH and then BTC, one leg each, entries on the book."""
    chosen(one_leg(desk), emergency_stop_pct=5)
    desk.buy("ETHUSDT", "2999.37")
    desk.buy("BTCUSDT", "59900")
    return desk


@pytest.fixture
def held(two: Desk) -> Desk:
    """Both have filled, and their targets rest."""
    fall(two, "2990", "59800")
    two.settle()
    assert [order.state for order in found("TARGET")] == ["OPEN", "OPEN"]
    return two


def fall(desk: Desk, eth: str, btc: str) -> None:
    desk.price("ETHUSDT", eth)
    desk.price("BTCUSDT", btc)


def group(base: str) -> PositionGroup:
    return PositionGroup.objects.get(instrument__base=base)


def order(base: str, purpose: str = "ENTRY") -> Order:
    return Order.objects.filter(group__instrument__base=base, purpose=purpose).latest("id")


def poison(monkeypatch: pytest.MonkeyPatch, fault: Callable[[], None] = by_zero) -> None:
    """Every look at ETH's group fails at its end, after all that it has written."""
    real = groups._write

    def failing(one: PositionGroup, seen: GroupPicture, now: object) -> None:
        real(one, seen, now)  # type: ignore[arg-type]
        if one.instrument.base == "ETH":
            fault()

    monkeypatch.setattr(groups, "_write", failing)


def told(caplog: pytest.LogCaptureFixture) -> set[str]:
    """Whose faults the log has, by name."""
    return {record.message.split(":")[0] for record in caplog.records if record.exc_info}


# what is watched, and the sweep ------------------------------------------------------------------


@pytest.mark.parametrize("fault", [by_zero, in_the_database])
def test_a_stop_fires_though_we_fail_on_the_group_before_it(
    held: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Callable[[], None]
) -> None:
    poison(monkeypatch, fault)
    fall(held, "2700", "54000")
    assert watch.look(held.account.pk, now=timezone.now()) == 1
    assert (group("ETH").closing_at, group("BTC").close_reason) == (None, "STOP_EMERGENCY")
    assert told(caplog) == {f"group {group('ETH').pk}"}


def test_a_watched_price_that_is_none_keeps_no_other_stop_from_firing(held: Desk) -> None:
    wrong = [{"kind": "STOP_FIXED", "trigger_price": "banana", "note": ""}]
    PositionGroup.objects.filter(pk=group("ETH").pk).update(watch=wrong)
    fall(held, "2700", "54000")
    assert watch.look(held.account.pk, now=timezone.now()) == 1
    assert group("BTC").close_reason == "STOP_EMERGENCY"


def test_the_sweep_goes_on_and_mends_it_once_we_fail_no_more(
    held: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fall(held, "2700", "54000")
    with monkeypatch.context() as ill:
        poison(ill)
        assert exits_sweep.sweep(held.account.pk, now=timezone.now()) == 2
    assert (group("ETH").closing_at, group("BTC").close_reason) == (None, "STOP_EMERGENCY")
    assert told(caplog) == {f"group {group('ETH').pk}"}
    held.sweep()
    held.sweep()
    assert [group(base).status for base in ("ETH", "BTC")] == ["CLOSED", "CLOSED"]


@pytest.mark.parametrize("part", [(dust, "merge"), (naked, "look"), (fills, "price_fees")])
def test_no_part_of_the_sweep_keeps_the_others_from_their_turn(
    held: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: tuple[object, str]
) -> None:
    done: list[str] = []

    def failing(account_id: int, **_: object) -> int:
        raise FAULT

    for module, name in ((dust, "merge"), (naked, "look"), (fills, "price_fees")):
        monkeypatch.setattr(module, name, lambda account_id, name=name, **_: done.append(name))
    monkeypatch.setattr(*part, failing)
    assert exits_sweep.sweep(held.account.pk, now=timezone.now()) == 2
    assert len(done) == 2
    assert len(told(caplog)) == 1


def test_a_database_that_is_away_is_no_fault_of_one_group(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch, away)
    with pytest.raises(ConnectionError):
        exits_sweep.sweep(held.account.pk, now=timezone.now())


# fills -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [by_zero, in_the_database])
def test_what_filled_is_booked_though_its_group_cannot_be_looked_at(
    held: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Callable[[], None]
) -> None:
    with monkeypatch.context() as ill:
        poison(ill, fault)
        fall(held, "3100", "62000")
        held.settle()
        assert [one.state for one in found("TARGET")] == ["FILLED", "FILLED"]
        assert [one.filled_qty == one.reported_qty == one.qty for one in found("TARGET")] == [True, True]
        assert (group("BTC").status, group("ETH").status) == ("CLOSED", "ACTIVE")
        assert group("ETH").qty < D("0.0001")
        assert group("ETH").realised_pnl > 0
        assert told(caplog) == {f"group {group('ETH').pk}"}
    held.sweep()
    assert group("ETH").status == "CLOSED"


def test_what_came_in_unseen_is_told_as_bare_and_has_its_exit_once_we_fail_no_more(
    two: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ill:
        poison(ill)
        fall(two, "2990", "59800")
        two.settle()
        assert [one.group_id for one in found("TARGET")] == [group("BTC").pk]
        bought = Fill.objects.get(order__group=group("ETH"))
        assert group("ETH").qty == bought.qty - bought.fee
        for later in (timedelta(), 2 * SWEEP):
            exits_sweep.sweep(two.account.pk, now=timezone.now() + later)
        bare = BareHolding.objects.get()
        assert (bare.group_id, bare.qty, bare.told_at is None) == (group("ETH").pk, group("ETH").qty, False)
        assert len(CHECKS["I13"](timezone.now()).violations) == 1
        assert [CHECKS[name](timezone.now()).violations for name in ("I1", "I6", "I8", "I12")] == [()] * 4
    two.sweep()
    assert order("ETH", "TARGET").state == "OPEN"
    assert CHECKS["I13"](timezone.now()).violations == ()


def test_fills_are_booked_where_not_even_the_figures_can_be_counted(
    held: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = groups.write_figures

    def failing(one: PositionGroup, seen: GroupPicture) -> None:
        if one.instrument.base == "ETH":
            raise FAULT
        real(one, seen)

    monkeypatch.setattr(groups, "write_figures", failing)
    fall(held, "3100", "62000")
    held.settle()
    assert [one.filled_qty == one.qty for one in found("TARGET")] == [True, True]
    assert told(caplog) == {f"group {group('ETH').pk}"}


def test_an_execution_that_cannot_be_booked_keeps_no_other_from_it(
    held: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, mine = fills._row, order("ETH", "TARGET")

    def failing(one: Order, report: object) -> Fill:
        if one.pk == mine.pk:
            raise FAULT
        return real(one, report)  # type: ignore[arg-type]

    monkeypatch.setattr(fills, "_row", failing)
    fall(held, "3100", "62000")
    held.settle()
    assert [one.filled_qty == one.qty for one in found("TARGET")] == [False, True]
    assert told(caplog) == {f"order {mine.pk} of group {mine.group_id}"}


def test_an_order_that_ended_at_the_venue_is_seen_though_we_fail_on_another(
    two: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for one in found():
        two.gateway.cancel(symbol=one.instrument.symbol, venue_order_id=one.venue_order_id, venue_algo_id="")
    poison(monkeypatch)
    two.poll()
    assert [one.state for one in found()] == ["CANCELED", "CANCELED"]
    assert told(caplog) == {f"group {group('ETH').pk}"}


def test_two_groups_of_one_market_do_not_wait_for_each_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is partly filled of both is told in one list."""
    chosen(one_leg(desk), per_symbol_pct=50)
    for interval in ("60", "240"):
        desk.alert(symbol="BTCUSDT", action="buy", price="59900", interval=interval)
    desk.decide()
    desk.submit()
    first, second = found()
    real = reports.absorb

    def failing(one: Order, report: OrderReport, **more: object) -> None:
        real(one, report, **more)  # type: ignore[arg-type]
        if one.pk == first.pk:
            in_the_database()

    desk.paper.price("BTCUSDT", "59900", qty="0.002")
    with monkeypatch.context() as ill:
        ill.setattr(reports, "absorb", failing)
        desk.poll()
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.reported_qty == 0
    assert second.reported_qty > 0
    assert told(caplog) == {f"order {first.pk} of group {first.group_id}"}


def test_fees_are_priced_though_a_group_cannot_be_looked_at(held: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    Fill.objects.update(unpriced=True, fee_currency="BNB", fee=D("0.001"))
    prices = {("BNB", "USDT"): D(500)}
    monkeypatch.setattr(fee_prices, "waiting", lambda account_id: set(prices))
    monkeypatch.setattr(fee_prices, "known", lambda *_, **__: prices)
    monkeypatch.setattr(fee_prices, "want", lambda *_, **__: None)
    poison(monkeypatch)
    assert fills.price_fees(held.account.pk, now=timezone.now()) == 2
    assert set(Fill.objects.values_list("unpriced", "fee_price")) == {(False, D(500))}
    assert group("ETH").fees_quote == D("0.5")


# sending -----------------------------------------------------------------------------------------


def entered(desk: Desk) -> list[Claim]:
    """ETH and BTC decided and claimed, in this order."""
    for symbol, price in (("ETHUSDT", "2999.37"), ("BTCUSDT", "59900")):
        one_leg(desk).alert(symbol=symbol, action="buy", price=price)
    desk.decide()
    return claimed(desk)


def claimed(desk: Desk) -> list[Claim]:
    return submit.claim(desk.account.pk, opening=True, now=timezone.now(), timing=connect.timing())


def test_answers_are_written_though_we_fail_on_one_and_that_one_is_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claims = entered(desk)
    real = reports.absorb

    def failing(one: Order, report: OrderReport, **more: object) -> None:
        real(one, report, **more)  # type: ignore[arg-type]
        if one.pk == claims[0].order_id:
            raise FAULT

    with monkeypatch.context() as ill:
        ill.setattr(reports, "absorb", failing)
        submit.submit(claims, gateway=desk.gateway, clock=timezone.now)
    assert [one.state for one in found()] == ["SUBMITTING", "OPEN"]
    assert f"order {claims[0].order_id} of group {group('ETH').pk}" in told(caplog)
    time_passes()
    desk.look_up()
    assert [one.state for one in found()] == ["OPEN", "OPEN"]


def test_a_refusal_is_written_though_its_group_cannot_be_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one_leg(desk)
    claims = entered(desk)
    desk.paper.faults(
        [
            {
                "match": {**ORDER, "contains": "symbol=ETHUSDT"},
                "action": "reply_before_accept",
                "status": 400,
                "body": {"code": -1013, "msg": "Filter failure"},
            }
        ]
    )
    with monkeypatch.context() as ill:
        poison(ill)
        submit.submit(claims, gateway=desk.gateway, clock=timezone.now)
    assert [one.state for one in found()] == ["REJECTED", "OPEN"]
    assert told(caplog) == {f"group {group('ETH').pk}"}
    assert group("ETH").closed_at is None
    desk.sweep()
    assert group("ETH").status == "FAILED"


def test_a_failure_that_cannot_be_written_keeps_no_other_order_from_the_venue(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claims = entered(desk)
    desk.paper.fault(LOST, **ORDER)

    def failing(owned: Claim, error: VenueError, **_: object) -> None:
        in_the_database()

    monkeypatch.setattr(submit, "settle_failure", failing)
    submit.submit(claims, gateway=desk.gateway, clock=timezone.now)
    assert [one.state for one in found()] == ["SUBMITTING", "OPEN"]
    assert told(caplog) == {f"order {claims[0].order_id} of group {group('ETH').pk}"}


def test_a_call_on_which_we_fail_keeps_no_other_order_from_the_venue(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows whether it left: it is looked up, never sent again."""
    claims = entered(desk)
    gateway = desk.gateway
    real = type(gateway).place

    def failing(self: object, request: object) -> OrderReport:
        report = real(self, request)  # type: ignore[arg-type]
        if request.symbol == "ETH/USDT":  # type: ignore[attr-defined]
            raise FAULT
        return report

    with monkeypatch.context() as ill:
        ill.setattr(type(gateway), "place", failing)
        submit.submit(claims, gateway=gateway, clock=timezone.now)
    assert [one.state for one in found()] == ["SUBMITTING", "OPEN"]
    assert told(caplog) == {f"order {claims[0].order_id} of group {group('ETH').pk}"}
    time_passes()
    desk.look_up()
    assert [one.state for one in found()] == ["OPEN", "OPEN"]
    assert len(desk.paper.ledger(desk.key)["orders"]) == 2


def test_an_old_entry_of_a_group_that_cannot_be_looked_at_holds_up_no_claim(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for symbol, price in (("ETHUSDT", "2999.37"), ("BTCUSDT", "59900")):
        one_leg(desk).alert(symbol=symbol, action="buy", price=price)
    desk.decide()
    Order.objects.filter(pk=order("ETH").pk).update(created_at=timezone.now() - timedelta(minutes=2))
    with monkeypatch.context() as ill:
        poison(ill)
        assert [one.order_id for one in claimed(desk)] == [order("BTC").pk]
    assert (order("ETH").state, order("ETH").code) == ("DROPPED", "STALE")
    assert told(caplog) == {f"group {group('ETH').pk}"}


def test_an_order_that_never_left_is_looked_up_where_its_group_cannot_be_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = entered(desk)
    real = reports.not_placed

    def failing(one: Order, **more: object) -> None:
        real(one, **more)  # type: ignore[arg-type]
        in_the_database()

    monkeypatch.setattr(reports, "not_placed", failing)
    error = NotSent(venue="paper", error="X", detail="it never left")
    submit.settle_failure(claims[0], error, now=timezone.now())
    assert [one.state for one in found()] == ["UNKNOWN", "SUBMITTING"]


# looking up --------------------------------------------------------------------------------------


def test_a_look_up_on_which_we_fail_keeps_no_other_order_from_its_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claims = entered(desk)
    submit.submit(claims, gateway=desk.gateway, clock=timezone.now)
    Order.objects.update(state="UNKNOWN", venue_order_id="")
    time_passes()
    real, first = reports.absorb, claims[0].order_id

    def failing(one: Order, report: OrderReport, **more: object) -> None:
        real(one, report, **more)  # type: ignore[arg-type]
        if one.pk == first:
            in_the_database()

    monkeypatch.setattr(reports, "absorb", failing)
    assert desk.look_up() == 1
    assert [one.state for one in found()] == ["UNKNOWN", "OPEN"]
    assert told(caplog) == {f"order {first} of group {group('ETH').pk}"}


def test_an_order_proven_absent_is_written_though_its_group_cannot_be_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claims = entered(desk)
    desk.paper.faults([{"match": {**ORDER, "contains": "symbol=ETHUSDT"}, "action": LOST}])
    submit.submit(claims, gateway=desk.gateway, clock=timezone.now)
    Order.objects.filter(state="UNKNOWN").update(created_at=timezone.now() - timedelta(minutes=2))
    poison(monkeypatch)
    proven_absent(desk)
    assert [one.state for one in found()] == ["NOT_PLACED", "OPEN"]
    assert told(caplog) == {f"group {group('ETH').pk}"}


# a stored setting --------------------------------------------------------------------------------


def test_a_kept_setting_that_is_refused_is_its_default_and_every_stop_fires(
    held: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """As an upgrade or a restored backup could leave it: ETH's own emergency stop, at 5 %, stands."""
    kept = group("ETH").settings
    PositionGroup.objects.filter(pk=group("ETH").pk).update(settings={**kept, "swing_lookback": "500"})
    fall(held, "2700", "54000")
    assert held.watch() == 2
    assert {one.close_reason for one in PositionGroup.objects.all()} == {"STOP_EMERGENCY"}
    assert [r.message.count("swing_lookback is 500") for r in caplog.records if r.levelname == "ERROR"] == [1]


@pytest.mark.parametrize(("eth", "fired"), [("2860", ""), ("2840", "STOP_FIXED")])
def test_a_stop_whose_own_distance_is_refused_fires_at_the_default(two: Desk, eth: str, fired: str) -> None:
    """5 % below 2 999.37 and the fee, that is about 2 850; the kind of stop and the last resort are the group's own."""
    own = {"stop": "fixed", "emergency_stop_pct": "7", "fixed_stop_pct": "900"}
    kept = {**group("ETH").settings, **own}
    PositionGroup.objects.filter(pk=group("ETH").pk).update(settings=kept)
    fall(two, "2990", "59800")
    two.settle()
    fall(two, eth, "59800")
    two.watch()
    assert group("ETH").close_reason == fired
