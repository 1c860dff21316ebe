"""The paper exchange's futures ledger as judge, once the dust has settled: executions, what rests, positions.

As in the spot oracle nothing here asks the engine: the evidence is the ledger, the accused are the rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from project.accounts.models import BalanceMovement
from tests.support.factories import Desk
from trading.domain.order_state import RESTING
from trading.domain.vocabulary import PositionSide
from trading.models import Fill, Order, PositionGroup

Ledger = Mapping[str, Any]
Held = dict[tuple[str, str], Decimal]  # by symbol and position side; a SHORT is negative


def differences(desk: Desk) -> list[str]:
    """What must agree and does not."""
    told = desk.paper.futures(desk.key)
    foreign = BalanceMovement.objects.filter(account=desk.account, kind="foreign")
    return [
        *_once(told),
        *_executions(desk, told),
        *_resting(desk, told),
        *_positions(desk, told),
        *(f"{move.amount} {move.currency} called foreign" for move in foreign),
    ]


def _once(told: Ledger) -> Iterator[str]:
    """No instruction was placed twice; what a conditional order becomes carries its id, and is the same one."""
    triggered = {row["actualOrderId"] for row in told["algoOrders"]}
    names = Counter(row["clientOrderId"] for row in told["orders"] if row["orderId"] not in triggered)
    names.update(row["clientAlgoId"] for row in told["algoOrders"])
    yield from (f"client order id {name} is there {count} times" for name, count in names.items() if count > 1)


def _executions(desk: Desk, told: Ledger) -> Iterator[str]:
    """Every execution is recorded, to the last digit, and nothing else is."""
    theirs = {(str(row["orderId"]), str(row["tradeId"])): _their_numbers(row) for row in told["fills"]}
    rows = Fill.objects.filter(account=desk.account)
    ours = {(row.venue_order_id, row.venue_trade_id): (row.qty, row.cost, row.fee, row.realised) for row in rows}
    wrong = (key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key))
    yield from (f"fill {key}: recorded {ours.get(key)}, executed {theirs.get(key)}" for key in wrong)


def _their_numbers(row: Ledger) -> tuple[Decimal, ...]:
    return tuple(Decimal(row[name]) for name in ("qty", "notional", "fee", "realisedPnl"))


def _resting(desk: Desk, told: Ledger) -> Iterator[str]:
    """What rests there rests here, plain orders and conditional ones, and nothing else."""
    there = {f"order {row['orderId']}" for row in told["orders"] if row["status"] in ("NEW", "PARTIALLY_FILLED")}
    there |= {f"algo {row['algoId']}" for row in told["algoOrders"] if row["status"] == "NEW"}
    rows = Order.objects.filter(account=desk.account, state__in=sorted(RESTING))
    here = {f"order {o.venue_order_id}" if o.venue_order_id else f"algo {o.venue_algo_id}" for o in rows}
    yield from (f"{name} rests on one side only" for name in sorted(there ^ here))


def _positions(desk: Desk, told: Ledger) -> Iterator[str]:
    """The groups together hold what the venue holds: by side in hedge mode, netted where the account holds one side."""
    there = {(row["symbol"], row["positionSide"]): Decimal(row["qty"]) for row in told["positions"]}
    here = _held(desk, hedge=told["hedge"])
    wrong = (key for key in sorted({*here, *there}) if here.get(key, Decimal(0)) != there.get(key, Decimal(0)))
    yield from (f"{key}: groups hold {here.get(key)}, the venue {there.get(key)}" for key in wrong)


def _held(desk: Desk, *, hedge: bool) -> Held:
    sums: Held = defaultdict(Decimal)
    rows = PositionGroup.objects.filter(account=desk.account)
    for symbol, side, qty in rows.values_list("instrument__venue_symbol", "side", "qty"):
        sums[symbol, side if hedge else "BOTH"] += PositionSide(side).sign * qty
    return dict(sums)
