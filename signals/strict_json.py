"""JSON as a trading door wants it: what is ambiguous, boundless or no number is refused with a code. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

Json = Decimal | str | bool | None | list["Json"] | dict[str, "Json"]

MAX_BYTES = 64 * 1024
# A TradingView alert is a few hundred bytes; the largest vendor bodies a few thousand.
MAX_DEPTH = 16
# The deepest vendor body nests four levels.
MAX_NUMBER_CHARS = 40
# One more than a numeric(38,18) with its sign and point.
MAX_EXPONENT = 20
# Numbers stay below 10^20, the integer part of numeric(38,18).
MIN_EXPONENT = -60
# Smaller non-zero numbers are a mistake, and 1e-999999 costs memory to print.


@dataclass(eq=False)  # not frozen: the interpreter itself writes tracebacks into an exception
class JsonRefused(Exception):
    """A body that is not acceptable JSON; `message` is for the trader, limit and value are the numbers behind it."""

    code: str
    message: str
    field: str = ""
    limit: str = ""
    value: str = ""

    def __str__(self) -> str:
        return self.message


def shown(value: object, *, limit: int = 40) -> str:
    """A value as an error may quote it: short, printable."""
    text = str(value)
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")


def number(text: str) -> Decimal:
    """A JSON number as Decimal. Raises JsonRefused beyond the bounds on digits and magnitude."""
    if len(text) > MAX_NUMBER_CHARS:
        _refuse_number(text, "NUMBER_TOO_LONG", f"at most {MAX_NUMBER_CHARS} characters")
    value = Decimal(text)
    if not (MIN_EXPONENT <= value.adjusted() < MAX_EXPONENT):
        _refuse_number(text, "NUMBER_OUT_OF_RANGE", f"below 1e{MAX_EXPONENT}")
    return value


def _refuse_number(text: str, code: str, limit: str) -> NoReturn:
    value = shown(text)
    raise JsonRefused(code, f"The number {value} cannot be a price or a size: {limit}.", limit=limit, value=value)


def _refuse_constant(text: str) -> NoReturn:
    message = f"{text} is not a number. In Pine, wrap the value: nz(x) is never na."
    raise JsonRefused("NUMBER_NOT_FINITE", message, limit="a finite number", value=text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse_duplicate([key for key, _ in pairs])
    return found


def _refuse_duplicate(keys: list[str]) -> NoReturn:
    name = shown(next(key for index, key in enumerate(keys) if key in keys[:index]))
    raise JsonRefused(
        "DUPLICATE_KEY", f"The field {name} appears twice; which one counts is a guess. Send it once.", name, "1", "2"
    )


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=number, parse_int=number, parse_constant=_refuse_constant
)


def text_of(raw: bytes) -> str:
    """The body as text. Raises JsonRefused when it is too large, not UTF-8, or holds a NUL."""
    if len(raw) > MAX_BYTES:
        message = f"The body has {len(raw)} bytes, at most {MAX_BYTES} are read."
        raise JsonRefused("BODY_TOO_LARGE", message, limit=str(MAX_BYTES), value=str(len(raw)))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8: byte {error.start} cannot be read."
        raise JsonRefused("NOT_UTF8", message, limit="UTF-8", value=f"byte {error.start}") from None
    if "\0" in text:
        _refuse_text()
    return text


def loads(text: str) -> Json:
    """The value of a JSON text, numbers as Decimal. Raises JsonRefused, and nothing else whatever the text."""
    value = _decode(text)
    # Two counts at C speed spare nearly every body the walk.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _walk(value, _within_depth)
    if "\\u" in text:
        _walk(value, _whole_text)
    return value


def _decode(text: str) -> Json:
    try:
        value: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        message = f"The body is not valid JSON at {where}: {error.msg}. Check quotes, commas and braces."
        raise JsonRefused("NOT_JSON", message, limit="valid JSON", value=where) from None
    except RecursionError:
        _refuse_depth()
    return value


def _walk(value: Json, check: Callable[[object, int], None]) -> None:
    """Call check(text or container, depth) for everything within; iterative, so no depth can break it."""
    waiting: list[tuple[Json, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        check(item, depth)
        if isinstance(item, dict):
            waiting.extend((key, depth) for key in item)
            waiting.extend((inner, depth + 1) for inner in item.values())
        elif isinstance(item, list):
            waiting.extend((inner, depth + 1) for inner in item)


def _within_depth(item: object, depth: int) -> None:
    if depth > MAX_DEPTH and isinstance(item, (dict, list)):
        _refuse_depth()


def _refuse_depth() -> NoReturn:
    message = f"The body nests deeper than {MAX_DEPTH} levels. No alert format does."
    raise JsonRefused("TOO_DEEP", message, limit=str(MAX_DEPTH), value=f"more than {MAX_DEPTH}")


def _whole_text(item: object, _depth: int) -> None:
    if isinstance(item, str) and ("\0" in item or any("\ud800" <= char <= "\udfff" for char in item)):
        _refuse_text()


def _refuse_text() -> NoReturn:
    message = "A text holds a NUL or half of a surrogate pair: it cannot be stored. Send plain Unicode."
    raise JsonRefused("BROKEN_TEXT", message, limit="Unicode text", value="NUL or lone surrogate")
