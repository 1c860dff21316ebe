"""Exact fixed-point numbers: every price, quantity and amount inside is an integer of 1e-8 units ("atoms")."""

import re

SCALE = 10**8
# One whole unit in atoms; eight decimals are what Binance spot keeps for every asset.

PLACES = 8

_DECIMAL = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?")


class NotANumber(ValueError):
    """The text is not a plain decimal number."""


class TooPrecise(ValueError):
    """The number has more than eight decimals."""


def parse(text: str) -> int:
    """Atoms of a plain decimal such as "0.00120000"; signs and exponents are refused."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise NotANumber(text)
    whole, fraction = found.groups(default="")
    fraction = fraction.rstrip("0")
    if len(fraction) > PLACES:
        raise TooPrecise(text)
    return int(whole) * SCALE + int(fraction.ljust(PLACES, "0"))


def show(atoms: int) -> str:
    """The wire form with all eight decimals, as Binance writes it."""
    if atoms < 0:
        return "-" + show(-atoms)
    return f"{atoms // SCALE}.{atoms % SCALE:08d}"


def times(price: int, qty: int) -> int:
    """Notional of qty at price, rounded down to an atom: what changes hands."""
    return price * qty // SCALE


def times_up(price: int, qty: int) -> int:
    """Notional rounded up: what must be locked so that no partial fill can overdraw it."""
    return -(-price * qty // SCALE)


def floor_to(value: int, step: int) -> int:
    """The greatest multiple of step that is not above value; a step of 0 leaves it alone."""
    return value - value % step if step else value
