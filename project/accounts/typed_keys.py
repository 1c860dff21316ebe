"""API keys as somebody typed them: what cannot be right is said in words before anything is sealed or sent. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LEAST = 8
# The shortest key or secret that anybody hands out is longer.
MOST = 5000
# A private key in PEM, RSA of 4096 bits, has 3,300 characters.
PEM = "-----BEGIN"
MASKED = re.compile(r"\*{3}|…|\.{3}|•")
FIELDS = ("api_key", "api_secret", "passphrase")
NAMES: Mapping[str, str] = MappingProxyType({"api_key": "apiKey", "api_secret": "secret", "passphrase": "passphrase"})
# The form's names and those of the envelope.


@dataclass(frozen=True, slots=True)
class Shape:
    """What a venue's keys look like, as far as it is sure: least lengths, and whether there is a passphrase."""

    key: int
    secret: int
    passphrase: bool = False
    telltale: str = ""  # a pattern that only the secret has, so that two fields that were swapped are noticed


HEX_24, UUID = r"[0-9a-f]{24}", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "binance": Shape(32, 32),
        "binanceusdm": Shape(32, 32),
        "bybit": Shape(16, 32, telltale=r"[A-Za-z0-9]{36}"),
        "kucoin": Shape(24, 36, passphrase=True, telltale=UUID),
        "kucoinfutures": Shape(24, 36, passphrase=True, telltale=UUID),
    }
)
ANY = Shape(LEAST, LEAST)


def credentials(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, by the envelope's names, without what was left empty."""
    return {NAMES[field]: typed[field].strip() for field in FIELDS if typed.get(field, "").strip()}


def problems(typed: Mapping[str, str], *, venue: str, real: bool) -> dict[str, str]:
    """Field → what is wrong with it, never with what it holds; empty when it may be sealed. real: not on paper."""
    given = {field: typed.get(field, "").strip() for field in FIELDS}
    shape = SHAPES.get(venue, ANY) if real else ANY
    if not given["api_key"] or not given["api_secret"]:
        return {"api_secret": "Enter API key and secret together: they are sealed as one."}
    found = {field: words for field in FIELDS if (words := _unlikely(given[field]))}
    if found:
        return found
    return _together(given, shape) or _short(given, shape)


def _unlikely(text: str) -> str:
    """What no key of any venue has."""
    if MASKED.search(text):
        return "This is the shortened form that a page shows: copy the whole of it."
    if not text.startswith(PEM) and re.search(r"\s", text):
        return "There is a space or a line break in it: copy it again, alone."
    return f"Longer than {MOST} characters: this is something else." if len(text) > MOST else ""


def _together(given: Mapping[str, str], shape: Shape) -> dict[str, str]:
    """What only both fields tell."""
    key, secret = given["api_key"], given["api_secret"]
    if key == secret:
        return {"api_secret": "Key and secret are the same: the venue shows two different ones."}
    swapped = shape.telltale and re.fullmatch(shape.telltale, key) and not re.fullmatch(shape.telltale, secret)
    if swapped or key.startswith(PEM):
        return {"api_key": "This looks like the secret: key and secret seem to be swapped."}
    if shape.passphrase and not given["passphrase"]:
        return {"passphrase": "This venue's keys have a passphrase, which you chose when you made them."}
    return {}


def _short(given: Mapping[str, str], shape: Shape) -> dict[str, str]:
    least = {"api_key": shape.key, "api_secret": shape.secret}
    return {
        field: f"Too short: {len(given[field])} characters, at least {number} are expected. Was a part lost in copying?"
        for field, number in least.items()
        if len(given[field]) < number
    }
