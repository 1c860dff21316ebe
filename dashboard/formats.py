"""Numbers as a trader reads them: real minus sign, grouped, the precision of the instrument, sign and colour."""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

MINUS = "\u2212"
THIN = "\u202f"  # narrow no-break space, between a sign or unit and its number
NOTHING = "\u2013"  # where there is no number, never an empty cell
QUOTE_PLACES = {"BNB": 6, "BTC": 8, "ETH": 6}
DEFAULT_QUOTE_PLACES = 2
MAX_PLACES = 18  # what a row keeps
READ_DIGITS = 7  # of a quotient that no step belongs to
EXACT_PLACES = 8  # more than any venue's step has: a quotient, not something that was ordered
NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,40})?")
WIDE = Context(prec=200, rounding=ROUND_HALF_UP)
# Rows keep 38 digits, a stranger's text any number of them: Python's own 28 would be an error on the page.

SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
FRAMES = ((604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def places_of(step: Decimal) -> int:
    """Decimal places of a tick size or lot step: 0.01 has 2, 10 has none."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rounded(value: Decimal, places: int) -> Decimal:
    """A value at so many places, halves away from zero, as people round."""
    return value.quantize(Decimal(1).scaleb(-places), context=WIDE)


def number(value: Decimal | None, places: int = 2, *, signed: bool = False) -> str:
    """`10,482.16`, `− 0.58`; with signed also `+ 64.20`. A value that rounds to nothing carries no sign."""
    if value is None:
        return NOTHING
    figure = rounded(value, places)
    sign = MINUS if figure < 0 else "+" if signed and figure > 0 else ""
    return f"{sign}{THIN if sign else ''}{figure.copy_abs():,f}"


def figure(text: str) -> str:
    """A number that stands as text, as one reads it; a quotient to seven digits, anything else as it is."""
    if not NUMBER.fullmatch(text):
        return text
    value, (_, _, behind) = Decimal(text), text.partition(".")
    if len(behind) <= EXACT_PLACES:
        return number(value, len(behind))
    read = max(READ_DIGITS - 1 - value.adjusted(), DEFAULT_QUOTE_PLACES)
    return number(value, min(read, places_of(value), MAX_PLACES))


def price(value: Decimal | None, tick_size: Decimal) -> str:
    """A price at the instrument's tick size."""
    return number(value, places_of(tick_size))


def qty(value: Decimal | None, lot_step: Decimal) -> str:
    """A quantity at the instrument's lot step; what is finer than a lot is shown in full, never rounded away."""
    if value is None:
        return NOTHING
    return number(value, max(places_of(lot_step), min(places_of(value), MAX_PLACES)))


def amount(value: Decimal | None, currency: str, *, signed: bool = False) -> str:
    """Money of a currency. A small result keeps two digits that say something: `+ 0.0042`, not `0.00`."""
    places = QUOTE_PLACES.get(currency, DEFAULT_QUOTE_PLACES)
    if value is not None and value != 0 and rounded(value, places) == 0:
        places = min(1 - value.adjusted(), MAX_PLACES)
    return number(value, places, signed=signed)


def percent(value: Decimal | None, places: int = 2, *, signed: bool = True) -> str:
    """`+ 0.79 %`; the value is in percent already."""
    return NOTHING if value is None else f"{number(value, places, signed=signed)}{THIN}%"


def tone(value: Decimal | None) -> str:
    """The colour class of a result; nothing for zero or none, since colour alone says nothing."""
    return "" if not value else "up" if value > 0 else "down"


def timeframe(secs: int) -> str:
    """900 → `15 m`, as charts name it; 0 is what an alert without one opened."""
    if secs <= 0:
        return "no timeframe"
    size, name = next((span for span in FRAMES if secs >= span[0] and secs % span[0] == 0), FRAMES[-1])
    return f"{secs // size}{THIN}{name}"


def span(secs: float) -> str:
    """A length of time in its largest whole unit: `4 min`, `12 s`; below a second in ms."""
    if secs < 1:
        return f"{max(0, round(secs * 1000))}{THIN}ms"
    size, name = next(unit for unit in SPANS if secs >= unit[0])
    return f"{int(secs // size)}{THIN}{name}"


def clock(at: datetime | None, *, now: datetime) -> str:
    """A time of today as `14:32:15`, an older one with its day; UTC."""
    if at is None:
        return NOTHING
    moment = at.astimezone(UTC)
    return moment.strftime("%H:%M:%S" if moment.date() == now.astimezone(UTC).date() else "%d %b %H:%M")
