"""Sealed events to whoever listens: one message a batch on the channel layer's group `journal`."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from project.journal.sealer import Sealed

log = logging.getLogger(__name__)

GROUP = "journal"
PRICES = "prices"


def send(group: str, message: dict[str, object]) -> None:
    """Tell a group of listeners; a broken Valkey is logged and survived, for browsers fetch what they missed."""
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group, message)
    except (RedisError, OSError) as error:
        log.warning("listeners not told (%s): they catch up when they reconnect", type(error).__name__)


def publish(sealed: Sealed) -> None:
    """Send one batch of sealed events, numbered."""
    message = {
        "type": "journal.sealed",
        "first": sealed.first_number,
        "count": len(sealed.rows),
        "events": sealed.events(),
    }
    send(GROUP, message)
