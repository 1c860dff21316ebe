"""Token buckets: how many alerts a minute a source may send, with a burst of one minute. Pure: time is an argument."""

import math
from dataclasses import dataclass, field

PER_MINUTE = {"tradingview": 100, "indicators": 1000, "alerts": 100, "signals": 50}


@dataclass(slots=True)
class Bucket:
    """Tokens as of `at` (seconds of any monotonic clock); full at first."""

    tokens: float
    at: float

    def take(self, per_minute: int, *, now: float) -> float:
        """Take one; 0 when there was one, else the seconds until there will be."""
        refilled = self.tokens + max(0.0, now - self.at) * per_minute / 60
        self.tokens, self.at = min(float(per_minute), refilled), now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) * 60 / per_minute


@dataclass(slots=True)
class Limiter:
    """The buckets of all sources, one per endpoint, and one more each for what may close a position."""

    buckets: dict[tuple[int, str, bool], Bucket] = field(default_factory=dict)

    def wait_secs(self, source_id: int, endpoint: str, *, may_exit: bool, per_minute: int | None, now: float) -> int:
        """0 when the alert may pass, else whole seconds to wait. per_minute: the source's own limit, 0 = none."""
        limit = PER_MINUTE[endpoint] if per_minute is None else per_minute
        if not limit:
            return 0
        key = (source_id, endpoint, may_exit)
        bucket = self.buckets.get(key) or self.buckets.setdefault(key, Bucket(tokens=limit, at=now))
        return math.ceil(bucket.take(limit, now=now))
