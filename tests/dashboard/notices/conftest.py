"""A channel to a webhook on loopback, and a journal that is written and sealed as the engine does."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.utils import timezone

from dashboard.notices import channels
from dashboard.notices.channels import Wanted
from dashboard.notices.models import Channel
from project.accounts.models import User
from project.journal import sealer
from project.journal.models import JournalEntry, Seal
from project.journal.record import record
from tests.dashboard import rows
from tests.support import receivers


def wanted(**fields: Any) -> Wanted:
    """A channel's manners; every class on unless said."""
    plain: dict[str, Any] = {
        "name": "phone", "address": {}, "ways": {}, "zone": "UTC", "quiet_from": None, "quiet_to": None,
        "break_through": True, "most": 5, "window_minutes": 10, "daily_hour": 23, "everyones": False,
    }  # fmt: skip
    return Wanted(**(plain | fields))


@pytest.fixture
def hook(settings: LazySettings) -> Iterator[receivers.Webhook]:
    settings.NOTICES_PRIVATE = True
    with receivers.webhook() as seen:
        yield seen


@pytest.fixture
def now(transactional_db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def owner(now: datetime) -> User:
    """The owner of one paper account."""
    mira = rows.user("mira")
    rows.account(mira)
    return mira


@pytest.fixture
def channel(owner: User, now: datetime, hook: receivers.Webhook) -> Channel:
    """The owner's channel to the webhook."""
    return made(owner, f"{hook.url}/hook/{'s' * 20}", now=now)


def made(user: User, url: str, *, now: datetime, **fields: Any) -> Channel:
    return channels.make(user, "webhook", wanted(address={"url": url}, **fields), private=True, now=now)


Happened = Callable[..., None]


@pytest.fixture
def happened(owner: User) -> Happened:
    """`happened("fill", "order:1", qty="1")`: journalled on the owner's account, sealed."""
    account_id = owner.accounts.get().pk

    def write(kind: str, subject: str, *, account: int | None = account_id, **payload: Any) -> None:
        with transaction.atomic():
            record(kind, subject=subject, payload=payload, account_id=account)
        sealed(JournalEntry.objects.latest("id").pk)

    return write


def sealed(entry_id: int) -> None:
    """Seal up to an entry: another transaction that is still open holds the sealer up."""
    deadline = time.monotonic() + 60
    while not Seal.objects.filter(last_entry_id__gte=entry_id).exists() and time.monotonic() < deadline:
        sealer.seal_batch(holder="test", now=timezone.now())
        threading.Event().wait(0.01)
