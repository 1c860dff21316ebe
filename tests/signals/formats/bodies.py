"""Reading a body the way the door does."""

import json
from typing import Any

from signals import formats
from signals.formats import FormatRefused
from signals.intent import Intent


def understand(body: Any, *, endpoint: str = "tradingview", by_token: bool = True) -> Intent:
    """The intent of a body (an object, or text as it arrives)."""
    text = json.dumps(body) if isinstance(body, dict) else body
    found = formats.read(text)
    return formats.parse(found, formats.choose(found, endpoint=endpoint, by_token=by_token))


def refused(body: Any, **named: Any) -> FormatRefused:
    """The refusal of a body that must be refused."""
    try:
        intent = understand(body, **named)
    except FormatRefused as refusal:
        return refusal
    raise AssertionError(f"accepted: {intent}")


def wrong(body: Any, **named: Any) -> set[tuple[str, str]]:
    """Field and code of everything that is wrong with a body."""
    return {(error.field, error.code) for error in refused(body, **named).errors}
