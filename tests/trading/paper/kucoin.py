"""A paper exchange that speaks KuCoin futures on a second port, and ccxt clients for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ccxt

from tests.support.paper import PaperExchange, free_port

PASSPHRASE = "open-sesame"
PERP = "BTC/USDT:USDT"


class KucoinPaper:
    """The process, and its KuCoin side."""

    def __init__(self, paper: PaperExchange, port: int) -> None:
        self.paper = paper
        self.url = f"http://127.0.0.1:{port}"

    def add_key(self, name: str) -> None:
        """An account with a key, a secret and a passphrase."""
        self.paper._keys.append({"key": name, "secret": f"{name}-secret", "account": name, "passphrase": PASSPHRASE})
        self.paper.add_key(f"{name}-other", f"{name}-secret", name)

    def client(self, name: str, *, made: Any = ccxt.kucoinfutures, password: str = PASSPHRASE) -> Any:
        """A client of which every URL points here."""
        client = made({"apiKey": name, "secret": f"{name}-secret", "password": password, "enableRateLimit": False})
        client.urls["api"] = {key: self.url for key, url in client.urls["api"].items() if isinstance(url, str)}
        client.options["uta"] = False
        return client

    def account(self, name: str) -> dict[str, Any]:
        """The account in the exchange's own books."""
        found: dict[str, Any] = self.paper.read("ledger")["kucoin"]["accounts"][name]
        return found


@contextmanager
def kucoin_paper(mode: str = "--manual") -> Iterator[KucoinPaper]:
    """A running exchange; in manual mode with prices for BTC and ETH."""
    port = free_port()
    with PaperExchange(mode, "--kucoin-port", str(port)) as paper:
        for symbol, price in {"BTCUSDT": "30000", "ETHUSDT": "2000"}.items() if mode == "--manual" else ():
            paper.price(symbol, price)
        yield KucoinPaper(paper, port)
