"""Live paper exchanges for the tests of this folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import ccxt
import httpx
import pytest
from hypothesis import settings

from tests.support.paper import PaperExchange

# A deadline would be a timing assertion, and the machine is shared.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_numbers = count(1)


@dataclass(frozen=True)
class Trader:
    """A fresh account with 10,000 USDT on a running exchange."""

    paper: PaperExchange
    name: str

    def usdm(self) -> ccxt.binanceusdm:
        return self.paper.ccxt_usdm(key=self.name, secret=f"{self.name}-secret")

    def ccxt(self) -> ccxt.binance:
        return self.paper.ccxt(key=self.name, secret=f"{self.name}-secret")

    def signed(self, method: str, path: str, **params: Any) -> httpx.Response:
        return self.paper.signed(method, path, params, key=self.name, secret=f"{self.name}-secret")

    def order(self, **params: Any) -> httpx.Response:
        return self.signed("POST", "/api/v3/order", **params)

    def perp(self, **params: Any) -> httpx.Response:
        return self.signed("POST", "/fapi/v1/order", **params)

    def algo(self, **params: Any) -> httpx.Response:
        return self.signed("POST", "/fapi/v1/algoOrder", **params)

    def ledger(self) -> dict[str, Any]:
        return self.paper.ledger(self.name)

    def futures(self) -> dict[str, Any]:
        return self.paper.futures(self.name)


@pytest.fixture(scope="module")
def paper() -> Iterator[PaperExchange]:
    with PaperExchange() as running:
        yield running


@pytest.fixture
def trader(paper: PaperExchange) -> Trader:
    name = f"trader{next(_numbers)}"
    paper.add_key(name, f"{name}-secret", name)
    paper.price("BTCUSDT", "60000")
    return Trader(paper, name)
