"""The bundled instruments."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument
from trading.paper.core.perps.contract import Contract, brackets

FOLDER = Path(__file__).resolve().parent.parent / "data"

NUMBERS = (
    "tick_size",
    "lot_step",
    "min_price",
    "max_price",
    "min_qty",
    "max_qty",
    "max_market_qty",
    "min_notional",
)


def bundled(*, traded: frozenset[str] | None = None) -> list[Instrument]:
    """Every bundled instrument; those outside `traded` (None = all) are shown but closed."""
    rows = json.loads((FOLDER / "binance_spot_symbols.json").read_text())
    found = [_instrument(row) for row in rows]
    return [replace(one, trading=traded is None or one.symbol in traded) for one in found]


def contracts(*, traded: frozenset[str] | None = None) -> list[Contract]:
    """Every bundled perpetual; those outside `traded` (None = all) are shown but closed."""
    rows = json.loads((FOLDER / "binance_usdm_symbols.json").read_text())
    return [_contract(row, trading=traded is None or row["symbol"] in traded) for row in rows]


def _contract(row: dict[str, Any], *, trading: bool) -> Contract:
    levels = [(atoms.parse(cap), leverage, atoms.parse(rate)) for cap, leverage, rate in row["brackets"]]
    numbers: dict[str, Any] = {name: atoms.parse(row[name]) for name in NUMBERS}
    return Contract(
        symbol=row["symbol"],
        base=row["base"],
        quote=row["quote"],
        trading=trading,
        brackets=brackets(levels),
        **numbers,
    )


def _instrument(row: dict[str, str]) -> Instrument:
    numbers: dict[str, Any] = {name: atoms.parse(row[name]) for name in NUMBERS}
    return Instrument(symbol=row["symbol"], base=row["base"], quote=row["quote"], **numbers)
