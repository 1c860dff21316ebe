"""Who is asking: the key, the clock, the signature, in the order Binance checks them."""

import hmac
import re

from trading.paper.dialects.base import MOST_DIGITS
from trading.paper.dialects.binance_spot.errors import WireError, missing
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Request
from trading.paper.server.keys import Credential

DEFAULT_RECV_WINDOW_MS = 5_000
MOST_RECV_WINDOW_MS = 60_000
AHEAD_MS = 1_000
# A timestamp may run ahead of the server by less than a second.

_MARK = b"signature="
_WINDOW = re.compile(r"([0-9]{1,5})(?:\.[0-9]{1,3})?")


def account_of(exchange: Exchange, request: Request, params: Params) -> str:
    """The account whose key signed this request; WireError otherwise. Opens it at first sight."""
    found = credential(exchange, request.header(b"x-mbx-apikey"))
    check_time(params, now_ms=request.arrived_ms or exchange.told_ms())
    given = params.get("signature", "")
    if not given:
        raise missing("signature")
    if not hmac.compare_digest(found.signature(signed_bytes(request)).encode(), given.encode()):
        raise WireError(-1022, "Signature for this request is not valid.")
    exchange.open_account(found.account)
    return found.account


def credential(exchange: Exchange, key: str) -> Credential:
    """What an API key stands for; WireError for an unknown one."""
    if not key:
        raise WireError(-2014, "API-key format invalid.", status=401)
    found = exchange.keys.find(key)
    if found is None:
        raise WireError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)
    return found


def check_time(params: Params, *, now_ms: int) -> None:
    """The timestamp lies within the window around now."""
    stamp = params.get("timestamp", "")
    if not stamp.isdecimal() or len(stamp) > MOST_DIGITS:
        raise missing("timestamp")
    window = _recv_window(params)
    if int(stamp) >= now_ms + AHEAD_MS:
        raise WireError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - int(stamp) > window:
        raise WireError(-1021, "Timestamp for this request is outside of the recvWindow.")


def _recv_window(params: Params) -> float:
    given = params.get("recvWindow", "")
    if not given:
        return DEFAULT_RECV_WINDOW_MS
    if not _WINDOW.fullmatch(given):
        raise WireError(-1131, "recvWindow must be less than 60000")
    if float(given) > MOST_RECV_WINDOW_MS:
        raise WireError(-1131, "recvWindow must be less than 60000")
    return float(given)


def signed_bytes(request: Request) -> bytes:
    """The raw query and body without the signature, as they came over the wire."""
    return _without_signature(request.query) + _without_signature(request.body)


def _without_signature(raw: bytes) -> bytes:
    start = raw.rfind(_MARK)
    if start < 0:
        return raw
    if b"&" not in raw[start:] and raw[start - 1 : start] == b"&":
        return raw[: start - 1]
    return b"&".join(part for part in raw.split(b"&") if not part.startswith(_MARK))
