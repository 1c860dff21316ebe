"""The indicators of a chart: one registry, one line each. Statistics, so floats; TA-Lib is loaded when first asked for."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.chart_library import library
from dashboard.problems import Refused, refused
from signals.market.bars import Bar
from signals.timeframes import DAY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Compute = Callable[..., tuple[Array, ...]]

MOST = 8
# Indicators at a time: more of them hide the candles.
DIGITS = 10
# Significant ones of a value: a screen shows fewer.
COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Columns:
    """Bars as columns; `days` numbers the UTC day of each."""

    open: "Array"
    high: "Array"
    low: "Array"
    close: "Array"
    volume: "Array"
    days: "NDArray[np.int64]"


@dataclass(frozen=True, slots=True)
class Param:
    """A number that an indicator takes."""

    name: str
    default: float
    low: float
    high: float
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One of an indicator's lines; the colour is a token, the shape line, dots or histogram."""

    title: str
    colour: str
    shape: str = "line"


@dataclass(frozen=True, slots=True)
class Indicator:
    """How an indicator is called, what it takes, how it is drawn (over the candles or below) and computed."""

    name: str
    title: str
    over: bool
    params: tuple[Param, ...]
    lines: tuple[Line, ...]
    compute: "Compute"

    @property
    def usual(self) -> str:
        """With its usual numbers, as an address has it."""
        return "-".join([self.name, *(f"{param.default:g}" for param in self.params)])


@dataclass(frozen=True, slots=True)
class Chosen:
    """An indicator with its numbers."""

    of: Indicator
    numbers: tuple[float, ...]

    @property
    def key(self) -> str:
        """As an address has it: `bbands-20-2`."""
        return "-".join([self.of.name, *(f"{number:g}" for number in self.numbers)])

    @property
    def title(self) -> str:
        """As the chart has it: `Bollinger 20 2`."""
        return " ".join([self.of.title, *(f"{number:g}" for number in self.numbers)])


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chosen indicator and its values, a list per line, as long as the bars; None where it has none yet."""

    chosen: Chosen
    values: tuple[list[float | None], ...]


# how they are computed -----------------------------------------------------------------------------


def _of(function: str, *columns: str) -> "Compute":
    """A function of TA-Lib over columns, its parameters in its own order."""

    def compute(bars: Columns, *numbers: float) -> "tuple[Array, ...]":
        inputs = [getattr(bars, column) for column in columns]
        found = getattr(library(), function)(*inputs, *numbers)
        return found if isinstance(found, tuple) else (found,)

    return compute


def _bollinger(bars: Columns, length: int, width: float) -> "tuple[Array, ...]":
    found: tuple[Array, ...] = library().BBANDS(bars.close, length, width, width)
    return found


def _keltner(bars: Columns, length: int, width: float) -> "tuple[Array, ...]":
    """An EMA, and bands a multiple of the ATR around it."""
    middle = library().EMA(bars.close, length)
    reach = width * library().ATR(bars.high, bars.low, bars.close, length)
    return middle + reach, middle, middle - reach


def _donchian(bars: Columns, length: int) -> "tuple[Array, ...]":
    top, bottom = library().MAX(bars.high, length), library().MIN(bars.low, length)
    return top, (top + bottom) / 2, bottom


def _stochastic(bars: Columns, length: int, slow: int, signal: int) -> "tuple[Array, ...]":
    found: tuple[Array, ...] = library().STOCH(bars.high, bars.low, bars.close, length, slow, 0, signal, 0)
    return found


def _vwap(bars: Columns) -> "tuple[Array, ...]":
    """The volume-weighted mean of the typical price since 00:00 UTC; nothing while nothing was traded."""
    import numpy as np

    typical = (bars.high + bars.low + bars.close) / 3
    starts = np.flatnonzero(np.r_[True, np.diff(bars.days) != 0])
    first = np.repeat(starts, np.diff(np.r_[starts, len(typical)]))
    paid, traded = (_since(first, column) for column in (typical * bars.volume, bars.volume))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.where(traded > 0, paid / traded, np.nan),)


def _since(first: Any, column: "Array") -> "Array":
    """Running sums that begin anew where `first` says."""
    import numpy as np

    total = np.cumsum(column)
    found: Array = total - np.r_[0.0, total][first]
    return found


def _supertrend(bars: Columns, length: int, width: float) -> "tuple[Array, ...]":
    """Supertrend: a band of ATRs that only ever comes nearer, and changes sides when the close breaks it."""
    import numpy as np

    reach = width * library().ATR(bars.high, bars.low, bars.close, length)
    middle = (bars.high + bars.low) / 2
    rising, falling = np.full(len(middle), np.nan), np.full(len(middle), np.nan)
    top, bottom, up = math.inf, -math.inf, True
    for place in np.flatnonzero(~np.isnan(reach)):
        before, close = bars.close[place - 1], bars.close[place]
        top = min(top, middle[place] + reach[place]) if before <= top else middle[place] + reach[place]
        bottom = max(bottom, middle[place] - reach[place]) if before >= bottom else middle[place] - reach[place]
        up = close >= bottom if up else close > top
        (rising if up else falling)[place] = bottom if up else top
    return rising, falling


# the registry --------------------------------------------------------------------------------------


def _length(default: int) -> Param:
    return Param("length", default, 2, 400)


def _width(default: float) -> Param:
    return Param("width", default, 0.1, 10, whole=False)


ACCENT, UP, DOWN, WARN, MUTED = "accent", "up", "down", "warn", "muted"
BANDS = (Line("upper", MUTED), Line("middle", ACCENT), Line("lower", MUTED))
HLC = ("high", "low", "close")

REGISTRY: dict[str, Indicator] = {
    made.name: made
    for made in (
        Indicator("adx", "ADX", False, (_length(14),), (Line("ADX", ACCENT),), _of("ADX", *HLC)),
        Indicator("atr", "ATR", False, (_length(14),), (Line("ATR", ACCENT),), _of("ATR", *HLC)),
        Indicator("bbands", "Bollinger", True, (_length(20), _width(2)), BANDS, _bollinger),
        Indicator("cci", "CCI", False, (_length(20),), (Line("CCI", ACCENT),), _of("CCI", *HLC)),
        Indicator("donchian", "Donchian", True, (_length(20),), BANDS, _donchian),
        Indicator("ema", "EMA", True, (_length(50),), (Line("EMA", WARN),), _of("EMA", "close")),
        Indicator("keltner", "Keltner", True, (_length(20), _width(2)), BANDS, _keltner),
        Indicator(
            "macd",
            "MACD",
            False,
            (Param("fast", 12, 2, 200), Param("slow", 26, 3, 400), Param("signal", 9, 1, 100)),
            (Line("MACD", ACCENT), Line("signal", WARN), Line("histogram", MUTED, "histogram")),
            _of("MACD", "close"),
        ),
        Indicator("mfi", "Money flow", False, (_length(14),), (Line("MFI", ACCENT),), _of("MFI", *HLC, "volume")),
        Indicator("obv", "OBV", False, (), (Line("OBV", ACCENT),), _of("OBV", "close", "volume")),
        Indicator("rsi", "RSI", False, (_length(14),), (Line("RSI", ACCENT),), _of("RSI", "close")),
        Indicator("sma", "SMA", True, (_length(20),), (Line("SMA", ACCENT),), _of("SMA", "close")),
        Indicator(
            "stoch",
            "Stochastic",
            False,
            (_length(14), Param("slow", 3, 1, 50), Param("signal", 3, 1, 50)),
            (Line("%K", ACCENT), Line("%D", WARN)),
            _stochastic,
        ),
        Indicator(
            "supertrend",
            "Supertrend",
            True,
            (_length(10), _width(3)),
            (Line("rising", UP, "dots"), Line("falling", DOWN, "dots")),
            _supertrend,
        ),
        Indicator("vwap", "VWAP", True, (), (Line("VWAP", WARN),), _vwap),
        Indicator("wma", "WMA", True, (_length(20),), (Line("WMA", UP),), _of("WMA", "close")),
    )
}


# what a page asks for ------------------------------------------------------------------------------


def chosen(text: str) -> tuple[Chosen, ...]:
    """`sma-20,rsi-14` as indicators, each once. Raises Refused."""
    found = {one.key: one for one in map(_chosen, filter(None, text.split(",")))}
    if len(found) > MOST:
        raise _refused(f"A chart shows at most {MOST} indicators.", "Take one away first.", limit=str(MOST))
    return tuple(found.values())


def _chosen(text: str) -> Chosen:
    name, *numbers = text.strip().lower().split("-")
    of = REGISTRY.get(name)
    if of is None:
        raise _refused(f"There is no indicator {name[:20]}.", f"There are {', '.join(REGISTRY)}.", value=name[:20])
    if len(numbers) > len(of.params):
        raise _refused(f"{of.title} takes {len(of.params)} numbers.", f"Its usual form is {of.usual}.", value=text[:40])
    given = tuple(_number(of, *pair) for pair in zip(of.params, numbers, strict=False))
    return Chosen(of, given + tuple(param.default for param in of.params[len(given) :]))


def _number(of: Indicator, param: Param, text: str) -> float:
    try:
        value = int(text) if param.whole else float(text)
    except ValueError:
        value = math.nan
    if not param.low <= value <= param.high:
        words = f"{of.title}: {param.name} is {text[:20]}, {param.low:g} to {param.high:g} are possible."
        raise _refused(words, f"Its usual form is {of.usual}.", value=text[:20], limit=f"{param.low:g}–{param.high:g}")
    return value


def _refused(words: str, advice: str, **more: str) -> Refused:
    return refused("INDICATOR", words, status=422, field="values", advice=advice, **more)


def drawn(bars: Sequence[Bar], wanted: Sequence[Chosen]) -> tuple[Drawn, ...]:
    """The values of indicators over bars, oldest first."""
    if not wanted or not bars:
        return ()
    columns = _columns(bars)
    return tuple(Drawn(one, tuple(map(_plain, one.of.compute(columns, *one.numbers)))) for one in wanted)


def _columns(bars: Sequence[Bar]) -> Columns:
    import numpy as np

    found = {name: np.array([float(getattr(bar, name)) for bar in bars]) for name in COLUMNS}
    return Columns(**found, days=np.array([int(bar.opened_at.timestamp()) // DAY for bar in bars]))


def _plain(values: "Array") -> list[float | None]:
    return [None if math.isnan(value) else float(f"{value:.{DIGITS}g}") for value in values.tolist()]
