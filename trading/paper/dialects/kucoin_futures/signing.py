"""Who is asking: key, clock, passphrase, signature, as KuCoin's second key version has them."""

import base64
import hmac

from trading.paper.dialects.base import MOST_DIGITS
from trading.paper.dialects.kucoin_futures.errors import KuError
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Request
from trading.paper.server.keys import Credential

WINDOW_MS = 5_000


def account_of(exchange: Exchange, request: Request) -> str:
    """The account whose key signed this request; KuError otherwise."""
    key, stamp = request.header(b"kc-api-key"), request.header(b"kc-api-timestamp")
    given, passphrase = request.header(b"kc-api-sign"), request.header(b"kc-api-passphrase")
    if not (key and stamp and given and passphrase):
        raise KuError(
            "400001", "Any of KC-API-KEY, KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE is missing.", status=401
        )
    credential = exchange.keys.find(key)
    if credential is None:
        raise KuError("400003", "KC-API-KEY not exists.", status=401)
    known = stamp.isdecimal() and len(stamp) <= MOST_DIGITS
    if not known or abs((request.arrived_ms or exchange.told_ms()) - int(stamp)) > WINDOW_MS:
        raise KuError("400002", "KC-API-TIMESTAMP Invalid.", status=401)
    _check_passphrase(credential, request, passphrase)
    if not hmac.compare_digest(_signed(credential, signed_bytes(request, stamp)), given):
        raise KuError("400005", "Signature error.", status=401)
    return credential.account


def _check_passphrase(credential: Credential, request: Request, given: str) -> None:
    """The second version signs the passphrase; a key without one takes any."""
    if not credential.passphrase:
        return
    second = request.header(b"kc-api-key-version") in ("2", "3")
    wanted = _signed(credential, credential.passphrase.encode()) if second else credential.passphrase
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise KuError("400004", "KC-API-PASSPHRASE error.", status=401)


def signed_bytes(request: Request, stamp: str) -> bytes:
    """Timestamp, method, path with query, and body, as they came over the wire."""
    query = b"?" + request.query if request.query else b""
    return stamp.encode() + request.method.encode() + request.raw_path + query + request.body


def _signed(credential: Credential, payload: bytes) -> str:
    return base64.b64encode(credential.digest(payload)).decode()
