"""Bybit's sides of the exchange: spot on the common books, linear contracts on tables of their own, one wallet over both."""

from dataclasses import dataclass

from trading.paper.core.market import Market
from trading.paper.core.perps import margin
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.core.refusals import Reason, Refused
from trading.paper.dialects.binance_spot.streams import Source
from trading.paper.dialects.bybit.params import Params, maybe_text, one_of, text
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import Futures

VENUE = "bybit"

SPOT, LINEAR = "spot", "linear"
NOT_HERE = ("inverse", "option")
# Categories that Bybit has and this exchange has nothing in.

QUOTE = "USDT"


@dataclass(frozen=True, slots=True)
class Board:
    """One category with its markets, tapes and books."""

    category: str
    source: Source

    @property
    def spot(self) -> bool:
        """Whether it trades coins."""
        return self.category == SPOT

    def market(self, params: Params) -> Market:
        """The market asked for."""
        found = self.source.markets.get(text(params, "symbol"))
        if found is None:
            raise Refused(Reason.SYMBOL)
        return found


def side(exchange: Exchange) -> Futures:
    """The linear contracts."""
    return exchange.venues[VENUE]


def tables(exchange: Exchange) -> Perps:
    """Their tables."""
    return side(exchange).perps


def category(params: Params) -> str:
    """The category asked for."""
    return one_of(params, "category", (SPOT, LINEAR, *NOT_HERE))


def board(exchange: Exchange, name: str) -> Board:
    """The board of a category; one that is not here is empty."""
    if name == LINEAR:
        futures = side(exchange)
        return Board(name, Source(futures.perps.markets, futures.tapes, futures.books))
    markets = exchange.state.markets if name == SPOT else {}
    return Board(name, Source(markets, exchange.tapes, exchange.books))


def contract(exchange: Exchange, params: Params) -> Contract:
    """The contract asked for."""
    found = tables(exchange).contracts.get(text(params, "symbol"))
    if found is None:
        raise Refused(Reason.SYMBOL)
    return found


def opened(exchange: Exchange, account: str) -> str:
    """The name under which an account is kept here, opened at first sight: Binance's wallets stay apart."""
    name = f"{VENUE}:{account}"
    exchange.open_account(name)
    side(exchange).open_account(name)  # with nothing in it
    return name


def holder(exchange: Exchange, name: str) -> PerpAccount:
    """The account as the contracts know it."""
    return tables(exchange).accounts[name]


def fund_linear(exchange: Exchange, name: str) -> None:
    """Let all free quote back the contracts: a unified account has one wallet, the exchange inside has two."""
    free = exchange.state.accounts[name].free(QUOTE)
    if free > 0:
        exchange.transfer(name, VENUE, free)


def fund_spot(exchange: Exchange, name: str) -> None:
    """Let what the contracts do not need pay for coins."""
    free = margin.summary(tables(exchange), holder(exchange, name)).available
    if free > 0:
        exchange.transfer(name, VENUE, -free)


def settles(perps: Perps, symbol: str, params: Params) -> bool:
    """Whether a contract is settled in the coin that is asked for; any where none is."""
    return maybe_text(params, "settleCoin") in ("", perps.contracts[symbol].quote)
