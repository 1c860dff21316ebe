"""A venue without HTTP: ccxt's session answers at once, so that only ccxt's own work, and ours, is left."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class Answer:
    """As much of a requests.Response as ccxt looks at."""

    status_code, reason, encoding = 200, "OK", "utf-8"

    def __init__(self, text: str) -> None:
        self.headers: dict[str, str] = {"content-type": "application/json"}
        self.text = text

    def raise_for_status(self) -> None:
        """It is a 200."""


class Session:
    """Accepts every order, with the ids that it was given."""

    def __init__(self) -> None:
        self.accepted = 0
        self.cookies: dict[str, str] = {}
        self.headers: dict[str, str] = {}

    def request(self, method: str, url: str, data: bytes | None = None, **_: Any) -> Answer:
        """Acknowledge the order that the request asks for."""
        said = dict(parse_qsl(urlsplit(url).query)) | dict(parse_qsl((data or b"").decode()))
        self.accepted += 1
        return Answer(json.dumps(_acknowledged(said, self.accepted)))

    def close(self) -> None:
        """Nothing is open."""


def _acknowledged(said: dict[str, str], number: int) -> dict[str, Any]:
    """What Binance answers to a resting order."""
    return {
        "symbol": said["symbol"],
        "orderId": number,
        "orderListId": -1,
        "clientOrderId": said["newClientOrderId"],
        "transactTime": int(time.time() * 1000),
        "price": said.get("price", "0"),
        "origQty": said["quantity"],
        "executedQty": "0",
        "cummulativeQuoteQty": "0",
        "status": "NEW",
        "timeInForce": said.get("timeInForce", "GTC"),
        "type": said["type"],
        "side": said["side"],
        "fills": [],
    }
