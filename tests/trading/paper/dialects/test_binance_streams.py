"""Every recorded socket call of ccxt.pro, spot and futures: it is answered, understood, and asked for as recorded."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.contract import recorded
from tests.trading.paper.pro import Told, binance, meanwhile

SYMBOLS = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT"}
OTHERS = {"spot": "ETH/USDT", "linear": "ETH/USDT:USDT"}
RECORDED = {"spot": recorded("binance_ws"), "linear": recorded("binanceusdm_ws")}

_numbers = count(1)


@dataclass
class Scene:
    """A client, its account, and levers that make something happen."""

    paper: PaperExchange
    client: Any
    kind: str
    name: str

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.kind]

    @property
    def both(self) -> list[str]:
        return [self.symbol, OTHERS[self.kind]]

    def move(self) -> None:
        """Trades of strangers at changing prices."""
        number = next(_numbers)
        self.paper.price("BTCUSDT", f"{30000 + number % 100}")
        self.paper.price("ETHUSDT", f"{2000 + number % 10}")

    def trade(self) -> None:
        """The account's own order fills."""
        client = self.paper.ccxt if self.kind == "spot" else self.paper.ccxt_usdm
        client(key=self.name, secret=f"{self.name}-secret").create_order(self.symbol, "market", "buy", "0.002")


Call = Callable[[Scene], Awaitable[Any]]


async def placed(scene: Scene) -> Any:
    return await scene.client.create_order_ws(scene.symbol, "limit", "buy", "0.002", "29000")


async def cancelled(scene: Scene) -> Any:
    order = await placed(scene)
    return await scene.client.cancel_order_ws(order["id"], scene.symbol)


async def left(scene: Scene) -> Any:
    await meanwhile(scene.client.watch_ticker(scene.symbol), scene.move)
    return await scene.client.un_watch_ticker(scene.symbol)


async def held(scene: Scene) -> Any:
    await asyncio.get_running_loop().run_in_executor(None, scene.trade)
    return await scene.client.watch_positions([scene.symbol])


MARKET: dict[str, Call] = {
    "watch_ticker": lambda s: s.client.watch_ticker(s.symbol),
    "watch_tickers": lambda s: s.client.watch_tickers(s.both),
    "watch_bids_asks": lambda s: s.client.watch_bids_asks(s.both),
    "watch_trades": lambda s: s.client.watch_trades(s.symbol),
    "watch_trades_for_symbols": lambda s: s.client.watch_trades_for_symbols(s.both),
    "watch_order_book": lambda s: s.client.watch_order_book(s.symbol),
    "watch_ohlcv": lambda s: s.client.watch_ohlcv(s.symbol, "1m"),
    "un_watch_ticker": left,
    "create_order_ws": placed,
    "cancel_order_ws": cancelled,
}
OWN: dict[str, Call] = {
    "watch_orders": lambda s: s.client.watch_orders(s.symbol),
    "watch_my_trades": lambda s: s.client.watch_my_trades(s.symbol),
    "watch_balance": lambda s: s.client.watch_balance(),
}
FUTURES_ONLY: dict[str, Call] = {"watch_mark_price": lambda s: s.client.watch_mark_price(s.symbol)}
FUTURES_OWN: dict[str, Call] = {"watch_positions": held}

CASES = [
    (kind, label, call, act)
    for kind, tables in {
        "spot": [(MARKET, Scene.move), (OWN, Scene.trade)],
        "linear": [
            (MARKET | FUTURES_ONLY, Scene.move),
            (OWN | FUTURES_OWN, Scene.trade),
        ],
    }.items()
    for table, act in tables
    for label, call in table.items()
]


Outcomes = dict[tuple[str, str], Any]


async def play(paper: PaperExchange, kind: str, call: Call, act: Callable[[Scene], None]) -> tuple[Any, Told]:
    name = f"streamer{next(_numbers)}"
    paper.add_key(name, f"{name}-secret", name)
    async with binance(paper, kind, key=name, secret=f"{name}-secret") as client:
        told = Told(client)
        await client.load_markets()
        scene = Scene(paper, client, kind, name)
        return await meanwhile(call(scene), lambda: act(scene)), told


async def play_all(paper: PaperExchange) -> Outcomes:
    plays = (play(paper, kind, call, act) for kind, _, call, act in CASES)
    outcomes = await asyncio.gather(*plays, return_exceptions=True)
    return {(kind, label): outcome for (kind, label, _, _), outcome in zip(CASES, outcomes, strict=True)}


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Outcomes]:
    """Every call, each with a client and an account of its own, all at once: most of the time they wait."""
    with PaperExchange() as paper:
        paper.price("BTCUSDT", "30000")
        paper.price("ETHUSDT", "2000")
        yield asyncio.run(play_all(paper))


@pytest.mark.parametrize("kind", RECORDED)
def test_the_table_is_the_recording(kind: str) -> None:
    assert {label for of, label, _, _ in CASES if of == kind} == set(RECORDED[kind]) - {"load_markets"}


@pytest.mark.parametrize(("kind", "label"), [case[:2] for case in CASES])
def test_the_recorded_call_is_answered_and_understood(outcomes: Outcomes, kind: str, label: str) -> None:
    got, told = outcomes[(kind, label)]
    assert got
    wanted = RECORDED[kind][label]
    assert {path.rstrip("0123456789") for path in wanted["opens"]} <= {
        path.rstrip("0123456789") for path in told.opened
    }
    asked = [(one.get("method"), one.get("params")) for one in told.sent]
    assert all((one["method"], one["params"]) in asked for one in wanted["sends"] if one["method"].endswith("SCRIBE"))
    assert {one["method"] for one in wanted["sends"]} <= {method for method, _ in asked}
