"""Reading an alert's fields: every mistake is collected, named and explained, none is guessed away. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeVar

from signals import timeframes
from signals.intent import Level, LevelKind, Scalar, Size, SizeKind
from signals.strict_json import Json, JsonRefused, number, shown

from .misspelling import misspelling_of
from .sizes import MOST_PCT, size_from_text

T = TypeVar("T")
Object = dict[str, Json]
Body = Object | str

MAX_TEXT = 1000
# Characters of one text field: a TradingView message, generously.
MAX_ID = 128
MAX_NAME = 60
MAX_VALUES = 100
# Indicator values of one alert: TradingView has 20 plots.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MILLISECONDS_FROM = Decimal(100_000_000_000)
# As seconds this is the year 5138, as milliseconds 1973.
NUMBER_SHAPE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
SYMBOL_SHAPE = re.compile(r"\w[\w:/.!&-]{1,39}")
NAME_SHAPE = re.compile(rf"[^\W\d_][\w .%()+-]{{0,{MAX_NAME - 1}}}")
SECRET_NAMES: Final = frozenset(
    {"api_key", "api_secret", "code", "email_token", "key", "passphrase", "password", "secret", "signaltoken", "token"}
)
# In lower case; every format's secret fields are among them, so that no format stores what another one proves with.
EXCHANGE_SHAPE = re.compile(r"[A-Za-z][\w .-]*")
SYMBOL_EXPECTED = "a ticker such as BINANCE:BTCUSDT, BTCUSDT.P or BTC/USDT"
TIME_EXPECTED = "ISO 8601 such as 2026-11-20T10:15:00Z, or epoch seconds or milliseconds"
NUMBER_EXPECTED = "a number such as 61234.5, quoted or not"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its path, a code, what would be right, and what came."""

    field: str
    code: str
    expected: str
    got: str = ""


@dataclass(eq=False)
class FormatRefused(Exception):
    """An alert that no format can honour; `errors` name each field, `nearest` the format it resembles."""

    code: str
    message: str
    errors: tuple[FieldError, ...] = ()
    nearest: str = ""

    def __str__(self) -> str:
        return self.message


def kind_of(value: Json) -> str:
    """The name of a JSON type, as an error says it."""
    names = {str: "text", Decimal: "a number", bool: "true or false", dict: "an object", list: "a list"}
    return names.get(type(value), "null")


@dataclass(slots=True)
class Fields:
    """A JSON object being read. Each reader takes one field, notes what is wrong with it, and goes on.

    Absent and null read as None (text: empty). Call `finish` before using what was read.
    """

    body: Object
    path: str = ""
    errors: list[FieldError] = field(default_factory=list)

    def wrong(self, name: str, code: str, expected: str, got: object = "") -> None:
        """Note an error. The values of secret fields are never quoted, and nothing at length."""
        quoted = "" if name.lower() in SECRET_NAMES else shown(kind_of(got) if isinstance(got, (dict, list)) else got)
        self.errors.append(FieldError(self.path + shown(name, limit=MAX_NAME), code, expected, quoted))

    def finish(self) -> None:
        """Raise FormatRefused when anything was wrong."""
        if self.errors:
            raise refusal(self.errors)

    def has(self, name: str) -> bool:
        """True when the field is there and not null."""
        return self.body.get(name) is not None

    def text(self, name: str, *, required: bool = False, limit: int = MAX_TEXT) -> str:
        """A text, trimmed; numbers are taken as they were written."""
        value = self.body.get(name)
        if isinstance(value, Decimal):
            value = format(value, "f")
        if isinstance(value, str):
            return self._text_within(name, value.strip(), required, limit)
        if value is not None or required:
            self.wrong(name, "MISSING" if value is None else "WRONG_TYPE", "text", kind_of(value) if value else "")
        return ""

    def _text_within(self, name: str, value: str, required: bool, limit: int) -> str:
        if required and not value:
            self.wrong(name, "MISSING", "text")
        if len(value) > limit:
            self.wrong(name, "TOO_LONG", f"at most {limit} characters", f"{len(value)} characters")
        return value

    def decimal(
        self, name: str, *, above: Decimal | None = None, low: Decimal | None = None, high: Decimal | None = None
    ) -> Decimal | None:
        """A number, quoted or not, within (above | [low, high]."""
        value = self.body.get(name)
        if value is None:
            return None
        found = self._number(name, value)
        if found is not None and not within(found, above=above, low=low, high=high):
            self.wrong(name, "OUT_OF_RANGE", range_text(above=above, low=low, high=high), found)
        return found

    def _number(self, name: str, value: Json) -> Decimal | None:
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, str):
            self.wrong(name, "WRONG_TYPE", NUMBER_EXPECTED, kind_of(value))
            return None
        return self._quoted_number(name, value.strip())

    def _quoted_number(self, name: str, text: str) -> Decimal | None:
        try:
            if NUMBER_SHAPE.fullmatch(text):
                return number(text)
            self.wrong(name, "NOT_A_NUMBER", NUMBER_EXPECTED, text)
        except JsonRefused as refused:
            self.wrong(name, refused.code, refused.limit, text)
        return None

    def choice(self, name: str, table: Mapping[str, T], *, required: bool = False) -> T | None:
        """What the field's word stands for in the table; case does not matter."""
        value = self.body.get(name)
        if isinstance(value, str) and value.strip().lower() in table:
            return table[value.strip().lower()]
        if value is not None or required:
            code = "MISSING" if value is None else "UNKNOWN_VALUE"
            self.wrong(name, code, "one of " + ", ".join(table), "" if value is None else value)
        return None

    def symbol(self, name: str = "symbol", exchange: str = "exchange") -> tuple[str, str]:
        """The exchange and the symbol as sent; only their shape is checked here."""
        venue, text = self.text(exchange, limit=MAX_NAME), self.text(name, required=True, limit=MAX_NAME)
        if text and not SYMBOL_SHAPE.fullmatch(text):
            self.wrong(name, "NOT_A_SYMBOL", SYMBOL_EXPECTED, text)
        if venue and not EXCHANGE_SHAPE.fullmatch(venue):
            self.wrong(exchange, "NOT_AN_EXCHANGE", "the name of an exchange, such as BINANCE", venue)
        head, colon, _ = text.partition(":")
        return (head if colon and "/" not in head and not venue else venue), text

    def time(self, *names: str) -> datetime | None:
        """The first of the named fields that is there, as an aware UTC time."""
        name = next((name for name in names if self.has(name)), None)
        if name is None:
            return None
        try:
            found = moment(self.body[name])
        except (ValueError, OverflowError, OSError):  # the last two are how platforms refuse an epoch beyond theirs
            found = None
        if found is None or not EARLIEST <= found < LATEST:
            self.wrong(name, "NOT_A_TIME", TIME_EXPECTED, self.body[name])
            return None
        return found

    def timeframe(self, *names: str) -> int | None:
        """The first of the named fields that is there, in seconds."""
        for name in names:
            text = self.text(name, limit=MAX_NAME)
            if text:
                found = timeframes.seconds(text)
                if found is None:
                    self.wrong(name, "NOT_A_TIMEFRAME", "such as 15, 15m, 4h, 1D or W", text)
                return found
        return None

    def inner(self, name: str) -> "Fields":
        """The object in a field, reporting into the same list; an empty one when it is absent."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, dict):
            self.wrong(name, "WRONG_TYPE", "an object", kind_of(value))
        found = value if isinstance(value, dict) else {}
        return Fields(found, f"{self.path}{shown(name, limit=MAX_NAME)}.", self.errors)

    def numbers(self, names: Iterable[str] | None = None) -> tuple[tuple[str, Decimal], ...]:
        """All (or the named) fields as numbers, nulls left out: TradingView sends null where a plot has no value yet."""
        chosen = [name for name in (self.body if names is None else names) if self.has(name)]
        if len(chosen) > MAX_VALUES:
            self.wrong("", "TOO_MANY", f"at most {MAX_VALUES} values", len(chosen))
            return ()
        found = ((name, self.decimal(name)) for name in chosen if self._named(name))
        return tuple((name, value) for name, value in found if value is not None)

    def _named(self, name: str) -> bool:
        good = NAME_SHAPE.fullmatch(name) is not None and name.lower() not in SECRET_NAMES
        if not good:
            self.wrong(shown(name), "BAD_NAME", f"a name of letters, digits and spaces, at most {MAX_NAME}, no secret")
        return good

    def scalars(self, names: Iterable[str] | None = None) -> tuple[tuple[str, Scalar], ...]:
        """All (or the named) fields as text, number or truth; nulls left out."""
        kept: list[tuple[str, Scalar]] = []
        for name in self.body if names is None else names:
            value = self.body[name]
            if isinstance(value, (dict, list)):
                self.wrong(name, "UNSUPPORTED_FIELD", "nothing that nests here", kind_of(value))
            elif value is not None and name.lower() not in SECRET_NAMES:
                kept.append((name, self.text(name) if isinstance(value, str) else value))
        if len(kept) > MAX_VALUES:
            self.wrong("", "TOO_MANY", f"at most {MAX_VALUES} fields", len(kept))
        return tuple(kept)

    def rest(self, known: frozenset[str], refused: Mapping[str, str]) -> tuple[tuple[str, Scalar], ...]:
        """What is left of the object: kept as metadata, but refused where it means an order we would not obey."""
        left = [name for name in self.body if name not in known]
        if len(left) > MAX_VALUES:
            self.wrong("", "TOO_MANY", f"at most {MAX_VALUES} other fields", len(left))
            return ()
        for name in left:
            if name in refused:
                self.wrong(name, "UNSUPPORTED_FIELD", refused[name], kind_of(self.body[name]))
            elif meant := misspelling_of(name, known):
                self.wrong(name, "UNKNOWN_FIELD", f"{meant}, if that was meant", kind_of(self.body[name]))
        return self.scalars(name for name in left if name not in refused) if left else ()

    def size(self, name: str, kinds: Mapping[str, SizeKind], kind_name: str) -> Size | None:
        """A size: a text with its unit (`1% equity`, `100 USDT`), or a number whose unit another field names."""
        if not self.has(kind_name):
            return self._size_text(name) if self.has(name) else None
        unit = self.choice(kind_name, kinds)
        value = self.decimal(name, above=Decimal(0), high=MOST_PCT.get(unit) if unit else None)
        if value is None and not self.has(name):
            self.wrong(name, "MISSING", f"a number, since {kind_name} is given")
        return Size(unit, value) if unit and value else None

    def _size_text(self, name: str) -> Size | None:
        value = self.body[name]
        size = size_from_text(value) if isinstance(value, str) else None
        if size is None:
            self.wrong(name, "NOT_A_SIZE", "a size with its unit: 1% equity, 100 USDT, 0.5 base", value)
        return size

    def level(self, name: str) -> Level | None:
        """A stop or target: a price, or a distance in percent such as `2%`."""
        value = self.body.get(name)
        if isinstance(value, str) and value.strip().endswith("%"):
            distance = self._quoted_number(name, value.strip()[:-1].strip())
            return self._positive_level(name, LevelKind.PCT, distance)
        if isinstance(value, dict):
            return self._level_object(name)
        return self._positive_level(name, LevelKind.PRICE, self.decimal(name))

    def _level_object(self, name: str) -> Level | None:
        inner, kinds = (
            self.inner(name),
            {"price": LevelKind.PRICE, "percent": LevelKind.PCT, "offset": LevelKind.OFFSET},
        )
        given = [key for key in inner.body if key in kinds]
        if len(given) != 1 or len(inner.body) != 1:
            self.wrong(name, "UNSUPPORTED_FIELD", "exactly one of price, percent, offset", ", ".join(inner.body))
            return None
        return inner._positive_level(given[0], kinds[given[0]], inner.decimal(given[0]))

    def _positive_level(self, name: str, kind: LevelKind, value: Decimal | None) -> Level | None:
        if value is not None and value <= 0:
            self.wrong(name, "OUT_OF_RANGE", "above 0; leave the field out for none", value)
            return None
        return None if value is None else Level(kind, value)


def within(value: Decimal, *, above: Decimal | None, low: Decimal | None, high: Decimal | None) -> bool:
    """True when above < value and low ≤ value ≤ high, as far as given."""
    return (above is None or value > above) and (low is None or value >= low) and (high is None or value <= high)


def range_text(*, above: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    """The same in words."""
    parts = (("above", above), ("at least", low), ("at most", high))
    return "a number " + " and ".join(f"{word} {limit}" for word, limit in parts if limit is not None)


def moment(value: Json) -> datetime:
    """An ISO or epoch time as aware UTC; without a zone it is UTC. Raises ValueError."""
    if isinstance(value, str) and not NUMBER_SHAPE.fullmatch(value.strip()):
        found = datetime.fromisoformat(value.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if not isinstance(value, (str, Decimal)):
        raise ValueError("neither text nor number")
    epoch = Decimal(value)
    seconds = epoch / 1000 if epoch >= MILLISECONDS_FROM else epoch
    # Split, so that no float stands between the digits and the microseconds.
    whole = int(seconds)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=int((seconds - whole) * 1_000_000))


def refusal(errors: Iterable[FieldError], *, nearest: str = "") -> FormatRefused:
    """The refusal that says what is wrong with these fields, the first one in a sentence."""
    found = tuple(dict.fromkeys(errors))  # an object that is none is met by every reader of its fields
    first = found[0]
    got = f"; got {first.got}" if first.got else ""
    more = f" {len(found) - 1} more below." if len(found) > 1 else ""
    return FormatRefused(first.code, f"{first.field or 'body'}: expected {first.expected}{got}.{more}", found, nearest)
