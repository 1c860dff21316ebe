"""An exchange in this very process, by a clock that a test turns."""

from dataclasses import dataclass
from pathlib import Path

from trading.paper.core import atoms
from trading.paper.core.depth import Depth
from trading.paper.core.fees import BPS, FeeRates
from trading.paper.core.orders import Order, OrderType, Request, Side
from trading.paper.core.state import opened
from trading.paper.drivers.base import Driver
from trading.paper.ledger.journal import FILE_NAME, Journal
from trading.paper.market.instruments import bundled, contracts
from trading.paper.server.exchange import Exchange
from trading.paper.server.keys import KeyRing

START_MS = 1_700_000_000_000
ACCOUNT = "me"


@dataclass
class Clock:
    """The time, Unix milliseconds."""

    now_ms: int = START_MS

    def __call__(self) -> int:
        return self.now_ms


def house(folder: Path, clock: Clock) -> Exchange:
    """An exchange over a folder, as its ledger left it, and one rich account."""
    fees = FeeRates(maker=10 * BPS, taker=10 * BPS)
    state = opened(bundled(), depth=Depth(), fees=fees, contracts=contracts())
    exchange = Exchange(
        state,
        journal=Journal(folder),
        keys=KeyRing(None),
        deposit={"USDT": 10**8 * atoms.SCALE, "BTC": 10**4 * atoms.SCALE},
        futures_deposit=10**6 * atoms.SCALE,
        clock=clock,
    )
    exchange.open_account(ACCOUNT)
    return exchange


def ledger(exchange: Exchange, folder: Path) -> bytes:
    """Everything on disk; the exchange is stopped by it."""
    exchange.journal.flush()
    exchange.journal.close()
    return (folder / FILE_NAME).read_bytes()


def pass_time(driver: Driver, clock: Clock, *steps_ms: int) -> None:
    """Let the market move on, look by look."""
    for step in steps_ms:
        clock.now_ms += step
        driver.advance(clock.now_ms)  # type: ignore[attr-defined]


def order(exchange: Exchange, side: Side, qty: str, price: str = "", symbol: str = "BTCUSDT") -> Order:
    """A market order, or with a price a limit order."""
    kind = OrderType.LIMIT if price else OrderType.MARKET
    limit = atoms.parse(price) if price else 0
    return exchange.place(
        Request(account=ACCOUNT, symbol=symbol, side=side, type=kind, price=limit, qty=atoms.parse(qty))
    )
