"""Reconcile: make our books agree with the venue. What it says wins; what nobody can explain is written down by name."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from project import failpoints
from project.accounts.models import BalanceMovement, ExchangeAccount, PositionMode
from project.journal.record import Event, record, record_all
from trading import locks, selectors
from trading.domain.money import ZERO
from trading.domain.order_state import SOON, UNDECIDED, OrderState, TimingProfile
from trading.domain.vocabulary import MarketKind, PositionSide
from trading.gateways.base import Gateway
from trading.models import Disagreement, Order, PositionGroup
from trading.services import audit, delisted, disagree, fills, funding, instance, lookups, market, realised, strangers
from trading.services.booked import expected
from trading.services.listing import NOT_LISTED
from trading.services.market import ANEW, Recent

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Kind = BalanceMovement.Kind

LOOKS = 3
# Where fills keep coming in, the next sweep is soon enough.


def reconcile(account_id: int, *, gateway: Gateway, clock: Clock, timing: TimingProfile, recent: Recent = ANEW) -> None:
    """Orders, fills and balances of one account; afterwards entries are allowed. Raises NotReached, and then they are not.

    What is the venue's and not the account's is asked for where none of its accounts has `recent`.
    """
    account = ExchangeAccount.objects.get(pk=account_id)
    _measure_clock(account_id, gateway=gateway, clock=clock)
    market.refresh_instruments(account, gateway=gateway, clock=clock, recent=recent.markets)
    lookups.look_up(account_id, gateway=gateway, clock=clock, timing=timing)
    fills.collect(account_id, gateway=gateway, clock=clock)
    strangers.look(account, gateway=gateway, clock=clock)
    if fills_pending(account_id):
        fills.collect(account_id, gateway=gateway, clock=clock)
    delisted.end_converted(account, gateway=gateway, clock=clock)
    funding.collect(account, gateway=gateway, clock=clock)
    if not BalanceMovement.objects.filter(account_id=account_id, kind=Kind.BASELINE).exists():
        _set_baseline(account_id, gateway=gateway, clock=clock)
    audit.look(account, gateway=gateway, clock=clock)
    instance.holds(account_id, now=clock())  # renewed here where nothing is sent
    if other := instance.obstacle(account_id, now=clock()):
        return mark_unhealthy(account_id, code=instance.SECOND_ENGINE, detail=other)
    if not disagree.unsettled(account_id):
        _explain_balances(account, gateway=gateway, clock=clock)
    if wrong := disagree.unsettled(account_id):
        return mark_unhealthy(account_id, code="BOOKS_DIFFER", detail=_differing_words(wrong))
    if differ := strange_positions(account_id, gateway=gateway):
        return mark_unhealthy(account_id, code="POSITION_DIFFERS", detail="; ".join(differ))
    market.refresh_balances(account, gateway=gateway, clock=clock)
    market.refresh_prices(account, gateway=gateway, clock=clock, recent=recent.prices)
    return _finish(account_id, clock())


def _differing_words(rows: Sequence[Disagreement]) -> str:
    """How many executions differ, and where."""
    where = ", ".join(sorted({row.instrument.symbol for row in rows}))
    return f"{len(rows)} {'execution' if len(rows) == 1 else 'executions'} on {where}"


def _measure_clock(account_id: int, *, gateway: Gateway, clock: Clock) -> None:
    """How far the venue's clock is from ours."""
    offset, _ = clock_offset(gateway, clock)
    with failpoints.span("reconcile.clock"):
        ExchangeAccount.objects.filter(pk=account_id).update(clock_offset_ms=round(offset.total_seconds() * 1000))


def clock_offset(gateway: Gateway, clock: Clock) -> tuple[timedelta, timedelta]:
    """The venue's clock minus ours, counted from the middle of the question, and how long the question took."""
    asked = clock()
    theirs, answered = gateway.server_time(), clock()
    trip = answered - asked
    return theirs - (asked + trip / 2), trip


def _finish(account_id: int, now: datetime) -> None:
    """Healthy and reconciled; `update` leaves updated_at alone, which tells gateways to be rebuilt."""
    was = ExchangeAccount.objects.values_list("health", "reconciled_at").get(pk=account_id)
    with failpoints.span("reconcile.finish"):
        done = {"health": "", "health_detail": "", "reconciled_at": now, "last_reconciled_at": now}
        ExchangeAccount.objects.filter(pk=account_id).update(**done)
        if was[0] or was[1] is None:
            with transaction.atomic():
                payload = {"before": was[0]}
                record("account.healthy", subject=f"account:{account_id}", payload=payload, account_id=account_id)


def mark_unhealthy(account_id: int, *, code: str, detail: str) -> None:
    """Fail closed: no entry on this account until it has been reconciled again; journalled when it changes."""
    with failpoints.span("account.unhealthy"):
        _mark_unhealthy(account_id, code, detail)


def _mark_unhealthy(account_id: int, code: str, detail: str) -> None:
    changed = (
        ExchangeAccount.objects.filter(pk=account_id)
        .exclude(health=code)
        .update(health=code, health_detail=detail[:500])
    )
    if changed:
        log.error("account %s is %s: %s", account_id, code, detail)
        with transaction.atomic():
            payload = {"code": code, "detail": detail[:500]}
            record("account.unhealthy", subject=f"account:{account_id}", payload=payload, account_id=account_id)
    else:  # the same trouble elsewhere: the words follow
        same = ExchangeAccount.objects.filter(pk=account_id, health=code)
        same.exclude(health_detail=detail[:500]).update(health_detail=detail[:500])


# balances ----------------------------------------------------------------------------------------


def unexplained(account_id: int, *, gateway: Gateway) -> Mapping[str, Decimal]:
    """Currencies of which the venue holds more (+) or less (−) than our books explain. Raises NotReached."""
    theirs = {report.currency: report.total for report in gateway.balances()}
    ours = expected(account_id)
    differences = {c: theirs.get(c, ZERO) - ours.get(c, ZERO) for c in {*theirs, *ours}}
    slack = realised.slack(account_id)
    return {currency: amount for currency, amount in sorted(differences.items()) if abs(amount) > slack}


def unexplained_for_sure(account_id: int, *, gateway: Gateway, clock: Clock) -> Mapping[str, Decimal] | None:
    """What is unexplained and not by a fill of ours on its way; None while that is not certain. Raises NotReached.

    The balances must have been read between two looks for fills that found the same books, no order may be known to
    have filled further, and no young one be hidden: venues show an order at once or a moment later, and its
    executions seconds later.
    """
    for _ in range(LOOKS):
        found = unexplained(account_id, gateway=gateway)
        if not found or (
            not fills.collect(account_id, gateway=gateway, clock=clock)
            and unexplained(account_id, gateway=gateway) == found
        ):
            later = found and (fills_pending(account_id) or fills.untold(account_id, gateway=gateway, now=clock()))
            return None if later else found
    return None


def held_positions(account_id: int) -> dict[tuple[str, str], Decimal]:
    """Futures that our groups hold, by symbol and side; what a one-way account nets is netted here too."""
    rows = PositionGroup.objects.filter(account_id=account_id, instrument__kind=MarketKind.LINEAR).exclude(qty=0)
    rows = rows.filter(converted_qty=0)  # what the venue took when it closed a market is held no more
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for symbol, side, qty in rows.values_list("instrument__symbol", "side", "qty"):
        sums[symbol, side] += qty
    hedged = ExchangeAccount.objects.filter(pk=account_id, position_mode=PositionMode.HEDGE).exists()
    return dict(sums) if hedged else _netted(sums)


def _netted(sums: Mapping[tuple[str, str], Decimal]) -> dict[tuple[str, str], Decimal]:
    """Where an account has one side of a market, what is held on the other is taken off it."""
    nets = {
        symbol: sums.get((symbol, PositionSide.LONG), ZERO) - sums.get((symbol, PositionSide.SHORT), ZERO)
        for symbol, _ in sums
    }
    return {
        (symbol, PositionSide.LONG if net > 0 else PositionSide.SHORT): abs(net) for symbol, net in nets.items() if net
    }


def strange_positions(account_id: int, *, gateway: Gateway) -> list[str]:
    """Holdings that differ from our groups' and stay so over two looks, in words. Raises NotReached.

    Futures must agree exactly; of a spot currency the venue may hold more than our groups do, not less. An order that
    waits for a person excuses its own market, and nothing else.
    """
    wrong = _differing(account_id, gateway=gateway)
    if not wrong or _undecided(account_id, SOON) or fills_pending(account_id):
        return []
    return [words for words in _differing(account_id, gateway=gateway) if words in wrong]


def _differing(account_id: int, *, gateway: Gateway) -> list[str]:
    waiting = Order.objects.filter(account_id=account_id, state=OrderState.NEEDS_HUMAN)
    excused = {name for row in waiting.values_list("instrument__symbol", "instrument__base") for name in row}
    found = [*_differing_positions(account_id, gateway), *_lacking_holdings(account_id, gateway)]
    return [words for name, words in found if name not in excused]


def _differing_positions(account_id: int, gateway: Gateway) -> Iterator[tuple[str, str]]:
    """By symbol, in words."""
    theirs = {(report.symbol, report.side.value): report.qty for report in gateway.positions()}
    ours = held_positions(account_id)
    for symbol, side in sorted({*ours, *theirs}):
        there, here = theirs.get((symbol, side), ZERO), ours.get((symbol, side), ZERO)
        if there != here:
            yield symbol, f"{symbol} {side}: the venue holds {there.normalize():f}, our groups {here.normalize():f}"


def _lacking_holdings(account_id: int, gateway: Gateway) -> Iterator[tuple[str, str]]:
    """Spot currencies of which our open groups hold more than the venue has, in words: their exits cannot be sold."""
    rows = PositionGroup.objects.filter(account_id=account_id, instrument__kind=MarketKind.SPOT, closed_at=None)
    held = rows.filter(qty__gt=0).values_list("instrument__base").annotate(held=Sum("qty")).order_by("instrument__base")
    there = {report.currency: report.total for report in gateway.balances()} if held else {}
    for base, here in held:
        if here > there.get(base, ZERO):
            has = there.get(base, ZERO)
            yield base, f"{base}: the venue holds {has.normalize():f}, our groups {here.normalize():f}"


def fills_pending(account_id: int) -> bool:
    """Whether the venue has reported more than we have recorded."""
    rows = Order.objects.filter(selectors.FILLS_MISSING, account_id=account_id)
    return rows.exclude(NOT_LISTED).exists()


def _set_baseline(account_id: int, *, gateway: Gateway, clock: Clock) -> None:
    """The first look at an account: what it holds before we trade is where its books begin."""
    at, reports = clock(), gateway.balances()
    with failpoints.span("reconcile.baseline"), transaction.atomic():
        account = locks.account(account_id)
        if Order.objects.filter(account_id=account_id).exists():
            return  # an order came in between: a baseline taken now would count its fills twice
        held = {report.currency: report.total for report in reports if report.total} or {account.quote: ZERO}
        _move(account_id, held, Kind.BASELINE, "first look at the account", at)


def _explain_balances(account: ExchangeAccount, *, gateway: Gateway, clock: Clock) -> None:
    """Write down what changed without us, once it is certain that no fill of ours explains it and none is undecided.

    A fill that shows only after its order ended is looked for in every market of those currencies first; what waits for
    a person there may be the very difference. Where our books moved on since the look, another process wrote what it
    found, or part of it: the next sweep looks anew.
    """
    account_id = account.pk
    if not (found := unexplained_for_sure(account_id, gateway=gateway, clock=clock)):
        return
    audit.of_currencies(account, found, gateway=gateway, clock=clock)
    if disagree.unsettled(account_id):
        return
    believed = expected(account_id)
    if not (found := unexplained_for_sure(account_id, gateway=gateway, clock=clock)):
        return
    with failpoints.span("reconcile.explain"), transaction.atomic():
        locks.account(account_id)
        if _undecided(account_id) or fills_pending(account_id) or expected(account_id) != believed:
            return
        _move(account_id, found, Kind.FOREIGN, "not by an order of ours", clock())


def _undecided(account_id: int, states: Collection[OrderState] = UNDECIDED) -> bool:
    return Order.objects.filter(account_id=account_id, state__in=sorted(states)).exists()


def _move(account_id: int, amounts: Mapping[str, Decimal], kind: str, cause: str, at: datetime) -> None:
    """Write amounts by currency, all with one statement: a venue may name hundreds of currencies."""
    rows = [
        BalanceMovement(account_id=account_id, currency=currency, amount=amount, kind=kind, cause=cause, at=at)
        for currency, amount in amounts.items()
    ]
    BalanceMovement.objects.bulk_create(rows)
    said = [{"currency": row.currency, "amount": row.amount, "kind": kind, "cause": cause} for row in rows]
    record_all(Event("balance.moved", f"account:{account_id}", payload, account_id) for payload in said)
