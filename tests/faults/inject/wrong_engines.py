"""Engines that are broken on purpose, each as somebody once wrote one: the judges of a normal round must catch them all.

Each patches a module of the engine's, right after that was imported: in the processes of a stack (sitecustomize.py), or
in a test (test_wrong_engines.py).
"""

import asyncio
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

Patch = Callable[[Any], None]


def resend_blindly(ccxt_gateway: Any) -> None:
    """An order whose outcome is unknown is sent again, under a name of its own."""
    place = ccxt_gateway.CcxtGateway.place

    def twice(self: Any, request: Any) -> Any:
        try:
            return place(self, request)
        except ccxt_gateway.Unknown:
            again = replace(
                request,
                client_order_id=request.client_order_id[::-1],
                valid_until=request.valid_until + timedelta(minutes=1),
            )
            return place(self, again)

    ccxt_gateway.CcxtGateway.place = twice


def refuse_on_timeout(ccxt_gateway: Any) -> None:
    """A request without an answer counts as refused."""
    place = ccxt_gateway.CcxtGateway.place

    def answered(self: Any, request: Any) -> Any:
        try:
            return place(self, request)
        except ccxt_gateway.Unknown as unknown:
            raise ccxt_gateway.Rejected(**unknown.fields) from unknown

    ccxt_gateway.CcxtGateway.place = answered


STORING: set[asyncio.Task[Any]] = set()
# The loop alone would forget them.


def acknowledge_early(webhooks: Any) -> None:
    """The sender is answered, then his alert is stored, if it can be."""
    store = webhooks.Door._store

    async def at_once(self: Any, alert: Any) -> Any:
        task = asyncio.create_task(store(self, alert))
        STORING.add(task)
        task.add_done_callback(STORING.discard)
        return webhooks.Reply(202, {"status": "received"})

    webhooks.Door._store = at_once


# a pool that counts ------------------------------------------------------------------------------


class Counted(threading.local):
    """By account, the slots that were taken when they were counted, and what whoever counted has taken since."""

    def __init__(self) -> None:
        self.taken: dict[int, frozenset[int]] = {}

    def count(self, account_id: int) -> None:
        """Look, with no lock held."""
        from trading.services import desk_reads

        self.taken[account_id] = frozenset(desk_reads.TAKEN(account_id=account_id))

    def __get__(self, desk: Any, _: object = None) -> frozenset[int]:
        if desk.account.pk not in self.taken:
            self.count(desk.account.pk)
        return self.taken[desk.account.pk]

    def __set__(self, desk: Any, taken: frozenset[int]) -> None:
        self.taken[desk.account.pk] = taken


COUNTED = Counted()


def count_first(decide: Any) -> None:
    """Taken slots are counted, prices are asked for, the account is waited for: meanwhile somebody else may take one."""
    fetch = decide.fetch_prices

    def counted(account_id: int, *words: Any, **named: Any) -> Any:
        COUNTED.count(account_id)
        return fetch(account_id, *words, **named)

    decide.fetch_prices = counted


def believe_the_count(desk: Any) -> None:
    """What was counted is what is taken."""
    desk.Desk.taken_slots = COUNTED


def any_number(entry: Any) -> None:
    """A slot is a row more, under any number: no index refuses the second taker."""
    entry.free_slot = lambda taken, pool_size: secrets.randbelow(2**30) + 1000


ENGINES: Mapping[str, Mapping[str, Patch]] = {
    "blind_resend": {"trading.gateways.ccxt_gateway": resend_blindly},
    "count_pool": {
        "trading.services.decide": count_first,
        "trading.services.desk": believe_the_count,
        "trading.services.entry": any_number,
    },
    "early_ack": {"trading.webhooks": acknowledge_early},
    "reject_on_timeout": {"trading.gateways.ccxt_gateway": refuse_on_timeout},
}
# By name, as FAULTS_BROKEN says it: which modules are patched, and how.
