"""Candles into bars, alerts into bodies."""

from datetime import UTC, datetime

import pytest

from trading.paper.core.orders import Side
from trading.paper.feed.alerts import body, closed_bars
from trading.paper.feed.watch import Alert, Bar

ROWS = [[second * 1000, "0", "0", "0", str(second)] for second in range(12)]


@pytest.mark.parametrize(
    ("anchor_ms", "now_ms", "bars"),
    [
        (0, 11_500, [Bar(0, "4"), Bar(5000, "9")]),
        (0, 10_100, [Bar(0, "4")]),  # its last trades may be missing
        (2000, 12_500, [Bar(-3000, "1"), Bar(2000, "6"), Bar(7000, "11")]),  # bars count from the anchor
        (62_000, 12_500, [Bar(-3000, "1"), Bar(2000, "6"), Bar(7000, "11")]),
    ],
)
def test_seconds_become_bars_and_the_open_one_is_left_out(anchor_ms: int, now_ms: int, bars: list[Bar]) -> None:
    assert closed_bars(ROWS, width_ms=5000, anchor_ms=anchor_ms, now_ms=now_ms) == bars


def test_the_body_is_the_native_format() -> None:
    alert = Alert("BTCUSDT", Side.BUY, Bar(5000, "60000.50000000"))
    expected = {
        "secret": "s",
        "id": "BTCUSDT-5000-buy",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "exchange": "BINANCE",
        "symbol": "BTCUSDT",
        "interval": "1",
        "action": "buy",
        "price": "60000.5",
    }
    assert body(alert, secret="s", interval="1", now=datetime(2026, 1, 1, tzinfo=UTC)) == expected


def test_a_perpetuals_body_says_which_position_it_wants() -> None:
    alert = Alert("BTCUSDT.P", Side.SELL, Bar(5000, "60000"), "short")
    told = body(alert, secret="s", interval="5S", now=datetime(2026, 1, 1, tzinfo=UTC))
    assert (told["symbol"], told["action"], told["market_position"]) == ("BTCUSDT.P", "sell", "short")
    assert (told["interval"], told["price"]) == ("5S", "60000")
