"""Small futures sides in memory for the tests of the core."""

from collections.abc import Iterable

from tests.trading.paper.core.worlds import a
from trading.paper.core.atoms import SCALE
from trading.paper.core.depth import Depth
from trading.paper.core.orders import OrderType, Side, TimeInForce
from trading.paper.core.perps import algos, commands, trades
from trading.paper.core.perps.apply import apply
from trading.paper.core.perps.contract import Contract, brackets
from trading.paper.core.perps.events import PerpDeposited, PerpEvent
from trading.paper.core.perps.orders import AlgoOrder, AlgoRequest, AlgoType, PerpOrder, PerpRequest, PositionSide
from trading.paper.core.perps.state import PerpAccount, Perps, opened
from trading.paper.core.prints import Print

BTC = Contract(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick_size=a("0.1"),
    lot_step=a("0.001"),
    min_price=a("500"),
    max_price=a("1000000"),
    min_qty=a("0.001"),
    max_qty=a("1000"),
    max_market_qty=a("100"),
    min_notional=a("50"),
    # up to 100,000: 20× and 1 %; up to 1,000,000: 5× and 4 %
    brackets=brackets([(a("100000"), 20, a("0.01")), (a("1000000"), 5, a("0.04"))]),
)
TIGHT = Depth(spread_ticks=0, levels=5, level_notional=a("1000000"))
# Buys and sells at the mark price itself, so sums stay readable; 1,000,000 a level.

BOTH, LONG, SHORT = PositionSide


def world(*, price: str = "60000", wallet: str = "10000", depth: Depth = TIGHT) -> Perps:
    """One contract, accounts "ann" and "bob" with this wallet each."""
    perps = opened([BTC], depth=depth)
    perps.markets["BTCUSDT"].price = a(price)
    for name in ("ann", "bob"):
        carry_out(perps, [PerpDeposited(0, name, a(wallet))])
    return perps


def carry_out(perps: Perps, events: Iterable[PerpEvent]) -> list[PerpEvent]:
    """Apply each event before the next is asked for, and hand them all back."""
    done = []
    for event in events:
        apply(perps, event)
        done.append(event)
    return done


def ask_for(side: str, qty: str, price: str | None = None, **more: object) -> PerpRequest:
    """A request of ann's: MARKET, or LIMIT where a price is given."""
    fields = {
        "account": "ann",
        "symbol": "BTCUSDT",
        "side": Side(side),
        "type": OrderType.LIMIT if price else OrderType.MARKET,
        "time_in_force": TimeInForce.GTC,
        "qty": a(qty),
        "price": a(price or "0"),
    }
    return PerpRequest(**(fields | more))  # type: ignore[arg-type]


def place(perps: Perps, side: str, qty: str, price: str | None = None, **more: object) -> PerpOrder:
    """Place it and return the live order."""
    order_id = perps.next_order_id
    carry_out(perps, commands.place(perps, ask_for(side, qty, price, **more), now_ms=1))
    return perps.orders[order_id]


def wait_for(perps: Perps, side: str, kind: str, qty: str = "0", **more: object) -> AlgoOrder:
    """Place a conditional order of ann's and return it."""
    fields = {
        "account": "ann",
        "symbol": "BTCUSDT",
        "side": Side(side),
        "type": AlgoType(kind),
        "time_in_force": "GTC",
        "qty": a(qty),
    }
    numbers = {
        name: a(value) if isinstance(value, str) and name not in NAMES else value for name, value in more.items()
    }
    algo_id = perps.next_algo_id
    carry_out(perps, algos.place(perps, AlgoRequest(**(fields | numbers)), now_ms=1))  # type: ignore[arg-type]
    return perps.algos[algo_id]


NAMES = {"account", "client_id", "time_in_force", "working_type", "position_side"}


def move(perps: Perps, price: str, *, qty: str | None = None, aggressor: Side = Side.BUY) -> list[PerpEvent]:
    """Strangers trade at a price; fills, triggers and liquidations follow, as in the running exchange."""
    market = perps.markets["BTCUSDT"]
    market.price = a(price)
    trade = Print(at_ms=2, price=a(price), qty=None if qty is None else a(qty), aggressor=aggressor)
    done = carry_out(perps, trades.printed(perps, market, trade))
    done += carry_out(perps, algos.fire(perps, "BTCUSDT", now_ms=2))
    return done + carry_out(perps, trades.liquidate(perps, "BTCUSDT", now_ms=2))


def ann(perps: Perps) -> PerpAccount:
    return perps.accounts["ann"]


def held(perps: Perps, side: PositionSide = BOTH) -> float:
    """ann's position, base units."""
    return ann(perps).position("BTCUSDT", side).qty / SCALE


def wallet(perps: Perps) -> float:
    return ann(perps).wallet / SCALE
