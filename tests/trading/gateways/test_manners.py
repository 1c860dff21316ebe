"""What single venues say in their own words, fed to the gateway as they say it."""

import logging
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from signals.market import venues
from tests.support.paper import PaperExchange
from tests.trading.gateways.conftest import Say
from trading.domain.order_state import VenueStatus
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.gateways.manners import Manners
from trading.gateways.manners_bybit import BybitManners
from trading.gateways.manners_kucoin import KucoinManners

BTC = "BTC/USDT:USDT"
Make = Callable[[str], CcxtGateway]


@pytest.fixture
def make(paper_process: PaperExchange) -> Iterator[Make]:
    """A gateway at any venue of the paper exchange, with its markets."""
    paper_process.faults([])

    def made(name: str) -> CcxtGateway:
        key, secret = secrets.token_hex(8), secrets.token_hex(16)
        paper_process.add_key(key, secret, key)
        venue = venues.VENUES[name]
        client = venues.build_client(venue, credentials={"apiKey": key, "secret": secret}, base_url=paper_process.url)
        gateway = CcxtGateway(client, venue=venue, guard=Say(), clock=timezone.now)
        gateway.instruments()
        return gateway

    yield made


def says(monkeypatch: pytest.MonkeyPatch, of: CcxtGateway, call: str, *answers: Any) -> list[Any]:
    """The venue answers so, one after the other; what it was asked."""
    asked: list[Any] = []
    left = list(answers)

    def told(wanted: Any = None, *_: Any) -> Any:
        asked.append(dict(wanted or {}))
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(of._client, call, told, raising=False)
    return asked


# KuCoin ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("active", "taken_back", "filled", "status"),
    [
        (True, False, "0", VenueStatus.OPEN),
        (True, True, "0", VenueStatus.OPEN),  # a part was taken back, by hand or against a self-trade; the rest rests
        (False, True, "0", VenueStatus.CANCELED),
        (False, False, "0", VenueStatus.CANCELED),
        (False, False, "4", VenueStatus.CANCELED),
        (False, False, "10", VenueStatus.FILLED),
    ],
)
def test_kucoin_an_order_stands_while_it_is_active(
    make: Make, monkeypatch: pytest.MonkeyPatch, active: bool, taken_back: bool, filled: str, status: VenueStatus
) -> None:
    gateway = make("kucoinfutures")
    row = {"id": "1", "symbol": "XBTUSDTM", "side": "buy", "size": "10", "filledSize": filled, "filledValue": "600"}
    row |= {"clientOid": "w1", "isActive": active, "cancelExist": taken_back, "type": "limit", "price": "59000"}
    says(monkeypatch, gateway, "futuresPrivateGetOrdersOrderId", {"code": "200000", "data": row})
    found = gateway.find_order(symbol=BTC, client_order_id="w1", venue_order_id="1")
    assert found is not None
    assert (found.status, found.filled_qty) == (status, Decimal(filled))


NOTHING: dict[str, Any] = {"data": {"items": [], "totalPage": 1}}


def paid(number: int) -> dict[str, Any]:
    return {"id": number, "symbol": "XBTUSDTM", "timePoint": 1700000000000 + number, "funding": -0.05}


def test_kucoin_funding_is_read_to_its_last_page(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = make("kucoinfutures")
    monkeypatch.setattr(Manners, "positions", lambda _: [])
    traded = {"data": {"items": [{"symbol": "XBTUSDTM"}], "totalPage": 1}}
    says(monkeypatch, gateway, "futuresprivate_get_fills", traded)
    pages = ({"dataList": [paid(9), paid(8)], "hasMore": True}, {"dataList": [paid(8), paid(7)], "hasMore": False})
    asked = says(monkeypatch, gateway, "futuresprivate_get_funding_history", *({"data": page} for page in pages))
    told = gateway.funding_since(since=timezone.now() - timedelta(days=1))
    assert [(report.venue_id, report.amount) for report in told] == [(n, Decimal("-0.05")) for n in ("7", "8", "9")]
    assert [wanted.get("offset") for wanted in asked] == [None, 8]


def test_kucoin_a_market_that_is_listed_no_more_holds_up_no_funding(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = make("kucoinfutures")
    monkeypatch.setattr(KucoinManners, "positions", lambda _: [])
    gone = {"data": {"items": [{"symbol": "LUNAUSDTM"}], "totalPage": 1}}
    says(monkeypatch, gateway, "futuresprivate_get_fills", gone)
    asked = says(monkeypatch, gateway, "futuresprivate_get_funding_history", NOTHING)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert gateway.funding_since(since=timezone.now() - timedelta(days=1)) == []
    assert asked == []
    assert caplog.text.count("no more") == 1


# Bybit -------------------------------------------------------------------------------------------


def execution(number: int, kind: str, order: str = "o1") -> dict[str, Any]:
    row = {"symbol": "BTCUSDT", "execType": kind, "execId": f"e{number}", "orderId": order, "side": "Sell"}
    row |= {"execPrice": "60000", "execQty": "0.01", "execValue": "600", "execFee": "0.3", "execTime": "1700000000000"}
    return row | {"isMaker": False, "feeCurrency": "USDT"}


def test_bybit_executions_that_are_no_trade_of_an_order_are_left_out(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = make("bybit")
    kinds = ("Trade", "AdlTrade", "BustTrade", "Settle", "Delivery", "Funding", "SessionSettlePnL", "MovePosition")
    rows = [execution(n, kind) for n, kind in enumerate(kinds)] + [execution(99, "Trade", order="")]
    says(monkeypatch, gateway, "private_get_v5_execution_list", {"result": {"list": rows, "nextPageCursor": ""}})
    told = gateway.fills_of(symbol=BTC, venue_order_id="o1")
    assert [fill.venue_trade_id for fill in told] == ["e0", "e1", "e2", "e3", "e4"]


def test_bybit_contracts_that_are_settled_by_session_are_not_listed(make: Make) -> None:
    manners = make("bybit")._manners
    assert isinstance(manners, BybitManners)
    assert [manners.listed({"settle": coin}) for coin in ("USDT", "USDC")] == [True, False]
