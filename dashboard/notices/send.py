"""One message to one address, through Apprise: imported here, by the process that sends and ends, and nowhere else."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from dashboard.notices import guard
from dashboard.notices.domain import addresses
from dashboard.notices.domain.answers import answer
from dashboard.notices.domain.digest import Message

CONNECT_SECS, READ_SECS = 5.0, 10.0
LIBRARY = "apprise"
CAUSE = "Exception"
# Of what it says to developers only the cause of a lost connection is for people.
UNREADABLE = "This address is not understood: enter it anew."


@dataclass(frozen=True, slots=True)
class Post:
    """An address as stored, with its kind; `key` is the same when a message is sent again. private: see guard.py."""

    url: str
    kind: str
    key: str
    private: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it, in words without secrets."""

    taken: bool
    words: str


class _Ears(logging.Handler):
    """What the library says of one message; it tells a failure's reason nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.causes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if _hearing.get() is self:
            said = record.getMessage()
            self.lines.extend([said] * (record.levelno >= logging.WARNING))
            self.causes.extend([said] * (CAUSE in said))


_hearing: ContextVar[_Ears | None] = ContextVar("who hears the library", default=None)


def deliver(post: Post, message: Message) -> Answer:
    """Send it. Never raises for what a service or the network does; takes 15 s at most where they keep to the rules."""
    with guard.public_only(not post.private), _heard() as ears:
        taken = _notify(post, message)
    said = addresses.scrubbed(" ".join(ears.lines), post.url)
    return Answer(True, "taken") if taken else Answer(False, answer(said, cause=" ".join(ears.causes)))


def _notify(post: Post, message: Message) -> bool:
    from apprise import Apprise, AppriseAsset, NotifyFormat

    asset = AppriseAsset(
        app_id="Windlass",
        app_desc="Windlass",
        app_url="",
        async_mode=False,
        http_redirects=False,
        plugin_paths=[],
        service_timeout=0,  # else it sends from a pool that all channels share, and a few that hang fill it
    )
    library = Apprise(asset=asset)
    if not library.add(_url(post, message)):
        logging.getLogger(LIBRARY).warning(UNREADABLE)
        return False
    return bool(library.notify(body=message.body, title=message.title, body_format=NotifyFormat.TEXT))


def _url(post: Post, message: Message) -> str:
    url = addresses.with_silence(post.url, post.kind) if message.silent else post.url
    named = {":id": post.key} if post.kind == "webhook" else {}
    return addresses.with_query(url, cto=CONNECT_SECS, rto=READ_SECS, **named)


@contextmanager
def _heard() -> Iterator[_Ears]:
    """Listen to the library; its own lines go nowhere else, for they may quote an address."""
    log, ears = logging.getLogger(LIBRARY), _Ears()
    log.propagate = False
    log.setLevel(logging.DEBUG)
    log.addHandler(ears)
    token = _hearing.set(ears)
    try:
        yield ears
    finally:
        _hearing.reset(token)
        log.removeHandler(ears)
