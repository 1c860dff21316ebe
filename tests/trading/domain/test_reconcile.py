"""Books that agree give nothing; each kind of difference is named once, with both numbers."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.order_state import OrderState
from trading.domain.reconcile import (
    Correction,
    Difference,
    OurBook,
    OurOrder,
    TheirBook,
    TheirOrder,
    VenueFill,
    compare,
    effects,
)
from trading.domain.vocabulary import MarketKind, Side

D = Decimal
OURS = OurOrder("w1", "77", "BTC/USDT", OrderState.OPEN, D(0))
THEIRS = TheirOrder("w1", "77", "BTC/USDT", D(0))
SECOND = replace(THEIRS, venue_order_id="78")
FILL = VenueFill("BTC/USDT", "77", "t1", Side.BUY, D(2), D(200), D("0.002"), "BTC", "BTC", "USDT")
NO_MONEY: Mapping[str, Decimal] = {}


def kinds(ours: OurBook, theirs: TheirBook) -> list[tuple[Difference, str]]:
    return [(found.kind, found.subject) for found in compare(ours, theirs)]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([OURS], [THEIRS], []),
        ([replace(OURS, venue_order_id="")], [THEIRS], []),  # the reply with their id was lost
        ([OURS], [replace(THEIRS, client_order_id="")], []),  # a venue that does not tell ours
        ([OURS], [], [(Difference.ORDER_MISSING, "w1")]),
        ([replace(OURS, state=OrderState.CANCELLING)], [], [(Difference.ORDER_MISSING, "w1")]),
        ([replace(OURS, state=OrderState.UNKNOWN)], [], []),  # the look-up's business
        ([replace(OURS, state=OrderState.FILLED)], [], []),
        ([replace(OURS, state=OrderState.CANCELED)], [THEIRS], [(Difference.ORDER_STILL_OPEN, "w1")]),
        ([OURS], [replace(THEIRS, filled_qty=D(1))], [(Difference.FILLED_DIFFERS, "w1")]),
        ([], [THEIRS], [(Difference.ORDER_FOREIGN, "77")]),
        ([OURS], [THEIRS, TheirOrder("x", "78", "BTC/USDT", D(0))], [(Difference.ORDER_FOREIGN, "78")]),
        ([OURS], [replace(THEIRS, symbol="ETH/USDT", client_order_id="")],
         [(Difference.ORDER_FOREIGN, "77"), (Difference.ORDER_MISSING, "w1")]),  # ids are per symbol
        # a request that arrived twice: one id, two numbers
        ([OURS], [THEIRS, SECOND], [(Difference.ORDER_DOUBLED, "78")]),
        ([OURS], [SECOND], [(Difference.ORDER_DOUBLED, "78"), (Difference.ORDER_MISSING, "w1")]),
        ([replace(OURS, state=OrderState.FILLED)], [SECOND], [(Difference.ORDER_DOUBLED, "78")]),
        ([replace(OURS, venue_order_id="")], [SECOND], []),  # the only one we know of
        ([replace(OURS, conditional=True)], [SECOND], []),  # a stop that has fired: two names of one order
        ([replace(OURS, conditional=True)], [replace(SECOND, conditional=True)],
         [(Difference.ORDER_DOUBLED, "78"), (Difference.ORDER_MISSING, "w1")]),
        # no name is not a name that two orders share
        ([replace(OURS, client_order_id="")], [TheirOrder("", "78", "BTC/USDT", D(0))],
         [(Difference.ORDER_FOREIGN, "78"), (Difference.ORDER_MISSING, "")]),
        ([replace(OURS, venue_order_id="")], [TheirOrder("x", "", "BTC/USDT", D(0))],
         [(Difference.ORDER_FOREIGN, ""), (Difference.ORDER_MISSING, "w1")]),
    ],
)  # fmt: skip
def test_orders(ours: list[OurOrder], theirs: list[TheirOrder], expected: list[tuple[Difference, str]]) -> None:
    assert kinds(OurBook(ours, [], NO_MONEY), TheirBook(theirs, [], NO_MONEY)) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([FILL], [FILL], []),
        ([], [FILL], [(Difference.FILL_MISSING, "t1")]),
        ([], [replace(FILL, venue_order_id="99")], [(Difference.FILL_FOREIGN, "t1")]),
        ([FILL], [], [(Difference.FILL_PHANTOM, "t1")]),
        ([FILL], [replace(FILL, qty=D(3))], [(Difference.FILL_CHANGED, "t1")]),
        # a self-match: two orders, one trade id
        ([FILL], [FILL, replace(FILL, venue_order_id="78", side=Side.SELL)], [(Difference.FILL_FOREIGN, "t1")]),
    ],
)
def test_executions(ours: list[VenueFill], theirs: list[VenueFill], expected: list[tuple[Difference, str]]) -> None:
    books = OurBook([OURS], ours, NO_MONEY), TheirBook([THEIRS], theirs, NO_MONEY)
    fills = [found for found in kinds(*books) if found[0].startswith("FILL")]
    assert fills == expected


def test_an_execution_has_three_names_and_its_order_two() -> None:
    assert (FILL.key, FILL.order_key) == (("BTC/USDT", "77", "t1"), ("BTC/USDT", "77"))


def test_an_execution_without_an_order_is_not_that_of_an_order_whose_name_is_not_known_yet() -> None:
    books = (
        OurBook([replace(OURS, venue_order_id="")], [], NO_MONEY),
        TheirBook([], [replace(FILL, venue_order_id="")], {}),
    )
    assert (Difference.FILL_FOREIGN, "t1") in kinds(*books)


BEFORE = {"BTC": D(1), "USDT": D(1000)}


@pytest.mark.parametrize(
    ("theirs", "fills", "expected"),
    [
        (BEFORE, [], []),
        # the execution that we lack: + 2 − 0.002 BTC, − 200 USDT
        ({"BTC": D("2.998"), "USDT": D(800)}, [FILL],
         [(Difference.BALANCE_EXPLAINED, "BTC"), (Difference.BALANCE_EXPLAINED, "USDT")]),
        ({"BTC": D("2.998"), "USDT": D(900)}, [FILL],
         [(Difference.BALANCE_EXPLAINED, "BTC"), (Difference.BALANCE_FOREIGN, "USDT")]),
        ({"BTC": D(1), "USDT": D(500)}, [], [(Difference.BALANCE_FOREIGN, "USDT")]),  # a withdrawal
        ({"BTC": D(1), "USDT": D(1000), "ETH": D(3)}, [], [(Difference.BALANCE_FOREIGN, "ETH")]),  # a deposit
        # the execution is there, but nothing moved
        (BEFORE, [FILL], [(Difference.BALANCE_FOREIGN, "BTC"), (Difference.BALANCE_FOREIGN, "USDT")]),
    ],
)  # fmt: skip
def test_balances(theirs: dict[str, Decimal], fills: list[VenueFill], expected: list[tuple[Difference, str]]) -> None:
    books = OurBook([OURS], [], BEFORE), TheirBook([THEIRS], fills, theirs)
    assert [found for found in kinds(*books) if found[0].startswith("BALANCE")] == expected


def test_what_only_we_have_recorded_explains_no_balance() -> None:
    books = OurBook([OURS], [FILL], BEFORE), TheirBook([THEIRS], [], BEFORE)
    assert kinds(*books) == [(Difference.FILL_PHANTOM, "t1")]


def test_balances_come_in_alphabetical_order() -> None:
    names = ["USDT", "ADA", "SOL", "BNB", "XRP", "BTC", "ETH"]
    found = kinds(OurBook([], [], NO_MONEY), TheirBook([], [], dict.fromkeys(names, D(1))))
    assert [subject for _, subject in found] == sorted(names)


def test_a_correction_carries_both_numbers_and_the_execution() -> None:
    found = compare(OurBook([OURS], [], NO_MONEY), TheirBook([replace(THEIRS, filled_qty=D(2))], [FILL], NO_MONEY))
    assert found == (
        Correction(Difference.FILLED_DIFFERS, "w1", "BTC/USDT", D(0), D(2)),
        Correction(Difference.FILL_MISSING, "t1", "BTC/USDT", None, D(2), FILL),
    )


@pytest.mark.parametrize(
    ("fill", "moved"),
    [
        (FILL, {"BTC": D("1.998"), "USDT": D(-200)}),
        (replace(FILL, side=Side.SELL, fee_currency="USDT", fee=D("0.2")), {"BTC": D(-2), "USDT": D("199.8")}),
        (replace(FILL, kind=MarketKind.LINEAR, fee_currency="USDT", fee=D("0.2")), {"USDT": D("-0.2")}),
        (replace(FILL, fee=D(2)), {"USDT": D(-200)}),  # the fee took all of it: nothing moved
    ],
)
def test_what_an_execution_does_to_the_balances(fill: VenueFill, moved: dict[str, Decimal]) -> None:
    assert effects([fill]) == moved


FILLS = st.lists(
    st.builds(
        VenueFill,
        symbol=st.just("BTC/USDT"),
        venue_order_id=st.sampled_from(["77", "78"]),
        venue_trade_id=st.text("abc", min_size=1, max_size=3),
        side=st.sampled_from(Side),
        qty=st.decimals("0.001", 9, places=3),
        cost=st.decimals("0.1", 900, places=2),
        fee=st.decimals(0, 1, places=3),
        fee_currency=st.sampled_from(["BTC", "USDT", "BNB"]),
        base=st.just("BTC"),
        quote=st.just("USDT"),
    ),
    unique_by=lambda f: f.key,
    max_size=10,
)


@given(FILLS, st.integers(0, 10))
def test_once_what_is_missing_is_recorded_the_books_agree(fills: list[VenueFill], known: int) -> None:
    start = {"BTC": D(100), "USDT": D(10000), "BNB": D(10)}
    ours, rest = fills[:known], fills[known:]
    book = OurBook([OURS], ours, {c: v + effects(ours).get(c, D(0)) for c, v in start.items()})
    theirs = TheirBook([THEIRS], fills, {c: v + effects(fills).get(c, D(0)) for c, v in start.items()})
    found = compare(book, theirs)
    assert {c.fill for c in found if c.fill} == set(rest)
    assert Difference.BALANCE_FOREIGN not in {c.kind for c in found}
    assert compare(replace(book, fills=fills, balances=theirs.balances), theirs) == ()


def test_rows_keep_these_words() -> None:
    assert [word.value for word in Difference] == [word.name for word in Difference]
