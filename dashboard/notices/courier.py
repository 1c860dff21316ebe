"""The process that sends: one thread a channel, so that a service that hangs keeps nobody waiting but itself.

It is started when there is something to say and ends when there is not. Nothing of trading waits for it: no lock, no
queue, no worker. What it had claimed when it died is claimed again after a while.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import connections

from dashboard.notices import outbox, sealing
from dashboard.notices.send import Answer, Post, deliver
from project.accounts.vault import VaultError

log = logging.getLogger(__name__)

TICK_SECS = 0.25
LINGER_SECS = 20.0
# It stays so long after the last message: the next one seldom comes alone, and starting takes two seconds of a core.
HUNG_SECS = 45.0
# A thread that is still sending then is given up; it ends with the process.
HUNG = "It did not answer in time: the connection stays open and nothing comes."

Clock = Callable[[], datetime]


def serve(*, clock: Clock, linger_secs: float = LINGER_SECS, hung_secs: float = HUNG_SECS) -> None:
    """Send until nothing is due for a while. Threads that hang do not keep it; the process's end ends them."""
    carriers: dict[int, Carrier] = {}
    last = time.monotonic()
    while True:
        if _start(carriers, clock) or _any_works(carriers, hung_secs):
            last = time.monotonic()
        elif time.monotonic() - last > linger_secs:
            return
        _bell.wait(TICK_SECS)


_bell = threading.Event()


def _start(carriers: "dict[int, Carrier]", clock: Clock) -> bool:
    """A thread for every channel that has something to say and none; whether there was one."""
    free = [pk for pk in outbox.due(now=clock()) if pk not in carriers or not carriers[pk].is_alive()]
    for channel_id in free:
        carriers[channel_id] = Carrier(channel_id, clock)
        carriers[channel_id].start()
    return bool(free)


def _any_works(carriers: "dict[int, Carrier]", hung_secs: float) -> bool:
    """Whether one is worth waiting for; every one is asked, for a look notes those that hang."""
    working = [carrier.working(hung_secs) for carrier in carriers.values()]
    return any(working)


class Carrier(threading.Thread):
    """Carries one channel's messages, one after the other, until there is none."""

    def __init__(self, channel_id: int, clock: Clock) -> None:
        super().__init__(name=f"channel-{channel_id}", daemon=True)
        self.channel_id, self.clock = channel_id, clock
        self.claimed: outbox.Claimed | None = None
        self.since = time.monotonic()

    def working(self, hung_secs: float) -> bool:
        """Whether it is worth waiting for; one that hangs is noted as failed, once."""
        if not self.is_alive():
            return False
        hangs = time.monotonic() - self.since > hung_secs
        if hangs and self.claimed is not None:
            claimed, self.claimed = self.claimed, None
            outbox.failed(claimed, words=HUNG, now=self.clock())
        return not hangs

    def run(self) -> None:
        """The thread's own connection ends with it."""
        try:
            while self._carried():
                pass
        finally:
            connections.close_all()

    def _carried(self) -> bool:
        """One message; False when there is none, or it was not taken and the channel rests."""
        claimed = self.claimed = outbox.claim(self.channel_id, now=self.clock())
        if claimed is None:
            return False
        self.since = time.monotonic()
        answer = sent(claimed)
        given_up, self.claimed = self.claimed is None, None
        if given_up and not answer.taken:
            return False  # noted as failed already
        settle = outbox.sent if answer.taken else outbox.failed
        settle(claimed, words=answer.words, now=self.clock())
        return answer.taken


def sent(claimed: outbox.Claimed) -> Answer:
    """What came of one message; an address that does not open is an answer too."""
    channel, key = claimed.channel, f"windlass-{claimed.channel.pk}-{claimed.message.ids[0]}"
    try:
        url = sealing.address(channel)
    except VaultError as error:
        return Answer(False, f"Its address cannot be opened: {error}")
    return deliver(Post(url, channel.kind, key, bool(settings.NOTICES_PRIVATE)), claimed.message)
