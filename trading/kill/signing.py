"""How the remote red button proves itself to the door: HMAC over timestamp and body. Pure; time is an argument."""

import hashlib
import hmac

TOLERANCE_SECS = 300


def signature(secret: str, timestamp: str, raw: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 of `timestamp.body`."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def is_genuine(secret: str, *, timestamp: str, given: str, raw: bytes, now: float) -> bool:
    """Whether a message was signed with the secret within the last or next 5 minutes; now is a Unix time."""
    fresh = (
        timestamp.isascii()
        and timestamp.isdigit()
        and len(timestamp) <= 12
        and abs(now - int(timestamp)) <= TOLERANCE_SECS
    )
    expected = signature(secret, timestamp, raw)
    return fresh and hmac.compare_digest(expected.encode(), given.encode())
