"""KuCoin's futures side of the exchange, and how an account begins there."""

from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.dialects.kucoin_futures.errors import KuError
from trading.paper.dialects.kucoin_futures.params import Params, text
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import Futures

VENUE = "kucoin"


def side(exchange: Exchange) -> Futures:
    """KuCoin's futures."""
    return exchange.venues[VENUE]


def tables(exchange: Exchange) -> Perps:
    """Its tables."""
    return side(exchange).perps


def opened(exchange: Exchange, name: str) -> PerpAccount:
    """The account; a new one begins isolated in every contract."""
    futures = side(exchange)
    known = name in futures.perps.accounts
    account = futures.open_account(name)
    if not known:
        for symbol in futures.perps.contracts:
            futures.set_isolated(account, symbol, isolated=True)
    return account


def contract(exchange: Exchange, params: Params) -> Contract:
    """The contract asked for."""
    found = tables(exchange).contracts.get(text(params, "symbol"))
    if found is None:
        raise KuError("400100", "Symbol does not exist.")
    return found
