"""What an alert means, given what is open: one table, no if-chain. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from signals.intent import Action, MarketPosition
from trading.domain.money import exact
from trading.domain.vocabulary import PositionSide

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


class Meaning(StrEnum):
    """What a signal turned out to be."""

    ENTRY = "ENTRY"
    PYRAMID = "PYRAMID"
    EXIT = "EXIT"
    REDUCE = "REDUCE"
    REVERSE = "REVERSE"
    NONE = "NONE"


class NoMeaning(StrEnum):
    """Why a signal means nothing here."""

    NOTHING_TO_EXIT = "NOTHING_TO_EXIT"
    NOTHING_TO_REDUCE = "NOTHING_TO_REDUCE"
    NOTHING_TO_ADD_TO = "NOTHING_TO_ADD_TO"
    AMBIGUOUS_SIDE = "AMBIGUOUS_SIDE"  # both sides are open: the alert must name one (market_position or side)
    SIDE_MISSING = "SIDE_MISSING"  # a reverse with nothing open must say which way (market_position or side)
    ALREADY_ON_SIDE = "ALREADY_ON_SIDE"  # a reverse to the side that is already held
    SHORT_ON_SPOT = "SHORT_ON_SPOT"  # a spot market cannot be short
    ACTION_MISSING = "ACTION_MISSING"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An intent as classification sees it; None where the sender did not say. Sizes may be signed as sent."""

    action: Action | None
    market_position: MarketPosition | None = None
    prev_market_position: MarketPosition | None = None
    position_size: Decimal | None = None
    prev_position_size: Decimal | None = None
    side: MarketPosition | None = None  # the position that the action is about; never FLAT


@dataclass(frozen=True, slots=True)
class Classification:
    """The verdict. side: what is entered, added to or reduced; exits: what is closed, None with EXIT = both sides.

    ratio: the part of the position to close, 0–1, with REDUCE; None there means "as much as the alert's size says".
    """

    meaning: Meaning
    side: PositionSide | None = None
    exits: PositionSide | None = None
    ratio: Decimal | None = None
    code: str | None = None


class Open(StrEnum):
    """Columns of the table: what is open on that account and symbol."""

    NOTHING = "NOTHING"
    LONG = "LONG"
    SHORT = "SHORT"
    BOTH = "BOTH"  # hedge mode only


class Row(StrEnum):
    """Rows of the table: what the alert says, in one word."""

    BUY = "BUY"
    BUY_TO_LONG = "BUY_TO_LONG"  # the strategy is long afterwards, or the source reverses
    COVER = "COVER"  # a buy that leaves the strategy short, or names the short: it can only close
    SELL = "SELL"
    SELL_TO_SHORT = "SELL_TO_SHORT"
    TRIM = "TRIM"  # a sell that leaves the strategy long, or names the long, and any on spot: it can only close
    EXIT = "EXIT"
    EXIT_LONG = "EXIT_LONG"  # the side is named: the other one is left alone
    EXIT_SHORT = "EXIT_SHORT"
    FLAT_FROM_LONG = "FLAT_FROM_LONG"  # the side is implied: it decides only where both are open
    FLAT_FROM_SHORT = "FLAT_FROM_SHORT"
    REDUCE = "REDUCE"
    REDUCE_LONG = "REDUCE_LONG"
    REDUCE_SHORT = "REDUCE_SHORT"
    REVERSE = "REVERSE"
    REVERSE_TO_LONG = "REVERSE_TO_LONG"
    REVERSE_TO_SHORT = "REVERSE_TO_SHORT"
    REVERSE_ON_SPOT = "REVERSE_ON_SPOT"
    NO_ACTION = "NO_ACTION"


def _none(code: NoMeaning) -> Classification:
    return Classification(Meaning.NONE, code=code)


def _entry(side: PositionSide) -> Classification:
    return Classification(Meaning.ENTRY, side=side)


def _pyramid(side: PositionSide) -> Classification:
    return Classification(Meaning.PYRAMID, side=side)


def _exit(side: PositionSide | None) -> Classification:
    return Classification(Meaning.EXIT, exits=side)


def _reduce(side: PositionSide) -> Classification:
    return Classification(Meaning.REDUCE, side=side)


def _reverse(side: PositionSide) -> Classification:
    return Classification(Meaning.REVERSE, side=side, exits=side.opposite)


_NO_EXIT = _none(NoMeaning.NOTHING_TO_EXIT)
_NO_REDUCE = _none(NoMeaning.NOTHING_TO_REDUCE)
_WHICH = _none(NoMeaning.AMBIGUOUS_SIDE)
_SAME = _none(NoMeaning.ALREADY_ON_SIDE)
_NO_SHORT = _none(NoMeaning.SHORT_ON_SPOT)
_NO_SIDE = _none(NoMeaning.SIDE_MISSING)
_NO_ACTION = _none(NoMeaning.ACTION_MISSING)

# fmt: off
_COLUMNS =                 (Open.NOTHING,  Open.LONG,        Open.SHORT,       Open.BOTH)
_CELLS: Mapping[Row, tuple[Classification, Classification, Classification, Classification]] = {
    Row.BUY:              (_entry(LONG),   _pyramid(LONG),   _exit(SHORT),     _WHICH),
    Row.BUY_TO_LONG:      (_entry(LONG),   _pyramid(LONG),   _reverse(LONG),   _pyramid(LONG)),
    Row.COVER:            (_NO_EXIT,       _NO_EXIT,         _exit(SHORT),     _exit(SHORT)),
    Row.SELL:             (_entry(SHORT),  _exit(LONG),      _pyramid(SHORT),  _WHICH),
    Row.SELL_TO_SHORT:    (_entry(SHORT),  _reverse(SHORT),  _pyramid(SHORT),  _pyramid(SHORT)),
    Row.TRIM:             (_NO_EXIT,       _exit(LONG),      _NO_EXIT,         _exit(LONG)),
    Row.EXIT:             (_NO_EXIT,       _exit(LONG),      _exit(SHORT),     _exit(None)),
    Row.EXIT_LONG:        (_NO_EXIT,       _exit(LONG),      _NO_EXIT,         _exit(LONG)),
    Row.EXIT_SHORT:       (_NO_EXIT,       _NO_EXIT,         _exit(SHORT),     _exit(SHORT)),
    Row.FLAT_FROM_LONG:   (_NO_EXIT,       _exit(LONG),      _exit(SHORT),     _exit(LONG)),
    Row.FLAT_FROM_SHORT:  (_NO_EXIT,       _exit(LONG),      _exit(SHORT),     _exit(SHORT)),
    Row.REDUCE:           (_NO_REDUCE,     _reduce(LONG),    _reduce(SHORT),   _WHICH),
    Row.REDUCE_LONG:      (_NO_REDUCE,     _reduce(LONG),    _NO_REDUCE,       _reduce(LONG)),
    Row.REDUCE_SHORT:     (_NO_REDUCE,     _NO_REDUCE,       _reduce(SHORT),   _reduce(SHORT)),
    Row.REVERSE:          (_NO_SIDE,       _reverse(SHORT),  _reverse(LONG),   _WHICH),
    Row.REVERSE_TO_LONG:  (_entry(LONG),   _SAME,            _reverse(LONG),   _exit(SHORT)),
    Row.REVERSE_TO_SHORT: (_entry(SHORT),  _reverse(SHORT),  _SAME,            _exit(LONG)),
    Row.REVERSE_ON_SPOT:  (_NO_EXIT,       _exit(LONG),      _NO_SHORT,        _NO_SHORT),
    Row.NO_ACTION:        (_NO_ACTION,     _NO_ACTION,       _NO_ACTION,       _NO_ACTION),
}
# fmt: on
TABLE: Mapping[tuple[Row, Open], Classification] = MappingProxyType(
    {(row, column): cell for row, cells in _CELLS.items() for column, cell in zip(_COLUMNS, cells, strict=True)}
)

_A, _M = Action, MarketPosition
_ROWS: Mapping[tuple[Action | None, MarketPosition | None], Row] = MappingProxyType(
    {
        (_A.BUY, None): Row.BUY,
        (_A.BUY, _M.LONG): Row.BUY_TO_LONG,
        (_A.BUY, _M.SHORT): Row.COVER,
        (_A.BUY, _M.FLAT): Row.FLAT_FROM_SHORT,
        (_A.SELL, None): Row.SELL,
        (_A.SELL, _M.LONG): Row.TRIM,
        (_A.SELL, _M.SHORT): Row.SELL_TO_SHORT,
        (_A.SELL, _M.FLAT): Row.FLAT_FROM_LONG,
        (_A.EXIT, None): Row.EXIT,
        (_A.EXIT, _M.LONG): Row.EXIT,
        (_A.EXIT, _M.SHORT): Row.EXIT,
        (_A.EXIT, _M.FLAT): Row.EXIT,
        (_A.REDUCE, None): Row.REDUCE,
        (_A.REDUCE, _M.LONG): Row.REDUCE_LONG,
        (_A.REDUCE, _M.SHORT): Row.REDUCE_SHORT,
        (_A.REDUCE, _M.FLAT): Row.EXIT,
        (_A.REVERSE, None): Row.REVERSE,
        (_A.REVERSE, _M.LONG): Row.REVERSE_TO_LONG,
        (_A.REVERSE, _M.SHORT): Row.REVERSE_TO_SHORT,
        (_A.REVERSE, _M.FLAT): Row.EXIT,
        (None, None): Row.NO_ACTION,
        (None, _M.LONG): Row.NO_ACTION,
        (None, _M.SHORT): Row.NO_ACTION,
        (None, _M.FLAT): Row.EXIT,
    }
)

_ON_SPOT: Mapping[Row, Row] = MappingProxyType(
    {
        Row.SELL: Row.TRIM,
        Row.SELL_TO_SHORT: Row.TRIM,
        Row.REVERSE: Row.REVERSE_ON_SPOT,
        Row.REVERSE_TO_SHORT: Row.REVERSE_ON_SPOT,
    }
)
_WHEN_REVERSING: Mapping[Row, Row] = MappingProxyType({Row.BUY: Row.BUY_TO_LONG, Row.SELL: Row.SELL_TO_SHORT})
_NAMED_EXIT: Mapping[tuple[Row, MarketPosition], Row] = MappingProxyType(
    {
        (row, side): {_M.LONG: Row.EXIT_LONG, _M.SHORT: Row.EXIT_SHORT}[side]
        for row in (Row.EXIT, Row.FLAT_FROM_LONG, Row.FLAT_FROM_SHORT)
        for side in (_M.LONG, _M.SHORT)
    }
)
_IMPLIED_EXIT: Mapping[tuple[Row, MarketPosition], Row] = MappingProxyType(
    {(Row.EXIT, _M.LONG): Row.FLAT_FROM_LONG, (Row.EXIT, _M.SHORT): Row.FLAT_FROM_SHORT}
)
_SHRINKING: Mapping[tuple[Action | None, MarketPosition | None], Row] = MappingProxyType(
    {
        (action, side): row
        for action in (None, _A.BUY, _A.SELL, _A.REDUCE)
        for side, row in ((_M.LONG, Row.REDUCE_LONG), (_M.SHORT, Row.REDUCE_SHORT))
    }
)
# Where a size below the previous one, on the same side, decides before anything else.

_OPEN: Mapping[frozenset[PositionSide], Open] = MappingProxyType(
    {
        frozenset[PositionSide](): Open.NOTHING,
        frozenset({LONG}): Open.LONG,
        frozenset({SHORT}): Open.SHORT,
        frozenset({LONG, SHORT}): Open.BOTH,
    }
)


_CLOSES = frozenset({(_A.SELL, _M.LONG), (_A.BUY, _M.SHORT)})
# "Sell, side long" is how futures venues write a close: it never enters the other side.
_HEDGED: Mapping[tuple[Action | None, MarketPosition | None], tuple[Row, PositionSide]] = MappingProxyType(
    {(_A.BUY, _M.LONG): (Row.BUY, LONG), (_A.SELL, _M.SHORT): (Row.SELL, SHORT)}
)
# In hedge mode an entry that names its side is about that side alone, whatever the other holds.


def classify(
    wanted: Wanted,
    *,
    open_sides: frozenset[PositionSide],
    derivative: bool,
    reverse_on_opposite: bool,
    hedge: bool = False,
) -> Classification:
    """The table's cell for an alert and what is open on its account and symbol.

    reverse_on_opposite: the source says that an opposite alert without market_position turns the position round.
    hedge: the account may hold both sides.
    """
    named = wanted.market_position in (None, wanted.side)  # else it names two sides: the table's own rows decide
    if hedge and named and _ratio(wanted) is None and (wanted.action, wanted.side) in _HEDGED:
        row, side = _HEDGED[wanted.action, wanted.side]
        return TABLE[row, _OPEN[open_sides & {side}]]
    row = row_of(wanted, derivative=derivative, reverse_on_opposite=reverse_on_opposite)
    cell = TABLE[row, _OPEN[open_sides]]
    if cell.meaning is not Meaning.REDUCE:
        return cell
    return Classification(Meaning.REDUCE, side=cell.side, ratio=_ratio(wanted))


def row_of(wanted: Wanted, *, derivative: bool, reverse_on_opposite: bool) -> Row:
    """Which row of the table an alert is."""
    stands = _direction(wanted)
    if _ratio(wanted) is not None and (wanted.action, stands) in _SHRINKING:
        return _SHRINKING[wanted.action, stands]
    row = _ROWS[wanted.action, stands]
    row = _WHEN_REVERSING.get(row, row) if reverse_on_opposite else row
    row = row if derivative else _ON_SPOT.get(row, row)
    return _which_exit(row, wanted)


def _direction(wanted: Wanted) -> MarketPosition | None:
    """Where the sender wants to stand; what closes, reduces or reverses may say it by naming a side instead."""
    by_side = wanted.action in (Action.REDUCE, Action.REVERSE) or (wanted.action, wanted.side) in _CLOSES
    return wanted.market_position or (wanted.side if by_side else None)


def _which_exit(row: Row, wanted: Wanted) -> Row:
    """Narrow an exit to the side it names, or, where both are open, to the side the sender was on."""
    if wanted.side is not None:
        return _NAMED_EXIT.get((row, wanted.side), row)
    if wanted.prev_market_position is not None:
        return _IMPLIED_EXIT.get((row, wanted.prev_market_position), row)
    return row


@exact
def _ratio(wanted: Wanted) -> Decimal | None:
    """The part to close when the side stays and the size falls below the previous one; else None."""
    if wanted.position_size is None or wanted.prev_position_size is None:
        return None
    if wanted.prev_market_position not in (None, _direction(wanted)):
        return None
    size, before = abs(wanted.position_size), abs(wanted.prev_position_size)
    return (before - size) / before if size < before else None
