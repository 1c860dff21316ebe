"""The bundled instruments."""

import json
from dataclasses import replace
from pathlib import Path

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument

FOLDER = Path(__file__).resolve().parent.parent / "data"


def bundled(*, traded: frozenset[str] | None = None) -> list[Instrument]:
    """Every bundled instrument; those outside `traded` (None = all) are shown but closed."""
    rows = json.loads((FOLDER / "binance_spot_symbols.json").read_text())
    found = [_instrument(row) for row in rows]
    return [replace(one, trading=traded is None or one.symbol in traded) for one in found]


def _instrument(row: dict[str, str]) -> Instrument:
    return Instrument(
        symbol=row["symbol"],
        base=row["base"],
        quote=row["quote"],
        tick_size=atoms.parse(row["tick_size"]),
        lot_step=atoms.parse(row["lot_step"]),
        min_price=atoms.parse(row["min_price"]),
        max_price=atoms.parse(row["max_price"]),
        min_qty=atoms.parse(row["min_qty"]),
        max_qty=atoms.parse(row["max_qty"]),
        max_market_qty=atoms.parse(row["max_market_qty"]),
        min_notional=atoms.parse(row["min_notional"]),
    )
