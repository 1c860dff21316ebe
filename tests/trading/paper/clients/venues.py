"""Every dialect as ccxt meets it: a client of which every URL points at one running exchange, and an account with a past."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import ccxt

from tests.support.paper import PaperExchange, free_port
from tests.trading.paper import bybit
from tests.trading.paper.kucoin import KucoinPaper

PERP = "BTC/USDT:USDT"

_numbers = count(1)


@dataclass(frozen=True)
class Running:
    """One process that speaks every dialect."""

    paper: PaperExchange
    kucoin: KucoinPaper

    def account(self) -> str:
        """A fresh account, with a key that every dialect takes."""
        name = f"client{next(_numbers)}"
        self.kucoin.add_key(name)
        return name


@contextmanager
def running(mode: str = "--replay") -> Iterator[Running]:
    """The process; in manual mode with prices for BTC and ETH."""
    port = free_port()
    with PaperExchange(mode, "--kucoin-port", str(port)) as paper:
        for symbol, price in {"BTCUSDT": "30000", "ETHUSDT": "2000"}.items() if mode == "--manual" else ():
            paper.price(symbol, price)
        yield Running(paper, KucoinPaper(paper, port))


@dataclass(frozen=True)
class Venue:
    """A dialect: its client of each kind, a symbol, an amount that its filters let through, its name in /_control,
    and what a client usually says beside."""

    client: Callable[[Running, str, Any], Any]
    ccxt_id: str
    symbol: str
    amount: float
    market: str

    params: tuple[tuple[str, Any], ...] = ()

    def buy(self, client: Any, amount: float) -> None:
        """Buy at the market."""
        client.create_order(self.symbol, "market", "buy", amount, None, dict(self.params))

    def of(self, kind: Any) -> Any:
        """The class of ccxt, ccxt.async_support or ccxt.pro."""
        return getattr(kind, self.ccxt_id)


def _binance(world: Running, name: str, made: Any) -> Any:
    sync = world.paper.ccxt(key=name, secret=f"{name}-secret")
    return _like(sync, made)


def _usdm(world: Running, name: str, made: Any) -> Any:
    return _like(world.paper.ccxt_usdm(key=name, secret=f"{name}-secret"), made)


def _like(sync: Any, made: Any) -> Any:
    """A client of another kind with the address and the options of a synchronous one."""
    client = made({"apiKey": sync.apiKey, "secret": sync.secret, "enableRateLimit": False, "timeout": 10_000})
    url = next(iter(sync.urls["api"].values())).split("/", 3)
    sockets = {"ws": _binance_sockets(f"ws://{url[2]}")} if "ws" in client.urls["api"] else {}
    client.urls["api"] = sync.urls["api"] | sockets
    client.options |= {
        name: sync.options[name] for name in ("fetchCurrencies", "fetchMargins", "fetchMarkets", "recvWindow")
    }
    client.exceptions = sync.exceptions
    return client


def _binance_sockets(url: str) -> dict[str, Any]:
    api = {"spot": f"{url}/ws-api/v3", "linear": f"{url}/ws-fapi/v1"}
    streams = {"spot": f"{url}/stream/ws", "margin": f"{url}/stream/ws", "linear": f"{url}/fut/ws"}
    return streams | {"ws-api": api}


def _kucoin(world: Running, name: str, made: Any) -> Any:
    client = world.kucoin.client(name, made=made)
    ws = world.kucoin.url.replace("http", "ws", 1)
    client.urls["api"]["ws"] = {"spot": ws, "futures": f"{ws}/uta-fut", "private": ws}
    return client


def _bybit_spot(world: Running, name: str, made: Any) -> Any:
    return bybit.only(bybit.aimed(world.paper, name, made=made), "spot")


def _bybit_linear(world: Running, name: str, made: Any) -> Any:
    return bybit.only(bybit.aimed(world.paper, name, made=made), "linear")


VENUES = {
    "binance spot": Venue(_binance, "binance", "BTC/USDT", 0.01, "spot"),
    "binance usdm": Venue(_usdm, "binanceusdm", PERP, 0.01, "usdm"),
    "bybit linear": Venue(_bybit_linear, "bybit", PERP, 0.01, "bybit"),
    "bybit spot": Venue(_bybit_spot, "bybit", "BTC/USDT", 0.01, "spot"),
    "kucoin futures": Venue(_kucoin, "kucoinfutures", PERP, 2, "kucoin", (("leverage", 5),)),
}


def made(world: Running, venue: Venue, kind: Any = ccxt) -> Any:
    """A fresh account's client."""
    return venue.client(world, world.account(), venue.of(kind))


def with_a_past(world: Running, venue: Venue) -> Any:
    """A client whose account has traded, holds something, and has an order open; on futures funding was paid."""
    client = made(world, venue)
    client.load_markets()
    venue.buy(client, venue.amount)
    last = client.fetch_ticker(venue.symbol)["last"]
    price = client.price_to_precision(venue.symbol, last * 0.97)
    client.create_order(venue.symbol, "limit", "buy", venue.amount, float(price))
    if client.market(venue.symbol)["contract"]:
        world.paper.control("funding", {"market": venue.market})
    return client
