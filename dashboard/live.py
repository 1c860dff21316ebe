"""One account's overview, read in one go: what a page is rendered from and what frames are cut from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from dashboard import (
    ailments,
    at_venue,
    doubts,
    figures,
    groups,
    inbox,
    logs,
    missing,
    open_groups,
    returns,
    shell,
    troubles,
    waiting,
)
from dashboard.shell import Bar
from dashboard.snapshot import Ailment, Cards, GroupRow, Overview, Pulse, SlotBox
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.journal.models import Seal
from project.reads import Question, Read
from risk.domain.daily_loss import day_start
from trading.models import Canary, Slot
from trading.services import desk_ahead, instance, results, sealing
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults


def gather(account_id: int | None, *, now: datetime) -> Overview:
    """The overview of an account (of the first one where none is named or the named one is gone), of one moment."""
    bar = shell.gather(account_id, now=now)
    if bar.row is None:
        return Overview(bar.number, now, bar.health)
    with ahead(*_questions(bar.row, now)):
        return _gathered(bar, bar.row, now)


def _questions(account: ExchangeAccount, now: datetime) -> tuple[Question, ...]:
    """Everything that is asked below, of one moment."""
    return (
        *desk_ahead.money(account),
        *open_groups.questions(account),
        groups.CLOSED.of(account_id=account.pk),
        *waiting.questions(account, now=now),
        *inbox.questions(account, now=now),
        *at_venue.questions(account),
        *troubles.questions(account),
        *returns.questions(account, now=_minute(now)),
        *logs.questions(account, now=now),
        *sealing.STANDING,
        instance.LEASED.of(name=instance.lease_name(account.pk)),
        missing.LOST.of(account_id=account.pk),
        HELD.of(account_id=account.pk),
        results.TOTAL.of(account=account.pk, midnight=day_start(now)),
    )


def _minute(now: datetime) -> datetime:
    """The curve moves on with the minute, not with every price."""
    return now.replace(second=0, microsecond=0)


def _gathered(bar: Bar, account: ExchangeAccount, now: datetime) -> Overview:
    desk = Desk(account, now)
    held = open_groups.rows(account, {pk: price.last for pk, price in desk.tickers.items()})
    refused, refused_total = inbox.refused_today(account, now=now)
    queue = waiting.rows(desk)
    return Overview(
        number=bar.number,
        at=now,
        health=bar.health,
        account=bar.account,
        accounts=bar.accounts,
        cards=_cards(desk, held, waiting=len(queue)),
        groups=held,
        closed=groups.recently_closed(account),
        alerts=inbox.latest(account),
        refused=refused,
        refused_total=refused_total,
        waiting=queue,
        left_queue=waiting.left_lately(account, now=now),
        doubts=doubts.rows(account),
        lost=missing.rows(account),
        troubles=troubles.rows(account),
        unknown=at_venue.looked_up(account),
        foreign=at_venue.foreign(account),
        ailment=_ailment(account, now=now),
        curve=returns.drawn_lately(account, now=_minute(now)),
        alarms=logs.alarms(account, now=now),
        sealed=sealing.hides(),
    )


def _ailment(account: ExchangeAccount, *, now: datetime) -> Ailment | None:
    """What the account's row says is wrong; where it is well, whether another engine of this database trades it."""
    of_row = ailments.ailment(account.pk, account.health, account.health_detail)
    return of_row or ailments.ailment(account.pk, *instance.turned_away(account.pk, now=now))


def last_number() -> int:
    """The number of the last sealed event; 0 before the first seal."""
    seal = Seal.objects.order_by("-first_number").only("first_number", "count").first()
    return seal.first_number + seal.count - 1 if seal else 0


def workers_pulse(*, now: datetime) -> Pulse:
    """When a worker last answered the canary: the bells are heard end to end."""
    return shell.workers_pulse(Canary.objects.aggregate(at=Max("answered_at"))["at"], now=now)


# The cards ---------------------------------------------------------------------------------------


def _cards(desk: Desk, held: Sequence[GroupRow], *, waiting: int) -> Cards:
    account, pool = desk.account, settings_or_defaults(desk, "").pool.max_open_groups
    in_quote = desk.balances.get(account.quote)
    priced = [group.unrealised for group in held if group.unrealised is not None]
    return Cards(
        quote=account.quote,
        equity=_equity(desk),
        record=_record(account, now=desk.now),
        unrealised=sum(priced, Decimal(0)) if priced else None,
        open_groups=len(held),
        slots=_slots(account, pool),
        pool_size=pool,
        balance=in_quote.total if in_quote else None,
        free=in_quote.free if in_quote else None,
        waiting=waiting,
    )


def _equity(desk: Desk) -> figures.Equity:
    quote = desk.account.quote
    prices = {price.base: price.last for price in desk.tickers.values() if price.quote == quote}
    held = {currency: balance.total for currency, balance in desk.balances.items()}
    found = figures.equity(held, quote=quote, prices=prices)
    if found.total is None or not desk.derivative:
        return found
    return replace(found, total=found.total + desk.unrealised)  # a futures wallet knows nothing of open positions


def _record(account: ExchangeAccount, *, now: datetime) -> figures.Record:
    count, won, _, gain, loss, _, _, _, closed_today, today = results.TOTAL(
        account=account.pk, midnight=day_start(now)
    )[0]
    return figures.Record(today, closed_today, gain + loss, won, count)


HELD = Read(
    lambda account_id: Slot.objects.filter(account_id=account_id, released_at__isnull=True).values_list(
        "number", "group__instrument__symbol", "group__side"
    )
)


def _slots(account: ExchangeAccount, pool: int) -> tuple[SlotBox, ...]:
    """A box per unit of the pool; a slot beyond it (the pool was lowered) is shown until it is given back."""
    labels: Mapping[int, str] = {number: f"{pair} {side}" for number, pair, side in HELD(account_id=account.pk)}
    last = max([pool, *labels])
    return tuple(SlotBox(n, labels.get(n, "")) for n in range(1, last + 1))
