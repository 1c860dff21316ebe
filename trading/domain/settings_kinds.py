"""What kinds of settings there are, and how each is read from text or JSON and written back. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from ipaddress import ip_network
from types import MappingProxyType
from typing import Any

from risk.domain.denial import Denial
from risk.domain.sizing import SizeRequest
from risk.domain.sizing_syntax import parse_size, write_size
from trading.domain import rungs
from trading.domain.grid import LegSpec
from trading.domain.money import HUNDRED, ZERO, total
from trading.domain.refusal import Refusal, plain


class Kind(StrEnum):
    """How a value is written and checked."""

    INT = "INT"
    LABELS = "LABELS"  # name=label
    DECIMAL = "DECIMAL"
    BOOL = "BOOL"
    CHOICE = "CHOICE"
    CHOICES = "CHOICES"  # several of the choices, in order, each at most once
    DURATION = "DURATION"
    LEGS = "LEGS"
    LEGS_BY_PYRAMID = "LEGS_BY_PYRAMID"  # exceptions: pyramid index and legs
    LEVELS = "LEVELS"
    NETWORKS = "NETWORKS"
    RUNGS = "RUNGS"  # of an exit ladder: multiple and share
    SIZE = "SIZE"
    SIZES_BY_PYRAMID = "SIZES_BY_PYRAMID"
    TEXTS = "TEXTS"
    TIERS = "TIERS"


class Scope(StrEnum):
    """Where a setting may be overridden: here and at every wider scope."""

    GLOBAL = "GLOBAL"
    USER = "USER"
    ACCOUNT = "ACCOUNT"
    PAIR = "PAIR"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings. off_word is the word for None; strict is the default under the strict profile."""

    group: str
    name: str
    kind: Kind
    default: Any
    help: str
    low: Decimal | None = None
    high: Decimal | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    off_word: str = ""
    strict: Any = None
    narrowest: Scope = Scope.PAIR


def read(setting: Setting, raw: object) -> Any:
    """The value of a text or JSON value, or a Refusal."""
    if setting.off_word and (raw is None or str(raw).strip().lower() == setting.off_word):
        return None
    return _READERS[setting.kind](setting, raw)


def write(setting: Setting, value: Any) -> str:
    """The text that read turns back into the same value."""
    return setting.off_word if value is None else _WRITERS.get(setting.kind, plain)(value)


def _refuse(setting: Setting, code: str, raw: object, limit: object, advice: str) -> Refusal:
    shown = raw if isinstance(raw, Decimal | int) else str(raw)[:80]
    return Refusal(code, setting.name, shown, limit, advice, setting.unit)


def _number(raw: object) -> Decimal | None:
    """A finite decimal of text or a JSON number; None when it is neither. A JSON float counts as it was typed."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(raw).strip().replace("−", "-"))  # as typography and our own documents write it
    except InvalidOperation:
        return None
    digits = number.as_tuple()
    bounded = number.is_finite() and len(digits.digits) <= 30 and abs(number.adjusted()) <= 18
    return number if bounded else None


def _decimal(setting: Setting, raw: object) -> Decimal | Refusal:
    number = _number(raw)
    limit = _range(setting)
    if number is None:
        return _refuse(setting, "NOT_A_NUMBER", raw, limit, "Enter a number with a decimal point.")
    below = setting.low is not None and number < setting.low
    above = setting.high is not None and number > setting.high
    return _refuse(setting, "OUT_OF_RANGE", number, limit, f"Stay within {limit}.") if below or above else number


def _int(setting: Setting, raw: object) -> int | Refusal:
    number = _decimal(setting, raw)
    if isinstance(number, Refusal):
        return number
    if number != number.to_integral_value():
        return _refuse(setting, "NOT_WHOLE", number, _range(setting), "Enter a whole number.")
    return int(number)


def _range(setting: Setting) -> str:
    """The allowed range in words; every number has one."""
    return f"{plain(setting.low)} to {plain(setting.high)}"


_BOOLS: Mapping[str, bool] = MappingProxyType(
    {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
)


def _bool(setting: Setting, raw: object) -> bool | Refusal:
    value = _BOOLS.get(str(raw).strip().lower())
    return _refuse(setting, "NOT_ON_OR_OFF", raw, "on or off", "Write on or off.") if value is None else value


def _choice(setting: Setting, raw: object) -> str | Refusal:
    by_word = {choice.lower(): choice for choice in setting.choices}
    value = by_word.get(str(raw).strip().lower())
    return _not_a_choice(setting, raw) if value is None else value


def _not_a_choice(setting: Setting, raw: object) -> Refusal:
    return _refuse(setting, "NOT_A_CHOICE", raw, ", ".join(setting.choices), "Choose one of these.")


def _words(raw: object) -> list[str] | None:
    """A JSON list, or text separated by commas, semicolons, plus signs or spaces; None for anything else."""
    if not isinstance(raw, str | list | tuple):
        return None
    text = raw if isinstance(raw, str) else " ".join(str(item) for item in raw)
    return [word for word in re.split(r"[,;+\s]+", text) if word not in ("", "none")]


def _choices(setting: Setting, raw: object) -> tuple[str, ...] | Refusal:
    words = _words(raw)
    if words is None:
        return _refuse(setting, "NOT_A_LIST", raw, ", ".join(setting.choices), "Write the words with commas.")
    values = [_choice(setting, word) for word in words]
    refused = next((value for value in values if isinstance(value, Refusal)), None)
    if refused is not None:
        return refused
    chosen = tuple(value for value in values if isinstance(value, str))
    if len(set(chosen)) < len(chosen):
        return _refuse(setting, "REPEATED", ", ".join(chosen), "each once", "Name each at most once.")
    return chosen


def _texts(setting: Setting, raw: object) -> tuple[str, ...] | Refusal:
    words = _words(raw)
    if words is None:
        return _refuse(setting, "NOT_A_LIST", raw, "a list", "Write the entries with commas.")
    return tuple(words)


def _networks(setting: Setting, raw: object) -> tuple[str, ...] | Refusal:
    words = _texts(setting, raw)
    wrong = words if isinstance(words, Refusal) else next((word for word in words if not _is_network(word)), None)
    if isinstance(wrong, str):
        advice = "Write addresses or networks such as 127.0.0.1 or 10.0.0.0/8."
        return _refuse(setting, "NOT_A_NETWORK", wrong, "an address or network", advice)
    return words


def _is_network(word: str) -> bool:
    try:
        ip_network(word)
    except ValueError:
        return False
    return True


_UNITS: Mapping[str, timedelta] = MappingProxyType(
    {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
)
_DURATION = re.compile(r"(\d{1,6})\s*([smhd])")
_YEAR = timedelta(days=366)


def _duration(setting: Setting, raw: object) -> timedelta | Refusal:
    found = _DURATION.fullmatch(str(raw).strip().lower())
    value = int(found[1]) * _UNITS[found[2]] if found else timedelta(0)
    if not timedelta(0) < value <= _YEAR:
        return _refuse(setting, "NOT_A_DURATION", raw, "1s to 366d", "Write a number and s, m, h or d, such as 90m.")
    return value


def _write_duration(value: timedelta) -> str:
    """In the largest unit that divides it."""
    unit = next(word for word in "dhms" if value % _UNITS[word] == timedelta(0))
    return f"{value // _UNITS[unit]}{unit}"


def _size(setting: Setting, raw: object) -> SizeRequest | Refusal:
    if isinstance(raw, SizeRequest):
        return raw
    value = parse_size(str(raw))
    if isinstance(value, Denial):
        return _refuse(setting, "BAD_SIZE", raw, "a number and what it counts", value.advice)
    return value


def _tiers(setting: Setting, raw: object) -> tuple[Decimal, ...] | Refusal:
    values = [_number(word) for word in _words(raw) or ()]
    tiers = [value for value in values if value is not None and 0 < value < HUNDRED]
    if len(values) != 4 or tiers != values or sorted(set(tiers)) != tiers:
        return _refuse(setting, "NOT_RISING", raw, "four rising numbers, 0 to 100", "Write them as 5, 8, 12, 15.")
    return tuple(tiers)


_LEG = re.compile(r"\(([^()]*)\)")
MAX_LEGS = 50
GAP_LIMIT = Decimal(90)
TARGET_LIMIT = Decimal(1000)
_LEGS_FORM = "(gap %, weight %, take-profit %) per leg"


def _legs(setting: Setting, raw: object) -> tuple[LegSpec, ...] | Refusal:
    rows = [_leg(row) for row in _leg_rows(raw)]
    legs = tuple(leg for leg in rows if leg is not None)
    if not 1 <= len(rows) <= MAX_LEGS or len(legs) < len(rows):
        return _refuse(setting, "BAD_LEGS", raw, _LEGS_FORM, "Write legs as (0, 20, 1.0) (-0.5, 80, 0.5).")
    return _checked_legs(setting, legs)


def _leg_rows(raw: object) -> Sequence[object]:
    """Rows of text in parentheses, or of JSON."""
    if not isinstance(raw, str):
        return raw if isinstance(raw, list | tuple) else ()
    return () if _LEG.sub("", raw).strip(" ,;") else [row.split(",") for row in _LEG.findall(raw)]


def _leg(row: object) -> LegSpec | None:
    """Three numbers as a leg."""
    if isinstance(row, LegSpec):
        return row
    numbers = [_number(cell) for cell in row] if isinstance(row, list | tuple) else []
    known = [number for number in numbers if number is not None]
    return LegSpec(*known) if len(known) == len(numbers) == 3 else None


def _checked_legs(setting: Setting, legs: tuple[LegSpec, ...]) -> tuple[LegSpec, ...] | Refusal:
    """Each number in its range, and the weights whole."""
    for number, leg in enumerate(legs):
        if abs(leg.gap_pct) > GAP_LIMIT:
            return _refuse(setting, "GAP_RANGE", leg.gap_pct, "-90 to 90", f"Mend the gap of leg {number}.")
        if leg.weight_pct <= 0:
            return _refuse(setting, "WEIGHT_RANGE", leg.weight_pct, "above 0", f"Mend the weight of leg {number}.")
        if not ZERO < leg.take_profit_pct <= TARGET_LIMIT:
            advice = f"Mend the take-profit of leg {number}."
            return _refuse(setting, "TARGET_RANGE", leg.take_profit_pct, "above 0, at most 1000", advice)
    weights = total(leg.weight_pct for leg in legs)
    if weights != HUNDRED:
        return _refuse(setting, "WEIGHTS_SUM", weights, HUNDRED, "The weights of all legs must add up to 100.")
    return legs


def _rungs(setting: Setting, raw: object) -> tuple[rungs.Rung, ...] | Refusal:
    found = rungs.read(_leg_rows(raw), number=_number)
    return _refuse(setting, "BAD_RUNGS", raw, rungs.FORM, found) if isinstance(found, str) else found


def _write_legs(legs: Sequence[LegSpec]) -> str:
    return " ".join(f"({plain(g.gap_pct)}, {plain(g.weight_pct)}, {plain(g.take_profit_pct)})" for g in legs)


PYRAMIDS = 20
# As many as max_pyramids can be.
_BY_PYRAMID_FORM = "pyramid: value; … (0 is the first pyramid)"


def _by_pyramid(setting: Setting, raw: object) -> tuple[tuple[int, Any], ...] | Refusal:
    """Exceptions by pyramid index, each value read as the setting it is an exception to."""
    rows = _pyramid_rows(raw)
    numbers = [_pyramid_index(number) for number, _ in rows or ()]
    known = [number for number in numbers if number is not None]
    if rows is None or len(known) < len(numbers) or len(set(known)) < len(known):
        advice = f"Write each pyramid once, 0 to {PYRAMIDS - 1}, as 1: …; 2: …"
        return _refuse(setting, "BAD_PYRAMIDS", raw, _BY_PYRAMID_FORM, advice)
    values = [_ONE_PYRAMID[setting.kind](setting, value) for _, value in rows]
    refused = next((value for value in values if isinstance(value, Refusal)), None)
    return refused or tuple(sorted(zip(known, values, strict=True), key=lambda row: row[0]))


def _pyramid_rows(raw: object) -> list[tuple[object, object]] | None:
    """Pairs of a JSON object, or of text with colons and semicolons; None for anything else."""
    if isinstance(raw, Mapping):
        return list(raw.items())
    if not isinstance(raw, str):
        return _pairs(raw)
    parts = [part for part in raw.split(";") if part.strip() not in ("", "none")]
    return _pairs([part.split(":", 1) for part in parts])


def _pairs(raw: object) -> list[tuple[object, object]] | None:
    """A list of lists of two."""
    rows = raw if isinstance(raw, list | tuple) else [None]
    pairs = [(row[0], row[1]) for row in rows if isinstance(row, list | tuple) and len(row) == 2]
    return pairs if len(pairs) == len(rows) else None


def _pyramid_index(raw: object) -> int | None:
    number = _number(raw)
    return int(number) if number is not None and number % 1 == 0 and 0 <= number < PYRAMIDS else None


_ONE_PYRAMID: Mapping[Kind, Callable[[Setting, object], Any]] = MappingProxyType(
    {Kind.LEGS_BY_PYRAMID: _legs, Kind.SIZES_BY_PYRAMID: _size}
)


def _write_by_pyramid(one: Callable[[Any], str]) -> Callable[[Sequence[tuple[int, Any]]], str]:
    """The writer of exceptions, given the writer of one value."""
    return lambda rows: "; ".join(f"{index}: {one(value)}" for index, value in rows) or "none"


def _levels(setting: Setting, raw: object) -> tuple[tuple[str, str], ...] | Refusal:
    pairs = list(raw.items()) if isinstance(raw, Mapping) else [word.split("=", 1) for word in _words(raw) or ()]
    levels = {str(pair[0]): str(pair[-1]).upper() for pair in pairs}
    wrong = next((level for level in levels.values() if level not in setting.choices), None)
    return tuple(sorted(levels.items())) if wrong is None else _not_a_choice(setting, wrong)


def _labels(setting: Setting, raw: object) -> tuple[tuple[str, str], ...] | Refusal:
    rows = raw if isinstance(raw, list | tuple) else _words(raw) or ()
    pairs = [row.split("=", 1) if isinstance(row, str) else row for row in rows]
    labels = {str(pair[0]).upper(): str(pair[-1]).lower() for pair in pairs if len(pair) == 2 and all(pair)}
    if len(labels) < len(pairs):
        return _refuse(setting, "NOT_LABELS", raw, "each name once", "Write them as BTC=majors, DOGE=memes.")
    return tuple(sorted(labels.items()))


def _write_pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return _write_words([f"{name}={label}" for name, label in pairs])


def _write_words(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"


_READERS: Mapping[Kind, Callable[[Setting, object], Any]] = MappingProxyType(
    {
        Kind.BOOL: _bool,
        Kind.CHOICE: _choice,
        Kind.CHOICES: _choices,
        Kind.DECIMAL: _decimal,
        Kind.DURATION: _duration,
        Kind.INT: _int,
        Kind.LABELS: _labels,
        Kind.LEGS: _legs,
        Kind.LEGS_BY_PYRAMID: _by_pyramid,
        Kind.LEVELS: _levels,
        Kind.NETWORKS: _networks,
        Kind.RUNGS: _rungs,
        Kind.SIZE: _size,
        Kind.SIZES_BY_PYRAMID: _by_pyramid,
        Kind.TEXTS: _texts,
        Kind.TIERS: _tiers,
    }
)
_WRITERS: Mapping[Kind, Callable[[Any], str]] = MappingProxyType(
    {
        Kind.BOOL: lambda value: "on" if value else "off",
        Kind.CHOICES: _write_words,
        Kind.DURATION: _write_duration,
        Kind.LEGS: _write_legs,
        Kind.LEGS_BY_PYRAMID: _write_by_pyramid(_write_legs),
        Kind.LABELS: _write_pairs,
        Kind.LEVELS: _write_pairs,
        Kind.NETWORKS: _write_words,
        Kind.RUNGS: rungs.write,
        Kind.SIZE: write_size,
        Kind.SIZES_BY_PYRAMID: _write_by_pyramid(write_size),
        Kind.TEXTS: _write_words,
        Kind.TIERS: lambda tiers: ", ".join(plain(tier) for tier in tiers),
    }
)
