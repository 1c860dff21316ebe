"""Binance, spot and USD-M futures: parameters in the query, a hex signature behind them."""

import hashlib
import hmac
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from tests.trading.paper.dialects.cards.desk import (
    SOUND,
    Answer,
    Asked,
    Case,
    Desk,
    Json,
    Params,
    Seen,
    Spoil,
    Traded,
    number,
)

STATUSES = {
    "NEW": "open",
    "PARTIALLY_FILLED": "open",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "EXPIRED": "canceled",
}

COMMON = {
    Case.KEY: "-2015",
    Case.SIGNATURE: "-1022",
    Case.STALE: "-1021",
    Case.SYMBOL: "-1121",
    Case.TYPE: "-1100",
    Case.UNKNOWN_CANCEL: "-2011",
    Case.UNKNOWN_ORDER: "-2013",
}


class Binance(Desk):
    """What spot and futures have in common."""

    root: str
    symbol = "BTCUSDT"

    def ask(self, method: str, path: str, params: Params | None = None, spoil: Spoil = SOUND) -> Any:
        """A signed request; the reply as JSON."""
        key, secret = self.secret_of(spoil)
        given = {"timestamp": self.stamp(spoil), "recvWindow": 10_000} | (params or {}) | dict(spoil.more)
        query = urlencode(given)
        mac = hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()
        url = f"{self.root}/{path}?{query}&signature={mac}"
        return self.http.request(method, url, headers={"X-MBX-APIKEY": key}).json()

    def public(self, path: str, **params: Any) -> Any:
        """An unsigned request."""
        return self.http.get(f"{self.root}/{path}", params=params).json()

    def answer(self, reply: Json) -> Answer:
        """A reply about an order."""
        failed = "orderId" not in reply and "algoId" not in reply
        return Answer(str(reply["code"]) if failed else "", str(reply.get("orderId") or reply.get("algoId") or ""))

    def clock(self) -> int:
        return int(self.public("time")["serverTime"])

    def steps(self) -> tuple[Decimal, Decimal]:
        rows = self.public("exchangeInfo")["symbols"]
        filters = {one["filterType"]: one for one in next(r for r in rows if r["symbol"] == self.symbol)["filters"]}
        return number(filters["PRICE_FILTER"]["tickSize"]), number(filters["LOT_SIZE"]["stepSize"])

    def best(self) -> tuple[Decimal, Decimal]:
        found = self.public("depth", symbol=self.symbol, limit=5)
        return number(found["bids"][0][0]), number(found["asks"][0][0])

    def last(self) -> Decimal:
        return number(self.public("ticker/price", symbol=self.symbol)["price"])

    def request(self, asked: Asked, symbol: str) -> Params:
        """The parameters of a plain order."""
        params: Params = {"symbol": symbol or self.symbol, "side": asked.side.upper(), "quantity": str(asked.qty)}
        if asked.name:
            params["newClientOrderId"] = asked.name
        if asked.price is None:
            return params | {"type": "MARKET"}
        return params | {"type": "LIMIT", "price": str(asked.price), "timeInForce": asked.tif}

    def query(self, order_id: str) -> Answer:
        return self.answer(self.ask("GET", "order", {"symbol": self.symbol, "orderId": order_id}))

    def cancel(self, order_id: str) -> Answer:
        return self.answer(self.ask("DELETE", "order", {"symbol": self.symbol, "orderId": order_id}))

    def order(self, order_id: str, name: str) -> Seen:
        """A plain order."""
        known = {"orderId": order_id} if order_id else {"origClientOrderId": name}
        found = self.ask("GET", "order", {"symbol": self.symbol} | known)
        if "status" not in found:
            return Seen("gone")
        return Seen(
            STATUSES[found["status"]],
            number(found["origQty"]),
            number(found["executedQty"]),
            number(found["price"]),
            found["clientOrderId"],
        )


class BinanceSpot(Binance):
    """Spot."""

    label = "binance spot"
    futures = False
    root = "/api/v3"
    tick, step, least = Decimal("0.01"), Decimal("0.00001"), Decimal("0.00001")
    codes = COMMON | {
        Case.DUPLICATE: "-2010",
        Case.FUNDS: "-2010",
        Case.LEAST: "-1013",
        Case.POST_ONLY: "-2010",
        Case.STEP: "-1013",
        Case.TICK: "-1013",
    }

    def place(self, asked: Asked, spoil: Spoil = SOUND, symbol: str = "") -> Answer:
        params = self.request(asked, symbol)
        if asked.post_only:
            params = params | {"type": "LIMIT_MAKER"}
            del params["timeInForce"]
        if asked.stop:
            params |= {"type": "STOP_LOSS", "stopPrice": str(asked.stop)}
        return self.answer(self.ask("POST", "order", params, spoil))

    def seen(self, order_id: str = "", *, name: str = "") -> Seen:
        found = self.order(order_id, name)
        waits = found.status == "open" and any(order_id == one for one in self._waiting())
        return Seen("waiting", found.qty) if waits else found

    def _waiting(self) -> list[str]:
        rows = self.ask("GET", "openOrders", {"symbol": self.symbol})
        return [str(one["orderId"]) for one in rows if one["type"].startswith("STOP") and not one["isWorking"]]

    def working(self) -> list[str]:
        return [str(one["orderId"]) for one in self.ask("GET", "openOrders", {"symbol": self.symbol})]

    def cancel_all(self) -> None:
        self.ask("DELETE", "openOrders", {"symbol": self.symbol})

    def trades(self) -> list[Traded]:
        rows = self.ask("GET", "myTrades", {"symbol": self.symbol})
        names = ("qty", "price", "commission")
        return [Traded(str(one["orderId"]), *(number(one[name]) for name in names), one["isMaker"]) for one in rows]

    def _balance(self, asset: str) -> Json:
        found: Json = next(one for one in self.ask("GET", "account")["balances"] if one["asset"] == asset)
        return found

    def free(self) -> Decimal:
        return number(self._balance("USDT")["free"])

    def held(self) -> Decimal:
        return number(self._balance("BTC")["free"]) + number(self._balance("BTC")["locked"])

    def own_stream(self) -> tuple[str, list[Json]]:
        params: Params = {"apiKey": self.key, "timestamp": self.stamp(SOUND)}
        payload = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        mac = hmac.new(self.secret_of(SOUND)[1], payload.encode(), hashlib.sha256).hexdigest()
        method = "userDataStream.subscribe.signature"
        return f"{self.url}/ws-api/v3", [{"id": 1, "method": method, "params": params | {"signature": mac}}]

    def told(self, message: Json) -> tuple[str, str] | None:
        event = message.get("event", {})
        return (str(event["i"]), STATUSES[event["X"]]) if event.get("e") == "executionReport" else None


class BinanceUsdm(Binance):
    """USD-M futures."""

    label = "binance usdm"
    futures = True
    root = "/fapi/v1"
    tick, step, least = Decimal("0.1"), Decimal("0.001"), Decimal("0.001")
    codes = COMMON | {
        Case.DUPLICATE: "-4116",
        Case.FUNDS: "-2019",
        Case.LEAST: "-4164",
        Case.POST_ONLY: "-5022",
        Case.REDUCE_ONLY: "-2022",
        Case.STEP: "-1111",
        Case.TICK: "-1111",
    }

    def place(self, asked: Asked, spoil: Spoil = SOUND, symbol: str = "") -> Answer:
        params = self.request(asked, symbol)
        if asked.post_only:
            params["timeInForce"] = "GTX"
        if asked.reduce_only:
            params["reduceOnly"] = "true"
        if not asked.stop:
            return self.answer(self.ask("POST", "order", params, spoil))
        stop = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "triggerPrice": str(asked.stop)}
        return self.answer(self.ask("POST", "algoOrder", params | stop, spoil))

    def seen(self, order_id: str = "", *, name: str = "") -> Seen:
        found = self.ask("GET", "algoOrder", {"algoId": order_id}) if order_id else {}
        if "algoId" not in found:
            return self.order(order_id, name)
        if found["algoStatus"] == "NEW":
            return Seen("waiting", number(found["quantity"]))
        return self.order(found["actualOrderId"], "")

    def working(self) -> list[str]:
        plain = self.ask("GET", "openOrders", {"symbol": self.symbol})
        return [str(one["orderId"]) for one in plain] + [
            str(one["algoId"]) for one in self.ask("GET", "openAlgoOrders")
        ]

    def cancel(self, order_id: str) -> Answer:
        found = self.ask("DELETE", "algoOrder", {"algoId": order_id})
        return self.answer(found) if "algoId" in found else super().cancel(order_id)

    def cancel_all(self) -> None:
        for path in ("allOpenOrders", "algoOpenOrders"):
            self.ask("DELETE", path, {"symbol": self.symbol})

    def trades(self) -> list[Traded]:
        rows = self.ask("GET", "userTrades", {"symbol": self.symbol})
        names = ("qty", "price", "commission")
        return [Traded(str(one["orderId"]), *(number(one[name]) for name in names), one["maker"]) for one in rows]

    def _root(self, version: str, path: str) -> Any:
        self.root = f"/fapi/{version}"
        try:
            return self.ask("GET", path)
        finally:
            self.root = "/fapi/v1"

    def free(self) -> Decimal:
        return number(self._root("v3", "account")["availableBalance"])

    def held(self) -> Decimal:
        return sum((number(one["positionAmt"]) for one in self._root("v3", "positionRisk")), Decimal(0))

    def ledger(self) -> Json:
        found: Json = super().ledger()["usdm"]
        return found

    def own_stream(self) -> tuple[str, list[Json]]:
        reply = self.http.post("/fapi/v1/listenKey", headers={"X-MBX-APIKEY": self.key}).json()
        return f"{self.url}/fut/ws/{reply['listenKey']}", []

    def told(self, message: Json) -> tuple[str, str] | None:
        order = message.get("o", {})
        return (str(order["i"]), STATUSES[order["X"]]) if message["e"] == "ORDER_TRADE_UPDATE" else None
