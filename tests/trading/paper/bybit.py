"""ccxt clients for the Bybit side of a running paper exchange."""

from typing import Any

import ccxt

from tests.support.paper import PaperExchange

PAIR, PERP = "BTC/USDT", "BTC/USDT:USDT"


def aimed(paper: PaperExchange, name: str, *, made: Any = ccxt.bybit, secret: str = "") -> Any:
    """A client of which every URL points here; the account is opened at its first signed request."""
    given = {"apiKey": name, "secret": secret or f"{name}-secret", "enableRateLimit": False, "timeout": 10_000}
    client = made(given)
    streams = {"ws": _sockets(paper.url.replace("http", "ws", 1))} if "ws" in client.urls["api"] else {}
    client.urls["api"] = {key: paper.url for key, url in client.urls["api"].items() if isinstance(url, str)} | streams
    client.options |= {"fetchMarkets": {"types": ["spot", "linear"]}, "recvWindow": 10_000}
    return client


def _sockets(url: str) -> dict[str, Any]:
    public = {category: f"{url}/v5/public/{category}" for category in ("spot", "linear", "inverse", "option")}
    private = f"{url}/v5/private"
    unified = {"spot": {"unified": private}, "contract": private, "usdc": private, "trade": f"{url}/v5/trade"}
    return {"public": public, "private": unified}


def only(client: Any, category: str) -> Any:
    """The same client, but it sees one category."""
    client.options |= {"fetchMarkets": {"types": [category]}, "defaultType": "spot" if category == "spot" else "swap"}
    return client
