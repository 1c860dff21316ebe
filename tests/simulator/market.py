"""Two spot markets, the settings a run may have, and what alerts say: small on purpose, so that things collide."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

from signals.market.instruments import InstrumentFacts, Listed, facts
from signals.models import Instrument
from signals.symbols import Listing, index
from trading.domain import settings
from trading.domain.grid import InstrumentRules
from trading.domain.settings import EngineSettings
from trading.selectors import rules_of

FEE = Decimal("0.001")


def _listed(number: int, base: str, tick: str, lot: str) -> InstrumentFacts:
    row = Instrument(
        id=number,
        symbol=f"{base}/USDT",
        venue_symbol=f"{base}USDT",
        kind="SPOT",
        base=base,
        quote="USDT",
        active=True,
        tick_size=Decimal(tick),
        lot_step=Decimal(lot),
        min_qty=Decimal(lot),
        max_qty=None,
        min_notional=Decimal(5),
        contract_size=Decimal(1),
        maker_fee=FEE,
        taker_fee=FEE,
        max_open_orders=200,
    )
    return facts(row)


INSTRUMENTS = (
    _listed(1, "BTC", "0.01", "0.00001"),
    _listed(2, "ETH", "0.01", "0.0001"),
    _listed(3, "SOL", "0.01", "0.01"),
)
BY_SYMBOL: Mapping[str, InstrumentFacts] = {one.symbol: one for one in INSTRUMENTS}
RULES: Mapping[str, InstrumentRules] = {one.symbol: rules_of(one) for one in INSTRUMENTS}
LISTED = Listed(
    BY_SYMBOL,
    index(
        Listing(symbol=i.symbol, venue_symbol=i.venue_symbol, base=i.base, quote=i.quote, derivative=False)
        for i in INSTRUMENTS
    ),
)
PRICES: Mapping[str, Decimal] = {"BTC/USDT": Decimal(60000), "ETH/USDT": Decimal(3000), "SOL/USDT": Decimal(150)}

LEVELS = tuple(
    Decimal(level) for level in ("96", "97.9", "98.9", "99.4", "99.9", "100", "100.2", "100.6", "101.2", "103")
)
# Of the first price, percent: through legs (0, −0.5, −1.5), targets (+0.5, +1) and stops.
LEGS = [["0", "40", "1"], ["-0.5", "30", "0.5"], ["-1.5", "30", "1"]]
CHOICES: Mapping[str, tuple[object, ...]] = {
    "tp_mode": ("PER_LEG", "AGGREGATE", "HYBRID"),
    "max_open_groups": (1, 2, 2, 3),
    "count_pyramids": (False, True),
    "keep_ladder": (False, True),
    "active_window": (None, None, 2),
    "first_entry": ("limit", "market"),
    "base_price": ("fixed", "follow_fill"),
    "stop": ("", "fixed", "trailing"),
}
PLAIN: Mapping[str, object] = {"active_window": None, "stop": ""}
# What is left at its default.


def choose(rng: Random) -> dict[str, object]:
    """The settings of one run."""
    return {name: rng.choice(values) for name, values in CHOICES.items()}


def resolved(values: Mapping[str, object]) -> EngineSettings:
    """Those settings as the engine reads them."""
    return _resolved(tuple(sorted(values.items(), key=lambda item: item[0])))


@lru_cache(maxsize=4096)
def _resolved(values: tuple[tuple[str, object], ...]) -> EngineSettings:
    chosen = {name: value for name, value in values if PLAIN.get(name, "-") != value}
    legs: Any = chosen.pop("legs", LEGS)
    fixed = {
        "legs": [list(leg) for leg in legs],
        "fixed_stop_pct": "3",
        "per_symbol_pct": "50",
        "capital_per_pyramid": "200 USDT",
    }
    return settings.resolve([{**fixed, **chosen}])
