"""Blanking secrets before anything is stored. Pure."""

import re
from collections.abc import Iterable
from typing import Final

from signals.strict_json import Json, JsonRefused, loads

from .base import SecretMark
from .fields import SECRET_NAMES, Body, FormatRefused, Object

MASK: Final = "***"
WITHHELD: Final = "(withheld: in this body a secret cannot be told from the rest)"
LEAST_REPLACED = 8
# A credential this short may well be an ordinary word of the body.
ORDINARY: Final = frozenset({"code", "key"})
# Words of many texts: they announce a secret only as the name of a JSON field.


class Scrubber:
    """Knows the secret fields of all formats (in JSON `"name": value`, in text `name=value`) and their secret marks."""

    def __init__(self, names: frozenset[str], marks: Iterable[SecretMark] = ()) -> None:
        """names: every format's secret fields; the usual suspects are added."""
        self.names = names | SECRET_NAMES
        self._marks = tuple(marks)
        self._within = {mark.within: mark for mark in self._marks if mark.within}
        words = "|".join(sorted(map(re.escape, self.names | self._within.keys())))
        self._in_json = re.compile(rf'"({words})"(\s*:\s*)("(?:[^"\\]|\\.)*"|[-+.\w]+)', re.IGNORECASE)
        self._in_text = re.compile(rf"(?im)((?:^|;|\\n)[ \t]*(?:{words})[ \t]*=[ \t]*)(?:(?!\\n)[^;\n])*")
        self._masked = re.compile(rf'"?(?:{words})"?\s*[:=]\s*"?{re.escape(MASK)}"?', re.IGNORECASE)
        self._folded = frozenset(name.lower() for name in self.names)
        self._signs = tuple(f'"{n}"' if n in ORDINARY else n for n in sorted(self._folded | self._within.keys()))

    def body(self, text: str, body: Body, *, proofs: tuple[str, ...] = ()) -> str:
        """The text with every secret blanked, wherever it stands. Raises FormatRefused where one cannot be."""
        clean = self._blanked(text, proofs)
        if isinstance(body, dict) and self._may_hold_secrets(text) and not self._is_clean(clean):
            raise FormatRefused("SECRET_EXPOSED", "A secret must be plain text in a field written without escapes.")
        return clean

    def malformed(self, text: str, *, proofs: tuple[str, ...] = ()) -> str:
        """The same for a text that could not be understood; withheld whole where a secret may still show."""
        clean = self._blanked(text, proofs)
        return clean if self._is_clean(clean) or self._every_name_is_blanked(clean) else WITHHELD

    def marked(self, body: Body) -> tuple[str, ...]:
        """The secrets that stand in a body without a field of their own."""
        found = self._in_fields(body) if isinstance(body, dict) else self._in_whole(body)
        return tuple(match["secret"] for match in found if match["secret"] != MASK)

    def _in_fields(self, body: Object) -> list[re.Match[str]]:
        texts = [(mark, text) for name, mark in self._within.items() if isinstance(text := body.get(name), str)]
        return [found for mark, text in texts if (found := mark.pattern.fullmatch(text))]

    def _in_whole(self, text: str) -> list[re.Match[str]]:
        return [found for mark in self._marks if not mark.within for found in mark.pattern.finditer(text)]

    def _blanked(self, text: str, proofs: tuple[str, ...]) -> str:
        if self._may_hold_secrets(text):
            text = self._in_text.sub(rf"\1{MASK}", self._in_json.sub(self._blanked_field, text))
        if not text.lstrip().startswith("{"):
            text = self._without_marks(text)
        for proof in proofs:
            if len(proof) >= LEAST_REPLACED:
                text = text.replace(proof, MASK)
        return text

    def _blanked_field(self, found: re.Match[str]) -> str:
        hidden = self._hidden(found[1], found[3][1:-1] if found[3].startswith('"') else found[3])
        return f'"{found[1]}"{found[2]}"{hidden}"'

    def _hidden(self, name: str, value: str) -> str:
        """What is stored in place of a secret field: the mask, or the rest of a value that holds more than its secret."""
        mark = self._within.get(name.lower())
        found = mark.pattern.fullmatch(value) if mark else None
        return f"{found['before']}{MASK}{found['after']}" if found else MASK

    def _without_marks(self, text: str) -> str:
        for mark in self._marks:
            if not mark.within:
                text = mark.pattern.sub(rf"\g<before>{MASK}\g<after>", text)
        return text

    def _every_name_is_blanked(self, text: str) -> bool:
        """For what is no JSON: a secret's name stands only where the mask follows it."""
        rest = self._masked.sub("", text)
        return not self._may_hold_secrets(rest)

    def _may_hold_secrets(self, text: str) -> bool:
        """False when no secret field's name occurs at all, not even spelled with escapes: so for most alerts."""
        folded = text.lower()
        return "\\u" in folded or any(sign in folded for sign in self._signs)

    def _is_clean(self, text: str) -> bool:
        """True when no secret field shows more than the mask; only escapes and nesting can fool the pattern."""
        try:
            return not self._exposed(loads(text))
        except JsonRefused:
            return False

    def _exposed(self, value: Json) -> bool:
        if isinstance(value, dict):
            return any(self._leaks(name, inner) or self._exposed(inner) for name, inner in value.items())
        return isinstance(value, list) and any(self._exposed(inner) for inner in value)

    def _leaks(self, name: str, value: Json) -> bool:
        plain = name.lower()
        if plain in self._within and isinstance(value, str):
            return value != self._hidden(plain, value)
        return (plain in self._folded or plain in self._within) and value not in (None, MASK)
