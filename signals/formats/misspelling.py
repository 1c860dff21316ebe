"""Which known field a stranger was probably meant to be, in microseconds whatever the name. Pure."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

LIKENESS = 0.82
# 2 × letters in common ÷ all letters: one slip in six.
MOST_CHARS = 60
# No field has a longer name, and comparing costs its square.


@lru_cache(maxsize=512)
def misspelling_of(name: str, known: frozenset[str]) -> str:
    """The known field that `name` was probably meant to be, or nothing."""
    if len(name) > MOST_CHARS:
        return ""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    spellings = _spellings(known)
    if plain in spellings:
        return spellings[plain][0]
    nearby = {field for cut in _cuts(plain) for field in spellings.get(cut, ())}
    alike = [(likeness, field) for field in nearby if (likeness := _likeness(plain, field)) >= LIKENESS]
    return max(alike, default=(0.0, ""))[1]


@lru_cache(maxsize=64)
def _spellings(known: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Every known field, in lower case, whole and with any one letter missing."""
    table: dict[str, tuple[str, ...]] = {}
    for field in sorted(known):
        for cut in {field.lower(), *_cuts(field.lower())}:
            table[cut] = (field, *table.get(cut, ())) if cut == field.lower() else (*table.get(cut, ()), field)
    return table


def _cuts(text: str) -> Iterator[str]:
    """The text, and the text with each of its letters left out: two that share a cut are at most two slips apart."""
    yield text
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other.lower()).ratio()
