"""Balances, exact: free and locked per asset, never below zero."""

from dataclasses import dataclass, field

from trading.paper.core import atoms
from trading.paper.core.fees import Traded
from trading.paper.core.orders import Order, Side


@dataclass(slots=True)
class Balance:
    """What an account holds of one asset, in atoms."""

    free: int = 0
    locked: int = 0


@dataclass(slots=True)
class Account:
    """One customer; only `core.apply` moves its balances."""

    name: str
    balances: dict[str, Balance] = field(default_factory=dict)
    updated_ms: int = 0
    traded: Traded = field(default_factory=Traded)
    burns: bool = False
    # Whether it wishes to pay fees with the discount coin.

    def balance(self, asset: str) -> Balance:
        """The balance of an asset, opened at zero on first use."""
        found = self.balances.get(asset)
        if found is None:
            found = self.balances[asset] = Balance()
        return found

    def free(self, asset: str) -> int:
        """What may be spent now."""
        found = self.balances.get(asset)
        return found.free if found else 0


class Overdrawn(AssertionError):
    """A balance would fall below zero: a bug in the exchange, never a customer's error."""


def relock(balance: Balance, order: Order, *, spent: int, locked: int) -> None:
    """Take `spent` out of the balance and change the order's lock to `locked`."""
    balance.free += order.locked - spent - locked
    balance.locked += locked - order.locked
    order.locked = locked
    if balance.free < 0 or balance.locked < 0:
        raise Overdrawn(f"order {order.id}: free {balance.free}, locked {balance.locked}")


def charge(balance: Balance, fee: int) -> None:
    """Take a fee, or give a rebate."""
    balance.free -= fee
    if balance.free < 0:
        raise Overdrawn(f"fee {fee}: free {balance.free}")


def exchanged(side: Side, *, price: int, qty: int) -> tuple[int, int]:
    """(spent, received) of a fill before fees."""
    notional = atoms.times(price, qty)
    return (notional, qty) if side is Side.BUY else (qty, notional)
