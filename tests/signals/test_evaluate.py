"""What an alert asks for, on which instrument, how old: before anybody looks at open positions."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.evaluate import AlertFacts, Meant, Stored, age_of, evaluate
from signals.intent import Intent, IntentKind
from signals.market.instruments import InstrumentFacts, Listed, facts, listings
from signals.models import Instrument
from signals.symbols import index
from signals.verdict import Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(seconds=60)


def instrument(number: int, base: str, kind: str = "SPOT", *, active: bool = True) -> InstrumentFacts:
    symbol = f"{base}/USDT" + (":USDT" if kind != "SPOT" else "")
    steps = dict.fromkeys(("tick_size", "lot_step", "min_qty", "min_notional", "maker_fee", "taker_fee"), Decimal(0))
    names = {"symbol": symbol, "venue_symbol": f"{base}USDT", "kind": kind, "base": base, "quote": "USDT"}
    return facts(Instrument(id=number, active=active, **names, **steps))


ROWS = [instrument(1, "BTC"), instrument(2, "ETH"), instrument(3, "BTC", "LINEAR"), instrument(4, "OLD", active=False)]
LISTED = Listed(by_symbol={row.symbol: row for row in ROWS}, names=index(listings(ROWS)))
ALERT = AlertFacts(
    id=7,
    source_id=1,
    source_name="pine",
    format="windlass",
    raw="",
    received_at=NOON,
    whitelist=(),
    default_timeframe_secs=None,
    default_size="",
    live=True,
)
BUY = {"symbol": "BTCUSDT", "action": "buy"}


def evaluated(body: dict[str, Any], **changed: Any) -> Meant | Stored | Verdict:
    alert = replace(ALERT, raw=json.dumps(body), **changed)
    return evaluate(alert, instruments=LISTED, max_age=lambda _: MINUTE)


def outcome(body: dict[str, Any], **changed: Any) -> str:
    found = evaluated(body, **changed)
    return found.outcome if isinstance(found, Verdict) else type(found).__name__


def sent(secs_ago: float) -> str:
    return (NOON - timedelta(seconds=secs_ago)).isoformat()


@pytest.mark.parametrize(
    ("body", "changed", "expected"),
    [
        (BUY, {}, "Meant"),
        ({"symbol": "BINANCE:BTCUSDT.P", "action": "buy"}, {}, "Meant"),
        ({"symbol": "NOPE", "action": "buy"}, {}, "UNKNOWN_SYMBOL"),
        ({"symbol": "OLDUSDT", "action": "buy"}, {}, "NOT_TRADABLE"),
        (BUY, {"whitelist": ("ETH/USDT",)}, "NOT_WHITELISTED"),
        (BUY, {"whitelist": ("ETH/USDT", "BTC/USDT")}, "Meant"),
        (BUY, {"live": False}, "SHADOW"),
        ({"symbol": "BTCUSDT", "indicators": {"rsi": 1}}, {"live": False}, "Stored"),
        ({"symbol": "BTCUSDT"}, {}, "UNREADABLE"),
        (BUY, {"format": "gone_with_a_later_version"}, "UNREADABLE"),
        # age at arrival: exactly the limit is fresh
        ({**BUY, "timestamp": sent(60)}, {}, "Meant"),
        ({**BUY, "timestamp": sent(60.001)}, {}, "STALE"),
        ({**BUY, "timestamp": sent(-30)}, {}, "Meant"),
        ({**BUY, "timestamp": sent(-30.001)}, {}, "FROM_THE_FUTURE"),
        # with only a bar's open (`{{time}}`): within its bar it is as fresh as can be, after it the bar's close counts
        ({**BUY, "bar_time": sent(1), "interval": "60"}, {}, "Meant"),
        ({**BUY, "action": "exit", "bar_time": sent(1800), "interval": "60"}, {}, "Meant"),
        ({**BUY, "bar_time": sent(3600), "interval": "60"}, {}, "Meant"),
        ({**BUY, "bar_time": sent(3660), "interval": "60"}, {}, "Meant"),
        ({**BUY, "bar_time": sent(3661), "interval": "60"}, {}, "STALE"),
        ({**BUY, "bar_time": sent(-30), "interval": "60"}, {}, "Meant"),
        ({**BUY, "bar_time": sent(-31), "interval": "60"}, {}, "FROM_THE_FUTURE"),
        # without an interval the source's own counts; without that one nobody knows when the bar closed
        ({**BUY, "action": "exit", "bar_time": sent(3605)}, {"default_timeframe_secs": 3600}, "Meant"),
        ({**BUY, "bar_time": sent(3605), "interval": "15"}, {"default_timeframe_secs": 3600}, "STALE"),
        ({**BUY, "action": "exit", "bar_time": sent(3605)}, {}, "Meant"),
        ({**BUY, "bar_time": sent(-31)}, {}, "FROM_THE_FUTURE"),
        # a wrong pair is said before a wrong age
        ({**BUY, "timestamp": sent(600)}, {"whitelist": ("ETH/USDT",)}, "NOT_WHITELISTED"),
    ],
)
def test_what_becomes_of_an_alert_on_this_floor(body: dict[str, Any], changed: dict[str, Any], expected: str) -> None:
    assert outcome(body, **changed) == expected


@pytest.mark.parametrize(
    ("symbol", "found"),
    [
        ("BTCUSDT", "BTC/USDT"),
        ("BTCUSDT.P", "BTC/USDT:USDT"),
        ("ETH/USDT", "ETH/USDT"),
        ("BINANCE:ETHUSDT", "ETH/USDT"),
    ],
)
def test_the_instrument_is_the_venues(symbol: str, found: str) -> None:
    meant = evaluated({"symbol": symbol, "action": "buy"})
    assert isinstance(meant, Meant)
    assert meant.instrument.symbol == found


@pytest.mark.parametrize(
    ("body", "default", "secs"),
    [({**BUY, "interval": "15"}, None, 900), ({**BUY, "interval": "15"}, 60, 900), (BUY, 60, 60), (BUY, None, 0)],
)
def test_the_timeframe_is_the_alerts_else_the_sources(body: dict[str, Any], default: int | None, secs: int) -> None:
    meant = evaluated(body, default_timeframe_secs=default)
    assert isinstance(meant, Meant)
    assert meant.timeframe_secs == secs


INTENT = Intent(kind=IntentKind.TRADE, format="windlass")


@pytest.mark.parametrize(
    ("changed", "timeframe_secs", "age_secs"),
    [
        ({}, 60, None),
        ({"sent_at": NOON - timedelta(seconds=3)}, 60, 3),
        ({"sent_at": NOON + timedelta(seconds=3)}, 60, -3),
        ({"bar_time": NOON - timedelta(seconds=63)}, 60, 3),  # the bar's open: 63 − 60
        ({"bar_time": NOON - timedelta(seconds=60)}, 60, 0),
        ({"bar_time": NOON - timedelta(seconds=3)}, 60, 0),  # within the bar
        ({"bar_time": NOON}, 60, 0),
        ({"bar_time": NOON + timedelta(seconds=3)}, 60, -3),  # before it opens
        ({"bar_time": NOON - timedelta(seconds=3)}, 0, None),  # how long the bar is, nobody says
        ({"bar_time": NOON + timedelta(seconds=3)}, 0, -3),
        ({"sent_at": NOON - timedelta(seconds=3), "bar_time": NOON - timedelta(hours=1)}, 60, 3),  # its now wins
    ],
)
def test_how_old_an_alert_is(changed: dict[str, Any], timeframe_secs: int, age_secs: float | None) -> None:
    age = age_of(replace(INTENT, **changed), timeframe_secs=timeframe_secs, received_at=NOON)
    assert age == (None if age_secs is None else timedelta(seconds=age_secs))


@given(st.integers(-100, 200))
def test_age_decides_by_the_limits_alone(secs: int) -> None:
    expected = "STALE" if secs > 60 else "FROM_THE_FUTURE" if secs < -30 else "Meant"
    assert outcome({**BUY, "timestamp": sent(secs)}) == expected


def test_an_unknown_symbol_comes_with_suggestions() -> None:
    found = evaluated({"symbol": "BTCUSD", "action": "buy"})
    assert isinstance(found, Verdict)
    assert "BTC/USDT" in found.reason
