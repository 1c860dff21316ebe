"""The fold over the journal, as far as executions go: what a fee is worth is told with the fill, or once, later."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.replay import Told, figures, rebuild

D = Decimal
ROW = {"qty": "1", "price": "100", "cost": "100", "fee": "0.0002"}


def told(kind: str, trade: str = "t1", **payload: Any) -> Told:
    return Told(kind, "order:7", 1, {"trade": trade, **payload})


FILL = told("fill", **ROW, fee_price=None)
THEIRS = {**ROW, "price": "101"}


@pytest.mark.parametrize(
    ("events", "worth"),
    [
        ([told("fill", **ROW)], None),  # a journal from before fees had prices
        ([FILL], None),
        ([told("fill", **ROW, fee_price="500")], "500"),
        ([FILL, told("fill.priced", fee_price="510")], "510"),
        ([FILL, told("fill.priced", fee_price="510"), told("fill.kept", ours=ROW, theirs=THEIRS)], "510"),
        ([FILL, told("fill.corrected", ours=ROW, theirs=THEIRS, fee_price="510")], "510"),
        ([FILL, told("fill.corrected", ours=ROW, theirs={}, fee_price="510")], "510"),
        ([FILL, told("fill.correction_undone", ours=ROW, theirs=THEIRS, fee_price="510")], "510"),
        ([FILL, told("fill.corrected", ours=ROW, theirs=THEIRS)], None),
    ],
)
def test_what_the_journal_says_a_fee_is_worth(events: list[Told], worth: str | None) -> None:
    assert rebuild(events).orders[7].trades["t1"][-1] == (None if worth is None else D(worth))


MONEY = st.decimals("0.00000001", 900, places=8)
ROWS = st.dictionaries(
    st.sampled_from(["t1", "t2", "t3", "t4"]),
    st.fixed_dictionaries(dict.fromkeys(ROW, MONEY) | {"fee_price": st.none() | MONEY}),
)


@given(ROWS, st.sets(st.sampled_from(["t1", "t2", "t3", "t4"])), st.randoms(use_true_random=False))
def test_rebuilt_are_the_rows_whether_a_fee_was_priced_at_once_or_late_and_in_any_order(
    rows: dict[str, dict[str, Decimal | None]], late: set[str], chance: Any
) -> None:
    waited = [trade for trade, row in rows.items() if trade in late and row["fee_price"] is not None]
    fills = [
        told("fill", trade, **row | dict.fromkeys(["fee_price"] * (trade in waited))) for trade, row in rows.items()
    ]
    prices = [told("fill.priced", trade, fee_price=rows[trade]["fee_price"]) for trade in waited]
    chance.shuffle(fills)
    chance.shuffle(prices)
    orders = rebuild([*fills, *prices]).orders
    assert {trade: orders[7].trades[trade] for trade in rows} == {trade: figures(row) for trade, row in rows.items()}
