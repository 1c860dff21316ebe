"""Exports of other bots: columns by their names, fills folded into trades, each wrong line named."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.domain import trade_export
from trading.domain.trade_export import MOST_ERRORS, MOST_LINES, Export
from trading.domain.vocabulary import PositionSide

D = Decimal

NAMES = {"BTCUSDT": "BTC/USDT", "USDT_BTC": "BTC/USDT", "BTC/USDT": "BTC/USDT", "ETHUSDT": "ETH/USDT"}
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def read(text: str, *, shorts: bool = False) -> Export:
    return trade_export.read(text, resolve=lambda pair: NAMES.get(pair, ""), shorts=shorts)


GENERIC = """time,pair,side,qty,price,fee,fee_currency
2026-11-20 10:00:00,BTCUSDT,buy,0.01,60000,0.6,USDT
2026-11-20 10:05:00,BTCUSDT,buy,0.01,59000,0.59,USDT
2026-11-20 11:00:00,BTCUSDT,sell,0.02,60500,1.21,USDT
"""
WHOLE = """deal_id;pair;created_at;closed_at;bought_amount;bought_average_price;sold_average_price;final_profit
17;USDT_BTC;2026-11-20T10:00:00Z;2026-11-20T11:00:00Z;0,02;59500;60500;18,5
18;USDT_BTC;2026-11-20T12:00:00Z;;0,01;60000;;
"""


def test_fills_become_one_trade_at_their_averages() -> None:
    [trade] = read(GENERIC).trades
    # (60 000 + 59 000) ÷ 2 = 59 500; (60 500 − 59 500) × 0.02 = 20; less 0.6 + 0.59 + 1.21 = 2.4 of fees
    assert (trade.symbol, trade.side, trade.qty, trade.entry_price) == ("BTC/USDT", LONG, D("0.02"), D(59500))
    assert (trade.exit_price, trade.fee, trade.pnl) == (D(60500), D("2.40"), D("17.60"))
    assert trade.closed_at == datetime(2026, 11, 20, 11, tzinfo=UTC)


def test_whole_trades_keep_their_own_profit() -> None:
    done, still = read(WHOLE).trades
    assert (done.key, done.qty, done.pnl) == ("id:17", D("0.02"), D("18.5"))
    assert (still.key, still.closed_at, still.pnl) == ("id:18", None, None)


def test_a_fee_in_base_leaves_dust_and_is_valued() -> None:
    text = "time,pair,side,qty,price,fee\n1763632800,BTCUSDT,BUY,0.01,60000,0.00001BTC\n1763636400,BTCUSDT,SELL,0.00999,61000,0.6"
    [trade] = read(text).trades
    assert (trade.fee, trade.closed_at is not None) == (D("1.2"), True)  # 0.00001 × 60 000 + 0.6
    assert trade.opened_at == datetime(2025, 11, 20, 10, tzinfo=UTC)


SALE = "time,pair,side,qty,price\n2026-11-20 10:00,BTCUSDT,sell,1,60000\n2026-11-20 11:00,BTCUSDT,buy,1,59000\n"


@pytest.mark.parametrize(("shorts", "found"), [(True, [(SHORT, D(1000))]), (False, [(LONG, None)])])
def test_a_sale_first_is_a_short_only_where_there_are_shorts(shorts: bool, found: list[tuple[str, D]]) -> None:
    assert [(trade.side, trade.pnl) for trade in read(SALE, shorts=shorts).trades] == found


HEAD = "time,pair,side,qty,price\n"


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("", "MISSING_COLUMN", "opened_at, pair, qty, price"),
        ("when,what\n1,2\n", "MISSING_COLUMN", "opened_at, pair, qty, price"),
        (HEAD + "yesterday,BTCUSDT,buy,1,1\n", "NOT_A_TIME", "opened_at"),
        (HEAD + "2026-11-20,DOGE,buy,1,1\n", "UNKNOWN_SYMBOL", "pair"),
        (HEAD + "2026-11-20,BTCUSDT,hold,1,1\n", "UNKNOWN_SIDE", "side"),
        (HEAD + "2026-11-20,BTCUSDT,,1,1\n", "UNKNOWN_SIDE", "side"),
        (HEAD + '2026-11-20,BTCUSDT,buy,"1,000",1\n', "NOT_A_NUMBER", "qty"),
        (HEAD + "2026-11-20,BTCUSDT,buy,0,1\n", "NOT_POSITIVE", "qty"),
        (HEAD + "2026-11-20,BTCUSDT,buy,1\n", "NOT_POSITIVE", "price"),
        (HEAD + "x\n" * (MOST_LINES + 1), "TOO_MANY", "lines"),
        (HEAD + "x" * 200_000, "NOT_CSV", "file"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, code: str, field: str) -> None:
    found = read(text)
    assert [(wrong.code, wrong.field) for wrong in found.errors] == [(code, field)]
    assert found.trades == ()


def test_the_other_lines_are_kept_and_a_wrong_file_is_soon_given_up() -> None:
    good, bad = "2026-11-20 10:00,BTCUSDT,buy,1,60000\n", "2026-11-20 10:00,DOGE,buy,1,1\n"
    assert (len(read(HEAD + good + bad).trades), read(HEAD + good + bad).errors[0].line) == (1, 3)
    assert len(read(HEAD + bad * 500).errors) == MOST_ERRORS


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from('time,pairsdeqtyc;\t\r\n"0123456789.-BTCUSDT:'), max_size=300))
def test_no_text_breaks_the_reader(rest: str) -> None:
    for head in ("", HEAD, "date;market;direction;amount;price;exit_price\n"):
        found = read(head + rest, shorts=True)
        assert all(wrong.code and wrong.expected for wrong in found.errors)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 50), st.integers(1, 1000)), min_size=1, max_size=30))
def test_folding_keeps_every_quantity(fills: list[tuple[bool, int, int]]) -> None:
    lines = [
        f"{1763632800 + place},BTCUSDT,{'buy' if buys else 'sell'},{qty},{price}"
        for place, (buys, qty, price) in enumerate(fills)
    ]
    trades = read(HEAD + "\n".join(lines), shorts=True).trades
    entered = sum(trade.qty for trade in trades)
    assert 0 < entered <= sum(qty for _, qty, _ in fills)
    assert all(trade.opened_at <= (trade.closed_at or trade.opened_at) for trade in trades)
    assert len({trade.key for trade in trades}) == len(trades)
