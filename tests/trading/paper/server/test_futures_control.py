"""The levers of the futures side, and its part of the ledger."""

from decimal import Decimal

import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

PERP = "ETH/USDT:USDT"


def last(paper: PaperExchange, path: str, symbol: str) -> Decimal:
    return Decimal(paper.get(path, symbol=symbol).json()["price"])


def test_a_price_moves_both_markets_unless_one_is_named(paper: PaperExchange) -> None:
    paper.price("ETHUSDT", "3000.55")
    paper.price("ETHUSDT", "3001", market="usdm")
    paper.price("ETHUSDT", "2999", market="spot")
    assert last(paper, "/api/v3/ticker/price", "ETHUSDT") == 2999
    assert last(paper, "/fapi/v1/ticker/price", "ETHUSDT") == 3001


def test_a_contract_rounds_a_spot_price_down_to_its_own_tick(paper: PaperExchange) -> None:
    paper.price("BTCUSDT", "60000.57")
    assert last(paper, "/api/v3/ticker/price", "BTCUSDT") == Decimal("60000.57")
    assert last(paper, "/fapi/v1/ticker/price", "BTCUSDT") == Decimal("60000.5")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("price", {"symbol": "BTCUSDT", "price": "60000.01", "market": "usdm"}),
        ("price", {"symbol": "LTCUSDT", "price": "100", "market": "usdm"}),
        ("price", {"symbol": "BTCUSDT", "price": "60000", "market": "coinm"}),
        ("deposit", {"account": "x", "amounts": {"BTC": "1"}, "market": "usdm"}),
        ("funding", {"symbol": "NOPE"}),
        ("funding", {"rate": "much"}),
    ],
)
def test_nonsense_is_refused(paper: PaperExchange, name: str, body: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match="error"):
        paper.control(name, body)


def test_the_ledger_tells_everything(trader: Trader) -> None:
    trader.paper.price("ETHUSDT", "3000")
    client = trader.usdm()
    client.create_order(PERP, "market", "sell", "1")
    client.create_order(PERP, "market", "buy", "1", None, {"stopLossPrice": "3100", "clientOrderId": "guard"})
    trader.paper.funding("-0.001", symbol="ETHUSDT")
    told = trader.futures()
    assert told["positions"] == [
        {
            "symbol": "ETHUSDT",
            "positionSide": "BOTH",
            "qty": "-1.00000000",
            "entryPrice": "2999.99000000",
            "isolatedWallet": "0.00000000",
        }
    ]
    assert [(one["type"], one["amount"]) for one in told["incomes"]] == [
        ("TRANSFER", "10000.00000000"),
        ("COMMISSION", "-1.49999500"),  # 5 bps of 2,999.99
        ("FUNDING_FEE", "-3.00000000"),  # a short pays a negative rate: 3,000 × 10 bps
    ]
    assert sum(Decimal(one["amount"]) for one in told["incomes"]) == Decimal(told["wallet"])
    assert [(one["clientAlgoId"], one["status"]) for one in told["algoOrders"]] == [("guard", "NEW")]
    assert [one["realisedPnl"] for one in told["fills"]] == ["0.00000000"]


def test_faults_reach_the_futures_paths(trader: Trader) -> None:
    trader.paper.fault("http_503_after_accept", method="POST", path="/fapi/v1/order")
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    assert trader.perp(**order, newClientOrderId="lost").status_code == 503
    assert [one["clientOrderId"] for one in trader.futures()["orders"]] == ["lost"]
