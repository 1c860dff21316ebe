"""`/_control/…`: the levers. Answered only to whoever knows the token, if one is set."""

import hmac
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from trading.paper.control import effects, views
from trading.paper.control.face.facts import Facts
from trading.paper.control.face.levers import PREFIX as FACE
from trading.paper.control.face.page import Face, allowed
from trading.paper.control.face.tail import Tail
from trading.paper.control.faults import Faults, parse_lines
from trading.paper.control.latency import Latency
from trading.paper.control.rules import BadRule
from trading.paper.core import atoms
from trading.paper.core.depth import Depth
from trading.paper.core.market import Market
from trading.paper.core.refusals import Refused
from trading.paper.drivers.base import Driver
from trading.paper.server.exchange import Exchange
from trading.paper.server.futures import FUNDING_RATE
from trading.paper.server.http import Reply, Request, json_reply

PREFIX = "/_control/"

logger = logging.getLogger("paper.control")


def _strange(request: Request) -> bool:
    """True if a browser says that the page which posts this is not one of ours."""
    origin = request.header(b"origin")
    return request.method != "GET" and bool(origin) and origin != f"http://{request.header(b'host')}"


def ours(path: str) -> bool:
    """True for the levers and the status page: nothing planned ever befalls them."""
    return path == "/" or path.startswith((PREFIX, FACE))


class BadControl(ValueError):
    """A control request that is not understood."""


class Control:
    """The control endpoints over one exchange and its faults."""

    def __init__(
        self, exchange: Exchange, faults: Faults, latency: Latency, *, driver: Driver | None, token: str
    ) -> None:
        self._exchange = exchange
        self._driver = driver
        self._faults = faults
        self._latency = latency
        self._token = token
        tail = Tail(exchange)
        tail.listen()
        self._face = Face(Facts(exchange, faults, latency, tail, driver, token), self.turn)
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "fault"): lambda _: {"happened": faults.happened},
            ("GET", "ledger"): lambda asked: views.ledger(exchange, **asked) | {"faults": faults.happened},
            ("GET", "state"): lambda _: self._state(),
            ("POST", "clock"): self._clock,
            ("POST", "deposit"): self._deposit,
            ("POST", "depth"): self._depth,
            ("POST", "fault"): self._fault,
            ("POST", "funding"): self._funding,
            ("POST", "latency"): self._delays,
            ("POST", "listen-keys"): self._age_listen_keys,
            ("POST", "maintenance"): self._maintenance,
            ("POST", "pause"): self._pause,
            ("POST", "price"): self._price,
            ("POST", "reset"): self._reset,
            ("POST", "speed"): self._speed,
            ("POST", "start"): self._start,
            ("POST", "trading"): self._trading,
        }

    def answer(self, request: Request) -> Reply:
        """The reply to a control request."""
        if _strange(request):
            return json_reply({"error": "a page of another origin may not turn levers"}, status=403)
        if not request.path.startswith(PREFIX):
            return self._face.answer(request)
        if not self._knows_token(request):
            return json_reply({"error": "wrong or missing X-Control-Token"}, status=403)
        route = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            return json_reply({"error": f"no control {request.method} {request.path}"}, status=404)
        return self._guarded(route, request)

    def _knows_token(self, request: Request) -> bool:
        """True where no token is set, or it came as a header, or as a browser's password."""
        given = request.header(b"x-control-token") if self._token else ""
        return hmac.compare_digest(given.encode(), self._token.encode()) if given else allowed(request, self._token)

    def turn(self, name: str, body: Any) -> Any:
        """Turn the lever of a name. Raises Refused, ValueError in words."""
        return self._routes["POST", name](body)

    def _guarded(self, route: Callable[[Any], Any], request: Request) -> Reply:
        try:
            return json_reply(route(_content(request)))
        except Refused as error:
            return json_reply({"error": str(error)}, status=400)
        except (BadControl, BadRule, ArithmeticError, ValueError, KeyError, TypeError, AttributeError) as error:
            return json_reply({"error": f"not understood: {error}"}, status=400)

    def _state(self) -> Any:
        told = {"replay": views.replay(self._exchange, self._driver), "market": views.market(self._driver)}
        return views.state(self._exchange) | told

    def _start(self, _body: Any) -> Any:
        if self._driver is not None:
            self._driver.start()
        return views.replay(self._exchange, self._driver)

    def _pause(self, body: dict[str, Any]) -> Any:
        """Let the market stand still, or go on."""
        self._driven().pause(on=bool(body["on"]))
        return views.market(self._driver)

    def _speed(self, body: dict[str, Any]) -> Any:
        """Source seconds a wall second."""
        self._driven().set_speed(int(body["speed"]))
        return views.market(self._driver)

    def _driven(self) -> Driver:
        if self._driver is None:
            raise BadControl("prices are set by hand: nothing runs that could be paused or hurried")
        return self._driver

    def _price(self, body: dict[str, Any] | list[dict[str, Any]]) -> Any:
        """Set one price, or one after the other."""
        for one in body if isinstance(body, list) else [body]:
            self._set_price(one)
        return views.state(self._exchange)["prices"]

    def _set_price(self, body: dict[str, Any]) -> None:
        symbol, price = str(body["symbol"]), atoms.parse(str(body["price"]))
        qty = atoms.parse(str(body["qty"])) if "qty" in body else None
        found = self._markets(body)
        tick = found[0].instrument.tick_size
        if price <= 0 or price % tick:
            raise BadControl(f"price must be a positive multiple of {atoms.show(tick)}")
        for market in found:
            if market is self._exchange.state.markets.get(symbol):
                self._exchange.set_price(symbol, price, qty=qty)
        for futures, contract in self._exchange.perpetuals(symbol):
            if futures.perps.markets[contract.symbol] in found:
                futures.set_price(contract.symbol, price - price % contract.tick_size, qty=qty)

    def _markets(self, body: dict[str, Any]) -> list[Market]:
        """The spot market of the symbol, its contract, or by default both, as far as they exist."""
        return effects.named(self._exchange, str(body["symbol"]), str(body.get("market") or ""))

    def _depth(self, body: dict[str, Any]) -> Any:
        for market in self._markets(body):
            market.depth = _depth(market.depth, body)
        return {}

    def _deposit(self, body: dict[str, Any]) -> Any:
        name = str(body["account"])
        amounts = {str(asset): atoms.parse(str(amount)) for asset, amount in body["amounts"].items()}
        if body.get("market", "spot") != "spot":
            return self._deposit_futures(name, amounts, venue=str(body["market"]))
        self._exchange.open_account(name)
        self._exchange.deposit(name, amounts)
        return views.balances(self._exchange, name)

    def _reset(self, body: dict[str, Any]) -> Any:
        """Begin an account anew: its first deposits, no orders, no positions."""
        name = str(body["account"])
        known = {*self._exchange.state.accounts, *self._exchange.futures.perps.accounts}
        if name not in known.union(*(side.perps.accounts for side in self._exchange.venues.values())):
            raise BadControl(f"no account {name}")
        self._exchange.reset(name)
        return {"account": name}

    def _deposit_futures(self, name: str, amounts: dict[str, int], *, venue: str) -> Any:
        if set(amounts) != {"USDT"}:
            raise BadControl("a futures wallet holds USDT only")
        futures = self._exchange.side(venue)
        futures.open_account(name)
        futures.deposit(name, amounts["USDT"])
        return atoms.show(futures.perps.accounts[name].wallet)

    def _clock(self, body: dict[str, Any]) -> Any:
        """Let clients be told a wrong time; prices and candles keep the true one."""
        self._exchange.skew_ms = int(body["skew_ms"])
        return {"serverTime": self._exchange.told_ms()}

    def _maintenance(self, body: dict[str, Any]) -> Any:
        """Answer nothing but the status, until told otherwise."""
        self._exchange.in_maintenance = bool(body["on"])
        return {"on": self._exchange.in_maintenance}

    def _trading(self, body: dict[str, Any]) -> Any:
        """Halt or resume a symbol: open orders end, futures positions settle at the mark price."""
        trading, wanted = bool(body["on"]), str(body.get("market") or "")
        effects.switch(self._exchange, str(body["symbol"]), trading=trading, wanted=wanted)
        return {"on": trading}

    def _age_listen_keys(self, body: dict[str, Any]) -> Any:
        """Let all listen keys be older by so many milliseconds."""
        self._exchange.futures.listen_keys.age(int(body["age_ms"]))
        return {}

    def _funding(self, body: dict[str, Any]) -> Any:
        """Settle funding now, of one contract or of all that have a price."""
        futures = self._exchange.side(str(body.get("market", "usdm")))
        rate = _signed(str(body["rate"])) if "rate" in body else FUNDING_RATE
        symbols = [str(body["symbol"])] if "symbol" in body else list(futures.perps.markets)
        for symbol in symbols:
            if futures.perps.market(symbol).price:
                futures.fund(symbol, rate)
        return {"rate": atoms.show(rate)}

    def _delays(self, body: Any) -> Any:
        self._latency.plan(body if isinstance(body, list) else [body])
        return {"rules": len(self._latency.rows)}

    def _fault(self, body: Any) -> Any:
        effects.plan(self._exchange, self._faults, body if isinstance(body, list) else [body])
        logger.info("fault plan: %d rules", len(self._faults.rules))
        return {"rules": len(self._faults.rules)}


def _content(request: Request) -> Any:
    """A question's parameters, else the JSON of a request; a fault plan may also come as the text of a plan file."""
    if request.method == "GET":
        return dict(parse_qsl(request.query.decode()))
    if request.path == PREFIX + "fault" and not request.body.lstrip().startswith(b"["):
        return parse_lines(request.body.decode())
    try:
        return json.loads(request.body or b"{}")
    except RecursionError:
        raise BadControl("the body is nested too deep") from None


def _depth(now: Depth, body: dict[str, Any]) -> Depth:
    notional = str(body.get("level_notional", atoms.show(now.level_notional)))
    return Depth(
        spread_ticks=int(body.get("spread_ticks", now.spread_ticks)),
        levels=int(body.get("levels", now.levels)),
        level_notional=atoms.parse(notional),
        step_bps=int(body.get("step_bps", now.step_bps)),
    )


def _signed(text: str) -> int:
    """Atoms of a number that may be negative."""
    return -atoms.parse(text[1:]) if text.startswith("-") else atoms.parse(text)
