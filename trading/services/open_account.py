"""Making an account and changing its terms: what a venue cannot do is said before anything is saved.

A paper account is wired at once: its keys are made here and told to the paper exchange; any other starts unarmed, without.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from project.accounts import services as accounts
from project.accounts.models import Environment, ExchangeAccount, PositionMode
from signals.market import venues
from trading.domain.arming import starts_armed
from trading.models import PositionGroup
from trading.services.bootstrap import tell_paper

MAX_LEVERAGE = 125
# What any venue offers at most; the setting max_leverage and the gate may allow less.
TERMS = frozenset({"position_mode", "margin_mode"})
CLOSE_FIRST = "Close them first: a venue changes neither mode while anything is held."


def paper_url() -> str:
    """Where this machine's paper exchange listens."""
    return f"http://127.0.0.1:{settings.WINDLASS.paper_port}"


def open_groups(account_id: int | None) -> int:
    """How many groups an account has open; none before it is made."""
    return PositionGroup.objects.filter(account_id=account_id, closed_at=None).count() if account_id else 0


def problems(account: ExchangeAccount, *, changed: Collection[str]) -> Mapping[str, str]:
    """Field → what its venue cannot do, or what is in the way; empty when the account may be saved."""
    venue = venues.capability(account.venue)
    if venue is None:
        return {"venue": f"This venue is not known here. Choose one of {', '.join(sorted(venues.VENUES))}."}
    found, hedge = {}, account.position_mode == PositionMode.HEDGE
    if not 1 <= account.leverage <= MAX_LEVERAGE:
        found["leverage"] = (
            f"{account.leverage} × is not possible: 1 to {MAX_LEVERAGE} × are. 1 means without leverage."
        )
    elif not venue.derivative and (hedge or account.leverage != 1):
        found["leverage"] = f"{venue.name} trades spot: leverage 1 and one-way are all it knows."
    if hedge and not venue.hedge_mode:
        found["position_mode"] = f"{venue.name} holds one side of a pair at a time: choose one-way."
    if account.environment == Environment.TESTNET and not venue.testnet:
        found["environment"] = venues.NO_TESTNET.format(venue=venue.name)
    paper = account.environment == Environment.PAPER
    if paper and account.base_url and not venues.is_paper_url(account.base_url):
        found["base_url"] = (
            f"A paper account's exchange is on this machine, for example {paper_url()}; this address is not."
        )
    if not paper and account.base_url:
        found["base_url"] = "Only a paper account has an address of its own; leave it empty."
    if TERMS & set(changed) and (count := open_groups(account.pk)):
        found["position_mode"] = f"{count} groups are open under these terms. {CLOSE_FIRST}"
    return found


def open_account(account: ExchangeAccount, *, operator: str, now: datetime) -> None:
    """Save a new account; on paper with keys and armed, else without either."""
    paper = account.environment == Environment.PAPER
    account.armed = starts_armed(account.environment)
    account.base_url = paper_url() if paper else ""
    keys = {"apiKey": secrets.token_hex(16), "secret": secrets.token_hex(32)} if paper else {}
    changed = ("venue", "environment", "name", "quote")
    with transaction.atomic():
        accounts.save(account, changed=changed, credentials=keys, operator=operator, now=now, rearmed=account.armed)
        if paper:
            transaction.on_commit(lambda: tell_paper(account, keys))


def change_account(account: ExchangeAccount, *, changed: Collection[str], operator: str, now: datetime) -> None:
    """Save what somebody changed of an account."""
    accounts.save(account, changed=changed, credentials={}, operator=operator, now=now)


def replace_paper_keys(account: ExchangeAccount, *, operator: str, now: datetime) -> None:
    """New keys for a paper account, made here and told to the paper exchange; the old ones open nothing of ours."""
    keys = {"apiKey": secrets.token_hex(16), "secret": secrets.token_hex(32)}
    with transaction.atomic():
        saved = accounts.put_keys(account.pk, keys, operator=operator, now=now)
        transaction.on_commit(lambda: tell_paper(saved, keys))
