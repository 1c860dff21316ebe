"""Alert formats: from a body to an Intent, or to a refusal that names the field and the mend. Pure.

One format is one module and one line of REGISTRY, tried in that order: the more telling its marks, the earlier.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from signals.intent import Intent
from signals.strict_json import Json, JsonRefused, loads, shown

from . import (
    alertatron,
    alerts,
    algoway,
    altrady,
    bridge,
    cornix,
    csv_line,
    finandy,
    freqtrade,
    generic,
    indicators,
    octobot,
    okx,
    pineconnector,
    signals,
    threecommas_custom,
    threecommas_dca,
    threecommas_strategy,
    traderspost,
    tv_strategy,
    windlass,
    windlass_nested,
    windlass_values,
    wundertrading,
)
from .base import ENDPOINTS, Format
from .fields import Body, FieldError, FormatRefused, Object, refusal
from .plausible import plausible
from .scrubbing import MASK, WITHHELD, Scrubber

__all__ = ["ENDPOINTS", "MASK", "REGISTRY", "SCRUBBER", "WITHHELD", "Body", "FieldError", "Format", "FormatRefused"]
__all__ += ["choose", "parse", "parse_stored", "read", "secrets_in"]

REGISTRY: Final = (
    threecommas_strategy.FORMAT,
    threecommas_custom.FORMAT,
    threecommas_dca.FORMAT,
    okx.FORMAT,
    wundertrading.FORMAT,
    altrady.FORMAT,
    algoway.FORMAT,
    tv_strategy.FORMAT,
    bridge.FORMAT,
    traderspost.FORMAT,
    finandy.FORMAT,
    freqtrade.FORMAT,
    octobot.FORMAT,
    alertatron.FORMAT,
    pineconnector.FORMAT,
    csv_line.FORMAT,
    cornix.FORMAT,
    windlass_nested.FORMAT,
    signals.FORMAT,
    indicators.FORMAT,
    windlass.FORMAT,
    generic.FORMAT,
    alerts.FORMAT,
    windlass_values.FORMAT,
)
BY_NAME: Final = {known.name: known for known in REGISTRY}
SECRET_FIELDS: Final = tuple(sorted(frozenset[str]().union(*(known.secret_fields for known in REGISTRY))))
SCRUBBER: Final = Scrubber(frozenset(SECRET_FIELDS), [mark for known in REGISTRY for mark in known.secret_marks])

JSON_SCALAR = re.compile(r"true|false|null|NaN|-?Infinity|[-+]?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?")
ONE_OBJECT = 'The body must be a JSON object: {"symbol": …, "action": …}.'
SEVERAL = "The body is a list. An alert is one signal: send each object of the list by itself."
LONGEST_TEXT = 8192
# Characters of an alert that is no JSON: twice what TradingView sends. Longer ones would cost milliseconds to search.
LOOKED_AT = 2000
# Characters of a text that are compared with the formats, to say which it resembles.
LONGEST_PATH = 120
PLACEHOLDER = re.compile(r"\{\{[^{}]{0,60}\}\}")
PLACEHOLDER_MEND = (
    "a rendered value: the alert must be created on the chart, the placeholder spelled as TradingView does, "
    "and strategy.* used only in a strategy's alert"
)


def read(text: str) -> Body:
    """The body: an object when it is JSON, else the text itself. Raises FormatRefused or JsonRefused."""
    stripped = text.strip()
    if not stripped:
        raise FormatRefused("EMPTY_BODY", "The body is empty. In TradingView, fill in the alert's message.")
    if stripped[0] not in '{["':
        if JSON_SCALAR.fullmatch(stripped):
            raise FormatRefused("NOT_AN_OBJECT", ONE_OBJECT)
        if len(stripped) > LONGEST_TEXT:
            raise refusal([FieldError("body", "TOO_LONG", f"at most {LONGEST_TEXT} characters", str(len(stripped)))])
        return _without_placeholders_text(stripped)
    try:
        body = loads(stripped)
    except JsonRefused:
        _without_placeholders_text(text)  # {"close": {{close}}} is no JSON, and the placeholder is why
        raise
    if not isinstance(body, dict):
        raise FormatRefused("NOT_AN_OBJECT", SEVERAL if isinstance(body, list) and body else ONE_OBJECT)
    return _without_placeholders(body) if "{{" in text else body


def _without_placeholders_text(text: str) -> str:
    if found := PLACEHOLDER.search(text):
        raise refusal([FieldError("body", "PLACEHOLDER_NOT_RENDERED", PLACEHOLDER_MEND, found[0])])
    return text


def _without_placeholders(body: Object) -> Object:
    errors = [
        FieldError(shown(path, limit=LONGEST_PATH), "PLACEHOLDER_NOT_RENDERED", PLACEHOLDER_MEND, found[0])
        for path, text in _texts(body, "")
        if (found := PLACEHOLDER.search(text))
    ]
    if errors:
        raise refusal(errors)
    return body


def _texts(value: Json, path: str) -> list[tuple[str, str]]:
    """Every text of the body with its path."""
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in _texts(inner, f"{path}.{name}" if path else name)]
    inner_values = value if isinstance(value, list) else []
    return [pair for place, inner in enumerate(inner_values) for pair in _texts(inner, f"{path}[{place}]")]


def choose(body: Body, *, endpoint: str, by_token: bool, allowed: Collection[str] = ()) -> Format:
    """The format this body is written in. Raises FormatRefused with the nearest one when there is none.

    A tradingview delivery by token may be any format; otherwise an endpoint takes its own, and a source's own list
    (`allowed`) narrows or widens that.
    """
    tried = _open_to(endpoint, by_token, frozenset(allowed))
    claims = [candidate for candidate in tried if not candidate.general and candidate.detect(body)]
    if len(claims) > 1:
        raise _ambiguous(claims)
    found = claims[0] if claims else next((f for f in tried if f.general and f.detect(body)), None)
    if found is None:
        raise _unknown(body, tried)
    return found


def _ambiguous(claims: list[Format]) -> FormatRefused:
    """Two platforms' marks in one body: which of them is meant is a guess."""
    names = " and ".join(claim.name for claim in claims)
    errors = tuple(FieldError(" or ".join(claim.required[0]), "CONFLICT", f"only in {claim.name}") for claim in claims)
    message = f"This body carries the marks of {names}. Send the fields of one of them."
    return FormatRefused("FORMAT_AMBIGUOUS", message, errors, claims[0].name)


@lru_cache(maxsize=256)
def _open_to(endpoint: str, by_token: bool, allowed: frozenset[str]) -> tuple[Format, ...]:
    """The formats that a delivery may be written in, in the order they are tried."""
    return tuple(
        candidate
        for candidate in REGISTRY
        if (by_token or not candidate.token_only) and _accepts(candidate, endpoint, by_token, allowed)
    )


def _accepts(candidate: Format, endpoint: str, by_token: bool, allowed: frozenset[str]) -> bool:
    if allowed:
        return candidate.name in allowed
    # /webhooks/tradingview knows an indicators body as the native format without action
    return candidate.endpoint == endpoint or (
        by_token and endpoint == "tradingview" and candidate is not indicators.FORMAT
    )


def _unknown(body: Body, tried: tuple[Format, ...]) -> FormatRefused:
    if not tried:
        return FormatRefused("FORMAT_NOT_ACCEPTED", "This source accepts no format of this endpoint: see its settings.")
    nearest = max(tried, key=lambda candidate: _likeness(candidate, body))
    names = body.keys() if isinstance(body, dict) else frozenset[str]()
    errors = tuple(
        FieldError(" or ".join(choice), "MISSING", f"required by {nearest.name}")
        for choice in nearest.required
        if not names & set(choice)
    )
    needed = ", ".join(error.field for error in errors) or "other fields"
    known = "" if _likeness(nearest, body)[0] else "Nothing in this body is known. "
    message = f"{known}No alert format fits this body. The nearest is {nearest.name}: it needs {needed}."
    return FormatRefused("FORMAT_UNKNOWN", message, errors, nearest.name)


def _likeness(candidate: Format, body: Body) -> tuple[int, int, bool]:
    """How much of a body a format knows, how much of what it needs is there; where none is near, our own format is."""
    if isinstance(body, str):
        return len(candidate.resembles.findall(body[:LOOKED_AT])), 0, candidate is windlass.FORMAT
    missing = sum(1 for choice in candidate.required if not body.keys() & set(choice))
    known = len(candidate.fields & body.keys())
    return known, -missing if known else 0, candidate is windlass.FORMAT


def parse(body: Body, chosen: Format) -> Intent:
    """The intent of a body in this format. Raises FormatRefused with the format as the nearest."""
    try:
        return plausible(body, chosen.parse(body))
    except FormatRefused as refused:
        refused.nearest = refused.nearest or chosen.name
        raise


def parse_stored(name: str, raw: str) -> Intent:
    """The intent of a stored alert, by its format's name.

    Raises FormatRefused or JsonRefused for what the door refused, stored without a format; for what it accepted
    only if a later version reads more strictly.
    """
    if name in BY_NAME:
        return parse(read(raw), BY_NAME[name])
    raise _refused_again(raw)


def _refused_again(raw: str) -> FormatRefused | JsonRefused:
    """Why the door refused a delivery that is stored without a format. Never an Intent: what was refused stays so."""
    try:
        body = read(raw)
        parse(body, choose(body, endpoint="tradingview", by_token=True))
    except (FormatRefused, JsonRefused) as refused:
        return refused
    message = "Refused at the door: it named an unknown account, or its source does not accept this format or endpoint."
    return FormatRefused("REFUSED_AT_THE_DOOR", message)


def secrets_in(body: Body) -> tuple[str, ...]:
    """The secrets the body offers as proof of its sender."""
    marked = SCRUBBER.marked(body)
    if isinstance(body, str):
        return marked
    offered = (body.get(name) for name in SECRET_FIELDS)
    return (*(value for value in offered if isinstance(value, str) and value), *marked)
