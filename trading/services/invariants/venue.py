"""Invariants that only the venue can confirm: fills and balances."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from project.accounts.models import ExchangeAccount
from trading import selectors
from trading.domain.order_state import SOON, OrderState
from trading.gateways.base import FillReport, Gateway
from trading.models import Fill, Order, PositionGroup
from trading.services import booked, connect, reconcile
from trading.services.invariants.base import Finding, joined


def accounts() -> Iterator[tuple[ExchangeAccount, Gateway]]:
    """Every account with its gateway."""
    for account in ExchangeAccount.objects.order_by("id"):
        yield account, connect.gateway(account)


def symbols_of(account: ExchangeAccount) -> list[str]:
    """Markets on which the account ever had an order of ours."""
    rows = Order.objects.filter(account=account).values_list("instrument__symbol", flat=True)
    return sorted(set(rows))


def fills_of(account: ExchangeAccount, gateway: Gateway, symbol: str) -> list[FillReport]:
    """Everything that was executed there since our first order, ours and foreign."""
    first = Order.objects.filter(account=account, instrument__symbol=symbol).order_by("created_at").first()
    since = (first.created_at if first else account.created_at) - timedelta(seconds=5)
    return list(gateway.fills_since(symbol=symbol, since=since))


def fills_agree(now: datetime) -> Finding:
    """I1: per client order id, venue fills = recorded fills, in quantity, cost and fee, exact."""
    return joined(_compared(account, gateway, s) for account, gateway in accounts() for s in symbols_of(account))


def _compared(account: ExchangeAccount, gateway: Gateway, symbol: str) -> Finding:
    rows = Fill.objects.filter(account=account, instrument__symbol=symbol).exclude(qty=0)  # struck out by a person
    ours = {(f.venue_order_id, f.venue_trade_id): _numbers(f) for f in rows}
    known = set(Order.objects.filter(account=account).values_list("venue_order_id", flat=True))
    reports = fills_of(account, gateway, symbol)
    theirs = {(f.venue_order_id, f.venue_trade_id): _numbers(f) for f in reports if f.venue_order_id in known}
    wrong = [key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]
    return Finding(len(theirs), tuple(_fill_words(symbol, key, ours.get(key), theirs.get(key)) for key in wrong))


def _numbers(fill: "Fill | FillReport") -> tuple[Decimal, ...]:
    return tuple(value.normalize() for value in (fill.qty, fill.cost, fill.fee))


def _fill_words(symbol: str, key: tuple[str, str], ours: object, theirs: object) -> str:
    return f"{symbol} order {key[0]} trade {key[1]}: ours {ours}, the venue's {theirs}"


def balances_are_explained(now: datetime) -> Finding:
    """I6: position = Σ fills, and the venue's balance = baseline + Σ fills − fees ± movements of others.

    Futures positions are not looked at while an order is undecided or a fill is on its way, and those of a market where
    an order waits for a person neither: nobody can say what we should hold.
    """
    looks = [(_balances(account, gateway), _futures(account, gateway)) for account, gateway in accounts()]
    return joined([*(finding for pair in looks for finding in pair), _positions()])


def _futures(account: ExchangeAccount, gateway: Gateway) -> Finding:
    differ = reconcile.strange_positions(account.pk, gateway=gateway)
    return Finding(_comparable(account), tuple(f"{account.name}: {words}" for words in differ))


def _comparable(account: ExchangeAccount) -> int:
    """How many positions reconcile holds against the venue's."""
    orders = Order.objects.filter(account=account)
    if orders.filter(state__in=sorted(SOON)).exists() or reconcile.fills_pending(account.pk):
        return 0
    excused = set(orders.filter(state=OrderState.NEEDS_HUMAN).values_list("instrument__symbol", flat=True))
    return sum(symbol not in excused for symbol, _ in reconcile.held_positions(account.pk))


def _balances(account: ExchangeAccount, gateway: Gateway) -> Finding:
    ours = booked.expected(account.pk)
    wrong = reconcile.unexplained(account.pk, gateway=gateway)
    words = tuple(f"{account.name}: {c} differs by {amount.normalize():f}" for c, amount in wrong.items())
    return Finding(len(ours), words)


def _positions() -> Finding:
    groups = list(PositionGroup.objects.select_related("instrument"))
    wrong = [group for group in groups if selectors.picture(group).position.qty != group.qty]
    return Finding(len(groups), tuple(f"group {group.pk}: quantity is not the sum of its fills" for group in wrong))
