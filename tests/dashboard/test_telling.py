"""Journal entries as sentences."""

from typing import Any

import pytest

from dashboard.telling import told


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("group.replaced", {"pyramid": 0, "base_price": "3640.33033033033"}, "pyramid 1 hung anew from 3640.33033"),
        ("group.replaced", {"pyramid": 0, "base_price": "0.00001234"}, "pyramid 1 hung anew from 0.00001234"),
        ("group.replaced", {"pyramid": 0, "base_price": "-0.000000000123"}, "pyramid 1 hung anew from -0.000000000123"),
        (
            "order.fields",
            {"group": 3, "cancel_requested": True, "code": "BY_HAND"},
            "asked to cancel the order: BY_HAND",
        ),
        ("order.fields", {"group": 3, "price": "100"}, "order: price 100"),
    ],
)
def test_an_entry_is_read_as_a_sentence(kind: str, payload: dict[str, Any], said: str) -> None:
    assert told(kind, payload).sentence == said
