"""Blanking secrets before anything is stored. Pure."""

import re
from typing import Final

from signals.strict_json import Json, JsonRefused, loads

from .fields import SECRET_NAMES, Body, FormatRefused

MASK: Final = "***"
WITHHELD: Final = "(withheld: in this body a secret cannot be told from the rest)"
LEAST_REPLACED = 8
# A credential this short may well be an ordinary word of the body.


class Scrubber:
    """Knows the secret fields of all formats: in JSON `"name": value`, in text `name=value`."""

    def __init__(self, names: frozenset[str]) -> None:
        """names: every format's secret fields; the usual suspects are added."""
        self.names = names | SECRET_NAMES
        words = "|".join(sorted(map(re.escape, self.names)))
        self._in_json = re.compile(rf'("(?:{words})"\s*:\s*)("(?:[^"\\]|\\.)*"|[-+.\w]+)', re.IGNORECASE)
        self._in_text = re.compile(rf"(?im)^(\s*(?:{words})\s*=\s*)[^;\n]*")
        self._masked = re.compile(rf'"?(?:{words})"?\s*[:=]\s*"?{re.escape(MASK)}"?', re.IGNORECASE)
        self._folded = frozenset(name.lower() for name in self.names)

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

    def _blanked(self, text: str, proofs: tuple[str, ...]) -> str:
        if self._may_hold_secrets(text):
            text = self._in_text.sub(rf"\1{MASK}", self._in_json.sub(rf'\1"{MASK}"', text))
        for proof in proofs:
            if len(proof) >= LEAST_REPLACED:
                text = text.replace(proof, MASK)
        return text

    def _every_name_is_blanked(self, text: str) -> bool:
        """For what is no JSON: a secret's name stands only where the mask follows it."""
        rest = self._masked.sub("", text)
        return not self._may_hold_secrets(rest)

    def _may_hold_secrets(self, text: str) -> bool:
        """False when no secret field's name occurs at all, not even spelled with escapes: so for most alerts."""
        folded = text.lower()
        return "\\u" in folded or any(name in folded for name in self._folded)

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
        return name.lower() in self._folded and value not in (None, MASK)
