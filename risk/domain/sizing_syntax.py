"""Sizes as people write them: "1% equity", "100 USDT", "0.01 base", "risk 1%". Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from risk.domain.denial import Denial, DenialCode, deny, plain
from risk.domain.sizing import SizeRequest
from signals.intent import SizeKind

_SHAPE = re.compile(r"(risk\s+)?(\d{1,15}(?:\.\d{1,18})?)\s*(%)?\s*(?:of\s+)?([a-z0-9 ]{0,20})", re.IGNORECASE)
_CURRENCY = re.compile(r"[A-Z0-9]{2,12}")

_AMOUNTS: Mapping[tuple[bool, str], SizeKind] = MappingProxyType(
    {
        (False, "base"): SizeKind.BASE,
        (False, "contracts"): SizeKind.CONTRACTS,
        (False, "quote"): SizeKind.QUOTE,
        (True, "quote"): SizeKind.RISK_QUOTE,
    }
)
_PERCENTS: Mapping[tuple[bool, str], SizeKind] = MappingProxyType(
    {
        (False, ""): SizeKind.PCT_EQUITY,
        (False, "equity"): SizeKind.PCT_EQUITY,
        (False, "free"): SizeKind.PCT_FREE,
        (False, "free balance"): SizeKind.PCT_FREE,
        (False, "position"): SizeKind.PCT_POSITION,
        (True, ""): SizeKind.RISK_PCT,
        (True, "equity"): SizeKind.RISK_PCT,
    }
)
_WRITTEN: Mapping[SizeKind, str] = MappingProxyType(
    {
        SizeKind.BASE: "{value} base",
        SizeKind.CONTRACTS: "{value} contracts",
        SizeKind.PCT_EQUITY: "{value}% equity",
        SizeKind.PCT_FREE: "{value}% free",
        SizeKind.PCT_POSITION: "{value}% position",
        SizeKind.QUOTE: "{value} {currency}",
        SizeKind.RISK_PCT: "risk {value}%",
        SizeKind.RISK_QUOTE: "risk {value} {currency}",
    }
)


def parse_size(text: str) -> SizeRequest | Denial:
    """A written size, or SIZE_UNKNOWN. A bare number is refused: nobody can tell what it counts."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        return _unreadable(text)
    risk, number, percent, word = found.groups()
    request = _request(Decimal(number), risk=bool(risk), percent=bool(percent), word=" ".join(word.split()).lower())
    return request if request is not None and request.value > 0 else _unreadable(text)


def write_size(request: SizeRequest) -> str:
    """The shortest text that parse_size reads back as the same request."""
    return _WRITTEN[request.kind].format(value=plain(request.value), currency=request.currency or "quote")


def _request(value: Decimal, *, risk: bool, percent: bool, word: str) -> SizeRequest | None:
    """The request that the parts make, or None."""
    kind = (_PERCENTS if percent else _AMOUNTS).get((risk, word))
    if kind is not None:
        return SizeRequest(kind, value)
    if percent or not _CURRENCY.fullmatch(word.upper()):
        return None
    return SizeRequest(SizeKind.RISK_QUOTE if risk else SizeKind.QUOTE, value, word.upper())


def _unreadable(text: str) -> Denial:
    limit = "it must be a number above 0 and what it counts"
    return deny(DenialCode.SIZE_UNKNOWN, subject="the setting or alert", value=f'"{text[:40]}"', limit=limit)
