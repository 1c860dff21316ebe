"""Numbers and bodies that no client means: the venue's own refusal, never a failure of the server."""

import json

import pytest

from tests.support import plain_http
from tests.support.paper import PaperExchange

LONG = "9" * 5000
DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("GET", f"/api/v3/account?timestamp={LONG}&signature=0", {"X-MBX-APIKEY": "x"}, ""),
        ("GET", f"/fapi/v3/account?timestamp={LONG}&signature=0", {"X-MBX-APIKEY": "x"}, ""),
        ("GET", "/api/v3/account?timestamp=²&signature=0", {"X-MBX-APIKEY": "x"}, ""),
        ("GET", "/v5/account/info", {"X-BAPI-TIMESTAMP": LONG, "X-BAPI-API-KEY": "x", "X-BAPI-SIGN": "0"}, ""),
        ("POST", "/v5/order/create", {"X-BAPI-TIMESTAMP": "1", "X-BAPI-API-KEY": "x", "X-BAPI-SIGN": "0"}, DEEP),
        ("POST", "/_control/clock", {}, DEEP),
        ("POST", "/_control/latency", {}, json.dumps({"match": {}, "ms": 1}).replace("1}", "1e400}")),
    ],
)
def test_what_no_client_means_is_refused(
    paper_process: PaperExchange, method: str, path: str, headers: dict[str, str], body: str
) -> None:
    answer = plain_http.request(method, f"{paper_process.url}{path}", headers=headers, content=body, timeout=30)
    assert 200 <= answer.status_code < 500
    assert answer.json() is not None
