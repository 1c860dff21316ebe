"""Bullets: short-lived tokens that open a socket."""

import secrets
from dataclasses import dataclass
from typing import Any

from trading.paper.server.exchange import Exchange

PING_MS = 18_000

LIFE_MS = 24 * 3_600_000

PATH = "/endpoint"


@dataclass(frozen=True, slots=True)
class Bullet:
    """Whose token it is ("" = anybody's) and until when it opens a socket."""

    account: str
    until_ms: int


class Bullets:
    """The tokens given, in memory."""

    def __init__(self) -> None:
        self._given: dict[str, Bullet] = {}

    def give(self, account: str, *, now_ms: int) -> str:
        """A fresh token."""
        token = secrets.token_urlsafe(48)
        self._given = {text: one for text, one in self._given.items() if one.until_ms > now_ms}
        self._given[token] = Bullet(account, now_ms + LIFE_MS)
        return token

    def find(self, token: str, *, now_ms: int) -> Bullet | None:
        """What a token is good for."""
        found = self._given.get(token)
        return found if found and found.until_ms > now_ms else None


BULLETS = Bullets()
# One process is one exchange.


def give(exchange: Exchange, account: str, host: str) -> Any:
    """POST bullet-public ("" as the account) and bullet-private."""
    server = {
        "endpoint": f"ws://{host}{PATH}",
        "encrypt": False,
        "protocol": "websocket",
        "pingInterval": PING_MS,
        "pingTimeout": 10_000,
    }
    return {"token": BULLETS.give(account, now_ms=exchange.now_ms()), "instanceServers": [server]}
