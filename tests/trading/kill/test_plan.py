"""What is sold: all that is ours and nothing else, in lots, in the groups' parcels, within the venue's largest order."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.grid import InstrumentRules
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import MarketKind, PositionSide, Side
from trading.gateways.base import BalanceReport, FillReport, OrderReport, PositionReport
from trading.kill import plan
from trading.kill.places import Holdings, Parcel, parsed_holdings, written_holdings

D = Decimal
BTC = InstrumentRules(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    kind=MarketKind.SPOT,
    tick_size=D("0.01"),
    lot_step=D("0.001"),
    min_qty=D("0.001"),
    max_qty=None,
    min_notional=D(5),
    contract_size=D(1),
    maker_fee=D(0),
    taker_fee=D(0),
    max_open_orders=None,
)
PERP = replace(BTC, symbol="BTC/USDT:USDT", kind=MarketKind.LINEAR)
PRICE = D(1000)


def parcelled(qty: str, *parcels: str, most: str | None = None, price: Decimal = PRICE) -> list[str]:
    rules = replace(BTC, max_qty=D(most) if most else None)
    found = plan.parcelled(D(qty), parcels=[D(parcel) for parcel in parcels], rules=rules, price=price)
    return [str(size.normalize()) for size in found]


@pytest.mark.parametrize(
    ("qty", "parcels", "expected"),
    [
        ("1", [], ["1"]),
        ("1", ["0.4", "0.6"], ["0.4", "0.6"]),
        ("1", ["0.4"], ["0.4", "0.6"]),  # what no group knows of goes too
        ("0.5", ["0.4", "0.6"], ["0.4", "0.1"]),  # never more than is there
        ("0.402", ["0.4"], ["0.4"]),  # 0.002 × 1000 = 2 USDT is below 5: it stays, as at every close
        ("0.0049", [], []),  # 4.9 USDT is dust
        ("0", ["1"], []),
        ("-1", ["1"], []),
        ("0.40049", ["0.4"], ["0.4"]),  # less than a lot stays
        ("0.808", ["0.404", "0.404"], ["0.404", "0.404"]),
        ("0.8018", ["0.4009", "0.4009"], ["0.4", "0.4"]),  # the dust of both together stays each group's own
        ("0.008", ["0.004", "0.004"], []),  # 4 USDT each: 8 together could be sold, and booked to neither
        ("0.958", ["0.4009", "0.4009"], ["0.4", "0.4", "0.156"]),  # what no group knows of goes without it
    ],
)
def test_a_quantity_is_cut_where_the_groups_shares_end(qty: str, parcels: list[str], expected: list[str]) -> None:
    assert parcelled(qty, *parcels) == expected


def test_the_venues_largest_order_cuts_too() -> None:
    assert parcelled("1", most="0.4") == ["0.4", "0.4", "0.2"]


def test_so_does_the_largest_market_order() -> None:
    rules = replace(BTC, max_qty=D(10), max_market_qty=D("0.3005"))  # down to the lot: 0.3
    assert plan.parcelled(D(1), parcels=[], rules=rules, price=PRICE) == [D("0.3")] * 3 + [D("0.100")]


def test_without_a_price_the_least_quantity_counts() -> None:
    assert parcelled("0.001", price=D(0)) == ["0.001"]


amounts = st.decimals(0, 50, places=4)


@given(amounts, st.lists(amounts, max_size=5))
def test_parcels_never_add_up_to_more_and_leave_only_dust(qty: Decimal, parcels: list[Decimal]) -> None:
    sizes = plan.parcelled(qty, parcels=parcels, rules=BTC, price=PRICE)
    assert all(size > 0 and size % BTC.lot_step == 0 for size in sizes)
    assert 0 <= qty - sum(sizes) < D("0.006") * (len(parcels) + 1)  # below 5 USDT and a lot, of each


def balance(total: str, free: str | None = None, currency: str = "BTC") -> BalanceReport:
    return BalanceReport(currency, D(total), D(free or total))


USDC = replace(BTC, symbol="BTC/USDC", quote="USDC")
PEPE = replace(BTC, symbol="PEPE/USDT", base="PEPE")
DOLLAR = replace(BTC, symbol="USDC/USDT", base="USDC")
RULES = {rules.symbol: rules for rules in (BTC, USDC, PEPE, DOLLAR)}


@pytest.mark.parametrize(
    ("not_ours", "total", "free", "sold"),
    [
        ("0", "1", "1", "1"),
        ("0.7", "1", "1", "0.3"),  # 0.7 lay there before us
        ("1", "1", "1", None),
        ("2", "1", "1", None),  # somebody took some away
        ("-0.5", "1", "1", "1"),  # movements that only took away leave nothing to keep back
        ("0", "1", "0.25", "0.25"),  # the rest is still in resting orders
    ],
)
def test_on_spot_only_what_our_fills_brought_is_ours(not_ours: str, total: str, free: str, sold: str | None) -> None:
    found = plan.ours([balance(total, free)], holdings=Holdings({"BTC": D(not_ours)}))
    assert found == ({"BTC": D(sold)} if sold else {})


def test_what_orders_lock_counts_when_they_are_thought_away() -> None:
    assert plan.ours([balance("1", "0.25")], holdings=Holdings(), as_if_cancelled=True) == {"BTC": D(1)}


def sold_on(
    *coins: str, symbols: tuple[str, ...] = (), rested: tuple[str, ...] = (), fresh: bool = False, held: str = ""
) -> list[str]:
    parcels = (Parcel(held, "LONG", D(1)),) if held else ()
    holdings = Holdings({}, parcels, symbols)
    return plan.markets(coins, rules=RULES, holdings=holdings, rested=rested, quote="USDT", fresh=fresh)


@pytest.mark.parametrize(
    ("given", "markets"),
    [
        ({"symbols": ("BTC/USDT",)}, ["BTC/USDT"]),
        ({"symbols": ("BTC/USDC", "BTC/USDT"), "held": "BTC/USDT"}, ["BTC/USDT"]),  # where the group holds it
        ({"rested": ("PEPE/USDT",)}, ["PEPE/USDT"]),  # a pair whose first order rests
        ({}, []),  # never traded, and the picture is old: it may be a deposit
        ({"fresh": True}, ["BTC/USDT", "PEPE/USDT", "USDC/USDT"]),
        ({"fresh": True, "symbols": ("BTC/USDC",)}, ["BTC/USDC", "PEPE/USDT"]),  # USDC is what BTC is paid in
        ({"symbols": ("GONE/USDT",)}, []),  # no longer listed
    ],
)
def test_each_coin_is_sold_on_one_market(given: dict[str, object], markets: list[str]) -> None:
    assert sold_on("BTC", "PEPE", "USDC", "USDT", **given) == markets  # type: ignore[arg-type]


def test_the_orders_sell_what_is_ours_there() -> None:
    found = plan.spot({"BTC": D("0.5")}, rules=RULES, prices={"BTC/USDT": PRICE}, holdings=Holdings())
    assert [(c.symbol, c.side, c.qty) for c in found] == [("BTC/USDT", Side.SELL, D("0.5"))]


@pytest.mark.parametrize(("side", "order"), [(PositionSide.LONG, Side.SELL), (PositionSide.SHORT, Side.BUY)])
def test_a_futures_position_is_closed_on_its_other_side(side: PositionSide, order: Side) -> None:
    position = PositionReport(PERP.symbol, side, D("0.5"), PRICE, PRICE, None)
    holdings = Holdings({}, (Parcel(PERP.symbol, side.value, D("0.2")),), ())
    found = plan.futures([position], rules={PERP.symbol: PERP}, holdings=holdings)
    assert [(closing.side, closing.held_side, closing.qty) for closing in found] == [
        (order, side, D("0.2")), (order, side, D("0.3")),
    ]  # fmt: skip


def fill(order: str, qty: str, *, second: int, side: Side = Side.BUY, fee: str = "0") -> FillReport:
    at = datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC)
    return FillReport(order, f"{order}{second}", side, PRICE, D(qty), D(qty) * PRICE, D(fee), "BTC", None, at)


@pytest.mark.parametrize(
    ("known", "held", "parcels"),
    [
        ([], "0.5", ["0.3", "0.2"]),  # two orders that nobody knew of, the newest first
        (["0.2"], "0.5", ["0.3"]),  # the older one is known by now
        (["0.5"], "0.5", []),
        ([], "0.4", ["0.3", "0.1"]),  # some of it is gone again
        ([], "0.9", ["0.3", "0.2", "0.1"]),  # the rest is older, or came by other hands
    ],
)
def test_what_the_engine_had_not_told_of_is_cut_by_orders(known: list[str], held: str, parcels: list[str]) -> None:
    fills = [
        fill("a", "0.1", second=1),
        fill("b", "0.15", second=2),
        fill("b", "0.051", second=3, fee="0.001"),
        fill("x", "0.7", second=4, side=Side.SELL),
        fill("c", "0.3", second=5),
    ]
    found = plan.recent_parcels(fills, opening=Side.BUY, base="BTC", known=[D(qty) for qty in known], held=D(held))
    assert found == [D(parcel) for parcel in parcels]


@pytest.mark.parametrize(
    ("parcels", "sales", "left"),
    [
        (["0.5", "0.3"], [], ["0.5", "0.3"]),
        (["0.509", "0.509"], ["0.5", "0.5"], ["0.009", "0.009"]),  # what is left of each is its own dust
        (["0.5", "0.3"], ["0.3"], ["0.5"]),  # from the one that held hardly more, as it will be booked
        (["0.5", "0.3"], ["0.2", "0.4"], ["0.1", "0.1"]),  # the largest first
        (["0.5", "0.3"], ["0.6"], ["0.2"]),  # of no single one
        (["0.5"], ["0.6"], []),
        ([], ["0.6"], []),
    ],
)
def test_what_was_sold_is_taken_from_the_parcels_that_held_it(
    parcels: list[str], sales: list[str], left: list[str]
) -> None:
    assert plan.less_sold([D(qty) for qty in parcels], [D(qty) for qty in sales]) == [D(qty) for qty in left]


@given(st.lists(amounts, max_size=5), st.lists(amounts, max_size=5))
def test_no_sale_is_taken_twice(parcels: list[Decimal], sales: list[Decimal]) -> None:
    left = plan.less_sold(parcels, sales)
    assert all(qty > 0 for qty in left)
    assert sum(left) == max(sum(parcels) - sum(sales), 0)


def test_holdings_are_read_as_they_were_written() -> None:
    held = {3: Holdings({"BTC": D("0.10")}, (Parcel("BTC/USDT", "LONG", D("0.2")),), ("BTC/USDT",)), 4: Holdings()}
    assert parsed_holdings(written_holdings(held)) == held


@pytest.mark.parametrize(
    ("status", "filled", "sold", "over"),
    [
        (VenueStatus.OPEN, "0", "3", False),  # accepted, no more: all of it may sell yet
        (VenueStatus.OPEN, "2", "3", False),
        (VenueStatus.FILLED, "3", "3", True),
        (VenueStatus.FILLED, "2", "2", True),  # some venues say so of a sale that ran out of buyers
        (VenueStatus.FILLED, "0", "3", False),  # filled, and nobody says how much
        (VenueStatus.EXPIRED, "2", "2", True),
        (VenueStatus.EXPIRED, "0", "0", True),
        (VenueStatus.CANCELED, "1", "1", True),
        (VenueStatus.REJECTED, "0", "0", True),
    ],
)
def test_a_sale_counts_whole_until_the_venue_says_that_it_is_over(
    status: VenueStatus, filled: str, sold: str, over: bool
) -> None:
    report = OrderReport("", "1", status, D(filled))
    assert plan.Sale.of(report, asked=D(3)) == plan.Sale(D(sold), over)
