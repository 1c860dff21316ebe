"""Every lock of the engine, by name. Order: account → group → order; all FOR NO KEY UPDATE.

A plain FOR UPDATE would collide with the KEY SHARE that an inserted child row takes, and deadlock. Locking the account
is a transaction's first write, so that (xid, id) is the causal order of its journal rows.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from project.accounts.models import ExchangeAccount
from project.reads import Among, Read
from trading.models import Order, PositionGroup

SETTINGS = 7_385_620  # of the advisory lock: the settings of everybody have no row of their own
ACCOUNT = Read(lambda pk: ExchangeAccount.objects.select_for_update(no_key=True).filter(pk=pk))
ORDERS = Read(
    lambda ids: Order.objects.select_for_update(no_key=True, of=("self",)).filter(Among("id", ids)).order_by("id")
)
GROUP = Read(
    lambda pk: (
        PositionGroup.objects.select_for_update(no_key=True, of=("self",))
        .select_related("account", "instrument")
        .filter(pk=pk)
    )
)


def account(account_id: int) -> ExchangeAccount:
    """The account, locked: nobody else decides anything about it. Waits 2 s at most (lock_timeout)."""
    return ACCOUNT.get(pk=account_id)


def account_if_free(account_id: int) -> ExchangeAccount | None:
    """The account, locked, unless somebody else is at it: then they see what we would have seen."""
    return ExchangeAccount.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=account_id).first()


def group(group_id: int) -> PositionGroup:
    """A group, locked, with its instrument at hand; the account must be locked already."""
    return GROUP.get(pk=group_id)


def orders_by_id(ids: Iterable[int]) -> dict[int, Order]:
    """Orders, locked in the order of their ids."""
    return {order.pk: order for order in ORDERS(ids=list(ids))}


def orders(rows: QuerySet[Order]) -> QuerySet[Order]:
    """Orders, locked in the order of their ids."""
    return rows.select_for_update(no_key=True, of=("self",)).order_by("id")


def settings() -> None:
    """Whoever changes settings does so alone until the transaction ends; locked after the accounts. Waits 2 s at most."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETTINGS])
