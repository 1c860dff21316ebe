"""KuCoin's sockets: a bullet opens one, topics come and go, pings are answered."""

import json
from typing import Any
from urllib.parse import parse_qs

from trading.paper.dialects.binance_spot.streams import Source, Streams, encode
from trading.paper.dialects.kucoin_futures import user_events
from trading.paper.dialects.kucoin_futures.bullets import BULLETS, PATH
from trading.paper.dialects.kucoin_futures.topics import Catalogue
from trading.paper.dialects.kucoin_futures.user_events import ORDERS, POSITION, STOPS, WALLET
from trading.paper.dialects.kucoin_futures.venue import side, tables
from trading.paper.server.exchange import Exchange
from trading.paper.server.sockets import Connection, Session

Json = dict[str, Any]

UTA_PATH = "/uta-fut"

PRIVATE = {ORDERS: ORDERS, STOPS: STOPS, WALLET: WALLET, POSITION: POSITION, "/contract/positionAll": POSITION}
# A topic the client names, and the kind of event that comes under it.


class TopicSession:
    """One connection: welcome, acknowledgements, pongs, and the topics subscribed to."""

    def __init__(self, connection: Connection, house: "KucoinHouse", account: str, number: str) -> None:
        self.account = account
        self._connection = connection
        self._house = house
        self._names: list[str] = []
        self._private: set[tuple[str, str]] = set()
        self._say({"id": number, "type": "welcome"})

    def _say(self, content: Json) -> None:
        self._connection.send(encode(content))

    def deliver(self, _name: str, text: str) -> None:
        """One message of a market topic."""
        self._connection.send(text)

    def tell(self, kind: str, symbol: str, content: Json) -> None:
        """One of the account's own events, if its topic was asked for."""
        if (kind, symbol) in self._private or (kind, "") in self._private:
            self._say(content)

    def receive(self, text: str) -> None:
        """One request of the client."""
        try:
            asked = json.loads(text)
            kind, number = asked.get("type"), asked.get("id")
        except (ValueError, AttributeError, RecursionError):
            self._say({"type": "error", "code": 400, "data": "Invalid JSON"})
            return
        if kind == "ping":
            self._say({"id": number, "type": "pong"})
        elif kind in ("subscribe", "unsubscribe"):
            refused = self._change(str(asked.get("topic", "")), joins=kind == "subscribe")
            self._say(refused | {"id": number} if refused else {"id": number, "type": "ack"})
        else:
            self._say({"id": number, "type": "error", "code": 400, "data": f"type {kind} is not supported"})

    def _change(self, topic: str, *, joins: bool) -> Json:
        """Nothing if it is done, or the error."""
        kind, _, listed = topic.partition(":")
        symbols = [symbol for symbol in listed.split(",") if symbol]
        if kind in PRIVATE:
            return self._change_private(PRIVATE[kind], symbols or [""], joins=joins)
        done = [self._one(kind, symbol, joins=joins) for symbol in symbols]
        if not done or not all(done):
            return {"type": "error", "code": 404, "data": f"topic {topic} is not found"}
        return {}

    def _change_private(self, kind: str, symbols: list[str], *, joins: bool) -> Json:
        if not self.account:
            return {"type": "error", "code": 403, "data": "login is required"}
        wanted = {(kind, symbol) for symbol in symbols}
        self._private = self._private | wanted if joins else self._private - wanted
        return {}

    def _one(self, kind: str, symbol: str, *, joins: bool) -> bool:
        name = f"{symbol.partition('_')[0].lower()}@{kind}:{symbol}"
        if not joins:
            self._house.streams.leave(name, self)
            return True
        if not self._house.streams.join(name, self):
            return False
        self._names.append(name)
        return True

    def ended(self) -> None:
        """Leave every topic."""
        for name in self._names:
            self._house.streams.leave(name, self)
        self._house.sessions.remove(self)


class UtaSession:
    """The newer public socket: mark prices and funding rates."""

    def __init__(self, connection: Connection, streams: Streams) -> None:
        self._connection = connection
        self._streams = streams
        self._names: list[str] = []

    def deliver(self, _name: str, text: str) -> None:
        """One message of a channel."""
        self._connection.send(text)

    def receive(self, text: str) -> None:
        """One request of the client."""
        try:
            asked = json.loads(text)
            number, action = asked.get("id"), asked.get("action")
        except (ValueError, AttributeError, RecursionError):
            self._connection.send(encode({"result": False, "msg": "Invalid JSON"}))
            return
        symbol, channel = str(asked.get("symbol", "")), str(asked.get("channel", ""))
        name = f"{symbol.lower()}@{channel}"
        done = action == "unsubscribe" or (action == "subscribe" and self._streams.join(name, self))
        if action == "unsubscribe":
            self._streams.leave(name, self)
        self._names.append(name)
        self._connection.send(encode({"id": number, "result": done}))

    def ended(self) -> None:
        """Leave every channel."""
        for name in self._names:
            self._streams.leave(name, self)


class KucoinHouse:
    """All sockets of KuCoin futures."""

    prefixes = (PATH, UTA_PATH)

    def __init__(self, exchange: Exchange) -> None:
        futures = side(exchange)
        source = Source(futures.perps.markets, futures.tapes, futures.books)
        self.streams = Streams(source, Catalogue(exchange, source, tables(exchange).contracts).make)
        self.sessions: list[TopicSession] = []
        self._exchange = exchange
        self._events = user_events.UserEvents(exchange, self._tell)
        futures.listeners.append(self._hear)

    def _hear(self, event: Any) -> None:
        if self.sessions:
            self._events.hear(event)

    def _tell(self, account: str, kind: str, symbol: str, content: Json) -> None:
        for session in self.sessions:
            if session.account == account:
                session.tell(kind, symbol, content)

    def connect(self, connection: Connection) -> Session | None:
        """A session for a bullet's token, or for the newer public socket, which wants none."""
        if connection.path.startswith(UTA_PATH):
            return UtaSession(connection, self.streams)
        asked = parse_qs(connection.query)
        bullet = BULLETS.find(asked.get("token", [""])[0], now_ms=self._exchange.now_ms())
        if bullet is None:
            return None
        session = TopicSession(connection, self, bullet.account, asked.get("connectId", ["0"])[0])
        self.sessions.append(session)
        return session

    def tick(self, now_ms: int) -> None:
        """Let the streams look."""
        self.streams.tick(now_ms)
