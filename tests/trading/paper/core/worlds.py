"""Small exchanges in memory for the tests of the core."""

from collections.abc import Iterable
from decimal import Decimal

from trading.paper.core import atoms, commands
from trading.paper.core.apply import apply
from trading.paper.core.depth import Depth
from trading.paper.core.events import Event
from trading.paper.core.fees import FeeRates
from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Order, OrderType, Request, Side, TimeInForce
from trading.paper.core.state import State, opened

BTC = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick_size=atoms.parse("0.01"),
    lot_step=atoms.parse("0.00001"),
    min_price=atoms.parse("0.01"),
    max_price=atoms.parse("1000000"),
    min_qty=atoms.parse("0.00001"),
    max_qty=atoms.parse("9000"),
    max_market_qty=atoms.parse("100"),
    min_notional=atoms.parse("5"),
)


def a(number: str) -> int:
    """Atoms, for readable tables."""
    return atoms.parse(number)


def world(*, price: str = "0", funds: dict[str, str] | None = None, depth: Depth | None = None) -> State:
    """One market, accounts "ann" and "bob" with these funds each."""
    state = opened([BTC], depth=depth or Depth(), fees=FeeRates())
    state.markets["BTCUSDT"].price = a(price)
    amounts = {asset: a(amount) for asset, amount in (funds or {"USDT": "10000", "BTC": "1"}).items()}
    for name in ("ann", "bob"):
        carry_out(state, commands.deposit(name, amounts, now_ms=0))
    return state


def carry_out(state: State, batch: Iterable[Event]) -> list[Event]:
    """Apply each event of a command before the next is asked for, and hand them all back."""
    done = []
    for event in batch:
        apply(state, event)
        done.append(event)
    return done


def ask_for(side: str, qty: str = "0", price: str = "0", **more: object) -> Request:
    """A LIMIT request of ann's, or what `more` makes of it."""
    fields = {
        "account": "ann",
        "symbol": "BTCUSDT",
        "side": Side(side),
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "qty": a(qty),
        "price": a(price),
    }
    return Request(**(fields | more))  # type: ignore[arg-type]


def place(state: State, request: Request, *, now_ms: int = 1) -> Order:
    """Place it and return the live order."""
    order_id = state.next_order_id
    carry_out(state, commands.place(state, request, now_ms=now_ms))
    return state.orders[order_id]


def held(state: State, account: str) -> dict[str, tuple[Decimal, Decimal]]:
    """(free, locked) per asset."""
    balances = state.accounts[account].balances
    scale = Decimal(atoms.SCALE)
    return {asset: (Decimal(one.free) / scale, Decimal(one.locked) / scale) for asset, one in balances.items()}
