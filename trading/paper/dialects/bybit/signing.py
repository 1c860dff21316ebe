"""Who is asking: key, clock and signature in the X-BAPI headers."""

import hmac

from trading.paper.dialects.base import MOST_DIGITS
from trading.paper.dialects.bybit.errors import ByError
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Request
from trading.paper.server.keys import Credential

DEFAULT_WINDOW_MS = 5_000

AHEAD_MS = 1_000
# A timestamp may run ahead of the server by less than a second.

SOCKET_PAYLOAD = "GET/realtime"
# What a socket signs, followed by the time at which the signature ends.


def account_of(exchange: Exchange, request: Request) -> str:
    """The account whose key signed this request; ByError otherwise."""
    found = credential(exchange, request.header(b"x-bapi-api-key"))
    stamp, window = request.header(b"x-bapi-timestamp"), request.header(b"x-bapi-recv-window")
    check_time(stamp, window, now_ms=request.arrived_ms or exchange.told_ms())
    signed = request.query if request.method == "GET" else request.body
    payload = f"{stamp}{request.header(b'x-bapi-api-key')}{window}".encode() + signed
    if not hmac.compare_digest(found.signature(payload), request.header(b"x-bapi-sign").lower()):
        raise ByError(10004, "error sign! please check your signature generation algorithm.")
    return found.account


def credential(exchange: Exchange, key: str) -> Credential:
    """What an API key stands for; ByError for an unknown one."""
    found = exchange.keys.find(key)
    if found is None:
        raise ByError(10003, "API key is invalid.", status=401)
    return found


def check_time(stamp: str, window: str, *, now_ms: int) -> None:
    """The timestamp lies within the window around now."""
    width = int(window) if window.isdecimal() else DEFAULT_WINDOW_MS
    if not stamp.isdecimal() or len(stamp) > MOST_DIGITS or not now_ms - width <= int(stamp) < now_ms + AHEAD_MS:
        told = f"req_timestamp[{stamp}],server_timestamp[{now_ms}],recv_window[{width}]"
        raise ByError(10002, f"invalid request, please check your server timestamp or recv_window param. {told}")


def socket_account(exchange: Exchange, key: str, expires: str, signature: str) -> str:
    """The account that a socket signs in for; ByError otherwise."""
    found = credential(exchange, key)
    if not expires.isdecimal() or int(expires) <= exchange.told_ms():
        raise ByError(10002, "Params Error: expires is over")
    if not hmac.compare_digest(found.signature(f"{SOCKET_PAYLOAD}{expires}".encode()), signature.lower()):
        raise ByError(10004, "error sign!")
    return found.account
