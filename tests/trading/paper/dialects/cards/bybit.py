"""Bybit v5, spot and linear: X-BAPI headers, JSON bodies, one path for both categories."""

import hashlib
import hmac
import json
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
    whole,
)

WINDOW = "10000"

STATUSES = {
    "New": "open",
    "PartiallyFilled": "open",
    "Untriggered": "waiting",
    "Triggered": "open",
    "Filled": "filled",
    "Cancelled": "canceled",
    "PartiallyFilledCanceled": "canceled",
    "Deactivated": "canceled",
}

COMMON = {
    Case.KEY: "10003",
    Case.POST_ONLY: "",  # acknowledged, then cancelled
    Case.SIGNATURE: "10004",
    Case.STALE: "10002",
    Case.TYPE: "10001",
}


class Bybit(Desk):
    """What the categories have in common."""

    category: str
    symbol = "BTCUSDT"

    @property
    def holder(self) -> str:
        return f"bybit:{self.key}"

    @property
    def market(self) -> Params:
        """What names the market in every request."""
        return {"category": self.category, "symbol": self.symbol}

    def ask(self, method: str, path: str, params: Params, spoil: Spoil = SOUND) -> Any:
        """A signed request; the whole reply."""
        key, secret = self.secret_of(spoil)
        given = params | dict(spoil.more)
        payload = urlencode(given) if method == "GET" else json.dumps(given)
        stamp = str(self.stamp(spoil))
        mac = hmac.new(secret, f"{stamp}{key}{WINDOW}{payload}".encode(), hashlib.sha256)
        headers = {
            "X-BAPI-API-KEY": key,
            "X-BAPI-RECV-WINDOW": WINDOW,
            "X-BAPI-SIGN": mac.hexdigest(),
            "X-BAPI-TIMESTAMP": stamp,
        }
        url = f"/v5/{path}?{payload}" if method == "GET" else f"/v5/{path}"
        return self.http.request(method, url, content=payload if method == "POST" else None, headers=headers).json()

    def result(self, method: str, path: str, params: Params) -> Any:
        """What a signed request gives."""
        return self.ask(method, path, params)["result"]

    def answer(self, reply: Json) -> Answer:
        """A reply about an order."""
        return Answer(str(reply["retCode"] or ""), reply["result"].get("orderId", ""))

    def clock(self) -> int:
        return int(self.result("GET", "market/time", {})["timeNano"]) // 1_000_000

    def steps(self) -> tuple[Decimal, Decimal]:
        found = whole(self.result("GET", "market/instruments-info", self.market)["list"])
        lots = found["lotSizeFilter"]
        return number(found["priceFilter"]["tickSize"]), number(lots.get("qtyStep") or lots.get("basePrecision"))

    def best(self) -> tuple[Decimal, Decimal]:
        found = self.result("GET", "market/orderbook", self.market)
        return number(found["b"][0][0]), number(found["a"][0][0])

    def last(self) -> Decimal:
        return number(whole(self.result("GET", "market/tickers", self.market)["list"])["lastPrice"])

    def request(self, asked: Asked, symbol: str) -> Params:
        """The parameters of an order."""
        params = self.market | {"side": asked.side.capitalize(), "qty": str(asked.qty)}
        params |= {"symbol": symbol} if symbol else {}
        params |= {"orderLinkId": asked.name} if asked.name else {}
        params |= {"triggerPrice": str(asked.stop)} if asked.stop else {}
        if asked.price is None:
            return params | {"orderType": "Market"}
        kind = "PostOnly" if asked.post_only else asked.tif
        return params | {"orderType": "Limit", "price": str(asked.price), "timeInForce": kind}

    def place(self, asked: Asked, spoil: Spoil = SOUND, symbol: str = "") -> Answer:
        return self.answer(self.ask("POST", "order/create", self.request(asked, symbol), spoil))

    def seen(self, order_id: str = "", *, name: str = "") -> Seen:
        known = {"orderId": order_id} if order_id else {"orderLinkId": name}
        rows = self.result("GET", "order/realtime", self.market | known)["list"]
        if not rows:
            return Seen("gone")
        found = whole(rows)
        return Seen(
            STATUSES[found["orderStatus"]],
            number(found["qty"]),
            number(found["cumExecQty"]),
            number(found["price"]),
            found["orderLinkId"],
        )

    def query(self, order_id: str) -> Answer:
        """Bybit answers with an empty list; what refuses an unknown order is an amendment."""
        return self.answer(self.ask("POST", "order/amend", self.market | {"orderId": order_id, "qty": "0.02"}))

    def working(self) -> list[str]:
        return [one["orderId"] for one in self.result("GET", "order/realtime", self.market)["list"]]

    def cancel(self, order_id: str) -> Answer:
        kind = {"orderFilter": "StopOrder"} if self.seen(order_id).status == "waiting" else {}
        return self.answer(self.ask("POST", "order/cancel", self.market | {"orderId": order_id} | kind))

    def cancel_all(self) -> None:
        for kind in ("Order", "StopOrder"):
            self.ask("POST", "order/cancel-all", self.market | {"orderFilter": kind})

    def trades(self) -> list[Traded]:
        rows = self.result("GET", "execution/list", self.market)["list"]
        names = ("execQty", "execPrice", "execFee")
        return [Traded(one["orderId"], *(number(one[name]) for name in names), one["isMaker"]) for one in rows]

    def coin(self, name: str) -> Json:
        """A coin of the wallet; nothing of it where it is not listed."""
        rows = whole(self.result("GET", "account/wallet-balance", {"accountType": "UNIFIED"})["list"])["coin"]
        found: Json = next((one for one in rows if one["coin"] == name), {})
        return found

    def free(self) -> Decimal:
        usdt = self.coin("USDT")
        used = ("locked", "totalOrderIM", "totalPositionIM")
        return number(usdt["walletBalance"]) - sum(number(usdt[name]) for name in used)

    def own_stream(self) -> tuple[str, list[Json]]:
        expires = self.stamp(SOUND) + 60_000
        mac = hmac.new(self.secret_of(SOUND)[1], f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
        auth = {"op": "auth", "args": [self.key, expires, mac]}
        return f"{self.url}/v5/private", [auth, {"op": "subscribe", "args": ["order"]}]

    def told(self, message: Json) -> tuple[str, str] | None:
        row = whole(message["data"])
        return row["orderId"], STATUSES[row["orderStatus"]]


class BybitSpot(Bybit):
    """Spot."""

    label = "bybit spot"
    category = "spot"
    futures = False
    tick, step, least = Decimal("0.01"), Decimal("0.00001"), Decimal("0.00001")
    codes = COMMON | {
        Case.DUPLICATE: "170141",
        Case.FUNDS: "170131",
        Case.LEAST: "170140",
        Case.STEP: "170137",
        Case.SYMBOL: "170121",
        Case.TICK: "170134",
        Case.UNKNOWN_CANCEL: "170213",
        Case.UNKNOWN_ORDER: "170213",
    }

    def request(self, asked: Asked, symbol: str) -> Params:
        params = super().request(asked, symbol) | {"marketUnit": "baseCoin"}
        return params | ({"orderFilter": "StopOrder"} if asked.stop else {})

    def held(self) -> Decimal:
        return number(self.coin("BTC").get("walletBalance"))


class BybitLinear(Bybit):
    """Linear contracts."""

    label = "bybit linear"
    category = "linear"
    futures = True
    tick, step, least = Decimal("0.1"), Decimal("0.001"), Decimal("0.001")
    codes = COMMON | {
        Case.DUPLICATE: "110072",
        Case.FUNDS: "110007",
        Case.LEAST: "110094",
        Case.REDUCE_ONLY: "110017",
        Case.STEP: "10001",
        Case.SYMBOL: "10001",
        Case.TICK: "10001",
        Case.UNKNOWN_CANCEL: "110001",
        Case.UNKNOWN_ORDER: "110001",
    }

    def request(self, asked: Asked, symbol: str) -> Params:
        falls = {"triggerDirection": 2} if asked.stop else {}
        return super().request(asked, symbol) | falls | ({"reduceOnly": True} if asked.reduce_only else {})

    def held(self) -> Decimal:
        rows = self.result("GET", "position/list", self.market)["list"]
        return sum((number(one["size"]) * (1 if one["side"] == "Buy" else -1) for one in rows), Decimal(0))

    def ledger(self) -> Json:
        found: Json = super().ledger()["bybit"]
        return found
