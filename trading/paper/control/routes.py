"""`/_control/…`: the levers. Answered only to whoever knows the token, if one is set."""

import hmac
import json
from collections.abc import Callable
from typing import Any

from trading.paper.control import views
from trading.paper.control.faults import BadRule, Faults
from trading.paper.core import atoms
from trading.paper.core.depth import Depth
from trading.paper.core.refusals import Refused
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request, json_reply
from trading.paper.server.market import ReplayMarket

PREFIX = "/_control/"


class BadControl(ValueError):
    """A control request that is not understood."""


class Control:
    """The control endpoints over one exchange and its faults."""

    def __init__(self, exchange: Exchange, faults: Faults, *, replay: ReplayMarket | None, token: str) -> None:
        self._exchange = exchange
        self._replay = replay
        self._faults = faults
        self._token = token
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "ledger"): lambda _: views.ledger(exchange),
            ("GET", "state"): lambda _: views.state(exchange) | {"replay": views.replay(exchange, replay)},
            ("POST", "deposit"): self._deposit,
            ("POST", "depth"): self._depth,
            ("POST", "fault"): self._fault,
            ("POST", "price"): self._price,
            ("POST", "start"): self._start,
        }

    def answer(self, request: Request) -> Reply:
        """The reply to a control request."""
        given = request.header(b"x-control-token")
        if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
            return json_reply({"error": "wrong or missing X-Control-Token"}, status=403)
        route = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            return json_reply({"error": f"no control {request.method} {request.path}"}, status=404)
        return self._guarded(route, request)

    def _guarded(self, route: Callable[[Any], Any], request: Request) -> Reply:
        try:
            return json_reply(route(json.loads(request.body or b"{}")))
        except Refused as error:
            return json_reply({"error": str(error)}, status=400)
        except (BadControl, BadRule, ValueError, KeyError, TypeError, AttributeError) as error:
            return json_reply({"error": f"not understood: {error}"}, status=400)

    def _start(self, _body: Any) -> Any:
        if self._replay is not None:
            self._replay.start()
        return views.replay(self._exchange, self._replay)

    def _price(self, body: dict[str, Any]) -> Any:
        market = self._exchange.state.market(body["symbol"])
        price = atoms.parse(str(body["price"]))
        if price <= 0 or price % market.instrument.tick_size:
            raise BadControl(f"price must be a positive multiple of {atoms.show(market.instrument.tick_size)}")
        qty = atoms.parse(str(body["qty"])) if "qty" in body else None
        self._exchange.set_price(body["symbol"], price, qty=qty)
        return views.state(self._exchange)["prices"]

    def _depth(self, body: dict[str, Any]) -> Any:
        market = self._exchange.state.market(body["symbol"])
        now = market.depth
        notional = str(body.get("level_notional", atoms.show(now.level_notional)))
        market.depth = Depth(
            spread_ticks=int(body.get("spread_ticks", now.spread_ticks)),
            levels=int(body.get("levels", now.levels)),
            level_notional=atoms.parse(notional),
            step_bps=int(body.get("step_bps", now.step_bps)),
        )
        return {}

    def _deposit(self, body: dict[str, Any]) -> Any:
        name = str(body["account"])
        amounts = {str(asset): atoms.parse(str(amount)) for asset, amount in body["amounts"].items()}
        self._exchange.open_account(name)
        self._exchange.deposit(name, amounts)
        return views.ledger(self._exchange)["accounts"][name]["balances"]

    def _fault(self, body: Any) -> Any:
        self._faults.plan(body if isinstance(body, list) else [body])
        return {"rules": len(self._faults.rules)}
