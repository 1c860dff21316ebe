"""Idempotency-Key: the same write twice is done once. Same key, same request: the first answer again; else 422.

The key is claimed in a row before the deed and answered after it. A process that died in between leaves the claim
without an answer: whether the deed was done is then not known, and is said so; nothing is done a second time.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import Error, IntegrityError, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.models import KeptAnswer
from dashboard.problems import refused

log = logging.getLogger(__name__)

HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replay"
LONGEST = 128
KEPT_FOR = timedelta(hours=24)
AT_WORK_SECS = 60
SWEPT = 200
# Overdue rows that one write removes at the most.

TOO_LONG = f"An {HEADER} has 1 to {LONGEST} printable ASCII characters."
OTHER = "This key was used for another request. Use a new key for every deed."
BUSY = "The first request with this key is still at work. Ask again in a moment."
LOST = "The first request with this key was cut off: look whether it was done, then use a new key."


class Replayed(Exception):
    """The answer was given before; it is given again."""

    def __init__(self, row: KeptAnswer) -> None:
        super().__init__(row.key)
        self.row = row

    def response(self) -> Response:
        """The kept answer, marked as such."""
        data = KeptJson(self.row.body)
        return Response(data, status=self.row.status, content_type=self.row.content_type, headers={REPLAYED: "true"})


class KeptJson(str):
    """JSON that is written already."""

    __slots__ = ()


class Renderer(JSONRenderer):
    """JSON; what was kept is passed on as it was, byte for byte."""

    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        """As bytes."""
        if isinstance(data, KeptJson):
            return data.encode()
        return super().render(data, accepted_media_type, renderer_context)


def claim(request: Request) -> KeptAnswer | None:
    """The row that will keep this request's answer; None without a key. Raises Replayed or Refused."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise refused("IDEMPOTENCY_KEY_INVALID", TOO_LONG, status=400, field=HEADER)
    now = timezone.now()
    _sweep(now)
    request_hash, user_id = fingerprint(request), int(request.user.pk or 0)
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(
                user_id=user_id, key=key, request_hash=request_hash, expires_at=now + KEPT_FOR
            )
    except IntegrityError:
        raise _known(user_id, key, request_hash) from None


def _known(user_id: int, key: str, request_hash: bytes) -> Exception:
    """What to say to a key that was used before."""
    row = KeptAnswer.objects.filter(user_id=user_id, key=key).first()
    if row is None:  # released this very moment: the first one failed
        return refused("IDEMPOTENCY_BUSY", BUSY, headers={"Retry-After": "1"})
    if bytes(row.request_hash) != request_hash:
        return refused("IDEMPOTENCY_MISMATCH", OTHER, status=422, field=HEADER)
    if row.status is not None:
        return Replayed(row)
    if timezone.now() - row.created_at < timedelta(seconds=AT_WORK_SECS):
        return refused("IDEMPOTENCY_BUSY", BUSY, headers={"Retry-After": "1"})
    return refused("IDEMPOTENCY_UNKNOWN", LOST, field=HEADER)


def fingerprint(request: Request) -> bytes:
    """What makes a request this request: method, address with its query, and the body as it came."""
    parts = (request.method or "", request.get_full_path(), request.content_type or "")
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request._request.body).digest()


def keep(row: KeptAnswer, response: Response) -> None:
    """Write the answer down. Without a database it is given all the same, and who asks again learns that it was cut off."""
    row.status = response.status_code
    row.content_type = response.content_type or "application/json"
    row.body = "" if response.data is None else JSONRenderer().render(response.data).decode()
    with _database_away("kept"):
        row.save(update_fields=["status", "content_type", "body"])


def release(row: KeptAnswer) -> None:
    """The deed failed in a way that says nothing of it: the key may be used again, unless the database is what failed."""
    with _database_away("released"):
        row.delete()


@contextmanager
def _database_away(done: str) -> Iterator[None]:
    """What the deed came to is the answer; that its key is not in order is for the log."""
    try:
        yield
    except Error as error:
        log.warning("an idempotency key could not be %s: %s", done, type(error).__name__)


def _sweep(now: Any) -> None:
    """Remove some that are past their day; each write does, so that no timer is needed."""
    overdue = KeptAnswer.objects.filter(expires_at__lt=now).order_by("expires_at").values_list("pk", flat=True)
    KeptAnswer.objects.filter(pk__in=list(overdue[:SWEPT])).delete()
