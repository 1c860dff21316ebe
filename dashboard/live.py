"""One account's overview, read in one go: what a page is rendered from and what frames are cut from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum

from dashboard import ailments, at_venue, doubts, figures, groups, inbox, missing, waiting
from dashboard.snapshot import AccountTab, Cards, GroupRow, Health, Overview, Pulse, SlotBox
from dashboard.words import health_words, venue_words
from project.accounts import mode
from project.accounts.models import Balance, ExchangeAccount
from project.journal.models import Seal
from project.journal.sealer import unsealed_age
from signals.models import Alert, Ticker
from trading.domain.vocabulary import GroupStatus
from trading.models import Canary, PositionGroup, Slot
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults

WORKERS_LIMIT_SECS = 10  # the pump rings every 2 s; five unanswered bells in a row are no hiccup
VENUE_LIMIT_SECS = 10  # from here on entries are refused as STALE_PRICE
JOURNAL_LIMIT_SECS = 2  # the sealer polls every 0.25 s at the latest


def accounts() -> tuple[AccountTab, ...]:
    """Every account of the installation: who may log in may look, acting takes a role."""
    rows = ExchangeAccount.objects.order_by("id")
    return tuple(AccountTab(a.id, a.name, a.environment, a.armed, a.health) for a in rows)


def gather(account_id: int | None, *, now: datetime) -> Overview:
    """The overview of an account (of the first one where none is named or the named one is gone)."""
    number = last_number()
    tabs = accounts()
    chosen = next((tab for tab in tabs if tab.id == account_id), tabs[0] if tabs else None)
    if chosen is None:
        return Overview(number, now, _health(None, now=now))
    account = ExchangeAccount.objects.get(pk=chosen.id)
    tickers = tickers_of(account)
    open_groups = groups.open_groups(account, {t.instrument_id: t.last for t in tickers})
    refused, refused_total = inbox.refused_today(account, now=now)
    desk = Desk(account, now)
    return Overview(
        number=number,
        at=now,
        health=_health(account, now=now),
        account=chosen,
        accounts=tabs,
        cards=_cards(desk, open_groups, tickers),
        groups=open_groups,
        closed=groups.recently_closed(account),
        alerts=inbox.latest(account),
        refused=refused,
        refused_total=refused_total,
        waiting=waiting.rows(desk),
        left_queue=waiting.left_lately(account, now=now),
        doubts=doubts.rows(account),
        lost=missing.rows(account),
        unknown=at_venue.looked_up(account),
        foreign=at_venue.foreign(account),
        ailment=ailments.ailment(account.pk, account.health, account.health_detail),
    )


def last_number() -> int:
    """The number of the last sealed event; 0 before the first seal."""
    seal = Seal.objects.order_by("-first_number").only("first_number", "count").first()
    return seal.first_number + seal.count - 1 if seal else 0


def tickers_of(account: ExchangeAccount) -> list[Ticker]:
    """The last prices of the account's venue."""
    of_venue = Ticker.objects.filter(instrument__venue=account.venue, instrument__environment=account.environment)
    return list(of_venue.select_related("instrument"))


# The bar on top ----------------------------------------------------------------------------------


def _health(account: ExchangeAccount | None, *, now: datetime) -> Health:
    row = mode.current()
    pulses = [workers_pulse(now=now), _journal_pulse(now=now)]
    if account:
        pulses[1:1] = [_venue_pulse(account, now=now), _alert_pulse(account)]
    return Health(account.environment if account else "", row.mode, row.reason, row.operator, tuple(pulses))


def _pulse(name: str, said: str, at: datetime | None, limit_secs: float, now: datetime, trouble: str = "") -> Pulse:
    return Pulse(name, said, at, limit_secs, figures.late_secs(at, now=now, limit_secs=limit_secs), trouble)


def workers_pulse(*, now: datetime) -> Pulse:
    """When a worker last answered the canary: the bells are heard end to end."""
    at = Canary.objects.aggregate(at=Max("answered_at"))["at"]
    return _pulse("Workers", "answered", at, WORKERS_LIMIT_SECS, now, "" if at else "have not answered yet")


def _venue_pulse(account: ExchangeAccount, *, now: datetime) -> Pulse:
    of_venue = Q(instrument__venue=account.venue, instrument__environment=account.environment)
    asked = (Ticker.objects.filter(of_venue), Balance.objects.filter(account=account))
    at = max((t for t in (rows.aggregate(at=Max("at"))["at"] for rows in asked) if t), default=None)
    trouble = health_words(account.health, account.health_detail) if account.health else ""
    name = venue_words(account.venue)
    return _pulse(name, "read", at, VENUE_LIMIT_SECS, now, trouble or ("" if at else "not read yet"))


def _alert_pulse(account: ExchangeAccount) -> Pulse:
    """The last alert. It carries no limit: nobody promised one, so silence is not late."""
    at = Alert.objects.filter(account=account).order_by("-id").values_list("received_at", flat=True).first()
    return Pulse("Last alert", "" if at else "none yet", at)


def _journal_pulse(*, now: datetime) -> Pulse:
    """When the last seal was made; once a row has waited too long for its own, that row's age."""
    waiting = unsealed_age(now=now)
    if waiting is not None and waiting.total_seconds() > JOURNAL_LIMIT_SECS:
        return _pulse("Journal", "oldest unsealed row written", now - waiting, JOURNAL_LIMIT_SECS, now)
    at = Seal.objects.order_by("-first_number").values_list("at", flat=True).first()
    return Pulse("Journal", "sealed" if at else "empty", at)


# The cards ---------------------------------------------------------------------------------------


def _cards(desk: Desk, open_groups: Sequence[GroupRow], tickers: Sequence[Ticker]) -> Cards:
    account, pool = desk.account, settings_or_defaults(desk, "").pool.max_open_groups
    priced = [group.unrealised for group in open_groups if group.unrealised is not None]
    return Cards(
        quote=account.quote,
        equity=_equity(account, tickers),
        record=_record(account, now=desk.now),
        unrealised=sum(priced, Decimal(0)) if priced else None,
        open_groups=len(open_groups),
        slots=_slots(account, pool),
        pool_size=pool,
    )


def _equity(account: ExchangeAccount, tickers: Sequence[Ticker]) -> figures.Equity:
    prices = {t.instrument.base: t.last for t in tickers if t.instrument.quote == account.quote}
    held = {balance.currency: balance.total for balance in account.balances.all()}
    return figures.equity(held, quote=account.quote, prices=prices)


def _record(account: ExchangeAccount, *, now: datetime) -> figures.Record:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    entered = Q(closed_at__isnull=False) & ~Q(status=GroupStatus.FAILED)  # FAILED: nothing filled, nothing to win
    today = entered & Q(closed_at__gte=midnight)
    sums = PositionGroup.objects.filter(account=account).aggregate(
        today=Sum("realised_pnl", filter=today),
        all_time=Sum("realised_pnl", filter=entered),
        closed_today=Count("id", filter=today),
        won=Count("id", filter=entered & Q(realised_pnl__gt=0)),
        closed=Count("id", filter=entered),
    )
    none_yet = {"today": Decimal(0), "all_time": Decimal(0)}
    return figures.Record(**sums | {name: sums[name] or zero for name, zero in none_yet.items()})


def _slots(account: ExchangeAccount, pool: int) -> tuple[SlotBox, ...]:
    """A box per unit of the pool; a slot beyond it (the pool was lowered) is shown until it is given back."""
    held = Slot.objects.filter(account=account, released_at__isnull=True).select_related("group__instrument")
    labels: Mapping[int, str] = {s.number: f"{s.group.instrument.symbol} {s.group.side}" for s in held}
    last = max([pool, *labels])
    return tuple(SlotBox(n, labels.get(n, "")) for n in range(1, last + 1))
