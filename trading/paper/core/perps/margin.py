"""How much margin an account needs and has left. Reads the tables, changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from trading.paper.core import atoms
from trading.paper.core.orders import Side
from trading.paper.core.perps.orders import PerpOrder, PositionSide
from trading.paper.core.perps.positions import Position
from trading.paper.core.perps.state import PerpAccount, Perps


@dataclass(frozen=True, slots=True)
class Extra:
    """An order that is not in the book yet: what it would add to the exposure."""

    side: Side
    position_side: PositionSide
    notional: int


@dataclass(frozen=True, slots=True)
class Summary:
    """An account at the mark prices of now, quote atoms."""

    wallet: int
    cross_wallet: int
    unrealised: int
    cross_unrealised: int
    position_initial: int
    order_initial: int
    maintenance: int
    cross_maintenance: int
    available: int

    @property
    def equity(self) -> int:
        """Wallet and open profit or loss."""
        return self.wallet + self.unrealised


def mark(perps: Perps, symbol: str) -> int:
    """The mark price: the last price of the contract, the basis being zero."""
    return perps.markets[symbol].price


def position_initial(perps: Perps, account: PerpAccount, position: Position) -> int:
    """The margin a position binds, at the mark price."""
    return _at_leverage(position.notional(mark(perps, position.symbol)), account.leverage(position.symbol))


def _at_leverage(notional: int, leverage: int) -> int:
    return -(-notional // leverage)


def position_maintenance(perps: Perps, position: Position) -> int:
    """The margin below which a position is liquidated."""
    return perps.contracts[position.symbol].maintenance(position.notional(mark(perps, position.symbol)))


def total_initial(perps: Perps, account: PerpAccount, symbol: str, extra: Extra | None = None) -> int:
    """The margin that positions and open orders of a contract bind together.

    One-way: the larger of what would be held if all buys, or if all sells filled; so orders that only close bind
    nothing. Hedge: each side with the orders that add to it. Reduce-only orders never count.
    """
    return _at_leverage(exposure(perps, account, symbol, extra), account.leverage(symbol))


def exposure(perps: Perps, account: PerpAccount, symbol: str, extra: Extra | None = None) -> int:
    """The greatest notional that positions and open orders of a contract can come to, quote atoms."""
    orders = perps.desk_open[(account.name, symbol)].values()
    return sum(_exposure(perps, account, symbol, side, orders, extra) for side in _sides(account))


def _sides(account: PerpAccount) -> tuple[PositionSide, ...]:
    return (PositionSide.LONG, PositionSide.SHORT) if account.dual else (PositionSide.BOTH,)


def _exposure(
    perps: Perps,
    account: PerpAccount,
    symbol: str,
    side: PositionSide,
    orders: Iterable[PerpOrder],
    extra: Extra | None,
) -> int:
    adding = [
        Extra(order.side, order.position_side, atoms.times_up(order.price, order.leaves))
        for order in orders
        if not order.reduce_only
    ] + ([extra] if extra else [])
    buys = sum(one.notional for one in adding if one.position_side is side and one.side is Side.BUY)
    sells = sum(one.notional for one in adding if one.position_side is side and one.side is Side.SELL)
    position = account.position(symbol, side)
    held = position.notional(mark(perps, symbol)) * (1 if position.qty > 0 else -1)
    return max(abs(held + buys), abs(held - sells))


def summary(perps: Perps, account: PerpAccount) -> Summary:
    """The account as a whole."""
    held = account.held()
    cross = [one for one in held if one.symbol not in account.isolated]
    bound = sum(position_initial(perps, account, one) for one in held)
    cross_bound = sum(position_initial(perps, account, one) for one in cross)
    ordered = sum(order_initial(perps, account, symbol) for symbol in perps.contracts)
    cross_unrealised = unrealised(perps, cross)
    return Summary(
        wallet=account.wallet,
        cross_wallet=account.cross_wallet,
        unrealised=unrealised(perps, held),
        cross_unrealised=cross_unrealised,
        position_initial=bound,
        order_initial=ordered,
        maintenance=sum(position_maintenance(perps, one) for one in held),
        cross_maintenance=sum(position_maintenance(perps, one) for one in cross),
        available=account.cross_wallet + cross_unrealised - cross_bound - ordered,
    )


def order_initial(perps: Perps, account: PerpAccount, symbol: str) -> int:
    """The margin that open orders of a contract bind on top of its positions."""
    bound = sum(position_initial(perps, account, one) for one in account.held(symbol))
    return max(0, total_initial(perps, account, symbol) - bound)


def unrealised(perps: Perps, positions: Iterable[Position]) -> int:
    """Open profit or loss of positions at the mark prices."""
    return sum(one.unrealised(mark(perps, one.symbol)) for one in positions)


def liquidation_price(perps: Perps, account: PerpAccount, position: Position) -> int:
    """The mark price at which a position's margin is used up, the others standing still; 0 where there is none."""
    contract = perps.contracts[position.symbol]
    bracket = contract.bracket(position.notional(mark(perps, position.symbol)))
    backing = _backing(perps, account, position) + bracket.offset
    side = 1 if position.qty > 0 else -1
    # Per unit: backing + side × (price − entry) = price × rate, solved for the price.
    needed = side * position.cost - backing * atoms.SCALE
    share = abs(position.qty) * (side * atoms.SCALE - bracket.rate)
    return max(0, needed * atoms.SCALE // share)


def _backing(perps: Perps, account: PerpAccount, position: Position) -> int:
    if position.symbol in account.isolated:
        return position.isolated_wallet
    others = [one for one in account.held() if one is not position and one.symbol not in account.isolated]
    spoken_for = sum(position_maintenance(perps, one) for one in others)
    return account.cross_wallet + unrealised(perps, others) - spoken_for
