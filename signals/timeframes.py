"""Timeframes as charts and vendors spell them, in seconds. Pure."""

import re
from functools import lru_cache

MINUTE, HOUR, DAY = 60, 3600, 86_400

# unit → (seconds, most of them that a chart offers); a bare number is minutes, as TradingView's {{interval}} has it.
UNITS = {
    "": (MINUTE, 1440),
    "S": (1, 60),
    "s": (1, 86_400),
    "m": (MINUTE, 1440),
    "min": (MINUTE, 1440),
    "h": (HOUR, 168),
    "H": (HOUR, 168),
    "d": (DAY, 365),
    "D": (DAY, 365),
    "w": (7 * DAY, 52),
    "W": (7 * DAY, 52),
}
MONTH = 30 * DAY
# A capital M is a month on charts (1, 3, 6, 12) and a minute with several vendors (15, 30, 45); 5M could be either.
CAPITAL_M = {
    **{f"{count}M": count * MONTH for count in (1, 3, 6, 12)},
    **{f"{count}M": count * MINUTE for count in (15, 30, 45)},
    "M": MONTH,
}
SHAPE = re.compile(r"([0-9]{0,5})(min|[SsmhHdDwW]?)")


@lru_cache(maxsize=256)
def seconds(text: str) -> int | None:
    """`15`, `15m`, `4H`, `D`, `1D`, `1S`, `W`, `M` in seconds; a month counts 30 days. None for what is none of them."""
    text = text.strip()
    if text in CAPITAL_M:
        return CAPITAL_M[text]
    found = SHAPE.fullmatch(text)
    if not found or not text:
        return None
    count, (unit, most) = int(found[1] or 1), UNITS[found[2]]
    return count * unit if 1 <= count <= most else None
