"""A test order: far from the price, placed and cancelled on paper or testnet; on live accounts only checked by the venue.

It is none of the engine's orders: its client order id says so, and no row of ours knows it.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from project.accounts.models import Environment, ExchangeAccount, PositionMode
from project.accounts.vault import VaultError
from signals.market.instruments import InstrumentFacts
from trading.domain.grid import InstrumentRules, least_qty
from trading.domain.money import exact, floor_to
from trading.domain.order_state import VenueStatus
from trading.domain.preflight import Finding, Level
from trading.domain.refusal import plain
from trading.domain.vocabulary import OrderType, PositionSide, Side, TimeInForce
from trading.errors import OrderNotOpen, Unknown, VenueError, WindlassError
from trading.gateways.base import OrderRequest
from trading.selectors import rules_of
from trading.services import connect
from trading.services.preflight_pairs import instruments_of

if TYPE_CHECKING:
    from trading.gateways.examiner import Examiner

Clock = Callable[[], datetime]
FAR_PCT = {False: Decimal(20), True: Decimal(4)}
# Below the price: spot venues refuse beyond a fifth to four fifths, futures of large coins beyond 5 %.
CANCELS = 3
NAME = "WindlassTest"
# In capitals: no engine's client order id looks like this, so nobody takes it for a rival's.


@dataclass(frozen=True, slots=True)
class _Bench:
    """What the steps need."""

    account: ExchangeAccount
    examiner: "Examiner"
    clock: Clock
    rules: InstrumentRules


def steps(account: ExchangeAccount, clock: Clock) -> Iterator[Finding]:
    """Each step as it is done, with how long it took; the first that fails says what to do, and ends it."""
    began = time.monotonic()
    try:
        pairs = instruments_of(account)
        if not pairs:
            yield _failed("market", "none", "The venue's markets have not been read yet: try again in a minute.")
            return
        bench = _Bench(account, connect.examiner(account), clock, rules_of(pairs[0]))
        yield _step("connected", f"{account.venue}, {pairs[0].symbol}", began)
        yield from _on(bench, pairs[0])
    except (VaultError, WindlassError) as error:
        yield _failed("stopped", error.code, f"{error}.")


def _on(bench: _Bench, pair: InstrumentFacts) -> Iterator[Finding]:
    began = time.monotonic()
    quoted = bench.examiner.tickers([pair.symbol])
    if pair.symbol not in quoted:
        yield _failed("price", "none", "The venue quotes no price now: try again later.")
        return
    request = _request(bench, quoted[pair.symbol].bid)
    price = request.price or Decimal(0)
    far = f"{plain(request.qty)} at {plain(price)}, {plain(FAR_PCT[pair.derivative])} % below the price"
    yield _step("order", far, began)
    yield from _checked(bench, request) if bench.account.environment == Environment.LIVE else _placed(bench, request)


def _request(bench: _Bench, bid: Decimal) -> OrderRequest:
    """The smallest order that the venue takes, far below the price."""
    price = _far_below(bid, bench.rules)
    hedge = bench.account.position_mode == PositionMode.HEDGE
    return OrderRequest(
        symbol=bench.rules.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=least_qty(price, bench.rules),
        price=price,
        time_in_force=TimeInForce.GTC,
        reduce_only=False,
        client_order_id=NAME + secrets.token_hex(5).upper(),
        valid_until=bench.clock() + connect.timing().validity,
        opens_position=True,
        position_side=PositionSide.LONG if hedge else "",
    )


@exact
def _far_below(bid: Decimal, rules: InstrumentRules) -> Decimal:
    """On the tick."""
    return floor_to(bid * (100 - FAR_PCT[rules.kind.derivative]) / 100, rules.tick_size)


# live: the venue checks, and places nothing -----------------------------------------------------


def _checked(bench: _Bench, request: OrderRequest) -> Iterator[Finding]:
    if not bench.examiner.can_test_orders:
        advice = "This venue has no endpoint that checks an order without placing it, and real money is not risked for a test."
        yield _failed("refused", "live money", f"{advice} Make a testnet account at the same venue and test there.")
        return
    began = time.monotonic()
    bench.examiner.test_order(request)
    yield _step("checked by the venue", "it would be taken; nothing was placed", began)


# paper and testnet: really placed, and really cancelled ------------------------------------------


def _placed(bench: _Bench, request: OrderRequest) -> Sequence[Finding]:
    """Placed, found and cancelled in one go: nothing may come between, or the order would rest. Raises Rejected, NotSent."""
    began = time.monotonic()
    try:
        number = bench.examiner.place(request).venue_order_id
        first = _step("placed", f"order {number} at the venue", began)
    except Unknown as error:  # it may rest all the same, under the name that we gave it
        number = _number(bench, request)
        first = _failed("placed", error.code, f"{error}.")
    if not number:
        return [first]
    return [first, _found(bench, request, number), _cancelled(bench, request, number)]


def _number(bench: _Bench, request: OrderRequest) -> str:
    """The venue's number of an order that may or may not have been placed."""
    try:
        found = bench.examiner.find_order(symbol=request.symbol, client_order_id=request.client_order_id)
    except VenueError:
        return ""
    return found.venue_order_id if found else ""


def _found(bench: _Bench, request: OrderRequest, number: str) -> Finding:
    began = time.monotonic()
    try:
        found = bench.examiner.find_order(symbol=request.symbol, client_order_id="", venue_order_id=number)
    except VenueError as error:
        return _failed("found", error.code, f"{error}.")
    return _step("found", str(found.status).lower() if found else "not found", began)


def _cancelled(bench: _Bench, request: OrderRequest, number: str) -> Finding:
    """Cancelled, and looked up whether it is."""
    began = time.monotonic()
    if any(_gone(bench, request, number) for _ in range(CANCELS)):
        return _step("cancelled", "it is gone", began)
    return _failed("cancelled", f"order {number} may still rest", "Cancel it at the venue, by its number.")


def _gone(bench: _Bench, request: OrderRequest, number: str) -> bool:
    try:
        bench.examiner.cancel(symbol=request.symbol, venue_order_id=number)
    except OrderNotOpen:
        return True
    except VenueError:
        return False
    try:
        found = bench.examiner.find_order(symbol=request.symbol, client_order_id="", venue_order_id=number)
    except VenueError:
        return False
    return found is None or found.status is not VenueStatus.OPEN


def _step(name: str, value: str, began: float) -> Finding:
    return Finding(name, f"{(time.monotonic() - began) * 1000:.0f} ms", value)


def _failed(name: str, value: str, advice: str) -> Finding:
    return Finding(name, "", value, "", Level.BAD, advice)
