"""Invariants that only the venue can confirm: fills, orders, balances."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from project.accounts.models import ExchangeAccount
from signals.market import venues
from trading import selectors
from trading.domain.order_state import RESTING, TIMING_PROFILES, OrderState, dead_at
from trading.gateways.base import FillReport, Gateway, OrderReport
from trading.models import Fill, Order, PositionGroup
from trading.services import booked, connect, reconcile
from trading.services.invariants.base import Finding, joined
from trading.services.lookups import CALL_TIMEOUT

OURS = re.compile(r"w[a-z2-7]{17}")
# The shape of our client order ids.


def accounts() -> Iterator[tuple[ExchangeAccount, Gateway]]:
    """Every account with its gateway."""
    for account in ExchangeAccount.objects.order_by("id"):
        yield account, connect.gateway(account)


def _symbols(account: ExchangeAccount) -> list[str]:
    rows = Order.objects.filter(account=account).values_list("instrument__symbol", flat=True)
    return sorted(set(rows))


def _venue_fills(account: ExchangeAccount, gateway: Gateway, symbol: str) -> list[FillReport]:
    first = Order.objects.filter(account=account, instrument__symbol=symbol).order_by("created_at").first()
    since = (first.created_at if first else account.created_at) - timedelta(seconds=5)
    return list(gateway.fills_since(symbol=symbol, since=since))


def fills_agree(now: datetime) -> Finding:
    """I1: per client order id, venue fills = recorded fills, in quantity, cost and fee, exact."""
    return joined(_fills_of(account, gateway, s) for account, gateway in accounts() for s in _symbols(account))


def _fills_of(account: ExchangeAccount, gateway: Gateway, symbol: str) -> Finding:
    rows = Fill.objects.filter(account=account, instrument__symbol=symbol).exclude(qty=0)  # struck out by a person
    ours = {(f.venue_order_id, f.venue_trade_id): _numbers(f) for f in rows}
    known = set(Order.objects.filter(account=account).values_list("venue_order_id", flat=True))
    reports = _venue_fills(account, gateway, symbol)
    theirs = {(f.venue_order_id, f.venue_trade_id): _numbers(f) for f in reports if f.venue_order_id in known}
    wrong = [key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]
    return Finding(len(theirs), tuple(_fill_words(symbol, key, ours.get(key), theirs.get(key)) for key in wrong))


def _numbers(fill: "Fill | FillReport") -> tuple[Decimal, ...]:
    return tuple(value.normalize() for value in (fill.qty, fill.cost, fill.fee))


def _fill_words(symbol: str, key: tuple[str, str], ours: object, theirs: object) -> str:
    return f"{symbol} order {key[0]} trade {key[1]}: ours {ours}, the venue's {theirs}"


def orders_have_intents(now: datetime) -> Finding:
    """I2: one order per (intent, attempt); no order at the venue that carries our id without an intent."""
    pairs = Counter(Order.objects.values_list("intent_key", "attempt"))
    twice = sorted(f"intent {key}, attempt {n} twice" for (key, n), count in pairs.items() if count > 1)
    strangers = [joined(_strangers(a, g, s) for s in _symbols(a)) for a, g in accounts()]
    return joined([Finding(len(pairs), tuple(twice)), *strangers])


def _strangers(account: ExchangeAccount, gateway: Gateway, symbol: str) -> Finding:
    rows = Order.objects.filter(account=account)
    known = set(rows.values_list("client_order_id", flat=True))
    traded = {fill.venue_order_id for fill in _venue_fills(account, gateway, symbol)}
    lost = traded - set(rows.values_list("venue_order_id", flat=True))
    reports = [*gateway.open_orders(symbol), *_reports(gateway, symbol, lost)]
    wrong = [r for r in reports if OURS.fullmatch(r.client_order_id) and r.client_order_id not in known]
    wrong += [r for r in reports if r.venue_order_id in lost and r.client_order_id in known]
    return Finding(len(reports), tuple(f"{symbol}: {r.client_order_id} is no intent of ours" for r in wrong))


def _reports(gateway: Gateway, symbol: str, venue_order_ids: Iterable[str]) -> list[OrderReport]:
    found = (gateway.find_order(symbol=symbol, client_order_id="", venue_order_id=i) for i in sorted(venue_order_ids))
    return [report for report in found if report is not None]


def intents_are_settled(now: datetime) -> Finding:
    """I3: no SUBMITTING or UNKNOWN past its time; every intent is terminal or open at the venue."""
    return joined(_settled(account, gateway, now) for account, gateway in accounts())


def _settled(account: ExchangeAccount, gateway: Gateway, now: datetime) -> Finding:
    rows = list(Order.objects.filter(account=account).select_related("account", "instrument"))
    late = [f"order {o.pk} is still {o.state}" for o in rows if _is_late(o, now)]
    resting = [order for order in rows if order.state in RESTING]
    symbols = {order.instrument.symbol for order in resting}
    there = {(symbol, _number(report)) for symbol in symbols for report in gateway.open_orders(symbol)}
    lost = [order for order in resting if (order.instrument.symbol, _number(order)) not in there]
    gone = [f"order {order.pk} is {order.state} here and not open there" for order in lost]
    return Finding(len(rows), (*late, *gone))


def _number(order: "Order | OrderReport") -> str:
    """What the venue calls it, on its market; a conditional order has no order number before it triggers."""
    return order.venue_order_id or order.venue_algo_id


def _is_late(order: Order, now: datetime) -> bool:
    """Past the end of a call, or of the proof of absence; a person's turn is not late."""
    timing = TIMING_PROFILES[connect.timing().name]
    ends = order.valid_until or order.created_at
    window = venues.VENUES[order.account.venue].receive_window(timing.receive_window)
    proven = dead_at(valid_until=ends, receive_window=window, timing=timing)
    limits = {
        OrderState.SUBMITTING: ends + CALL_TIMEOUT,
        OrderState.UNKNOWN: proven + CALL_TIMEOUT + timing.polls * timing.poll_interval,
    }
    return order.state in limits and now > limits[OrderState(order.state)]


def balances_are_explained(now: datetime) -> Finding:
    """I6: position = Σ fills, and the venue's balance = baseline + Σ fills − fees ± movements of others."""
    looks = [(_balances(account, gateway), _futures(account, gateway)) for account, gateway in accounts()]
    return joined([*(finding for pair in looks for finding in pair), _positions()])


def _futures(account: ExchangeAccount, gateway: Gateway) -> Finding:
    differ = reconcile.strange_positions(account.pk, gateway=gateway)
    return Finding(len(reconcile.held_positions(account.pk)), tuple(f"{account.name}: {words}" for words in differ))


def _balances(account: ExchangeAccount, gateway: Gateway) -> Finding:
    ours = booked.expected(account.pk)
    wrong = reconcile.unexplained(account.pk, gateway=gateway)
    words = tuple(f"{account.name}: {c} differs by {amount.normalize():f}" for c, amount in wrong.items())
    return Finding(len(ours), words)


def _positions() -> Finding:
    groups = list(PositionGroup.objects.select_related("instrument"))
    wrong = [group for group in groups if selectors.picture(group).position.qty != group.qty]
    return Finding(len(groups), tuple(f"group {group.pk}: quantity is not the sum of its fills" for group in wrong))
