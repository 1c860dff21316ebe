"""Bundles: packed and unpacked alike, and the shipped ones are what they claim to be."""

import lzma

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.paper.market.test_path import candles
from trading.paper.market.candles import BadBundle, Candle, History, load, pack, unpack
from trading.paper.server.market import BUNDLES

VOLUME_STEP = 10**6


@settings(max_examples=25, deadline=None)
@given(st.lists(candles(), min_size=1, max_size=30))
def test_unpacking_gives_back_what_was_packed(rows: list[Candle]) -> None:
    whole = [Candle(one.open, one.high, one.low, one.close, one.volume // VOLUME_STEP * VOLUME_STEP) for one in rows]
    history = History("BTCUSDT", "2024-01-01T00:00:00Z", tick=10**6, volume_step=VOLUME_STEP, candles=tuple(whole))
    assert unpack(pack(history)) == history


def test_a_truncated_bundle_is_refused() -> None:
    data = lzma.decompress(BUNDLES["BTCUSDT"].read_bytes())
    with pytest.raises(BadBundle):
        unpack(lzma.compress(data[:-4]))


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "SOLUSDT"])
def test_the_shipped_candles_are_thirty_sane_days(symbol: str) -> None:
    history = load(BUNDLES[symbol])
    assert (history.symbol, len(history.candles)) == (symbol, 30 * 288)
    for candle in history.candles:
        assert 0 < candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.volume > 0
    gaps = [abs(b.open - a.close) / a.close for a, b in zip(history.candles, history.candles[1:], strict=False)]
    assert max(gaps) < 0.005  # no step between candles is larger than half a percent
