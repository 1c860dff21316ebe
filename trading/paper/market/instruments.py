"""The bundled instruments."""

import json
from dataclasses import replace
from pathlib import Path

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument

FOLDER = Path(__file__).resolve().parent.parent / "data"
NAMES = ("symbol", "base", "quote")


def bundled(*, traded: frozenset[str] | None = None) -> list[Instrument]:
    """Every bundled instrument; those outside `traded` (None = all) are shown but closed."""
    rows = json.loads((FOLDER / "binance_spot_symbols.json").read_text())
    found = [_instrument(row) for row in rows]
    return [replace(one, trading=traded is None or one.symbol in traded) for one in found]


def _instrument(row: dict[str, str]) -> Instrument:
    limits = {name: atoms.parse(text) for name, text in row.items() if name not in NAMES}
    return Instrument(symbol=row["symbol"], base=row["base"], quote=row["quote"], **limits)
