"""Alert formats: from a body to an Intent, or to a refusal that names the field and the mend. Pure.

One format is one module and one line of REGISTRY, tried in that order: the more telling its marks, the earlier.
"""

import re
from collections.abc import Collection
from typing import Final

from signals.intent import Intent
from signals.strict_json import Json, JsonRefused, loads

from . import alerts, indicators, signals, windlass, windlass_nested, windlass_values
from .base import ENDPOINTS, Format
from .fields import Body, FieldError, FormatRefused, Object, refusal
from .scrubbing import MASK, WITHHELD, Scrubber

__all__ = ["ENDPOINTS", "MASK", "REGISTRY", "SCRUBBER", "WITHHELD", "Body", "FieldError", "Format", "FormatRefused"]
__all__ += ["choose", "parse", "parse_stored", "read", "secrets_in"]

REGISTRY: Final = (
    windlass_nested.FORMAT,
    signals.FORMAT,
    indicators.FORMAT,
    windlass.FORMAT,
    alerts.FORMAT,
    windlass_values.FORMAT,
)
BY_NAME: Final = {known.name: known for known in REGISTRY}
SECRET_FIELDS: Final = tuple(sorted(frozenset[str]().union(*(known.secret_fields for known in REGISTRY))))
SCRUBBER: Final = Scrubber(frozenset(SECRET_FIELDS))

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
        return _without_placeholders_text(stripped)
    try:
        body = loads(stripped)
    except JsonRefused:
        _without_placeholders_text(text)  # {"close": {{close}}} is no JSON, and the placeholder is why
        raise
    if not isinstance(body, dict):
        raise FormatRefused("NOT_AN_OBJECT", 'The body must be a JSON object: {"symbol": …, "action": …}.')
    return _without_placeholders(body) if "{{" in text else body


def _without_placeholders_text(text: str) -> str:
    if found := PLACEHOLDER.search(text):
        raise refusal([FieldError("body", "PLACEHOLDER_NOT_RENDERED", PLACEHOLDER_MEND, found[0])])
    return text


def _without_placeholders(body: Object) -> Object:
    errors = [
        FieldError(path, "PLACEHOLDER_NOT_RENDERED", PLACEHOLDER_MEND, found[0])
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
    tried = [f for f in REGISTRY if _open_to(f, endpoint, by_token, allowed) and (by_token or not f.token_only)]
    found = next((candidate for candidate in tried if candidate.detect(body)), None)
    if found is None:
        raise _unknown(body, tried)
    return found


def _open_to(candidate: Format, endpoint: str, by_token: bool, allowed: Collection[str]) -> bool:
    if allowed:
        return candidate.name in allowed
    # /webhooks/tradingview knows an indicators body as the native format without action
    return candidate.endpoint == endpoint or (
        by_token and endpoint == "tradingview" and candidate is not indicators.FORMAT
    )


def _unknown(body: Body, tried: list[Format]) -> FormatRefused:
    if not tried:
        return FormatRefused("FORMAT_NOT_ACCEPTED", "This source accepts no format of this endpoint: see its settings.")
    names = body.keys() if isinstance(body, dict) else frozenset[str]()
    nearest = max(tried, key=lambda candidate: len(candidate.fields & names))
    errors = tuple(
        FieldError(" or ".join(choice), "MISSING", f"required by {nearest.name}")
        for choice in nearest.required
        if not names & set(choice)
    )
    needed = ", ".join(error.field for error in errors) or "other fields"
    message = f"No alert format fits this body. The nearest is {nearest.name}: it needs {needed}."
    return FormatRefused("FORMAT_UNKNOWN", message, errors, nearest.name)


def parse(body: Body, chosen: Format) -> Intent:
    """The intent of a body in this format. Raises FormatRefused with the format as the nearest."""
    try:
        return chosen.parse(body)
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
    if not isinstance(body, dict):
        return ()
    offered = (body.get(name) for name in SECRET_FIELDS)
    return tuple(value for value in offered if isinstance(value, str) and value)
