"""What ccxt says, as our reports, where venues say it differently."""

from decimal import Decimal
from typing import Any

import pytest

from signals.market.venues import VENUES
from trading.gateways import reports

D = Decimal
MARKET: dict[str, Any] = {
    "symbol": "BTC/USDT", "id": "BTCUSDT", "spot": True, "base": "BTC", "quote": "USDT", "active": True,
    "precision": {"price": "0.01", "amount": "0.001"}, "limits": {"amount": {"min": "0.001", "max": "9000"}},
}  # fmt: skip
POSITION = {"symbol": "BTC/USDT:USDT", "side": "long", "contracts": "2"}


@pytest.mark.parametrize(
    ("told", "most"),
    [
        ({}, None),
        ({"limits": {**MARKET["limits"], "market": {"max": "80.5"}}}, D("80.5")),  # Binance's MARKET_LOT_SIZE
        ({"limits": {**MARKET["limits"], "market": {"max": "0.0"}}}, None),
        ({"info": {"lotSizeFilter": {"maxMktOrderQty": "100"}}}, D(100)),  # Bybit, contracts
        ({"info": {"lotSizeFilter": {"maxMarketOrderQty": "71"}}}, D(71)),  # Bybit, spot
        ({"info": {"marketMaxOrderQty": 500}}, D(500)),  # KuCoin
    ],
)
def test_the_largest_market_order(told: dict[str, Any], most: Decimal | None) -> None:
    found = reports.instrument_report({**MARKET, **told}, VENUES["binance"])
    assert (found.max_qty, found.max_market_qty) == (D(9000), most)


@pytest.mark.parametrize(
    ("told", "hedged"),
    [
        ({}, None),
        ({"hedged": True}, True),
        ({"hedged": False, "info": {"positionSide": "LONG"}}, False),
        ({"hedged": None, "info": {"positionSide": "BOTH"}}, False),
        ({"info": {"positionSide": "SHORT"}}, True),
        ({"info": {"positionIdx": 0}}, False),
        ({"info": {"positionIdx": "2"}}, True),
    ],
)
def test_whether_a_position_is_one_of_two_sides(told: dict[str, Any], hedged: bool | None) -> None:
    assert reports.position_report({**POSITION, **told}).hedged is hedged
