"""Journal entries as sentences."""

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
