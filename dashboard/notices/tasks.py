"""The bell of notifications: read the journal on, and start the process that sends when there is something to say.

This task asks the database only. Sending has a process of its own (courier.py): a service that hangs holds up no worker.
"""

import logging
import subprocess
import sys

from celery import shared_task
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from dashboard.notices.domain.classes import Klass
from dashboard.notices.models import Channel, Notice
from project.services import spawn
from project.settings.environment import BASE_DIR
from trading import bells

log = logging.getLogger(__name__)


class _Sender:
    """The process that was started last; looked at now and then, so that an ended one is taken off the table."""

    child: "subprocess.Popen[bytes] | None" = None


@shared_task(name="trading.send_notices")
def send_notices() -> None:
    """Safe to run twice and safe to lose: the journal is read on from where the last look ended."""
    bells.heard("send_notices")
    try:
        if anybody():
            _look()
    except OperationalError as error:
        log.warning("nobody is told anything for now: the database cannot be read: %s", error)


def anybody() -> bool:
    """Whether there is a channel to look for, or a test to send: the one question of an installation without any."""
    waits = Q(enabled=True) | Q(notices__state=Notice.State.WAITING, notices__klass=Klass.TEST)
    return Channel.objects.filter(waits).exists()


def _look() -> None:
    from dashboard.notices import collect, outbox  # here: a worker that tells nobody anything need not carry it

    now = timezone.now()
    collect.collect(now=now)
    if outbox.due(now=now):
        start_sender()
    else:
        ended()


def start_sender() -> None:
    """Start it unless it runs. It shares our environment, and ends with us."""
    if not ended():
        return
    words, hook = [sys.executable, str(BASE_DIR / "manage.py"), "send_notices"], spawn.die_with_parent()
    _Sender.child = subprocess.Popen(
        words, cwd=BASE_DIR, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=hook
    )


def ended() -> bool:
    """Whether no sender of ours runs."""
    return _Sender.child is None or _Sender.child.poll() is not None
