"""Which pages may open a socket: those of the same host and port, or of an origin that is trusted by name."""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.utils.http import is_same_domain

PORTS = {"http": 80, "https": 443}


class OwnOrigin:
    """ASGI middleware: a browser names the page's origin and cannot lie about it; a page of another port is another program's."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Through to the sockets, or closed before it is open."""
        headers = {name: value.decode("latin1") for name, value in scope.get("headers", ())}
        own = is_own(headers.get(b"origin", ""), headers.get(b"host", ""))
        application = self.application if own else WebsocketDenier()
        return await application(scope, receive, send)


def is_own(origin: str, host: str) -> bool:
    """Whether a page of this origin was served as this host (WINDLASS_ORIGINS names others that count)."""
    try:
        page, here = urlsplit(origin), urlsplit(f"//{host}")
        same = page.hostname == here.hostname and _port(page) == (here.port or PORTS.get(page.scheme))
    except ValueError:
        return False
    return page.scheme in PORTS and bool(page.hostname) and (same or any(_trusted(page, urlsplit(t)) for t in _named()))


def _port(page: SplitResult) -> int | None:
    return page.port or PORTS.get(page.scheme)


def _trusted(page: SplitResult, named: SplitResult) -> bool:
    names = (named.hostname or "").removeprefix("*")
    same = (page.scheme, _port(page)) == (named.scheme, _port(named))
    return same and is_same_domain(page.hostname or "", names)


def _named() -> list[str]:
    return list(settings.CSRF_TRUSTED_ORIGINS)
