"""Invariants of orders, by the venue's word: each was meant, is there once, and stands there as it stands here."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from project.accounts import mode
from project.accounts.models import ExchangeAccount, Installation
from project.journal.models import JournalEntry
from risk import breakers
from signals.listing import MarketState
from signals.market import venues
from trading.domain.client_id import mark, mark_of
from trading.domain.naked import Obstacles, Why, why
from trading.domain.order_state import RESTING, TERMINAL, OrderState, VenueStatus, dead_at
from trading.domain.retry import ENTRY_KEPT
from trading.domain.vocabulary import Purpose
from trading.gateways.base import Gateway, OrderReport
from trading.models import Order
from trading.services import cancel, connect, instance, kill_sales
from trading.services.invariants.base import Finding, joined
from trading.services.invariants.venue import accounts, fills_of, symbols_of
from trading.services.listing import state_of
from trading.services.lookups import CALL_TIMEOUT
from trading.services.submit import CLAIMED_AT_ONCE

Name = tuple[str, str]
# What the venue calls an order: its market, and its number there. Many a venue counts each market from 1.

SEARCHED = timedelta(seconds=10)
# After a lost request has died for good, its order is decided within this.
UNSENT = ENTRY_KEPT + CLAIMED_AT_ONCE * CALL_TIMEOUT
# An entry is dropped by then; before it five others may each have waited for a venue that says nothing.
FIRED = timedelta(minutes=15)
# A stop that has triggered is asked for the order that it became for some minutes; then a person is.
MAY_HIDE = RESTING | {OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.NEEDS_HUMAN}
# The venue may have it under a number that nobody has told us yet; a stop has another one once it has triggered.


def number(order: Order | OrderReport) -> str:
    """What the venue calls it, on its market; a conditional order has no order number before it triggers."""
    return order.venue_order_id or order.venue_algo_id


def _names(order: Order) -> set[Name]:
    """All that the venue has called it so far."""
    symbol = order.instrument.symbol
    return {(symbol, told) for told in (order.venue_order_id, order.venue_algo_id) if told}


def _rows(account: ExchangeAccount) -> list[Order]:
    return list(Order.objects.filter(account=account).select_related("account", "instrument").order_by("id"))


# I2 ----------------------------------------------------------------------------------------------


def orders_have_intents(now: datetime) -> Finding:
    """I2: one order per (intent, attempt); no order at the venue that carries our id without an intent.

    An id is ours by its mark: what another installation placed is its own. What has ended there without a trade is not
    asked for, and what traded on a market where we never did, neither.
    """
    pairs = Counter(Order.objects.values_list("intent_key", "attempt"))
    twice = sorted(f"intent {key}, attempt {n} twice" for (key, n), count in pairs.items() if count > 1)
    strangers = [_unmeant(account, gateway) for account, gateway in accounts()]
    return joined([Finding(len(pairs), tuple(twice)), *strangers])


def _unmeant(account: ExchangeAccount, gateway: Gateway) -> Finding:
    """Everything that rests there, and what has traded under a number that no row of ours has."""
    reports = {(one.symbol, number(one.order)): one.order for one in gateway.resting()}
    for symbol in symbols_of(account):
        reports |= {(symbol, number(report)): report for report in _lost(account, gateway, symbol)}
    there: dict[str, set[Name]] = defaultdict(set)
    for name, report in reports.items():
        there[report.client_order_id].add(name)
    rows, own = {row.client_order_id: row for row in _rows(account)}, own_mark()
    known = (words for client_id, names in there.items() for words in _beside(client_id, names, rows.get(client_id)))
    unknown = (
        f"{symbol}: {client_id} is no intent of ours"
        for client_id, names in there.items()
        for symbol, _ in names
        if client_id not in rows and own and mark_of(client_id) == own
    )
    return Finding(len(reports), tuple(sorted([*known, *unknown])))


def own_mark() -> str:
    """What all our client order ids share; empty before the first start."""
    name = Installation.objects.values_list("name", flat=True).first()
    return mark(name) if name else ""


def _lost(account: ExchangeAccount, gateway: Gateway, symbol: str) -> Iterator[OrderReport]:
    """Orders of executions that belong to no row of ours."""
    traded = {fill.venue_order_id for fill in fills_of(account, gateway, symbol)}
    same = Order.objects.filter(account=account, instrument__symbol=symbol)
    for lost in sorted(traded - set(same.values_list("venue_order_id", flat=True))):
        report = gateway.find_order(symbol=symbol, client_order_id="", venue_order_id=lost)
        if report is not None:
            yield report


def _beside(client_id: str, there: set[Name], row: Order | None) -> Iterator[str]:
    """Under one of our ids: what is there beside the one order that the row stands for."""
    if row is None or not client_id:
        return
    hidden = not row.venue_order_id and row.state in MAY_HIDE
    for symbol, told in sorted(there - _names(row))[hidden:]:
        yield f"{symbol}: {client_id} is there as {told}, which order {row.pk} is not"


# I3 ----------------------------------------------------------------------------------------------


def intents_are_settled(now: datetime) -> Finding:
    """I3: no SUBMITTING or UNKNOWN past its time; every intent is terminal or open at the venue.

    One that waits for a person is not late. Nor is one that is NEW while something that we know of keeps it here: mode,
    market, account, breaker, another engine. Of an order that ended on both sides only its executions tell: see I1.
    """
    return joined(_settled(account, gateway, now) for account, gateway in accounts())


def _settled(account: ExchangeAccount, gateway: Gateway, now: datetime) -> Finding:
    there = {(one.symbol, number(one.order)): one.order.client_order_id for one in gateway.resting()}
    rows = _rows(account)
    late = [f"order {row.pk} is still {row.state}" for row in rows if _is_late(row, now)]
    resting = (row for row in rows if row.state in RESTING and state_of(row.instrument) is not MarketState.DELISTED)
    gone = [row for row in resting if (row.instrument.symbol, number(row)) not in there]
    alive = [row for row in _over(rows, there) if _is_open(row, gateway)]
    words = [f"order {row.pk} is {row.state} here and not open there" for row in gone]
    words += [f"order {row.pk} is {row.state} here and rests there" for row in alive]
    return Finding(len(rows), (*late, *words))


def _over(rows: Sequence[Order], there: Mapping[Name, str]) -> Iterator[Order]:
    """What the list shows and has ended here, or never left: by its number, else by our id."""
    named = {name: row for row in rows for name in _names(row)}
    nameless = {row.client_order_id: row for row in rows if row.client_order_id and not _names(row)}
    for name, client_id in there.items():
        row = named.get(name) or nameless.get(client_id)
        if row is not None and row.state in TERMINAL | {OrderState.NEW}:
            yield row


def _is_open(order: Order, gateway: Gateway) -> bool:
    """Whether the venue says so of this one by itself: its list may be of some seconds ago."""
    found = cancel.seen(order, gateway=gateway)
    return found is not None and found.status is VenueStatus.OPEN


def _is_late(order: Order, now: datetime) -> bool:
    """Past the time that its state may take; a person's turn is not late."""
    match OrderState(order.state):
        case OrderState.NEW:
            return now > order.created_at + UNSENT and _may_leave(order, now)
        case OrderState.SUBMITTING:
            return now > (order.valid_until or order.created_at) + CALL_TIMEOUT and _can_be_asked(order.account)
        case OrderState.UNKNOWN:
            return now > _found_by(order) and _is_sought(order, now)
    return False


def _found_by(order: Order) -> datetime:
    """When an UNKNOWN order is decided at the latest: a lost one so long after its request has died for good."""
    if order.acknowledged_at is not None:  # the venue had it: a stop that has triggered since
        return _unknown_since(order) + FIRED
    timing, behind = connect.timing(), timedelta(milliseconds=max(-(order.account.clock_offset_ms or 0), 0))
    window = venues.VENUES[order.account.venue].receive_window(timing.receive_window)
    ends = (order.valid_until or order.created_at) + behind  # its time is told by the venue's clock
    return dead_at(valid_until=ends, receive_window=window, timing=timing) + SEARCHED


def _unknown_since(order: Order) -> datetime:
    steps = JournalEntry.objects.filter(subject=f"order:{order.pk}", kind="order.state", payload__to=OrderState.UNKNOWN)
    return steps.order_by("-id").values_list("at", flat=True).first() or order.updated_at


def _is_sought(order: Order, now: datetime) -> bool:
    """Whether it can be looked for; while a kill moves the balances, nothing can be proven absent."""
    listed = state_of(order.instrument) is not MarketState.DELISTED
    return listed and _can_be_asked(order.account) and not kill_sales.under_way(order.account_id, now=now)


def _can_be_asked(account: ExchangeAccount) -> bool:
    """Whether keys and venue are there."""
    return why(Obstacles(MarketState.TRADING, account.health)) is not Why.ACCOUNT


def _may_leave(order: Order, now: datetime) -> bool:
    """Whether nothing that we know of keeps an unsent order here."""
    account, standing = order.account, mode.current().mode
    trades = state_of(order.instrument) is MarketState.TRADING and _can_be_asked(account)
    if standing == mode.Mode.EMERGENCY or not trades:
        return False
    component = breakers.of_account(account)
    if order.purpose != Purpose.ENTRY:
        return not breakers.is_open(f"{component}:{breakers.PLACES}", at=now)
    ours = account.may_open and account.reconciled_at is not None and instance.another(account.pk, now=now) is None
    return standing == mode.Mode.NORMAL and ours and not breakers.stops_entries(component, at=now)
