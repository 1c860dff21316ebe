"""Numbers as the futures side writes and reads them."""

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_usdm.errors import imprecise


def plain(amount: int) -> str:
    """An amount without trailing zeros: 0.001, 60000.1, 0."""
    text = atoms.show(amount)
    return text.rstrip("0").rstrip(".")


def places(step: int) -> int:
    """How many decimals a step has."""
    return len(plain(step).partition(".")[2])


def price(params: Params, name: str, instrument: Instrument) -> int:
    """A price parameter, 0 if absent; more decimals than the tick size has are refused."""
    return _precise(read.maybe_number(params, name), instrument.tick_size)


def qty(params: Params, name: str, instrument: Instrument) -> int:
    """A quantity parameter, 0 if absent; more decimals than the lot step has are refused."""
    return _precise(read.maybe_number(params, name), instrument.lot_step)


def _precise(value: int, step: int) -> int:
    if value % 10 ** (atoms.PLACES - places(step)):
        raise imprecise()
    return value


def flag(params: Params, name: str) -> bool:
    """A boolean parameter, False if absent."""
    return params.get(name, "").lower() == "true"
