"""How often one may ask: so many reads and writes a minute per user and per token, counted in Valkey for all processes."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from time import time
from types import MappingProxyType
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from dashboard.tokens import Opened

log = logging.getLogger(__name__)

WINDOW_SECS = 60
PER_WINDOW: Mapping[str, int] = MappingProxyType({"read": 600, "write": 120, "stranger": 60})
PATIENCE_SECS = 0.5


@lru_cache(maxsize=1)
def _client(url: str) -> Redis:
    patience = {"socket_timeout": PATIENCE_SECS, "socket_connect_timeout": PATIENCE_SECS}
    return Redis.from_url(url, **patience)


def count(name: str, *, window: int) -> int:
    """Add one to a counter of this window and say where it stands; 0 while Valkey does not answer: nobody is locked out."""
    key = f"windlass:throttle:{name}:{window}"
    try:
        with _client(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW_SECS)
            return int(pipe.execute()[0])
    except (RedisError, OSError) as error:
        log.warning("requests are not counted, Valkey does not answer: %s", type(error).__name__)
        return 0


class PerMinute(BaseThrottle):
    """Whoever asks too often is told when to come back."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count it; False when it is one too many."""
        who, kind = _who(self, request), "read" if request.method in SAFE_METHODS else "write"
        limit = PER_WINDOW["stranger" if who.startswith("address:") else kind]
        return count(f"{who}:{kind}", window=int(time() // WINDOW_SECS)) <= limit

    def wait(self) -> float:
        """Seconds until the next window."""
        return WINDOW_SECS - time() % WINDOW_SECS


def _who(throttle: BaseThrottle, request: Request) -> str:
    if isinstance(request.auth, Opened):
        return request.auth.name
    if request.user and request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{throttle.get_ident(request)}"
