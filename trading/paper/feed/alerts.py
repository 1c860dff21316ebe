"""Candles into bars, alerts into bodies. Pure."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from trading.paper.feed.watch import Alert, Bar

CLOSING_MS = 150
# A bar counts as closed this long after its end, when its last trades have surely printed.


def closed_bars(rows: list[list[Any]], *, width_ms: int, anchor_ms: int, now_ms: int) -> list[Bar]:
    """Bars of `width_ms`, counted from the anchor, out of one-second candles; the one under way is left out."""
    closes = {_start(int(row[0]), width_ms, anchor_ms): str(row[4]) for row in rows}
    return [Bar(start, closes[start]) for start in sorted(closes) if start + width_ms + CLOSING_MS <= now_ms]


def _start(at_ms: int, width_ms: int, anchor_ms: int) -> int:
    return anchor_ms + (at_ms - anchor_ms) // width_ms * width_ms


def body(alert: Alert, *, secret: str, interval: str, now: datetime) -> dict[str, str]:
    """The alert as the door's native format wants it."""
    position = {"market_position": alert.position} if alert.position else {}
    return {
        "secret": secret,
        "id": alert.id,
        "timestamp": now.isoformat(),
        "exchange": "BINANCE",
        "symbol": alert.symbol,
        "interval": interval,
        "action": alert.action.lower(),
        "price": f"{Decimal(alert.bar.close).normalize():f}",
        **position,
    }
