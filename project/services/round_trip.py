"""Whether an address on the internet leads to this machine's door, proved by a number that comes back."""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from project.services.doctor import Finding, Level

PATIENCE_SECS = 10.0
SENDER_PATIENCE_SECS = 3.0
# TradingView gives up after three seconds.
SENDER_PORTS = (80, 443)
# TradingView calls no other ports.


def public_url(url: str) -> Finding:
    """Fetch URL/health/live with a random number and see it return."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return Finding(Level.FAIL, f"{url} is no web address", "give it as https://name.example")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if port not in SENDER_PORTS:
        mend = "put a tunnel, nginx or the router's forwarding in front"
        return Finding(Level.FAIL, f"TradingView calls ports 80 and 443 only, not {port}", mend)
    return probe(url)


def probe(url: str) -> Finding:
    """The round trip itself, on any port."""
    nonce, begun = secrets.token_hex(16), time.monotonic()
    address = f"{url.rstrip('/')}/health/live?nonce={nonce}"
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE_SECS) as answer:  # noqa: S310  (the scheme was checked)
            body = answer.read(4096)
    except urllib.error.HTTPError as error:
        return Finding(
            Level.FAIL, f"{url} answered {error.code}", "lead it to the door's port and pass /health/ and /webhooks/ on"
        )
    except OSError as error:
        return Finding(
            Level.FAIL, f"{url}: {reason(error)}", "is the tunnel or proxy running, does the name lead here?"
        )
    return judge(_nonce(body), nonce, secs=time.monotonic() - begun)


def judge(returned: str, sent: str, *, secs: float) -> Finding:
    """What the answer proves."""
    if returned != sent:
        return Finding(Level.FAIL, "something answers, but it is not this door", "lead the address to the door's port")
    if secs > SENDER_PATIENCE_SECS:
        return Finding(
            Level.WARN, f"reached the door after {secs:.1f} s; TradingView waits 3 s", "use a nearer tunnel or proxy"
        )
    return Finding(Level.OK, f"an alert reaches the door in {secs * 1000:.0f} ms")


def reason(error: OSError) -> str:
    """Why the connection failed, in words."""
    inner = getattr(error, "reason", error)
    return str(getattr(inner, "strerror", None) or inner)


def _nonce(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    return str(answer.get("nonce", "")) if isinstance(answer, Mapping) else ""
