"""Carries out planned faults, on requests and on streams."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from trading.paper.control import effects
from trading.paper.control.faults import HOLD_SECS, Action, Faults, Rule
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request, json_reply
from trading.paper.server.sockets import TOO_SLOW, Connection, Receive

Answer = Callable[..., Awaitable[Reply]]
# Of a request, and optionally the most that the market gives to its order.

Act = Callable[["Misbehaviour", Request, Rule, Receive], Awaitable[Reply | None]]

OVERLOADED = json_reply({"msg": "Unknown error, please check your request or try again later."}, status=503)

_GARBAGE = Reply(status=200, body=b'{"symbol":"BTCUS\x00<html>', content_type=b"text/html")


class Misbehaviour:
    """What a rule does to a request; `answer` is what would happen without it."""

    def __init__(self, faults: Faults, answer: Answer, exchange: Exchange) -> None:
        self.faults = faults
        self.answer = answer
        self.exchange = exchange
        self.clock = exchange.now_ms
        self._late: set[asyncio.Task[Reply]] = set()

    @property
    def planned(self) -> bool:
        """True if anything may go wrong."""
        return bool(self.faults.rules) or self.faults.block.until_ms > 0

    async def handle(self, request: Request, receive: Receive) -> Reply | None:
        """The reply, the right one or another; None where there is none to be."""
        turned_away = self._blocked()
        if turned_away is not None:
            return turned_away
        text = (request.query + b" " + request.body).decode("latin-1")
        rule = self.faults.draw(request.method, request.path, now_ms=self.clock(), text=text)
        return await self.answer(request) if rule is None else await _ACTS[rule.action](self, request, rule, receive)

    def _blocked(self) -> Reply | None:
        block, now_ms = self.faults.block, self.clock()
        return _turned_away(block.status, block.until_ms, now_ms) if now_ms < block.until_ms else None

    def shut(self, rule: Rule) -> Reply:
        """Begin a block, with this very request."""
        self.faults.shut(rule, now_ms=self.clock())
        return _turned_away(self.faults.block.status, self.faults.block.until_ms, self.clock())

    def act_later(self, request: Request, rule: Rule) -> None:
        """Act on the request when its time has come; its timestamp counts as of now."""

        async def act() -> Reply:
            await asyncio.sleep(rule.delay_ms / 1000)
            return await self.answer(request)

        task = asyncio.ensure_future(act())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def spoil(self, connection: Connection, text: str) -> list[str]:
        """The messages that go out instead of this one, now."""
        rule = self.faults.draw_stream(connection.path, text, now_ms=self.clock())
        if rule is None:
            return [text, *connection.take_held()]
        if rule.action is Action.STREAM_DUPLICATE:
            return [text, text]
        if rule.action is Action.STREAM_REORDER:
            connection.hold(text)
        elif rule.action is Action.STREAM_DELAY:
            asyncio.get_running_loop().call_later(rule.delay_ms / 1000, connection.put, text)
        elif rule.action is Action.STREAM_CLOSE:
            connection.close(TOO_SLOW)
        return []


def _turned_away(status: int, until_ms: int, now_ms: int) -> Reply:
    words = {
        418: f"Way too much request weight used; IP banned until {until_ms}. Please use WebSocket Streams for live updates.",
        429: "Too much request weight used; current limit is 6000 request weight per 1 MINUTE.",
    }
    after = str(-(-(until_ms - now_ms) // 1000)).encode()
    reply = json_reply({"code": -1003, "msg": words[status]}, status=status)
    return replace(reply, headers=((b"retry-after", after),))


def _scripted(rule: Rule) -> Reply:
    headers = tuple((name.lower().encode(), text.encode()) for name, text in rule.headers.items())
    if isinstance(rule.body, str):
        return Reply(status=rule.status, body=rule.body.encode(), content_type=b"text/html", headers=headers)
    return replace(json_reply(rule.body, status=rule.status), headers=headers)


async def _delay(self: Misbehaviour, request: Request, rule: Rule, _receive: Receive) -> Reply:
    await asyncio.sleep(rule.delay_ms / 1000)
    return await self.answer(request)


async def _appear_late(self: Misbehaviour, request: Request, rule: Rule, _receive: Receive) -> Reply:
    self.act_later(request, rule)
    return OVERLOADED


async def _shut(self: Misbehaviour, _request: Request, rule: Rule, _receive: Receive) -> Reply:
    return self.shut(rule)


async def _partial(self: Misbehaviour, request: Request, rule: Rule, _receive: Receive) -> Reply:
    return await self.answer(request, rule.qty)


async def _maintain(self: Misbehaviour, _request: Request, rule: Rule, _receive: Receive) -> Reply:
    effects.maintain(self.exchange, rule.delay_ms)
    return OVERLOADED


async def _delist(self: Misbehaviour, request: Request, rule: Rule, _receive: Receive) -> Reply:
    effects.switch(self.exchange, rule.symbol, trading=False, wanted=rule.market)
    return await self.answer(request)


async def _skew(self: Misbehaviour, request: Request, rule: Rule, _receive: Receive) -> Reply:
    self.exchange.skew_ms = rule.delay_ms
    return await self.answer(replace(request, arrived_ms=self.exchange.told_ms()))


async def _twice(self: Misbehaviour, request: Request, _rule: Rule, _receive: Receive) -> Reply:
    await self.answer(request)
    return await self.answer(request)


async def _doubled(self: Misbehaviour, request: Request, _rule: Rule, _receive: Receive) -> Reply:
    reply = await self.answer(request)
    return replace(reply, body=reply.body * 2)


async def _held(_self: Misbehaviour, _request: Request, _rule: Rule, receive: Receive) -> Reply | None:
    try:
        await asyncio.wait_for(_gone(receive), HOLD_SECS)
    except TimeoutError:
        return OVERLOADED
    return None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _says(reply: Callable[[Rule], Reply]) -> Act:
    async def act(_self: Misbehaviour, _request: Request, rule: Rule, _receive: Receive) -> Reply:
        return reply(rule)

    return act


def _after(act: Act) -> Act:
    """The exchange acts first."""

    async def both(self: Misbehaviour, request: Request, rule: Rule, receive: Receive) -> Any:
        await self.answer(request)
        return await act(self, request, rule, receive)

    return both


_ACTS: dict[Action, Act] = {
    Action.APPEAR_LATE: _appear_late,
    Action.BAN: _shut,
    Action.CLOCK_SKEW: _skew,
    Action.DELAY: _delay,
    Action.DELIST: _delist,
    Action.DUPLICATE_REPLY: _doubled,
    Action.DUPLICATE_REQUEST: _twice,
    Action.GARBAGE_AFTER_ACCEPT: _after(_says(lambda _rule: _GARBAGE)),
    Action.HTTP_503_AFTER_ACCEPT: _after(_says(lambda _rule: OVERLOADED)),
    Action.HTTP_503_BEFORE_ACCEPT: _says(lambda _rule: OVERLOADED),
    Action.MAINTENANCE: _maintain,
    Action.PARTIAL_FILL: _partial,
    Action.RATE_LIMIT: _shut,
    Action.REPLY_AFTER_ACCEPT: _after(_says(_scripted)),
    Action.REPLY_BEFORE_ACCEPT: _says(_scripted),
    Action.TIMEOUT_AFTER_ACCEPT: _after(_held),
    Action.TIMEOUT_BEFORE_ACCEPT: _held,
}
