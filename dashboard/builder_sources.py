"""Sources as the alert builder makes them: a name, an account, and an address that is told once."""

import hashlib
import secrets

from django.db import transaction

from project.accounts.models import ExchangeAccount, User
from project.journal.record import record
from signals.models import Source

NAME_LENGTH = range(1, 41)
MOST_SOURCES = 100


class CannotMake(Exception):
    """Why there is no such source, in words."""


def make(user: User, account: ExchangeAccount, name: str, kind: str) -> tuple[Source, str]:
    """A new source of the account's owner, live, and its token, which is never told again. Raises CannotMake."""
    owner = account.user
    if len(name) not in NAME_LENGTH:
        raise CannotMake("Give it a name of 1 to 40 characters: what sends these alerts?")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if Source.objects.filter(user=owner, name=name).exists():
            raise CannotMake(f"There is a source called {name} already: choose it in the list.")
        if Source.objects.filter(user=owner).count() >= MOST_SOURCES:
            raise CannotMake(f"There are {MOST_SOURCES} sources. Remove one that is not needed any more.")
        token = secrets.token_urlsafe(32)
        row = Source.objects.create(user=owner, account=account, name=name, kind=kind, token_hash=_digest(token))
        said = {"operator": user.get_username(), "name": name, "account": account.name, "kind": kind}
        record("source.made", subject=f"source:{row.pk}", payload=said, account_id=account.pk)
    return row, token


def new_token(source: Source, *, operator: str) -> str:
    """A new address; the old one ends within a second."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        source.token_hash = _digest(token)
        source.save(update_fields=["token_hash", "updated_at"])
        payload = {"operator": operator, "what": "token"}
        record("source.proof", subject=f"source:{source.pk}", payload=payload, account_id=source.account_id)
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
