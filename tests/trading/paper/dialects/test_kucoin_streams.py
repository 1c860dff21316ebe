"""Every recorded KuCoin socket call of ccxt.pro: answered, understood, asked for as recorded; and the book adds up."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

import ccxt.pro
import pytest
from websockets.exceptions import InvalidStatus

from tests.trading.paper.contract import recorded
from tests.trading.paper.dialects.test_binance_sockets import hear, socket
from tests.trading.paper.kucoin import PERP, KucoinPaper, kucoin_paper
from tests.trading.paper.pro import Told, meanwhile

RECORDED = recorded("kucoinfutures_ws")
TRIGGER = {"trigger": True}

_numbers = count(1)


@dataclass
class Scene:
    """A client, its account, and levers that make something happen."""

    venue: KucoinPaper
    client: Any
    name: str

    def move(self) -> None:
        """Trades of strangers at changing prices."""
        self.venue.paper.price("BTCUSDT", f"{30000 + next(_numbers) % 100}")

    def trade(self) -> None:
        """The account's own order fills."""
        self.venue.client(self.name).create_order(PERP, "market", "buy", 1)

    def stop(self) -> None:
        """The account places a conditional order."""
        self.venue.client(self.name).create_order(PERP, "market", "sell", 1, None, {"stopLossPrice": 25000})

    def rest(self) -> None:
        """Nothing happens."""


Call = Callable[[Scene], Awaitable[Any]]


async def left(scene: Scene) -> Any:
    await meanwhile(scene.client.watch_ticker(PERP), scene.move)
    return await scene.client.un_watch_ticker(PERP)


async def held(scene: Scene) -> Any:
    await asyncio.get_running_loop().run_in_executor(None, scene.trade)
    return await scene.client.watch_positions([PERP])


NEVER_COMES = {"watch_orders all"}
# ccxt waits for a topic without a symbol, KuCoin names the symbol: the recording timed out as well.

CALLS: dict[str, tuple[Call, Callable[[Scene], None]]] = {
    "load_markets": (lambda s: s.client.load_markets(True), Scene.rest),
    "fetch_balance": (lambda s: s.client.fetch_balance(), Scene.rest),
    "watch_ticker": (lambda s: s.client.watch_ticker(PERP), Scene.move),
    "watch_tickers": (lambda s: s.client.watch_tickers([PERP]), Scene.move),
    "watch_bids_asks": (lambda s: s.client.watch_bids_asks([PERP]), Scene.move),
    "watch_trades": (lambda s: s.client.watch_trades(PERP), Scene.move),
    "watch_order_book": (lambda s: s.client.watch_order_book(PERP), Scene.move),
    "watch_ohlcv": (lambda s: s.client.watch_ohlcv(PERP, "1m"), Scene.move),
    "watch_mark_price": (lambda s: s.client.watch_mark_price(PERP), Scene.move),
    "watch_funding_rate": (lambda s: s.client.watch_funding_rate(PERP), Scene.rest),
    "watch_orders": (lambda s: s.client.watch_orders(PERP), Scene.trade),
    "watch_orders trigger": (lambda s: s.client.watch_orders(PERP, params=TRIGGER), Scene.stop),
    "watch_my_trades": (lambda s: s.client.watch_my_trades(PERP), Scene.trade),
    "watch_balance": (lambda s: s.client.watch_balance(), Scene.trade),
    "watch_positions": (held, Scene.rest),
    "watch_position": (lambda s: s.client.watch_position(PERP), Scene.trade),
    "un_watch_ticker": (left, Scene.move),
}


@pytest.fixture(scope="module")
def venue() -> Iterator[KucoinPaper]:
    with kucoin_paper() as running:
        yield running


def test_the_table_is_the_recording() -> None:
    assert set(CALLS) == set(RECORDED) - NEVER_COMES


def pro_client(venue: KucoinPaper, name: str) -> Any:
    client = venue.client(name, made=ccxt.pro.kucoinfutures)
    ws = venue.url.replace("http", "ws", 1)
    client.urls["api"]["ws"] = {"spot": ws, "futures": f"{ws}/uta-fut", "private": ws}
    return client


async def play(venue: KucoinPaper, call: Call, act: Callable[[Scene], None]) -> tuple[Any, Told]:
    name = f"streamer{next(_numbers)}"
    venue.add_key(name)
    client = pro_client(venue, name)
    try:
        told = Told(client)
        await client.load_markets()
        scene = Scene(venue, client, name)
        return await meanwhile(call(scene), lambda: act(scene)), told
    finally:
        await client.close()


async def play_all(venue: KucoinPaper) -> dict[str, Any]:
    plays = (play(venue, call, act) for call, act in CALLS.values())
    return dict(zip(CALLS, await asyncio.gather(*plays, return_exceptions=True), strict=True))


@pytest.fixture(scope="module")
def outcomes(venue: KucoinPaper) -> dict[str, Any]:
    """Every call, each with a client and an account of its own, all at once: most of the time they wait."""
    return asyncio.run(play_all(venue))


@pytest.mark.parametrize("label", CALLS)
def test_the_recorded_call_is_answered_and_understood(outcomes: dict[str, Any], label: str) -> None:
    got, told = outcomes[label]
    assert got
    topics = {one.get("topic") for one in told.sent}
    wanted = RECORDED[label]["sends"][:1]  # the others belong to calls before it
    assert {one["topic"] for one in wanted if one} <= topics


def open_token(venue: KucoinPaper) -> str:
    reply = venue.paper._http.post(f"{venue.url}/api/v1/bullet-public").json()
    return f"/endpoint?token={reply['data']['token']}&connectId=7"


def test_welcome_ping_and_acknowledgement(venue: KucoinPaper) -> None:
    with socket(venue.paper, "", url=venue.url + open_token(venue)) as opened:
        assert hear(opened) == {"id": "7", "type": "welcome"}
        opened.send('{"id":"1","type":"ping"}')
        assert hear(opened) == {"id": "1", "type": "pong"}
        opened.send('{"id":"2","type":"subscribe","topic":"/contractMarket/tickerV2:XBTUSDTM","response":true}')
        assert hear(opened) == {"id": "2", "type": "ack"}
        opened.send('{"id":"3","type":"subscribe","topic":"/contractMarket/nope:XBTUSDTM"}')
        opened.send('{"id":"4","type":"subscribe","topic":"/contractAccount/wallet"}')
        opened.send("nonsense")
        codes: list[int] = []
        while len(codes) < 3:
            message = hear(opened)
            codes += [message["code"]] if message["type"] == "error" else []
        assert codes == [404, 403, 400]


def test_without_a_bullet_nobody_enters(venue: KucoinPaper) -> None:
    with pytest.raises(InvalidStatus), socket(venue.paper, "", url=f"{venue.url}/endpoint?token=forged"):
        pass


def test_a_snapshot_and_the_changes_after_it_give_the_book(venue: KucoinPaper) -> None:
    def snapshot() -> dict[str, Any]:
        return venue.paper._http.get(f"{venue.url}/api/v1/level2/snapshot?symbol=XBTUSDTM").json()["data"]

    with socket(venue.paper, "", url=venue.url + open_token(venue)) as opened:
        opened.send('{"id":"2","type":"subscribe","topic":"/contractMarket/level2:XBTUSDTM","response":true}')
        while hear(opened)["type"] != "ack":
            pass
        first = snapshot()
        for number in range(5):
            venue.paper.price("BTCUSDT", f"{30200 + number}")
        last = snapshot()
        heard = [hear(opened)["data"]]
        while heard[-1]["sequence"] < last["sequence"]:
            heard.append(hear(opened)["data"])
    assert all(after["sequence"] == before["sequence"] + 1 for before, after in pairwise(heard))
    book = {"buy": dict(map(tuple, first["bids"])), "sell": dict(map(tuple, first["asks"]))}
    for change in (one["change"].split(",") for one in heard if one["sequence"] > first["sequence"]):
        book[change[1]][float(change[0])] = int(change[2])
    left_ = {side: {price: size for price, size in rows.items() if size} for side, rows in book.items()}
    assert left_ == {"buy": dict(map(tuple, last["bids"])), "sell": dict(map(tuple, last["asks"]))}
