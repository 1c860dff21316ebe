"""Binance spot's sockets: market streams, and the WebSocket API with the user's own events."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from trading.paper.core.refusals import Refused
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot import signing, user_events
from trading.paper.dialects.binance_spot.errors import WireError, body
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_spot.stream_shapes import SHAPES
from trading.paper.dialects.binance_spot.streams import Catalogue, Source, Streams, encode
from trading.paper.server.exchange import Exchange
from trading.paper.server.sockets import Connection, Session

Json = dict[str, Any]
Answer = Callable[[Exchange, Params], Any]
PrivateAnswer = Callable[[Exchange, str, Params], Any]
Route = tuple[str, str]

PREFIXES = ("/stream", "/ws/", "/ws-api/")

_STREAM = re.compile(r"![A-Za-z0-9_@]+|[A-Za-z0-9_]+@[A-Za-z0-9_@]+")


class MarketSession:
    """SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS over one connection."""

    def __init__(self, connection: Connection, streams: Streams, *, combined: bool, names: list[str]) -> None:
        self._connection = connection
        self._streams = streams
        self._combined = combined
        self._names: list[str] = []
        self._subscribe(names)

    def deliver(self, name: str, text: str) -> None:
        """One message of a stream."""
        self._connection.send(f'{{"stream":"{name}","data":{text}}}' if self._combined else text)

    def receive(self, text: str) -> None:
        """One request of the client."""
        try:
            asked = json.loads(text)
            reply = self._answer(asked)
        except (ValueError, AttributeError, TypeError, RecursionError):
            self._connection.send(encode({"error": {"code": 3, "msg": "Invalid JSON: expected a request object"}}))
            return
        self._connection.send(encode(reply))

    def _answer(self, asked: Json) -> Json:
        names = [str(name) for name in asked.get("params", [])]
        match asked.get("method"):
            case "SUBSCRIBE":
                self._subscribe(names)
                result: Any = None
            case "UNSUBSCRIBE":
                self._unsubscribe(names)
                result = None
            case "LIST_SUBSCRIPTIONS":
                result = self._names
            case other:
                refused = {"code": 2, "msg": f"Invalid request: unknown variant `{other}`"}
                return {"error": refused, "id": asked.get("id")}
        return {"result": result, "id": asked.get("id")}

    def _subscribe(self, names: list[str]) -> None:
        self._names += [name for name in names if self._streams.join(name, self) and name not in self._names]

    def _unsubscribe(self, names: list[str]) -> None:
        for name in names:
            self._streams.leave(name, self)
        self._names = [name for name in self._names if name not in names]

    def ended(self) -> None:
        """Leave every stream."""
        self._unsubscribe(list(self._names))


def market_session(connection: Connection, streams: Streams) -> MarketSession:
    """A session for /ws, /ws/<stream>/<stream>, /stream?streams=<stream>/<stream> and the like."""
    asked = parse_qs(connection.query).get("streams", [""])[0]
    in_path = connection.path.partition("/ws/")[2]
    names = [name for name in (asked or in_path).split("/") if _STREAM.fullmatch(name)]
    combined = "/ws" not in connection.path
    return MarketSession(connection, streams, combined=combined, names=names)


class ApiSession:
    """The WebSocket API: requests by method name, answered by the REST functions."""

    def __init__(self, connection: Connection, house: "ApiHouse") -> None:
        self._connection = connection
        self._house = house
        self._accounts: dict[int, str] = {}

    def receive(self, text: str) -> None:
        """One request of the client."""
        asked: Json = {}
        try:
            asked = json.loads(text)
            reply = {"status": 200, "result": self._result(asked)}
        except WireError as error:
            reply = {"status": error.status, "error": body(error)}
        except Refused as refused:
            told = self._house.translated(refused)
            reply = {"status": told.status, "error": body(told)}
        except (ValueError, AttributeError, TypeError, RecursionError):
            reply = {"status": 400, "error": {"code": -1130, "msg": "Malformed request."}}
        number = asked.get("id") if isinstance(asked, dict) else None
        self._connection.send(encode({"id": number} | reply | {"rateLimits": []}))

    def _result(self, asked: Json) -> Any:
        method, params = str(asked.get("method")), _texts(asked.get("params") or {})
        if method == "userDataStream.subscribe.signature":
            return self._follow(params)
        if method == "userDataStream.unsubscribe":
            return self._unfollow(params)
        return self._house.call(method, params)

    def _follow(self, params: Params) -> Json:
        account = self._house.account_of(params)
        number = max(self._accounts, default=-1) + 1
        self._accounts[number] = account
        self._house.followers.append((account, number, self))
        return {"subscriptionId": number}

    def _unfollow(self, params: Params) -> Json:
        wanted = read.maybe_integer(params, "subscriptionId")
        gone = [number for number in self._accounts if wanted in (None, number)]
        for number in gone:
            del self._accounts[number]
        self._house.forget(self, set(gone))
        return {}

    def tell(self, number: int, event: Json) -> None:
        """One of the account's own events."""
        self._connection.send(encode({"subscriptionId": number, "event": event}))

    def ended(self) -> None:
        """Follow nobody."""
        self._house.forget(self, set(self._accounts))


def _texts(params: Mapping[str, Any]) -> Params:
    """JSON values as the texts that were signed."""
    return {name: _text(value) for name, value in params.items()}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else encode(value)


class ApiHouse:
    """What the WebSocket API needs to know: methods, keys, followers."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        methods: Mapping[str, Route],
        public: Mapping[Route, Answer],
        private: Mapping[Route, PrivateAnswer],
        translated: Callable[[Refused], WireError],
    ) -> None:
        self.exchange = exchange
        self.translated = translated
        self.followers: list[tuple[str, int, ApiSession]] = []
        self._methods = methods
        self._public = public
        self._private = private

    def call(self, method: str, params: Params) -> Any:
        """What the REST endpoint of the same meaning answers."""
        route = self._methods.get(method)
        if route is None:
            raise WireError(-1000, f"Unknown method {method}.")
        if route in self._public:
            return self._public[route](self.exchange, params)
        return self._private[route](self.exchange, self.account_of(params), params)

    def account_of(self, params: Params) -> str:
        """The account whose key signed these parameters, in alphabetical order."""
        credential = signing.credential(self.exchange, params.get("apiKey", ""))
        signing.check_time(params, now_ms=self.exchange.told_ms())
        payload = "&".join(f"{name}={value}" for name, value in sorted(params.items()) if name != "signature")
        if not hmac.compare_digest(credential.signature(payload.encode()), params.get("signature", "")):
            raise WireError(-1022, "Signature for this request is not valid.")
        self.exchange.open_account(credential.account)
        self.exchange.futures.open_account(credential.account)
        return credential.account

    def tell(self, account: str, event: Json) -> None:
        """Pass an event on to whoever follows the account."""
        for name, number, session in self.followers:
            if name == account:
                session.tell(number, event)

    def forget(self, session: ApiSession, numbers: set[int]) -> None:
        """A session follows these no more."""
        self.followers = [one for one in self.followers if one[2] is not session or one[1] not in numbers]


class SpotHouse:
    """All sockets of Binance spot."""

    prefixes = PREFIXES

    def __init__(self, exchange: Exchange, api: ApiHouse) -> None:
        source = Source(exchange.state.markets, exchange.tapes, exchange.books)
        self._streams = Streams(source, Catalogue(source, SHAPES).make)
        self._api = api
        self._events = user_events.UserEvents(exchange, api.tell)
        exchange.listeners.append(self._hear)

    def _hear(self, event: Any) -> None:
        if self._api.followers:
            self._events.hear(event)

    def connect(self, connection: Connection) -> Session | None:
        """A session for the path."""
        if connection.path.startswith("/ws-api/"):
            return ApiSession(connection, self._api)
        return market_session(connection, self._streams)

    def tick(self, now_ms: int) -> None:
        """Let the streams look, and tell the balances that have changed."""
        self._streams.tick(now_ms)
