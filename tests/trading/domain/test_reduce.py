"""Reductions: lots, never more than held, never dust."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.denial import Denial
from risk.domain.sizing import SizeRequest
from signals.intent import SizeKind
from tests.trading.domain.build import BTC, COARSE, PERP, held
from trading.domain.grid import InstrumentRules, least_qty
from trading.domain.money import floor_to
from trading.domain.reduce import Due, Reduction, due, reduction, reduction_by_size
from trading.domain.refusal import Refusal
from trading.domain.take_profit import Remainder, remainder

D = Decimal
K = SizeKind


@pytest.mark.parametrize(
    ("qty", "asked", "expected"),
    [
        ("10", {"ratio": D("0.5")}, Reduction(D(5), whole=False)),
        ("10", {"ratio": D("0.59")}, Reduction(D(5), whole=False)),  # lots
        ("10", {"ratio": D("0.89")}, Reduction(D(8), whole=False)),
        ("10", {"ratio": D("0.9")}, Reduction(D(10), whole=True)),  # 1 would stay, the venue wants 2
        ("10", {"ratio": D(1)}, Reduction(D(10), whole=True)),
        ("10", {"ratio": D(3)}, Reduction(D(10), whole=True)),
        ("10.7", {"ratio": D(1)}, Reduction(D(10), whole=True)),
        ("10", {"qty": D(4)}, Reduction(D(4), whole=False)),
        ("10", {"qty": D(40)}, Reduction(D(10), whole=True)),
        ("3", {"qty": D(2)}, Reduction(D(3), whole=True)),
    ],
)
def test_how_much_goes(qty: str, asked: dict[str, Decimal], expected: Reduction) -> None:
    assert reduction(held(qty), rules=COARSE, price=D(100), **asked) == expected


@pytest.mark.parametrize(
    ("qty", "asked", "code"),
    [
        ("0", {"ratio": D("0.5")}, "NOTHING_TO_REDUCE"),
        ("1", {"ratio": D(1)}, "NOTHING_TO_REDUCE"),  # dust
        ("10", {}, "REDUCTION_UNKNOWN"),
        ("10", {"ratio": D(0)}, "REDUCTION_UNKNOWN"),
        ("10", {"qty": D(-1)}, "REDUCTION_UNKNOWN"),
        ("10", {"qty": D("1.9")}, "REDUCTION_TOO_SMALL"),
        ("10", {"ratio": D("0.05")}, "REDUCTION_TOO_SMALL"),
    ],
)
def test_why_nothing_goes(qty: str, asked: dict[str, Decimal], code: str) -> None:
    found = reduction(held(qty), rules=COARSE, price=D(100), **asked)
    assert isinstance(found, Refusal)
    assert found.code == code
    assert found.advice in found.sentence()


def test_the_limit_is_the_least_quantity_at_this_price() -> None:
    """5 USDT at 40 000 are 0.000125, in lots 0.00013."""
    found = reduction(held(1, rules=BTC), rules=BTC, price=D(40000), qty=D("0.0001"))
    assert isinstance(found, Refusal)
    assert (found.value, found.limit) == (D("0.0001"), D("0.00013"))


def test_on_futures_it_is_the_least_quantity_whatever_that_is_worth() -> None:
    rules = replace(PERP, min_qty=D("0.002"), lot_step=D("0.001"), min_notional=D(200))
    found = reduction(held(1, rules=rules), rules=rules, price=D(40000), qty=D("0.001"))
    assert isinstance(found, Refusal)
    assert (found.value, found.limit) == (D("0.001"), D("0.002"))


@pytest.mark.parametrize(
    ("reserved", "ratio", "expected"),
    [
        ("4", "0.5", Reduction(D(3), whole=False)),  # half of what the first reduction leaves
        ("4", "1", Reduction(D(6), whole=True)),
        ("9", "0.5", None),  # 1 is left, which no order can carry
        ("12", "0.5", None),
    ],
)
def test_a_second_reduction_comes_on_top_of_the_first(reserved: str, ratio: str, expected: Reduction | None) -> None:
    found = reduction(held(10), ratio=D(ratio), reserved_qty=D(reserved), rules=COARSE, price=D(100))
    assert found == expected or (expected is None and isinstance(found, Refusal))


@pytest.mark.parametrize(
    ("reserved", "held_qty", "promised", "expected"),
    [
        ("0", "10", "0", Due(D(0), D(0))),
        ("4", "10", "0", Due(D(4), D(0))),
        ("4", "10", "6", Due(D(4), D(0))),
        ("4", "10", "7", Due(D(0), D(4))),  # the targets have not made room yet
        ("8", "5.5", "0", Due(D(5), D(0))),  # a target filled meanwhile: what is left of it
        ("8", "5.5", "5", Due(D(0), D(5))),
        ("8", "1", "0", Due(D(0), D(0))),  # nothing that an order could carry: back to the targets
        ("4", "5", "0", Due(D(5), D(0))),  # 1 would stay behind
        ("4", "0", "0", Due(D(0), D(0))),
        ("4", "-1", "0", Due(D(0), D(0))),
    ],
)
def test_a_decided_reduction_waits_goes_or_is_forgotten(
    reserved: str, held_qty: str, promised: str, expected: Due
) -> None:
    facts = {"held_qty": D(held_qty), "promised_qty": D(promised), "rules": COARSE, "price": D(100)}
    assert due(D(reserved), **facts) == expected


@pytest.mark.parametrize(
    ("reserved", "most", "expected"),
    [("8", "5", Due(D(5), D(3))), ("8", "8", Due(D(8), D(0))), ("4", "5", Due(D(4), D(0)))],
)
def test_no_more_goes_at_once_than_the_venue_takes(reserved: str, most: str, expected: Due) -> None:
    facts = {"held_qty": D(20), "promised_qty": D(0), "rules": COARSE, "price": D(100)}
    assert due(D(reserved), most=D(most), **facts) == expected


def test_a_part_of_a_coin_goes_too() -> None:
    facts = {"held_qty": D(1), "promised_qty": D(0), "rules": BTC, "price": D(50000)}
    assert due(D("0.5"), **facts) == Due(D("0.5"), D(0))


@pytest.mark.parametrize(
    ("request_", "qty"),
    [
        (SizeRequest(K.PCT_POSITION, D(30)), "30"),
        (SizeRequest(K.BASE, D(7)), "7"),
        (SizeRequest(K.CONTRACTS, D(7)), "7"),
        (SizeRequest(K.QUOTE, D(350), "USDT"), "7"),  # at 50
        (SizeRequest(K.QUOTE, D(7), "TOY"), "7"),
        (SizeRequest(K.PCT_EQUITY, D(5)), "10"),  # 500 of 10 000, at 50
        (SizeRequest(K.PCT_FREE, D(5)), "20"),  # 1 000 of 20 000
    ],
)
def test_every_size_that_makes_sense(request_: SizeRequest, qty: str) -> None:
    facts = {"rules": COARSE, "price": D(50), "equity": D(10000), "free": D(20000)}
    assert reduction_by_size(held(100), request_, **facts) == Reduction(D(qty), whole=False)


def test_contracts_and_base_differ_where_a_contract_holds_more() -> None:
    rules = replace(COARSE, contract_size=D("0.1"))
    position = held(100, rules=rules)
    at = {"rules": rules, "price": D(50)}
    assert reduction_by_size(position, SizeRequest(K.CONTRACTS, D(7)), **at) == Reduction(D(7), whole=False)
    assert reduction_by_size(position, SizeRequest(K.BASE, D(7)), **at) == Reduction(D(70), whole=False)
    assert reduction_by_size(position, SizeRequest(K.QUOTE, D(35)), **at) == Reduction(D(7), whole=False)


def together(groups: list[Decimal], request: SizeRequest, *, rules: InstrumentRules, price: Decimal) -> list[Decimal]:
    """What each of several groups gives of one size, the oldest first, as the service asks them."""
    given: list[Decimal] = []
    for qty in groups:
        facts = {"equity": D(10000), "free": D(20000), "taken_qty": sum(given, D(0))}
        found = reduction_by_size(held(qty, rules=rules), request, rules=rules, price=price, **facts)
        given.append(found.qty if isinstance(found, Reduction) else D(0))
    return given


@pytest.mark.parametrize(
    ("groups", "request_", "given"),
    [
        # one size for all together, whatever it is counted in; at 50
        (["10", "10"], SizeRequest(K.BASE, D(4)), ["4", "0"]),
        (["10", "10"], SizeRequest(K.BASE, D(14)), ["10", "4"]),
        (["10", "10"], SizeRequest(K.BASE, D(40)), ["10", "10"]),
        (["10", "10"], SizeRequest(K.CONTRACTS, D(14)), ["10", "4"]),
        (["10", "10"], SizeRequest(K.QUOTE, D(725), "USDT"), ["10", "4"]),  # 14.5
        (["10", "10"], SizeRequest(K.QUOTE, D(14), "TOY"), ["10", "4"]),
        (["10", "10"], SizeRequest(K.PCT_EQUITY, D(7)), ["10", "4"]),
        (["10", "10"], SizeRequest(K.PCT_FREE, D("3.5")), ["10", "4"]),
        # a part of the position is of each
        (["10", "20"], SizeRequest(K.PCT_POSITION, D(50)), ["5", "10"]),
        # the order of the groups decides who gives, not how much goes
        (["2", "20"], SizeRequest(K.BASE, D(10)), ["2", "8"]),
        (["20", "2"], SizeRequest(K.BASE, D(10)), ["10", "0"]),
        (["1", "20"], SizeRequest(K.BASE, D(10)), ["0", "10"]),  # dust gives nothing
        # too small for an order in the next: not sold, or with all that would be dust
        (["4", "20"], SizeRequest(K.BASE, D(5)), ["4", "0"]),
        (["4", "20", "2"], SizeRequest(K.BASE, D(5)), ["4", "0", "2"]),
        (["4", "2"], SizeRequest(K.BASE, D(5)), ["4", "2"]),
        # a group that is closed for its dust has given more than was asked of it: the next gives less
        (["6", "20"], SizeRequest(K.BASE, D(5)), ["6", "0"]),
        (["5", "20"], SizeRequest(K.BASE, D(4)), ["5", "0"]),
    ],
)
def test_a_size_is_one_for_all_groups_together(groups: list[str], request_: SizeRequest, given: list[str]) -> None:
    found = together([D(qty) for qty in groups], request_, rules=COARSE, price=D(50))
    assert found == [D(qty) for qty in given]


def test_half_a_coin_of_a_tenth_and_a_whole_one() -> None:
    asked = SizeRequest(K.BASE, D("0.5"))
    assert together([D("0.1"), D(1)], asked, rules=BTC, price=D(60000)) == [D("0.1"), D("0.4")]
    assert together([D(1), D("0.1")], asked, rules=BTC, price=D(60000)) == [D("0.5"), 0]


@given(
    st.lists(st.decimals(0, 2, places=7), min_size=1, max_size=5),
    st.decimals("0.0001", 6, places=7),
    st.decimals(100, 100000, places=2),
)
def test_together_they_give_what_was_asked_but_for_less_than_an_order(
    groups: list[Decimal], asked: Decimal, price: Decimal
) -> None:
    given_ = sum(together(groups, SizeRequest(K.BASE, asked), rules=BTC, price=price), D(0))
    there = sum((lots for qty in groups if BTC.sellable(lots := floor_to(qty, BTC.lot_step), price)), D(0))
    least = least_qty(price, BTC) + BTC.lot_step
    assert min(asked, there) - least < given_ < asked + least


@pytest.mark.parametrize("kind", [K.PCT_EQUITY, K.PCT_FREE, K.RISK_QUOTE, K.RISK_PCT])
def test_what_is_not_known_denies(kind: SizeKind) -> None:
    assert isinstance(reduction_by_size(held(100), SizeRequest(kind, D(5)), rules=COARSE, price=D(50)), Denial)


@given(
    st.decimals(0, 2, places=7),
    st.decimals("0.0001", "1.5", places=4) | st.none(),
    st.decimals(0, 3, places=7) | st.none(),
    st.decimals(1, 100000, places=2),
)
def test_a_reduction_can_be_sold_and_leaves_nothing_that_cannot(
    qty: Decimal, ratio: Decimal | None, by_qty: Decimal | None, price: Decimal
) -> None:
    position = held(qty, rules=BTC)
    found = reduction(position, rules=BTC, price=price, ratio=ratio, qty=by_qty)
    going = found.qty if isinstance(found, Reduction) else D(0)
    whole = isinstance(found, Reduction) and found.whole
    assert going <= floor_to(qty, BTC.lot_step)
    assert isinstance(found, Refusal) or BTC.sellable(going, price)
    left = remainder(position.qty - going, price=price, rules=BTC)
    assert isinstance(found, Refusal) or (left is Remainder.SELLABLE) is not whole
