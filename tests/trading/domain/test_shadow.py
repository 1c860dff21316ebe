"""Orders on paper against the best bid and ask."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trading.domain.build import BTC
from trading.domain import shadow
from trading.domain.exit_view import Prices
from trading.domain.vocabulary import MarketKind, OrderType, Side

D = Decimal

PRICES = Prices(bid=D(99), ask=D(101), last=D(100))
RULES = replace(BTC, maker_fee=D("0.001"), taker_fee=D("0.002"))
MARKET, LIMIT = OrderType.MARKET, OrderType.LIMIT


def filled(side: Side, kind: OrderType, price: int | None, *, rested: bool) -> tuple[D, D, str] | None:
    price_of = None if price is None else D(price)
    got = shadow.fill(side=side, type=kind, qty=D(10), price=price_of, rested=rested, prices=PRICES, rules=RULES)
    return got and (got.price, got.fee, got.fee_currency)


@pytest.mark.parametrize(
    ("side", "kind", "price", "rested", "got"),
    [
        (Side.BUY, MARKET, None, False, (D(101), D("0.02"), RULES.base)),  # 10 × 0.002, in what was bought
        (Side.SELL, MARKET, None, False, (D(99), D("1.98"), RULES.quote)),  # 10 × 99 × 0.002
        (Side.BUY, LIMIT, 100, False, None),
        (Side.BUY, LIMIT, 102, False, (D(101), D("0.02"), RULES.base)),  # crossed as it is placed: a taker
        (Side.BUY, LIMIT, 102, True, (D(102), D("0.01"), RULES.base)),  # the market came to it: a maker
        (Side.BUY, LIMIT, 101, True, (D(101), D("0.01"), RULES.base)),
        (Side.SELL, LIMIT, 100, True, None),
        (Side.SELL, LIMIT, 98, True, (D(98), D("0.98"), RULES.quote)),
        (Side.SELL, LIMIT, 98, False, (D(99), D("1.98"), RULES.quote)),
    ],
)
def test_what_an_order_gets(
    side: Side, kind: OrderType, price: int | None, rested: bool, got: tuple[D, D, str] | None
) -> None:
    assert filled(side, kind, price, rested=rested) == got


def test_futures_pay_in_quote() -> None:
    rules = replace(RULES, kind=MarketKind.LINEAR)
    got = shadow.fill(side=Side.BUY, type=MARKET, qty=D(1), price=None, rested=False, prices=PRICES, rules=rules)
    assert got == shadow.PaperFill(D(101), D("0.202"), rules.quote)
