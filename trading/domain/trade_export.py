"""Another bot's export of its trades, read by the names of its columns: single fills, or whole trades. Pure."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

from trading.domain.money import ZERO, exact, to_atom, total
from trading.domain.vocabulary import PositionSide

MOST_LINES = 20_000
MOST_ERRORS = 20
LONGEST = 60  # characters of a cell that an error repeats
FLAT_WITHIN = Decimal("0.002")
# Of what was entered: a fee taken in base leaves so much behind, and the trade is over all the same.
MILLISECONDS_FROM = Decimal(10) ** 11  # epoch seconds have ten digits, milliseconds thirteen
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DELIMITERS = (",", ";", "\t")

# What a column may be called, in lower case with underscores; the first name that the file has counts.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("deal_id", "trade_id", "position_id", "id"),
    "opened_at": (
        *("opened_at", "open_time", "entry_time", "date_open", "created_at", "created", "time", "date_utc", "date"),
        *("timestamp", "datetime", "executed_at", "filled_at"),
    ),
    "closed_at": ("closed_at", "close_time", "exit_time", "date_close", "closed", "finished_at"),
    "pair": ("pair", "symbol", "market", "instrument", "coin_pair", "ticker"),
    "side": ("side", "position_side", "direction", "position", "type", "strategy", "action"),
    "qty": (
        *("qty", "quantity", "bought_amount", "base_amount", "executed", "executed_qty", "filled", "filled_qty"),
        *("amount", "size", "volume"),
    ),
    "price": (
        *(
            "entry_price",
            "average_entry_price",
            "avg_entry_price",
            "open_price",
            "bought_average_price",
            "bought_average",
        ),
        *("average_price", "avg_price", "average", "price"),
    ),
    "exit_price": ("exit_price", "average_exit_price", "close_price", "sold_average_price", "sold_average"),
    "fee": ("fee", "fees", "commission", "total_fee", "trading_fee"),
    "fee_currency": ("fee_currency", "fee_coin", "fee_asset", "commission_asset"),
    "pnl": ("final_profit", "actual_profit", "realized_pnl", "realised_pnl", "net_profit", "profit", "pnl"),
}
NEEDED = ("opened_at", "pair", "qty", "price")
SIDES: Mapping[str, PositionSide] = {
    **dict.fromkeys(("buy", "long", "bid", "b", "open_long"), PositionSide.LONG),
    **dict.fromkeys(("sell", "short", "ask", "s", "open_short"), PositionSide.SHORT),
}
# A number, perhaps with its currency behind it, as in 0.00166BTC.
NUMBER = re.compile(r"([+-]?\d{1,20}(?:\.\d{1,18})?)\s*([A-Za-z]{0,10})")


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong with one line; line 1 is the header."""

    line: int
    code: str
    field: str
    expected: str
    got: str = ""


@dataclass(frozen=True, slots=True)
class Trade:
    """One position from its first entry to its end; open while closed_at is None. pnl is quote, net where the file is."""

    symbol: str
    side: PositionSide
    qty: Decimal
    entry_price: Decimal
    opened_at: datetime
    exit_price: Decimal | None = None
    closed_at: datetime | None = None
    fee: Decimal = ZERO
    pnl: Decimal | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """What a file holds, and which of its lines cannot be read."""

    trades: tuple[Trade, ...]
    errors: tuple[LineError, ...]
    lines: int
    whole_trades: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """One line, read."""

    symbol: str
    side: PositionSide | None
    qty: Decimal
    price: Decimal
    opened_at: datetime
    closed_at: datetime | None
    exit_price: Decimal | None
    fee: Decimal
    pnl: Decimal | None
    id: str


class _Wrong(Exception):
    """A cell that cannot be read: code, field, expected, got."""


Resolve = Callable[[str], str]
"""A pair as the file writes it → its name here; empty for none."""


def read(text: str, *, resolve: Resolve, shorts: bool) -> Export:
    """The trades of a file, oldest first, and the lines that cannot be read; after MOST_ERRORS of those it reads no further.

    shorts: whether a sale with nothing held opens a SHORT; on spot it sells what the file does not know.
    """
    delimiter = _delimiter(text)
    try:
        lines = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    except csv.Error as error:
        return Export((), (LineError(1, "NOT_CSV", "file", "a CSV file", str(error)[:LONGEST]),), 0, whole_trades=False)
    head = [_name(cell) for cell in lines[0]] if lines else []
    places = {role: head.index(name) for role, names in COLUMNS.items() for name in names[::-1] if name in head}
    if wrong := _head_error(places, head, len(lines)):
        return Export((), (wrong,), max(len(lines) - 1, 0), whole_trades=False)
    whole = "exit_price" in places or "closed_at" in places
    reader = _Reader(places, resolve, decimal_comma=delimiter == ";", whole=whole)
    rows, errors = reader.rows(lines[1:])
    trades = (
        [_trade(row) for row in rows]
        if whole
        else [trade for group in _by_pair(rows) for trade in _folded(group, shorts=shorts)]
    )
    return Export(tuple(sorted(trades, key=lambda t: (t.opened_at, t.symbol))), tuple(errors), len(lines) - 1, whole)


def _delimiter(text: str) -> str:
    first = text.lstrip("\ufeff").partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _name(cell: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")


def _head_error(places: Mapping[str, int], head: Sequence[str], lines: int) -> LineError | None:
    if lines > MOST_LINES + 1:
        return LineError(1, "TOO_MANY", "lines", f"at most {MOST_LINES:,}", f"{lines - 1:,}")
    lacking = [role for role in NEEDED if role not in places]
    if not lacking:
        return None
    expected = "; ".join(f"{role}: a column {' or '.join(COLUMNS[role][:4])}" for role in lacking)
    return LineError(1, "MISSING_COLUMN", ", ".join(lacking), expected, ", ".join(head)[:LONGEST])


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads lines by the places of their columns."""

    places: Mapping[str, int]
    resolve: Resolve
    decimal_comma: bool
    whole: bool

    def rows(self, lines: Iterable[Sequence[str]]) -> tuple[list[_Row], list[LineError]]:
        """Lines that can be read, and the errors of the others; empty lines are nothing."""
        rows, errors = list[_Row](), list[LineError]()
        for number, cells in enumerate(lines, 2):
            if not any(cell.strip() for cell in cells):
                continue
            try:
                rows.append(self._row(cells))
            except _Wrong as wrong:
                errors.append(LineError(number, *wrong.args))
            if len(errors) == MOST_ERRORS:
                break
        return rows, errors

    def _row(self, cells: Sequence[str]) -> _Row:
        symbol = self.resolve(self._cell(cells, "pair"))
        if not symbol:
            raise _Wrong("UNKNOWN_SYMBOL", "pair", "a pair of the account's venue", self._cell(cells, "pair")[:LONGEST])
        price, qty = self._positive(cells, "price"), self._positive(cells, "qty")
        return _Row(
            symbol=symbol,
            side=self._side(cells),
            qty=qty,
            price=price,
            opened_at=self._needed_time(cells),
            closed_at=self._time(cells, "closed_at"),
            exit_price=self._number(cells, "exit_price"),
            fee=self._fee(cells, symbol, price),
            pnl=self._number(cells, "pnl"),
            id=self._cell(cells, "id"),
        )

    def _cell(self, cells: Sequence[str], role: str) -> str:
        place = self.places.get(role, len(cells))
        return cells[place].strip() if place < len(cells) else ""

    def _number(self, cells: Sequence[str], role: str) -> Decimal | None:
        said = self._cell(cells, role)
        text = said.replace(",", ".") if self.decimal_comma and said.count(",") == 1 and "." not in said else said
        if text in ("", "-", "–", "None", "null", "nil"):
            return None
        found = NUMBER.fullmatch(text)
        if found is None:
            raise _Wrong("NOT_A_NUMBER", role, "a number without thousands separators", said[:LONGEST])
        return Decimal(found[1])

    def _positive(self, cells: Sequence[str], role: str) -> Decimal:
        value = self._number(cells, role)
        if value is None or value <= 0:
            raise _Wrong("NOT_POSITIVE", role, "a number above 0", self._cell(cells, role)[:LONGEST])
        return value

    def _side(self, cells: Sequence[str]) -> PositionSide | None:
        """Whole trades without a side are LONG, as spot bots leave it out; a fill must say it."""
        said = _name(self._cell(cells, "side"))
        if said in SIDES:
            return SIDES[said]
        if self.whole and (not said or "side" not in self.places):
            return None
        raise _Wrong("UNKNOWN_SIDE", "side", "buy, sell, long or short", said[:LONGEST])

    def _needed_time(self, cells: Sequence[str]) -> datetime:
        at = self._time(cells, "opened_at")
        if at is None:
            raise _Wrong("NOT_A_TIME", "opened_at", "a time", "")
        return at

    def _time(self, cells: Sequence[str], role: str) -> datetime | None:
        said = self._cell(cells, role)
        if said in ("", "-", "–", "None", "null", "nil"):
            return None
        try:
            return _moment(said)
        except (ValueError, OverflowError, OSError):
            expected = "2026-11-20 10:15:00 (UTC without a zone), or epoch seconds"
            raise _Wrong("NOT_A_TIME", role, expected, said[:LONGEST]) from None

    def _fee(self, cells: Sequence[str], symbol: str, price: Decimal) -> Decimal:
        """In quote; what was paid in another coin has no price here and counts nothing."""
        paid, currency = self._number(cells, "fee") or ZERO, self._cell(cells, "fee_currency").upper()
        found = NUMBER.fullmatch(self._cell(cells, "fee"))
        currency = currency or (found[2].upper() if found else "")
        base, _, quote = symbol.partition(":")[0].partition("/")
        return abs(paid) * {base: price, quote: Decimal(1), "": Decimal(1)}.get(currency, ZERO)


def _moment(text: str) -> datetime:
    """ISO 8601 with or without a zone, a trailing UTC, or epoch seconds or milliseconds."""
    if re.fullmatch(r"\d{9,14}(\.\d+)?", text):
        value = Decimal(text)
        return EPOCH + timedelta(milliseconds=int(value if value >= MILLISECONDS_FROM else value * 1000))
    at = datetime.fromisoformat(re.sub(r"\s*UTC$", "", text).replace("/", "-"))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


# whole trades and fills --------------------------------------------------------------------------


def _trade(row: _Row) -> Trade:
    """A line that is a whole trade already."""
    side, key = row.side or PositionSide.LONG, f"id:{row.id}"[:64] if row.id else ""
    exit_price = row.exit_price or None
    over = row.closed_at if exit_price is not None or row.pnl is not None else None
    pnl = row.pnl
    if pnl is None and exit_price is not None:
        pnl = _profit(side, row.qty, row.price, exit_price) - row.fee
    return Trade(
        row.symbol, side, row.qty, row.price, row.opened_at, exit_price, over, row.fee, pnl, key or _key(row, side)
    )


def _key(row: _Row, side: PositionSide) -> str:
    return f"{row.symbol} {side} {row.opened_at.isoformat()}"[:64]


def _by_pair(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    pairs: dict[str, list[_Row]] = {}
    for row in rows:
        pairs.setdefault(row.symbol, []).append(row)
    yield from pairs.values()


def _folded(rows: Sequence[_Row], *, shorts: bool) -> list[Trade]:
    """Fills of one pair as trades: from flat, through everything on the one side, to flat again."""
    found, current = list[Trade](), list[_Row]()
    for row in sorted(rows, key=lambda row: row.opened_at):
        if not current and row.side is PositionSide.SHORT and not shorts:
            continue
        current.append(row)
        if _flat(current):
            found.append(_of_fills(current))
            current = []
    return [*found, _of_fills(current)] if current else found


def _flat(rows: Sequence[_Row]) -> bool:
    """What was entered has left again, but for what a fee took."""
    entered, left = _sides(rows)
    return total(row.qty for row in left) >= total(row.qty for row in entered) * (1 - FLAT_WITHIN)


def _sides(rows: Sequence[_Row]) -> tuple[list[_Row], list[_Row]]:
    """Entries (on the side of the first fill) and exits."""
    return [row for row in rows if row.side is rows[0].side], [row for row in rows if row.side is not rows[0].side]


def _of_fills(rows: Sequence[_Row]) -> Trade:
    entered, left = _sides(rows)
    side, fee = rows[0].side or PositionSide.LONG, total(row.fee for row in rows)
    qty, over = total(row.qty for row in entered), _flat(rows)
    entry_price, exit_price = _average(entered), _average(left) if left else None
    pnl = _profit(side, qty, entry_price, exit_price) - fee if over and exit_price is not None else None
    closed_at = rows[-1].opened_at if over else None
    opened_at, key = rows[0].opened_at, _key(rows[0], side)
    return Trade(rows[0].symbol, side, qty, entry_price, opened_at, exit_price, closed_at, fee, pnl, key)


@exact
def _average(rows: Sequence[_Row]) -> Decimal:
    return to_atom(total(row.qty * row.price for row in rows) / total(row.qty for row in rows))


@exact
def _profit(side: PositionSide, qty: Decimal, entry_price: Decimal, exit_price: Decimal) -> Decimal:
    return side.sign * (exit_price - entry_price) * qty
