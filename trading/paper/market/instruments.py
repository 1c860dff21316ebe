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


LIQUIDATION_RATE = atoms.SCALE // 80
# 1.25 % of what is liquidated, as far as the margin reaches.


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
        liquidation_rate=LIQUIDATION_RATE,
        **numbers,
    )


KUCOIN_TERMS = {"BTC": ("XBT", "0.1", "0.001", 125), "ETH": ("ETH", "0.01", "0.01", 100)}
# KuCoin's own name, tick, multiplier and leverage of the two contracts that are known exactly.

COMPOSED_LEVERAGE = 75

KUCOIN_LADDER = ((100_000, 1), (500_000, 2), (2_000_000, 4), (10_000_000, 10), (50_000_000, 25))
# Position worth up to the first number: the greatest leverage divided by the second.


def kucoin_contracts(*, traded: frozenset[str] | None = None) -> list[Contract]:
    """XBTUSDTM and ETHUSDTM as KuCoin has them; the others are composed from the spot pairs against USDT."""
    pairs = [one for one in bundled(traded=traded) if one.quote == "USDT"]
    return [_kucoin_contract(one) for one in pairs]


def _kucoin_contract(pair: Instrument) -> Contract:
    base, tick, size, leverage = KUCOIN_TERMS.get(
        pair.base, (pair.base, atoms.show(pair.tick_size), atoms.show(pair.lot_step * 10), COMPOSED_LEVERAGE)
    )
    step = atoms.parse(size)
    steps = [(atoms.SCALE * cap, max(1, leverage // part)) for cap, part in KUCOIN_LADDER]
    return Contract(
        symbol=f"{base}USDTM",
        base=base,
        quote="USDT",
        tick_size=atoms.parse(tick),
        lot_step=step,
        min_price=atoms.parse(tick),
        max_price=1_000_000 * atoms.SCALE,
        min_qty=step,
        max_qty=1_000_000 * step,
        max_market_qty=1_000_000 * step,
        min_notional=0,
        trading=pair.trading,
        multiplier=step,
        follows=pair.symbol,
        brackets=brackets([(cap, most, atoms.SCALE // (2 * most)) for cap, most in steps]),
        max_algo_orders=150,
    )


def _instrument(row: dict[str, str]) -> Instrument:
    numbers: dict[str, Any] = {name: atoms.parse(row[name]) for name in NUMBERS}
    return Instrument(symbol=row["symbol"], base=row["base"], quote=row["quote"], **numbers)
