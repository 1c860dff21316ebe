"""The paper exchange's ledger as judge: what our rows may say at any moment, and what they must say in the end.

Nothing here asks the engine: the evidence is the ledger, the accused are the rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from project.accounts.models import BalanceMovement
from tests.support.factories import Desk
from trading.domain.order_state import RESTING, TERMINAL, OrderState
from trading.models import DustMove, Fill, Order, PositionGroup

Execution = tuple[str, str]  # venue order id, venue trade id
NEVER_THERE = frozenset({OrderState.NEW, OrderState.DROPPED, OrderState.NOT_PLACED, OrderState.REJECTED})
# In these states we say that the venue has no such order.


@dataclass(frozen=True, slots=True)
class Books:
    """Both sides' books at one moment."""

    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    their_orders: tuple[Mapping[str, Any], ...]
    their_fills: Mapping[Execution, Mapping[str, Any]]
    balances: Mapping[str, Decimal]
    merged: tuple[DustMove, ...]

    @property
    def recorded(self) -> dict[Execution, Fill]:
        return {(fill.venue_order_id, fill.venue_trade_id): fill for fill in self.fills}

    @property
    def missing(self) -> list[Mapping[str, Any]]:
        """Executions that we have not recorded yet."""
        return [fill for key, fill in self.their_fills.items() if key not in self.recorded]


def books(desk: Desk) -> Books:
    """Our rows first, then the ledger: so what we say is never newer than what the venue says."""
    orders = tuple(Order.objects.filter(account=desk.account).select_related("instrument").order_by("id"))
    fills = tuple(Fill.objects.filter(account=desk.account).order_by("id"))
    told = desk.paper.ledger(desk.key)
    balances = {name: Decimal(row["free"]) + Decimal(row["locked"]) for name, row in told.get("balances", {}).items()}
    their_fills = {(str(fill["orderId"]), str(fill["tradeId"])): fill for fill in told.get("fills", ())}
    merged = tuple(DustMove.objects.filter(group__account=desk.account, undone_at=None).exclude(to_group=None))
    return Books(orders, fills, tuple(told.get("orders", ())), their_fills, balances, merged)


# at any moment -----------------------------------------------------------------------------------


def contradictions(desk: Desk) -> list[str]:
    """What may never be, whatever is on its way."""
    seen = books(desk)
    return [*_placed_once(seen), *_recorded_as_told(seen), *_promised_within(seen), *_reserved_within(desk, seen)]


def _placed_once(seen: Books) -> Iterator[str]:
    """Every order there is one of ours, each client id and each intent is there at most once."""
    ours = {order.client_order_id: order for order in seen.orders}
    ids = [their["clientOrderId"] for their in seen.their_orders]
    yield from (f"client order id {name} is there {count} times" for name, count in Counter(ids).items() if count > 1)
    yield from (f"{name} is there and no order of ours" for name in ids if name not in ours)
    known = [ours[name] for name in ids if name in ours]
    intents = Counter(order.intent_key for order in known)
    yield from (f"intent {key} is there {count} times" for key, count in intents.items() if count > 1)
    yield from (f"order {order.pk} is {order.state} and is there" for order in known if order.state in NEVER_THERE)


def _recorded_as_told(seen: Books) -> Iterator[str]:
    """What we recorded is what was executed, to the last digit."""
    for key, fill in seen.recorded.items():
        their = seen.their_fills.get(key)
        if their is None:
            yield f"fill {key} is recorded and was never executed"
        elif (mine := (fill.qty, fill.cost, fill.fee)) != _numbers(their):
            yield f"fill {key}: recorded {mine}, executed {_numbers(their)}"


def _numbers(their: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    qty, price = Decimal(their["qty"]), Decimal(their["price"])
    return qty, qty * price, Decimal(their["fee"])


def _promised_within(seen: Books) -> Iterator[str]:
    """Spot: a group's exits that may still fill never promise more than it holds, by the recorded fills and the dust it took in."""
    base = {order.pk: order.instrument.base for order in seen.orders}
    group_of = {order.pk: order.group_id for order in seen.orders}
    held: dict[int, Decimal] = defaultdict(Decimal)
    for fill in seen.fills:
        signed = fill.qty if fill.side == "BUY" else -fill.qty
        held[group_of[fill.order_id]] += signed - (fill.fee if fill.fee_currency == base[fill.order_id] else 0)
    for move in seen.merged:
        held[move.group_id] -= move.qty
        held[move.to_group_id] += move.qty
    promised: dict[int, Decimal] = defaultdict(Decimal)
    for order in seen.orders:
        if order.purpose != "ENTRY" and (order.state not in TERMINAL or order.reported_qty > order.filled_qty):
            promised[order.group_id] += order.qty - order.filled_qty
    yield from (f"group {pk} sold {-qty} more than it held" for pk, qty in held.items() if qty < 0)
    yield from (f"group {pk} promises {qty} of {held[pk]}" for pk, qty in promised.items() if qty > held[pk])


def _reserved_within(desk: Desk, seen: Books) -> Iterator[str]:
    """What entries may still cost was there to be spent; what they bought meanwhile, unseen by us, counts as there."""
    live = [order for order in seen.orders if order.purpose == "ENTRY" and order.state not in TERMINAL]
    reserved = _sum((o.qty - o.filled_qty) * (o.price or o.reference_price) for o in live)
    spent = _sum(_numbers(fill)[1] for fill in seen.missing if fill["side"] == "BUY")
    funds = seen.balances.get(desk.account.quote, Decimal(0)) + spent
    yield from [f"{reserved} reserved of {funds}"] if reserved > funds else []


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


# once the dust has settled -----------------------------------------------------------------------


def differences(desk: Desk) -> list[str]:
    """What must agree once nothing is on its way: orders, executions, balances, positions."""
    seen = books(desk)
    return [*contradictions(desk), *_executions(seen), *_resting(seen), *_balances(desk, seen), *_positions(desk, seen)]


def _executions(seen: Books) -> Iterator[str]:
    yield from (f"trade {fill['tradeId']} of {fill['clientOrderId']} is not recorded" for fill in seen.missing)


def _resting(seen: Books) -> Iterator[str]:
    """What rests there rests here, and nothing else."""
    there = {str(o["orderId"]) for o in seen.their_orders if o["status"] in ("NEW", "PARTIALLY_FILLED")}
    here = {order.venue_order_id for order in seen.orders if order.state in RESTING}
    yield from (f"order {name} rests on one side only" for name in sorted(there ^ here))


def _balances(desk: Desk, seen: Books) -> Iterator[str]:
    """Baseline and executions make the balance; nothing was written off as somebody else's doing."""
    foreign = BalanceMovement.objects.filter(account=desk.account, kind="foreign")
    yield from (f"{move.amount} {move.currency} called foreign" for move in foreign)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for move in BalanceMovement.objects.filter(account=desk.account, kind="baseline"):
        sums[move.currency] += move.amount
    units = {order.pk: order.instrument for order in seen.orders}
    for fill in seen.fills:
        sign = 1 if fill.side == "BUY" else -1
        sums[units[fill.order_id].base] += sign * fill.qty
        sums[units[fill.order_id].quote] -= sign * fill.cost
        sums[fill.fee_currency] -= fill.fee
    wrong = (name for name in sorted({*sums, *seen.balances}) if sums[name] != seen.balances.get(name, Decimal(0)))
    yield from (f"{name}: {sums[name]} by our books, {seen.balances.get(name)} there" for name in wrong)


def _positions(desk: Desk, seen: Books) -> Iterator[str]:
    """What open and ended groups hold together is what was bought and not sold."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for base, qty in PositionGroup.objects.filter(account=desk.account).values_list("instrument__base", "qty"):
        held[base] += qty
    wrong = (base for base in sorted(held) if held[base] != seen.balances.get(base, Decimal(0)))
    yield from (f"{base}: groups hold {held[base]}, there are {seen.balances.get(base)}" for base in wrong)
