"""Closes the sockets of sessions that have ended: one question for all that a process serves, not one for each."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.db import Error
from django.utils import timezone

from project.accounts.models import User

log = logging.getLogger(__name__)

LOOK_EVERY_SECS = 10.0
# A socket outlives the session it was opened with by this much at most.
NOT_LOGGED_IN = 4401


@dataclass(frozen=True, slots=True)
class Login:
    """Whose socket it is; `proof` is another one as soon as the password is another one."""

    session_key: str
    user_id: int
    proof: str


def standing(logins: Collection[Login]) -> set[Login]:
    """Those whose session still stands, and whose user may still log in and has the same password."""
    keys, users = {login.session_key for login in logins}, {login.user_id for login in logins}
    alive = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    kept = set(alive.values_list("session_key", flat=True))
    active = User.objects.filter(pk__in=users, is_active=True)
    proofs = {(user.pk, user.get_session_auth_hash()) for user in active}
    return {login for login in logins if login.session_key in kept and (login.user_id, login.proof) in proofs}


class SessionWatch:
    """Looks as long as there is a socket; a database that is away ends nothing."""

    def __init__(self) -> None:
        self._sockets: dict[Any, Login] = {}
        self._task: asyncio.Task[None] | None = None

    def join(self, socket: Any) -> None:
        """A socket of somebody who is logged in."""
        user = socket.scope["user"]
        self._sockets[socket] = Login(socket.scope["session"].session_key, user.pk, user.get_session_auth_hash())
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def leave(self, socket: Any) -> None:
        """It is gone; with the last one nobody looks any more."""
        self._sockets.pop(socket, None)
        if not self._sockets and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECS)
            try:
                found = await database_sync_to_async(standing)(set(self._sockets.values()))
            except Error:
                continue
            for socket in [socket for socket, login in self._sockets.items() if login not in found]:
                if self._sockets.pop(socket, None) is not None:  # it may have left while another was closed
                    await _closed(socket)


async def _closed(socket: Any) -> None:
    """One that cannot be closed any more is closed already; the others are not to wait for it."""
    try:
        await socket.close(NOT_LOGGED_IN)
    except (OSError, RuntimeError) as error:
        log.info("a socket was gone before its session: %s", type(error).__name__)


_watches: "WeakKeyDictionary[asyncio.AbstractEventLoop, SessionWatch]" = WeakKeyDictionary()


def session_watch() -> SessionWatch:
    """The watch of this process (of this event loop)."""
    return _watches.setdefault(asyncio.get_running_loop(), SessionWatch())
