"""Binance futures' sockets: market streams, user streams by listen key, and the WebSocket API."""

from typing import Any
from urllib.parse import parse_qs

from trading.paper.dialects.binance_spot.sockets import ApiHouse, ApiSession, market_session
from trading.paper.dialects.binance_spot.streams import Catalogue, Source, Streams, encode
from trading.paper.dialects.binance_usdm import user_events
from trading.paper.dialects.binance_usdm.stream_shapes import SHAPES
from trading.paper.server.exchange import Exchange
from trading.paper.server.listen_keys import ListenKey, ListenKeys
from trading.paper.server.sockets import Connection, Session

Json = dict[str, Any]

PREFIXES = ("/fut/", "/ws-fapi/")


class UserSession:
    """An account's events over one connection; the client has nothing to say."""

    def __init__(self, connection: Connection, house: "UsdmHouse", key: ListenKey) -> None:
        self.account = key.account
        self._connection = connection
        self._house = house

    def receive(self, text: str) -> None:
        """Nothing is expected."""

    def tell(self, event: Json) -> None:
        """One of the account's own events."""
        self._connection.send(encode(event))

    def expire(self, event: Json) -> None:
        """The listen key has ended, and with it the connection."""
        self.tell(event)
        self._connection.close()

    def ended(self) -> None:
        """Follow nobody."""
        self._house.followers.remove(self)


class UsdmHouse:
    """All sockets of Binance USD-M futures."""

    prefixes = PREFIXES

    def __init__(self, exchange: Exchange, api: ApiHouse, keys: ListenKeys) -> None:
        source = Source(exchange.state.perps.markets, exchange.futures.tapes, exchange.futures.books)
        self._streams = Streams(source, Catalogue(source, SHAPES).make)
        self._api = api
        self._keys = keys
        self.followers: list[UserSession] = []
        self._events = user_events.UserEvents(exchange, self._tell)
        exchange.listeners.append(self._hear)

    def _hear(self, event: Any) -> None:
        if self.followers:
            self._events.hear(event)

    def _tell(self, account: str, event: Json) -> None:
        for session in self.followers:
            if session.account == account:
                session.tell(event)

    def connect(self, connection: Connection) -> Session | None:
        """A session for the path; a listen key stands in the query or at the end of the path."""
        if connection.path.startswith("/ws-fapi/"):
            return ApiSession(connection, self._api)
        asked = parse_qs(connection.query).get("listenKey", [connection.path.rpartition("/")[2]])[0]
        key = self._keys.find(asked)
        if key is not None:
            session = UserSession(connection, self, key)
            self.followers.append(session)
            return session
        if "listenKey" in connection.query:
            return None
        return market_session(connection, self._streams)

    def tick(self, now_ms: int) -> None:
        """Let the streams look, and end what has expired."""
        self._streams.tick(now_ms)
        for key in self._keys.expire(now_ms=now_ms):
            event = {"e": "listenKeyExpired", "E": now_ms, "listenKey": key.text}
            for session in [one for one in self.followers if one.account == key.account]:
                session.expire(event)
