"""What a format is, and the fields that Windlass's own formats share. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from signals.intent import Intent

from .fields import MAX_ID, MAX_NAME, Body, Fields, FormatRefused, Object

ENDPOINTS: Final = ("tradingview", "indicators", "alerts", "signals")


NEVER: Final = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class SecretMark:
    """Where a secret stands that is no field of its own: before and after it stay, when a body is stored.

    pattern has the groups before, secret and after; `within` is the JSON field it is searched in, empty = a text body.
    """

    pattern: re.Pattern[str]
    within: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """One vendor's way of writing alerts.

    `required`, `fields` and `resembles` (for texts) are for people: what is missing, and which format a body resembles.
    `token_only` formats are tried only where the sender proved itself by the token in the path, because their bodies
    hold nothing else; `general` ones only where no platform's format claims the body, in the order of the registry.
    """

    name: str
    endpoint: str
    required: tuple[tuple[str, ...], ...]  # each: alternatives, one of which must be there
    fields: frozenset[str]
    secret_fields: frozenset[str]
    detect: Callable[[Body], bool]
    parse: Callable[[Body], Intent]
    token_only: bool = False
    general: bool = False
    resembles: re.Pattern[str] = NEVER
    secret_marks: tuple[SecretMark, ...] = ()


class Common(TypedDict):
    """The fields of an Intent that every Windlass body may carry."""

    exchange: str
    symbol: str
    timeframe_secs: int | None
    sent_at: datetime | None
    bar_time: datetime | None
    client_id: str
    account: str


SECRET: Final = frozenset({"secret"})
COMMON: Final = frozenset(
    {"account", "bar_time", "exchange", "id", "interval", "secret", "symbol", "time", "timeframe", "timenow"}
    | {"timestamp"}
)


def common(fields: Fields) -> Common:
    """Read the shared fields; `timestamp` is when the alert was sent ({{timenow}}), `time` the bar's open ({{time}})."""
    fields.text("secret")
    exchange, symbol = fields.symbol()
    return Common(
        exchange=exchange,
        symbol=symbol,
        timeframe_secs=fields.timeframe("interval", "timeframe"),
        sent_at=fields.time("timestamp", "timenow"),
        bar_time=fields.time("bar_time", "time"),
        client_id=fields.text("id", limit=MAX_ID),
        account=fields.text("account", limit=MAX_NAME),
    )


def object_of(body: Body) -> Object:
    """The body of a format whose `detect` wants an object. Raises FormatRefused: a stored body may be another format's."""
    if not isinstance(body, dict):
        raise FormatRefused("NOT_AN_OBJECT", "This format is a JSON object, and the body is a text.")
    return body


def text_of(body: Body) -> str:
    """The body of a format whose `detect` wants a text. Raises FormatRefused, as above."""
    if not isinstance(body, str):
        raise FormatRefused("FORMAT_UNKNOWN", "This format is a text, and the body is a JSON object.")
    return body
