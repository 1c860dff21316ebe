"""Rules as people write them: JSON objects with a match and some fields, checked word by word."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Json = dict[str, Any]
Reader = Callable[[Any], Any]
Fields = dict[str, tuple[str, Reader]]
T = TypeVar("T")


class BadRule(ValueError):
    """The rule is not understood; the text says which and why."""


def whole(least: int, most: int) -> Reader:
    """Reads a whole number of a range."""

    def read_whole(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadRule(f"{value!r} is not a whole number from {least} to {most}")
        return value

    return read_whole


def number(least: float, most: float) -> Reader:
    """Reads a number of a range."""

    def read_number(value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise BadRule(f"{value!r} is not a number from {least:g} to {most:g}")
        return float(value)

    return read_number


def text(value: Any) -> str:
    """Reads a text."""
    if not isinstance(value, str):
        raise BadRule(f"{value!r} is not a text")
    return value


def texts(value: Any) -> dict[str, str]:
    """Reads an object of texts."""
    if not isinstance(value, dict):
        raise BadRule(f"{value!r} is not an object of texts")
    return {str(name): str(word) for name, word in value.items()}


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a rule is about; an empty field means any, a path that ends in * a beginning."""

    method: str = ""
    path: str = ""
    contains: str = ""

    def holds(self, method: str, path: str, words: str = "") -> bool:
        """True if it is about this request."""
        if self.method not in ("", method) or self.contains not in words:
            return False
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else self.path in ("", path)


MATCH: Fields = {name: (name, text) for name in ("contains", "method", "path")}


def read(row: Any, fields: Fields, *, match: Fields = MATCH) -> tuple[Match, dict[str, Any]]:
    """The match and the fields of a rule. Raises BadRule with the field that is unknown or wrong."""
    if not isinstance(row, dict):
        raise BadRule("a rule is a JSON object")
    about = row.get("match", {})
    if not isinstance(about, dict):
        raise BadRule("match: not a JSON object")
    found = _read({name: value for name, value in row.items() if name != "match"}, fields)
    return Match(**_read(about, match)), found


def _read(row: Json, fields: Fields) -> dict[str, Any]:
    unknown = set(row) - set(fields)
    if unknown:
        raise BadRule(f"{sorted(unknown)[0]}: unknown; known are {', '.join(sorted(fields))}")
    found = {}
    for name in row:
        at, reader = fields[name]
        try:
            found[at] = reader(row[name])
        except BadRule as error:
            raise BadRule(f"{name}: {error}") from error
    return found


def parse_rows(rows: list[Any], parse: Callable[[Any], T]) -> list[T]:
    """Every rule of a list; BadRule names the number of the one that is broken."""
    found = []
    for count, row in enumerate(rows, start=1):
        try:
            found.append(parse(row))
        except BadRule as error:
            raise BadRule(f"rule {count}: {error}") from error
    return found


def parse_lines(content: str, parse: Callable[[Any], Any]) -> list[Json]:
    """The rules of a plan file, as they stand there; BadRule names the line that is broken."""
    rows = []
    for count, line in enumerate(content.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            row = json.loads(line)
            parse(row)
        except ValueError as error:
            raise BadRule(f"line {count}: {error}") from error
        rows.append(row)
    return rows


def lines_of(path: Path, parse: Callable[[Any], Any]) -> list[Json]:
    """The rules of a file; BadRule names file and line."""
    try:
        return parse_lines(path.read_text(), parse)
    except BadRule as error:
        raise BadRule(f"{path}, {error}") from error
