"""Journal entries as sentences."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from dashboard.telling import told


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("group.replaced", {"pyramid": 0, "base_price": "3640.33033033033"}, "pyramid 1 hung anew from 3,640.330"),
        ("group.replaced", {"pyramid": 0, "base_price": "0.00001234"}, "pyramid 1 hung anew from 0.00001234"),
        (
            "group.replaced",
            {"pyramid": 0, "base_price": "-0.000000000123"},
            "pyramid 1 hung anew from \u2212\u202f0.000000000123",
        ),
        (
            "order.fields",
            {"group": 3, "cancel_requested": True, "code": "BY_HAND"},
            "asked to cancel the order",
        ),
        ("order.fields", {"group": 3, "price": "100"}, "order: price 100"),
        (
            "group.figures",
            {"qty": "0", "realised_pnl": "-0.58"},
            "position 0, average entry –, realised \u2212\u202f0.58",
        ),
        ("lost.found", {"words": "2026-01-31: nothing since"}, "2026-01-31: nothing since"),
        ("setting.changed", {"name": "legs", "after": "(-1, 50, 1)"}, "setting legs: default → (-1, 50, 1)"),
        ("some.thing", {"timeframe_secs": 900}, "some thing: timeframe 15\u202fm"),
        (
            "offset.reserved",
            {"group": 7, "loss": "2.5", "uncovered": "0.00", "winners": [{"group": 9, "expected": "3"}]},
            "offset of group 7 reserved: its loss of 2.5 is paid, group 9 gives 3",
        ),
    ],
)
def test_an_entry_is_read_as_a_sentence(kind: str, payload: dict[str, Any], said: str) -> None:
    assert told(kind, payload).sentence == said


@dataclass(frozen=True, slots=True)
class Steps:
    """An instrument whose prices have two places and whose quantities five."""

    tick_size = Decimal("0.01")
    lot_step = Decimal("0.00001")


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        (
            "fill",
            {"side": "BUY", "qty": "0.0032", "price": "61510.5", "fee": "0.0000032", "fee_currency": "BTC"},
            "filled: buy 0.00320 at 61,510.50, fee 0.0000032 BTC",
        ),
        (
            "group.figures",
            {"qty": "0.00455", "average_entry": "61158.24175824176", "realised_pnl": "1234.5"},
            "position 0.00455, average entry 61,158.24, realised 1,234.5",
        ),
        ("order.fields", {"group": 31510, "price": "100"}, "order: price 100.00"),
        # what is finer than a lot is never rounded away
        ("order.new", {"purpose": "ENTRY", "side": "BUY", "qty": "0.0000001"}, "entry order decided: buy 0.0000001 at market"),
    ],
)  # fmt: skip
def test_where_the_market_is_known_numbers_have_its_steps(kind: str, payload: dict[str, Any], said: str) -> None:
    assert told(kind, payload, Steps()).sentence == said


def test_without_a_market_amounts_are_grouped_and_numbers_of_rows_are_not() -> None:
    assert told("order.fields", {"leg": 61510, "price": "61510.5"}).sentence == "order: leg 61510, price 61,510.5"
