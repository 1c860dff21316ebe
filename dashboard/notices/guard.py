"""Where a notice may connect to: asked at the resolver, whose answer is what the socket then uses, so nothing slips between.

It holds for whoever sends, and for every host a library resolves meanwhile, redirects included.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from dashboard.notices.domain.addresses import is_public

_public_only: ContextVar[bool] = ContextVar("public addresses only", default=False)
_resolve = socket.getaddrinfo


def _guarded(host: Any, *args: Any, **options: Any) -> list[Any]:
    """The resolver; for whoever is guarded without private addresses. Raises gaierror when none is left."""
    found = _resolve(host, *args, **options)
    if not _public_only.get():
        return found
    allowed = [row for row in found if is_public(str(row[4][0]))]
    if not allowed:
        raise socket.gaierror(socket.EAI_FAIL, "private address")
    return allowed


def install() -> None:
    """Put the guard before this process's resolver; who did not ask for it notices nothing. Safe to repeat."""
    socket.getaddrinfo = _guarded


@contextmanager
def public_only(wanted: bool) -> Iterator[None]:
    """While it lasts, only public addresses are reached from here."""
    install()
    token = _public_only.set(wanted)
    try:
        yield
    finally:
        _public_only.reset(token)
