"""A gateway on the live paper exchange, with an account of its own and no database."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from django.utils import timezone

from signals.market import venues
from tests.support.paper import PaperExchange
from trading.domain.vocabulary import OrderType, Side, TimeInForce
from trading.gateways.base import OrderRequest
from trading.gateways.ccxt_gateway import CcxtGateway

BINANCE = venues.VENUES["binance"]


@dataclass
class Say:
    """A socket guard that says what it is told to; empty lets everything pass."""

    words: str = ""

    def refusal(self, *, opens_position: bool) -> str:
        return self.words


@dataclass
class Bench:
    """A gateway with everything under it in reach."""

    paper: PaperExchange
    client: ccxt.Exchange
    account: str
    guard: Say = field(default_factory=Say)
    skew: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.gateway = CcxtGateway(self.client, venue=BINANCE, guard=self.guard, clock=self.now)

    def now(self) -> datetime:
        return timezone.now() + self.skew

    def request(self, **changed: Any) -> OrderRequest:
        """A small limit buy far below the market; it rests."""
        fields: dict[str, Any] = {
            "symbol": "BTC/USDT",
            "side": Side.BUY,
            "type": OrderType.LIMIT,
            "qty": Decimal("0.00100"),
            "price": Decimal("59000.00"),
            "time_in_force": TimeInForce.GTC,
            "reduce_only": False,
            "client_order_id": "w" + secrets.token_hex(8),
            "valid_until": timezone.now() + timedelta(seconds=20),
            "opens_position": True,
        }
        return OrderRequest(**{**fields, **changed})

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """Orders of the account, as the exchange has them."""
        return list(self.paper.ledger(self.account).get("orders", []))


def make_bench(paper: PaperExchange, *, url: str = "", secret: str = "", timeout_ms: int = 10_000) -> Bench:
    key, real = secrets.token_hex(8), secrets.token_hex(16)
    paper.add_key(key, real, f"account-{key}")
    credentials = {"apiKey": key, "secret": secret or real}
    client = venues.build_client(BINANCE, credentials=credentials, base_url=url or paper.url, receive_window_ms=5000)
    client.timeout = timeout_ms
    return Bench(paper, client, f"account-{key}")


@pytest.fixture
def paper(paper_process: PaperExchange) -> Iterator[PaperExchange]:
    paper_process.faults([])
    paper_process.price("BTCUSDT", "60000")
    paper_process.price("ETHUSDT", "3000")
    yield paper_process
    paper_process.faults([])


@pytest.fixture
def bench(paper: PaperExchange) -> Bench:
    """A gateway that knows its markets."""
    made = make_bench(paper)
    made.gateway.instruments()
    return made
