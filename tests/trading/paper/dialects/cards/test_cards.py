"""The numbered cards of docs/paper-dialects.md: each is one test, played at every dialect over its own wire."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.trading.paper.clients.venues import Running
from tests.trading.paper.dialects.cards.binance import BinanceSpot, BinanceUsdm
from tests.trading.paper.dialects.cards.bybit import BybitLinear, BybitSpot
from tests.trading.paper.dialects.cards.desk import Asked, Case, Desk, Spoil
from tests.trading.paper.dialects.cards.kucoin import KucoinFutures

DESKS: list[type[Desk]] = [BinanceSpot, BinanceUsdm, BybitLinear, BybitSpot, KucoinFutures]

LOW = Decimal("29000")
# Below every level that the market side quotes at 30,000, and within every venue's band.

QTY = Decimal("0.01")

RESTING = Asked(price=LOW, name="resting")
BUY = Asked()


@pytest.fixture(params=DESKS, ids=lambda kind: kind.label)
def desk(request: Any, world: Running) -> Iterator[Desk]:
    """A fresh account; nothing of it is left in the books afterwards."""
    world.paper.price("BTCUSDT", "30000")
    found = request.param(world, world.account())
    yield found
    found.cancel_all()
    found.http.close()


FUTURES = pytest.mark.parametrize(
    "desk", [one for one in DESKS if one.futures], ids=lambda kind: kind.label, indirect=True
)


def falls(desk: Desk, price: Decimal, qty: str | None = None) -> None:
    """A trade of strangers at a price; with a qty no more than that trades."""
    desk.world.paper.price("BTCUSDT", str(price), qty=qty)


def refused(desk: Desk, case: Case, code: str) -> None:
    """The venue's own code, and nothing has changed."""
    assert code == desk.codes[case]
    assert (desk.working(), desk.trades(), desk.held()) == ([], [], 0)


def test_01_the_time(desk: Desk) -> None:
    truth = desk.world.paper.read("state")["time"]
    assert abs(desk.clock() - truth) < 60_000


def test_02_the_instrument(desk: Desk) -> None:
    assert desk.steps() == (desk.tick, desk.step)


def test_03_book_and_last_price(desk: Desk) -> None:
    bid, ask = desk.best()
    assert (desk.last(), 30000 - bid, ask - 30000) == (30000, desk.tick, desk.tick)  # a spread of two ticks


def test_04_a_resting_order_is_found_by_either_id(desk: Desk) -> None:
    placed = desk.place(RESTING)
    assert placed.code == ""
    for seen in (desk.seen(placed.order_id), desk.seen(name="resting")):
        assert (seen.status, seen.qty, seen.filled, seen.price, seen.name) == ("open", QTY, 0, LOW, "resting")
    assert desk.working() == [placed.order_id]


def test_05_what_rests_binds_funds_until_it_is_cancelled(desk: Desk) -> None:
    before = desk.free()
    placed = desk.place(RESTING)
    assert desk.free() < before
    assert desk.cancel(placed.order_id).code == ""
    assert (desk.seen(placed.order_id).status, desk.working(), desk.free()) == ("canceled", [], before)


def test_06_a_market_order_fills_and_is_paid_for(desk: Desk) -> None:
    placed = desk.place(BUY)
    assert desk.seen(placed.order_id).status == "filled"
    (trade,) = desk.trades()
    assert (trade.order_id, trade.qty, trade.maker) == (placed.order_id, QTY, False)
    assert (trade.price, trade.fee > 0) == (30000 + desk.tick, True)
    assert desk.held() == QTY - (0 if desk.futures else trade.fee)


def test_07_a_resting_order_fills_at_its_own_price_as_maker(desk: Desk) -> None:
    placed = desk.place(RESTING)
    falls(desk, LOW - 100)
    (trade,) = desk.trades()
    assert (trade.order_id, trade.price, trade.maker) == (placed.order_id, LOW, True)
    assert desk.seen(placed.order_id).status == "filled"


def test_08_a_partial_fill(desk: Desk) -> None:
    placed = desk.place(RESTING)
    falls(desk, LOW, qty="0.004")
    seen = desk.seen(placed.order_id)
    assert (seen.status, seen.filled) == ("open", Decimal("0.004"))
    assert desk.cancel(placed.order_id).code == ""
    seen = desk.seen(placed.order_id)
    assert (seen.status, seen.filled, [one.qty for one in desk.trades()]) == (
        "canceled",
        Decimal("0.004"),
        [seen.filled],
    )


def test_09_immediate_or_cancel_drops_its_remainder(desk: Desk) -> None:
    placed = desk.place(Asked(price=LOW, tif="IOC"))
    seen = desk.seen(placed.order_id)
    assert (seen.status, seen.filled, desk.working()) == ("canceled", 0, [])


def test_10_fill_or_kill_fills_whole(desk: Desk) -> None:
    placed = desk.place(Asked(price=Decimal(30100), tif="FOK"))
    assert desk.seen(placed.order_id).status == "filled"


def test_11_post_only_never_takes(desk: Desk) -> None:
    refused(desk, Case.POST_ONLY, desk.place(Asked(price=Decimal(30100), name="taker", post_only=True)).code)
    assert desk.seen(name="taker").status == ("gone" if desk.codes[Case.POST_ONLY] else "canceled")
    assert desk.place(Asked(price=LOW, post_only=True)).code == ""


def test_12_off_the_tick(desk: Desk) -> None:
    refused(desk, Case.TICK, desk.place(Asked(price=LOW + desk.tick / 2)).code)


def test_13_off_the_step(desk: Desk) -> None:
    refused(desk, Case.STEP, desk.place(Asked(price=LOW, qty=QTY + desk.step / 2)).code)


def test_14_too_small(desk: Desk) -> None:
    refused(desk, Case.LEAST, desk.place(Asked(price=LOW, qty=desk.least)).code)


def test_15_no_funds(desk: Desk) -> None:
    refused(desk, Case.FUNDS, desk.place(Asked(price=LOW, qty=Decimal(30))).code)


def test_16_an_unknown_symbol(desk: Desk) -> None:
    refused(desk, Case.SYMBOL, desk.place(RESTING, symbol="NOSUCHPAIR").code)


@pytest.mark.parametrize(
    ("case", "spoil"),
    [
        (Case.KEY, Spoil(key="nobody")),
        (Case.SIGNATURE, Spoil(secret="wrong")),
        (Case.STALE, Spoil(age_ms=120_000)),
    ],
)
def test_17_who_asks_and_when(desk: Desk, case: Case, spoil: Spoil) -> None:
    desk.free()  # the account exists
    refused(desk, case, desk.place(RESTING, spoil).code)


def test_18_an_unknown_parameter_means_nothing(desk: Desk) -> None:
    placed = desk.place(RESTING, Spoil(more=(("neverHeardOf", "x"),)))
    assert (placed.code, desk.seen(placed.order_id).status) == ("", "open")


def test_19_a_number_that_is_none(desk: Desk) -> None:
    refused(desk, Case.TYPE, desk.place(RESTING, Spoil(more=(("price", "cheap"),))).code)


def test_20_a_client_id_in_use(desk: Desk) -> None:
    first = desk.place(RESTING)
    assert desk.place(RESTING).code == desk.codes[Case.DUPLICATE]
    assert desk.working() == [first.order_id]


def test_21_an_unknown_order(desk: Desk) -> None:
    placed = desk.place(RESTING)
    other = placed.order_id[:-3] + "999"
    assert desk.seen(other).status == "gone"
    assert desk.query(other).code == desk.codes[Case.UNKNOWN_ORDER]
    assert desk.cancel(other).code == desk.codes[Case.UNKNOWN_CANCEL]


def test_22_an_order_is_cancelled_once(desk: Desk) -> None:
    placed = desk.place(RESTING)
    assert desk.cancel(placed.order_id).code == ""
    assert desk.cancel(placed.order_id).code == desk.codes[Case.UNKNOWN_CANCEL]


def test_23_nobody_sees_the_orders_of_others(desk: Desk) -> None:
    placed = desk.place(RESTING)
    stranger = type(desk)(desk.world, desk.world.account())
    assert (stranger.seen(placed.order_id).status, stranger.working()) == ("gone", [])
    assert stranger.cancel(placed.order_id).code == desk.codes[Case.UNKNOWN_CANCEL]
    assert desk.seen(placed.order_id).status == "open"


def test_24_a_stop_waits_then_sells(desk: Desk) -> None:
    desk.place(BUY)
    qty = desk.held() - desk.held() % desk.step
    placed = desk.place(Asked(side="sell", qty=qty, stop=Decimal(29500)))
    assert (placed.code, desk.seen(placed.order_id).status) == ("", "waiting")
    assert desk.working() == [placed.order_id]
    falls(desk, Decimal(29400))
    assert desk.seen(placed.order_id).status == "filled"
    assert (desk.working(), desk.held() < desk.step) == ([], True)


def test_25_a_stop_can_be_cancelled(desk: Desk) -> None:
    desk.place(BUY)
    placed = desk.place(Asked(side="sell", qty=Decimal("0.005"), stop=Decimal(29500)))
    assert desk.cancel(placed.order_id).code == ""
    falls(desk, Decimal(29400))
    assert (desk.working(), len(desk.trades())) == ([], 1)


@FUTURES
def test_26_reduce_only_never_opens(desk: Desk) -> None:
    refused(desk, Case.REDUCE_ONLY, desk.place(Asked(side="sell", reduce_only=True)).code)
    desk.place(BUY)
    assert desk.place(Asked(side="sell", qty=QTY * 2, reduce_only=True)).code == ""
    assert desk.held() == 0


@FUTURES
def test_27_a_short_and_back(desk: Desk) -> None:
    desk.place(Asked(side="sell"))
    assert desk.held() == -QTY
    desk.place(BUY)
    assert desk.held() == 0


def test_28_the_own_orders_are_streamed(desk: Desk) -> None:
    desk.free()  # the account exists
    with desk.listening() as until:
        placed = desk.place(RESTING)
        until(placed.order_id, "open")
        falls(desk, LOW - 100)
        until(placed.order_id, "filled")
        another = desk.place(Asked(price=Decimal(28500)))
        until(another.order_id, "open")
        desk.cancel(another.order_id)
        until(another.order_id, "canceled")


def test_29_what_was_told_is_what_happened(desk: Desk) -> None:
    desk.place(BUY)
    desk.place(RESTING)
    falls(desk, LOW, qty="0.004")
    told = sorted((one.qty, one.price, one.fee) for one in desk.trades())
    kept = [(row["qty"], row["price"], row["fee"]) for row in desk.books()["fills"]]
    assert told == sorted(tuple(map(Decimal, row)) for row in kept)


def told_and_kept(desk: Desk) -> tuple[Any, ...]:
    """All that the venue tells the account, and what the books hold of it."""
    return sorted(desk.working()), desk.trades(), desk.free(), desk.held(), desk.books()


def test_30_a_crash_loses_nothing(world: Running) -> None:
    world.paper.price("BTCUSDT", "30000")
    desks = [kind(world, world.account()) for kind in DESKS]
    for desk in desks:
        desk.place(BUY)
        desk.place(RESTING)
        desk.place(Asked(side="sell", qty=Decimal("0.005"), stop=Decimal(28000)))
    before = [told_and_kept(desk) for desk in desks]
    world.paper.kill()
    world.paper.start()
    assert [told_and_kept(desk) for desk in desks] == before
    assert {len(desk.working()) for desk in desks} == {2}
