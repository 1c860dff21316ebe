"""KuCoin futures: JSON bodies, base64 signatures, a signed passphrase; quantities are contracts of 0.001."""

import base64
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
)
from tests.trading.paper.kucoin import PASSPHRASE

DONE = "200000"
SIZE = Decimal("0.001")


class KucoinFutures(Desk):
    """The contract XBTUSDTM."""

    label = "kucoin futures"
    futures = True
    greets = True
    symbol = "XBTUSDTM"
    tick, step, least = Decimal("0.1"), SIZE, Decimal("0")
    codes = {
        Case.DUPLICATE: "300000",
        Case.FUNDS: "300003",
        Case.KEY: "400003",
        Case.LEAST: "400100",
        Case.POST_ONLY: "300018",
        Case.REDUCE_ONLY: "300009",
        Case.SIGNATURE: "400005",
        Case.STALE: "400002",
        Case.STEP: "400100",
        Case.SYMBOL: "400100",
        Case.TICK: "400100",
        Case.TYPE: "400100",
        Case.UNKNOWN_CANCEL: "100004",
        Case.UNKNOWN_ORDER: "100001",
    }

    @property
    def url(self) -> str:
        return self.world.kucoin.url

    def ask(self, method: str, path: str, params: Params | None = None, spoil: Spoil = SOUND) -> Any:
        """A signed request; the whole reply."""
        key, secret = self.secret_of(spoil)
        given = (params or {}) | dict(spoil.more)
        query = f"?{urlencode(given)}" if given and method != "POST" else ""
        body = json.dumps(given) if method == "POST" else ""
        stamp, own = str(self.stamp(spoil)), f"{self.key}-secret".encode()
        headers = {
            "KC-API-KEY": key,
            "KC-API-KEY-VERSION": "2",
            "KC-API-PASSPHRASE": _signed(own, PASSPHRASE),
            "KC-API-SIGN": _signed(secret, f"{stamp}{method}/api/{path}{query}{body}"),
            "KC-API-TIMESTAMP": stamp,
        }
        return self.http.request(method, f"/api/{path}{query}", content=body, headers=headers).json()

    def data(self, method: str, path: str, params: Params | None = None) -> Any:
        """What a signed request gives."""
        return self.ask(method, path, params)["data"]

    def answer(self, reply: Json) -> Answer:
        """A reply about an order."""
        data = reply.get("data") or {}
        return Answer("" if reply["code"] == DONE else reply["code"], data.get("orderId", ""))

    def clock(self) -> int:
        return int(self.data("GET", "v1/timestamp"))

    def steps(self) -> tuple[Decimal, Decimal]:
        found = self.data("GET", f"v1/contracts/{self.symbol}")
        return number(found["tickSize"]), number(found["multiplier"]) * number(found["lotSize"])

    def best(self) -> tuple[Decimal, Decimal]:
        found = self.data("GET", "v1/level2/depth20", {"symbol": self.symbol})
        return number(found["bids"][0][0]), number(found["asks"][0][0])

    def last(self) -> Decimal:
        return number(self.data("GET", "v1/ticker", {"symbol": self.symbol})["price"])

    def place(self, asked: Asked, spoil: Spoil = SOUND, symbol: str = "") -> Answer:
        lots = asked.qty / SIZE
        params: Params = {
            "clientOid": asked.name or f"{self.key}-{self.stamp(SOUND)}",
            "symbol": symbol or self.symbol,
            "side": asked.side,
            "leverage": 10,
            "type": "limit" if asked.price else "market",
            "size": int(lots) if lots == int(lots) else float(lots),
            "reduceOnly": asked.reduce_only,
        }
        if asked.price:
            params |= {"price": str(asked.price), "timeInForce": asked.tif, "postOnly": asked.post_only}
        if asked.stop:
            params |= {"stop": "down", "stopPrice": str(asked.stop), "stopPriceType": "TP"}
        return self.answer(self.ask("POST", "v1/orders", params, spoil))

    def seen(self, order_id: str = "", *, name: str = "") -> Seen:
        path, params = (f"v1/orders/{order_id}", {}) if order_id else ("v1/orders/byClientOid", {"clientOid": name})
        reply = self.ask("GET", path, params)
        if reply["code"] != DONE:
            return Seen("gone")
        found = reply["data"]
        filled, qty = number(found["filledSize"]) * SIZE, number(found["size"]) * SIZE
        status = "open" if found["isActive"] else "filled" if filled == qty else "canceled"
        waits = found["isActive"] and found["stop"]
        return Seen("waiting" if waits else status, qty, filled, number(found["price"]), found["clientOid"])

    def query(self, order_id: str) -> Answer:
        return self.answer(self.ask("GET", f"v1/orders/{order_id}"))

    def working(self) -> list[str]:
        rows = [self.data("GET", path)["items"] for path in ("v1/orders", "v1/stopOrders")]
        return [one["id"] for part in rows for one in part]

    def cancel(self, order_id: str) -> Answer:
        return self.answer(self.ask("DELETE", f"v1/orders/{order_id}"))

    def cancel_all(self) -> None:
        for path in ("v1/orders", "v1/stopOrders"):
            self.ask("DELETE", path)

    def trades(self) -> list[Traded]:
        return [
            Traded(
                one["orderId"],
                number(one["size"]) * SIZE,
                number(one["price"]),
                number(one["fee"]),
                one["liquidity"] == "maker",
            )
            for one in self.data("GET", "v1/fills")["items"]
        ]

    def free(self) -> Decimal:
        return number(self.data("GET", "v1/account-overview", {"currency": "USDT"})["availableBalance"])

    def held(self) -> Decimal:
        return sum((number(one["currentQty"]) * SIZE for one in self.data("GET", "v1/positions")), Decimal(0))

    def ledger(self) -> Json:
        found: Json = super().ledger()["kucoin"]
        return found

    def own_stream(self) -> tuple[str, list[Json]]:
        token = self.data("POST", "v1/bullet-private")["token"]
        topic = f"/contractMarket/tradeOrders:{self.symbol}"
        wanted = {"id": "1", "type": "subscribe", "topic": topic, "privateChannel": True, "response": True}
        return f"{self.url}/endpoint?token={token}&connectId=1", [wanted]

    def told(self, message: Json) -> tuple[str, str] | None:
        if message.get("subject") != "symbolOrderChange":
            return None
        data = message["data"]
        return data["orderId"], {"open": "open", "canceled": "canceled", "filled": "filled"}.get(data["type"], "")


def _signed(secret: bytes, text: str) -> str:
    return base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).decode()
