"""A notice: `{type, symbol, message, severity}`; shown and notified, never a trade. Pure."""

from typing import Final

from signals.intent import Intent, IntentKind

from .base import COMMON, SECRET, Format, common, object_of
from .fields import MAX_NAME, Body, Fields
from .indicators import INSTRUCTIONS

SEVERITIES: Final = {name: name for name in ("info", "warning", "error", "critical")}
FIELDS: Final = COMMON | {"message", "severity", "type"}


def detect(body: Body) -> bool:
    """Known by `message` with `type` or `severity`."""
    return isinstance(body, dict) and "message" in body and ("type" in body or "severity" in body)


def parse(body: Body) -> Intent:
    """The notice; a symbol is welcome, not required. Raises FormatRefused naming every field that is wrong."""
    found = object_of(body)
    fields = Fields(found if found.get("symbol") is not None else {**found, "symbol": "none"})
    shared = common(fields)
    if found.get("symbol") is None:
        shared["symbol"] = ""
    kind = fields.text("type", limit=MAX_NAME)
    intent = Intent(
        kind=IntentKind.NOTICE,
        format="alerts",
        message=fields.text("message", required=True),
        severity=fields.choice("severity", SEVERITIES) or "info",
        metadata=(("type", kind), *fields.rest(FIELDS, INSTRUCTIONS)) if kind else fields.rest(FIELDS, INSTRUCTIONS),
        **shared,
    )
    fields.finish()
    return intent


FORMAT: Final = Format(
    name="alerts",
    endpoint="alerts",
    required=(("message",), ("type", "severity")),
    fields=FIELDS,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
    general=True,
)
