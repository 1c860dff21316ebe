"""Changing accounts and their keys: one transaction each, journalled with who and which fields, never with a value."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from project.accounts import vault
from project.accounts.models import Environment, ExchangeAccount, MarginMode
from project.journal.record import record

KEY_COLUMNS = ("sealed_credentials", "keys_mark", "keys_at")


def save(
    account: ExchangeAccount,
    *,
    changed: Collection[str],
    credentials: Mapping[str, str],
    operator: str,
    now: datetime,
    rearmed: bool = False,
) -> None:
    """Write an account's changed columns (all of a new one's) and new keys. rearmed: it may open as it now stands.

    Only what was changed is written: health and reconciled_at may have moved since somebody opened the form. A live
    account on wider terms is off until it is armed anew.
    """
    columns = set(changed)
    with transaction.atomic():
        if account.pk is None:
            account.save()  # the envelope is bound to the id
        stored = locked(account.pk)
        if widens(stored, account):
            account.armed, account.armed_as = False, ""
            columns.update(("armed", "armed_as"))
        if credentials:
            vault.put_credentials(account, credentials, now=now)
            account.reconciled_at = None  # read with the new keys before anything is entered
            columns.update((*KEY_COLUMNS, "reconciled_at"))
        if account.identity != stored.identity:
            account.first_armed_at = None
            columns.add("first_armed_at")
        if rearmed:
            columns.update(armed(account, now=now))
        account.save(update_fields=[*columns, "updated_at"])
        _noted(account, sorted(set(changed) | ({"keys"} if credentials else set())), operator)


def widens(stored: ExchangeAccount, wanted: ExchangeAccount) -> bool:
    """Whether live money would stand on wider terms: a higher leverage, or the whole wallet behind each position."""
    higher = wanted.leverage > stored.leverage
    cross = wanted.margin_mode == MarginMode.CROSS != stored.margin_mode
    return stored.environment == Environment.LIVE and (higher or cross)


def armed(account: ExchangeAccount, *, now: datetime) -> tuple[str, ...]:
    """Mark an account as armed with what it is now; the columns to be written. Its first day begins with its first arming."""
    account.armed, account.armed_as = True, account.identity
    account.first_armed_at = account.first_armed_at or now
    return ("armed", "armed_as", "first_armed_at")


def put_keys(account_id: int, credentials: Mapping[str, str], *, operator: str, now: datetime) -> ExchangeAccount:
    """New keys: sealed, read anew before anything is entered, and (but on paper) armed anew by a person."""
    with transaction.atomic():
        account = locked(account_id)
        vault.put_credentials(account, credentials, now=now)
        return _unproven(account, operator, "entered")


def remove_keys(account_id: int, *, operator: str) -> ExchangeAccount:
    """No keys any more: nothing is sent or read on this account."""
    with transaction.atomic():
        account = locked(account_id)
        account.sealed_credentials, account.keys_mark, account.keys_at = b"", "", None
        return _unproven(account, operator, "removed")


def locked(account_id: int) -> ExchangeAccount:
    """The account, locked by this transaction. Raises DoesNotExist."""
    return ExchangeAccount.objects.select_for_update(no_key=True).get(pk=account_id)


def _unproven(account: ExchangeAccount, operator: str, what: str) -> ExchangeAccount:
    """Whatever was known of the old keys says nothing about these."""
    account.armed = account.armed and account.environment == Environment.PAPER and bool(account.keys_mark)
    account.reconciled_at = account.first_armed_at = None
    account.save(update_fields=[*KEY_COLUMNS, "armed", "reconciled_at", "first_armed_at", "updated_at"])
    payload = {"operator": operator, "keys": what, "armed": account.armed}
    record("account.keys", subject=f"account:{account.pk}", payload=payload, account_id=account.pk)
    return account


def _noted(account: ExchangeAccount, changed: Collection[str], operator: str) -> None:
    payload = {"operator": operator, "changed": list(changed), "armed": account.armed}
    record("account.changed", subject=f"account:{account.pk}", payload=payload, account_id=account.pk)
