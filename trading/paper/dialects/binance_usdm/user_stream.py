"""Starting, keeping and ending the user stream."""

from typing import Any

from trading.paper.dialects.binance_spot.errors import WireError
from trading.paper.server.exchange import Exchange


def start(exchange: Exchange, account: str) -> Any:
    """POST listenKey: the key of now, with its hour begun anew."""
    exchange.futures.open_account(account)
    return {"listenKey": exchange.futures.listen_keys.open(account, now_ms=exchange.now_ms()).text}


def keep(exchange: Exchange, account: str) -> Any:
    """PUT listenKey: begin the hour anew."""
    if exchange.futures.listen_keys.of(account) is None:
        raise WireError(-1125, "This listenKey does not exist.")
    return start(exchange, account)


def close(exchange: Exchange, account: str) -> Any:
    """DELETE listenKey."""
    exchange.futures.listen_keys.close(account)
    return {}
