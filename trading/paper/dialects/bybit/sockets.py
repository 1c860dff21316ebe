"""Bybit's sockets: public topics by category, the account's own behind a signature, and orders over a socket."""

import json
from typing import Any

from trading.paper.core.refusals import Refused
from trading.paper.dialects.binance_spot.streams import Streams, encode
from trading.paper.dialects.bybit import orders, signing
from trading.paper.dialects.bybit.errors import PARAMS, ByError, translated
from trading.paper.dialects.bybit.params import Json, Params, Told
from trading.paper.dialects.bybit.topics import Catalogue
from trading.paper.dialects.bybit.user_events import EXECUTION, ORDER, POSITION, WALLET, UserEvents
from trading.paper.dialects.bybit.venue import LINEAR, NOT_HERE, SPOT, board, opened, side
from trading.paper.server.exchange import Exchange
from trading.paper.server.sockets import Connection, Session

PREFIX = "/v5/"

PUBLIC = "/v5/public/"
PRIVATE, TRADE = "/v5/private", "/v5/trade"

OPERATIONS = {
    "order.amend": orders.amend,
    "order.amend-batch": orders.amend_batch,
    "order.cancel": orders.cancel,
    "order.cancel-batch": orders.cancel_batch,
    "order.create": orders.create,
    "order.create-batch": orders.create_batch,
}

OWN_TOPICS = (
    *(ORDER, "order.spot", "order.linear", "order.inverse", "order.option"),
    *(EXECUTION, "execution.spot", "execution.linear", "execution.inverse", "execution.option"),
    *(POSITION, "position.linear", "position.inverse", "position.option"),
    *(WALLET, "greeks", "dcp"),
)


class SocketSession:
    """What every socket does: reads requests, answers pings, takes and drops topics."""

    def __init__(self, connection: Connection, house: "BybitHouse", number: int) -> None:
        self._connection = connection
        self._house = house
        self._id = f"paper-{number}"

    def say(self, content: Json) -> None:
        """Send a message."""
        self._connection.send(encode(content))

    def receive(self, text: str) -> None:
        """One request of the client."""
        try:
            asked = json.loads(text)
            operation, args = str(asked.get("op", "")), asked.get("args", [])
        except (ValueError, AttributeError, RecursionError):
            self.say({"success": False, "ret_msg": "Invalid JSON", "conn_id": self._id, "req_id": "", "op": ""})
            return
        self.act(operation, args if isinstance(args, list) else [], asked)

    def act(self, operation: str, args: list[Any], asked: Json) -> None:
        """Carry out one request."""
        if operation in ("subscribe", "unsubscribe"):
            wrong = [str(topic) for topic in args if not self.change(str(topic), joins=operation == "subscribe")]
            words = f"error:handler not found,topic:{wrong[0]}" if wrong else ""
            self.report(operation, asked, words, done=bool(args) and not wrong)
        else:
            self.report(operation, asked, f"unknown op {operation}", done=False)

    def report(self, operation: str, asked: Json, words: str, *, done: bool) -> None:
        """The acknowledgement of a request, or its refusal."""
        told = {"success": done, "ret_msg": words, "conn_id": self._id, "req_id": asked.get("req_id", "")}
        self.say(told | {"op": operation} | ({} if done else {"request": {"op": operation}}))

    def change(self, topic: str, *, joins: bool) -> bool:
        """Take or drop a topic; False where there is none."""
        raise NotImplementedError

    def ended(self) -> None:
        """The connection is gone."""


class PublicSession(SocketSession):
    """Market topics of one category."""

    def __init__(self, connection: Connection, house: "BybitHouse", number: int, streams: Streams) -> None:
        super().__init__(connection, house, number)
        self._streams = streams
        self._names: list[str] = []

    def deliver(self, _name: str, text: str) -> None:
        """One message of a topic."""
        self._connection.send(text)

    def act(self, operation: str, args: list[Any], asked: Json) -> None:
        """Carry out one request."""
        if operation == "ping":
            self.report("ping", asked, "pong", done=True)
        else:
            super().act(operation, args, asked)

    def change(self, topic: str, *, joins: bool) -> bool:
        """Take or drop a topic; False where there is none."""
        name = f"{topic.rpartition('.')[2].lower()}@{topic}"
        if not joins:
            self._streams.leave(name, self)
            return True
        self._names.append(name)
        return self._streams.join(name, self)

    def ended(self) -> None:
        """Leave every topic."""
        for name in self._names:
            self._streams.leave(name, self)


class SignedSession(SocketSession):
    """A socket whose client says who it is."""

    account = ""

    def act(self, operation: str, args: list[Any], asked: Json) -> None:
        """Carry out one request."""
        if operation == "ping":
            stamp = str(self._house.exchange.told_ms())
            self.say({"req_id": asked.get("req_id", ""), "op": "pong", "args": [stamp], "conn_id": self._id})
        elif operation == "auth":
            self._sign_in(args, asked)
        else:
            super().act(operation, args, asked)

    def _sign_in(self, args: list[Any], asked: Json) -> None:
        key, expires, signature = ([str(one) for one in args] + ["", "", ""])[:3]
        exchange = self._house.exchange
        try:
            self.account = opened(exchange, signing.socket_account(exchange, key, expires, signature))
        except ByError as error:
            self.signed(asked, error.code, error.msg)
            return
        self.signed(asked, 0, "")

    def signed(self, asked: Json, code: int, words: str) -> None:
        """The answer to a sign-in."""
        self.report("auth", asked, words, done=code == 0)


class PrivateSession(SignedSession):
    """The account's own events, as far as they are subscribed to."""

    def __init__(self, connection: Connection, house: "BybitHouse", number: int) -> None:
        super().__init__(connection, house, number)
        self._topics: set[str] = set()
        house.followers.append(self)

    def change(self, topic: str, *, joins: bool) -> bool:
        """Take or drop a topic; False where there is none, or where nobody has signed in."""
        if topic not in OWN_TOPICS or not self.account:
            return False
        self._topics = self._topics | {topic} if joins else self._topics - {topic}
        return True

    def tell(self, kind: str, category: str, row: Json, number: str, now_ms: int) -> None:
        """One of the account's own events, under every topic that names it."""
        for topic in {kind, f"{kind}.{category}"} & self._topics:
            self.say({"id": number, "topic": topic, "creationTime": now_ms, "data": [row]})

    def ended(self) -> None:
        """Follow nobody."""
        self._house.followers.remove(self)


class TradeSession(SignedSession):
    """Orders over a socket."""

    def act(self, operation: str, args: list[Any], asked: Json) -> None:
        """Carry out one request."""
        if operation in OPERATIONS:
            self._trade(operation, args, asked)
        else:
            super().act(operation, args, asked)

    def signed(self, asked: Json, code: int, words: str) -> None:
        """The answer to a sign-in."""
        request = {"reqId": asked["reqId"]} if asked.get("reqId") else {}
        self.say(request | {"retCode": code, "retMsg": words or "OK", "op": "auth", "connId": self._id})

    def _trade(self, operation: str, args: list[Any], asked: Json) -> None:
        ext: Any = {}
        try:
            told, code, words = self._carried_out(operation, args, asked), 0, "OK"
        except ByError as error:
            told, code, words = {}, error.code, error.msg
        if isinstance(told, Told):
            told, ext = told.result, told.ext
        reply = {"reqId": asked.get("reqId", ""), "retCode": code, "retMsg": words, "op": operation, "data": told}
        header = {"Timenow": str(self._house.exchange.told_ms())}
        self.say(reply | {"retExtInfo": ext, "header": header, "connId": self._id})

    def _carried_out(self, operation: str, args: list[Any], asked: Json) -> Any:
        header, params = asked.get("header"), args[0] if args else None
        if not self.account:
            raise ByError(20003, "Session has not been authenticated")
        if not isinstance(header, dict) or not isinstance(params, dict):
            raise ByError(PARAMS, "Request parameter error.")
        stamp, window = (str(header.get(name, "")) for name in ("X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW"))
        signing.check_time(stamp, window, now_ms=self._house.exchange.told_ms())
        return self._asked(operation, params)

    def _asked(self, operation: str, params: Params) -> Any:
        try:
            return OPERATIONS[operation](self._house.exchange, self.account, params)
        except Refused as error:
            raise translated(error, spot=params.get("category") == SPOT) from error

    def change(self, topic: str, *, joins: bool) -> bool:
        """There are no topics here."""
        return False


class BybitHouse:
    """All sockets of Bybit."""

    prefixes = (PREFIX,)

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.followers: list[PrivateSession] = []
        self._streams = {name: self._made(name) for name in (SPOT, LINEAR, *NOT_HERE)}
        self._events = UserEvents(exchange, self._tell)
        self._opened = self._told = 0
        exchange.listeners.append(self._hear_spot)
        side(exchange).listeners.append(self._hear_linear)

    def _made(self, category: str) -> Streams:
        found = board(self.exchange, category)
        return Streams(found.source, Catalogue(self.exchange, found).make)

    def _hear_spot(self, event: Any) -> None:
        if self.followers:
            self._events.hear_spot(event)

    def _hear_linear(self, event: Any) -> None:
        if self.followers:
            self._events.hear_linear(event)

    def _tell(self, account: str, kind: str, category: str, row: Json) -> None:
        self._told += 1
        now_ms = self.exchange.now_ms()
        for session in self.followers:
            if session.account == account:
                session.tell(kind, category, row, f"{account}-{self._told}", now_ms)

    def connect(self, connection: Connection) -> Session | None:
        """A session for the path."""
        self._opened += 1
        if connection.path == PRIVATE:
            return PrivateSession(connection, self, self._opened)
        if connection.path == TRADE:
            return TradeSession(connection, self, self._opened)
        streams = self._streams.get(connection.path.removeprefix(PUBLIC))
        return PublicSession(connection, self, self._opened, streams) if streams else None

    def tick(self, now_ms: int) -> None:
        """Let the streams look."""
        for streams in self._streams.values():
            streams.tick(now_ms)
