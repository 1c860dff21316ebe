"""What a futures event does to the tables. The live exchange and the recovery from the ledger run this same code."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trading.paper.core import atoms
from trading.paper.core.orders import OrderType, Side, Status, Terms, TimeInForce
from trading.paper.core.perps import events
from trading.paper.core.perps.incomes import Incomes
from trading.paper.core.perps.orders import AlgoOrder, AlgoStatus, AlgoType, PerpFill, PerpOrder, PositionSide
from trading.paper.core.perps.positions import Position, traded
from trading.paper.core.perps.state import PerpAccount, Perps


def apply(perps: Perps, event: events.PerpEvent) -> None:
    """Change the tables by one event."""
    APPLIERS[type(event)](perps, event)


def _account(perps: Perps, name: str) -> PerpAccount:
    found = perps.accounts.get(name)
    if found is None:
        found = perps.accounts[name] = PerpAccount(
            name, incomes=Incomes(name, label=perps.label, archive=perps.archive)
        )
    return found


def _earn(account: PerpAccount, at_ms: int, kind: str, symbol: str, amount: int, trade_id: int = 0) -> None:
    """Book an amount to the wallet; nothing is booked without an income row."""
    if amount:
        account.wallet += amount
        account.incomes.book(at_ms, kind, symbol, amount, trade_id)
    account.updated_ms = at_ms


def _deposited(perps: Perps, event: events.PerpDeposited) -> None:
    _earn(_account(perps, event.account), event.at_ms, "TRANSFER", "", event.amount)
    perps.deposits[event.account].append(event)


def _accepted(perps: Perps, event: events.PerpAccepted) -> None:
    order = _order(perps, event)
    desk = (event.account, event.symbol)
    perps.orders.add(order)
    perps.desk_open[desk][order.id] = order
    perps.next_order_id = max(perps.next_order_id, order.id + 1)
    if order.good_till_ms:
        perps.timed[order.id] = order
    if order.rests:
        perps.markets[event.symbol].book.half(order.side).add(order)


def _order(perps: Perps, event: events.PerpAccepted) -> PerpOrder:
    return PerpOrder(
        id=event.order_id,
        account=event.account,
        instrument=perps.contracts[event.symbol],
        client_id=event.client_id,
        side=Side(event.side),
        type=OrderType(event.type),
        time_in_force=TimeInForce(event.time_in_force),
        price=event.price,
        qty=event.qty,
        quote_qty=0,
        created_ms=event.at_ms,
        updated_ms=event.at_ms,
        queue_ahead=event.queue_ahead,
        position_side=PositionSide(event.position_side),
        reduce_only=bool(event.reduce_only),
        close_position=bool(event.close_position),
        origin=event.origin,
        stop_price=event.stop_price,
        good_till_ms=event.good_till_ms,
        price_match=event.price_match,
        terms=Terms(event.order_id, self_trade=event.self_trade) if event.self_trade else None,
    )


def _filled(perps: Perps, event: events.PerpFilled) -> None:
    order = perps.orders[event.order_id]
    fill = _fill(order, event)
    order.fills.append(fill)
    order.filled += fill.qty
    order.filled_quote += fill.notional
    order.updated_ms = event.at_ms
    order.status = Status.PARTIALLY_FILLED if order.leaves else Status.FILLED
    market = perps.markets[order.instrument.symbol]
    market.next_trade_id = max(market.next_trade_id, event.trade_id + 1)
    _settle(perps, perps.accounts[order.account], order, fill)
    if not order.leaves:
        _leave(perps, order)


def _fill(order: PerpOrder, event: events.PerpFilled) -> PerpFill:
    return PerpFill(
        order=order,
        trade_id=event.trade_id,
        at_ms=event.at_ms,
        price=event.price,
        qty=event.qty,
        notional=atoms.times(event.price, event.qty),
        fee=event.fee,
        fee_asset=order.instrument.quote,
        maker=bool(event.maker),
        realised=event.realised,
    )


def _settle(perps: Perps, account: PerpAccount, order: PerpOrder, fill: PerpFill) -> None:
    symbol = order.instrument.symbol
    _earn(account, fill.at_ms, "REALIZED_PNL", symbol, fill.realised, fill.trade_id)
    _earn(account, fill.at_ms, "COMMISSION", symbol, -fill.fee, fill.trade_id)
    _move(account, order, fill)
    if perps.tiers:
        account.traded.add(fill.at_ms, fill.notional)


def _move(account: PerpAccount, order: PerpOrder, fill: PerpFill) -> None:
    """The position after a fill; an isolated one takes margin with what opens and gives it back with what closes."""
    symbol = order.instrument.symbol
    position = account.positions.setdefault((symbol, order.position_side), Position(symbol, order.position_side))
    change = traded(position, qty=fill.qty if order.side is Side.BUY else -fill.qty, price=fill.price)
    if change.closed:
        position.isolated_wallet -= position.isolated_wallet * change.closed // abs(position.qty)
    if change.opened and symbol in account.isolated:
        position.isolated_wallet += atoms.times_up(fill.price, change.opened) // account.leverage(symbol)
    position.qty, position.cost, position.updated_ms = change.qty, change.cost, fill.at_ms


def _closed(perps: Perps, event: events.PerpClosed) -> None:
    order = perps.orders[event.order_id]
    order.status = Status(event.status)
    order.updated_ms = event.at_ms
    _leave(perps, order)


def _amended(perps: Perps, event: events.PerpAmended) -> None:
    order = perps.orders[event.order_id]
    half = perps.markets[order.instrument.symbol].book.half(order.side)
    half.remove(order)
    order.price, order.qty, order.queue_ahead = event.price, event.qty, event.queue_ahead
    order.updated_ms = event.at_ms
    half.add(order)


def _leave(perps: Perps, order: PerpOrder) -> None:
    symbol = order.instrument.symbol
    del perps.desk_open[(order.account, symbol)][order.id]
    if order.rests:
        perps.markets[symbol].book.half(order.side).remove(order)
    perps.timed.pop(order.id, None)
    perps.orders.end(order)
    if order.algo_id:
        perps.algos.end(perps.algos[order.algo_id])


def _algo_accepted(perps: Perps, event: events.AlgoAccepted) -> None:
    fields = event._asdict()
    at_ms, symbol, algo_id = fields.pop("at_ms"), fields.pop("symbol"), fields.pop("algo_id")
    fields |= {
        "side": Side(event.side),
        "type": AlgoType(event.type),
        "position_side": PositionSide(event.position_side),
        "reduce_only": bool(event.reduce_only),
        "close_position": bool(event.close_position),
    }
    made = AlgoOrder(id=algo_id, instrument=perps.contracts[symbol], created_ms=at_ms, updated_ms=at_ms, **fields)
    perps.algos.add(made)
    perps.algos_open[symbol][algo_id] = made
    perps.next_algo_id = max(perps.next_algo_id, algo_id + 1)


def _algo_tracked(perps: Perps, event: events.AlgoTracked) -> None:
    perps.algos[event.algo_id].extreme = event.extreme


def _algo_triggered(perps: Perps, event: events.AlgoTriggered) -> None:
    algo = perps.algos[event.algo_id]
    algo.status = AlgoStatus.TRIGGERED
    algo.actual = perps.orders[event.order_id]
    algo.actual.algo_id = algo.id
    algo.updated_ms = algo.triggered_ms = event.at_ms
    del perps.algos_open[algo.instrument.symbol][algo.id]


def _algo_closed(perps: Perps, event: events.AlgoClosed) -> None:
    algo = perps.algos[event.algo_id]
    algo.status = AlgoStatus(event.status)
    algo.updated_ms = event.at_ms
    del perps.algos_open[algo.instrument.symbol][algo.id]
    perps.algos.end(algo)


def _leveraged(perps: Perps, event: events.Leveraged) -> None:
    _account(perps, event.account).leverages[event.symbol] = event.leverage


def _isolated(perps: Perps, event: events.Isolated) -> None:
    isolated = _account(perps, event.account).isolated
    isolated.discard(event.symbol)
    if event.isolated:
        isolated.add(event.symbol)


def _sided(perps: Perps, event: events.Sided) -> None:
    _account(perps, event.account).dual = bool(event.dual)


def _margined(perps: Perps, event: events.Margined) -> None:
    position = perps.accounts[event.account].positions[(event.symbol, PositionSide(event.position_side))]
    position.isolated_wallet += event.amount


def _funded(perps: Perps, event: events.Funded) -> None:
    """A positive rate is paid by longs and received by shorts."""
    perps.fundings.append(event)
    for account in perps.accounts.values():
        for position in account.held(event.symbol):
            paid = position.qty * event.mark * event.rate // atoms.SCALE**2
            _earn(account, event.at_ms, "FUNDING_FEE", event.symbol, -paid)
            if event.symbol in account.isolated:
                position.isolated_wallet -= paid


def _insured(perps: Perps, event: events.Insured) -> None:
    perps.insurance -= event.amount
    _earn(perps.accounts[event.account], event.at_ms, "INSURANCE_CLEAR", event.symbol, event.amount)


def _reserved(perps: Perps, event: events.PerpReserved) -> None:
    market = perps.markets[event.symbol]
    market.next_trade_id = max(market.next_trade_id, event.upto)


def _switched(perps: Perps, event: events.PerpSwitched) -> None:
    contract = replace(perps.contracts[event.symbol], trading=bool(event.trading))
    perps.contracts[event.symbol] = perps.markets[event.symbol].instrument = contract


def _priced(perps: Perps, event: events.PerpPriced) -> None:
    perps.markets[event.symbol].price = event.price


APPLIERS: dict[type, Callable[[Perps, Any], None]] = {
    events.AlgoAccepted: _algo_accepted,
    events.AlgoClosed: _algo_closed,
    events.AlgoTracked: _algo_tracked,
    events.AlgoTriggered: _algo_triggered,
    events.Funded: _funded,
    events.Insured: _insured,
    events.Isolated: _isolated,
    events.Leveraged: _leveraged,
    events.Margined: _margined,
    events.PerpAccepted: _accepted,
    events.PerpAmended: _amended,
    events.PerpClosed: _closed,
    events.PerpDeposited: _deposited,
    events.PerpFilled: _filled,
    events.PerpPriced: _priced,
    events.PerpReserved: _reserved,
    events.PerpSwitched: _switched,
    events.Sided: _sided,
}
