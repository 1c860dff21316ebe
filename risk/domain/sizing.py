"""How much capital a pyramid gets, and which cap bound it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from risk.domain.denial import Denial, DenialCode, deny, missing
from risk.domain.precision import exact
from signals.intent import Size, SizeKind


@dataclass(frozen=True, slots=True)
class SizeRequest:
    """How much is asked for: value > 0, of this kind. currency is set where an amount was named by its currency."""

    kind: SizeKind
    value: Decimal
    currency: str = ""

    @classmethod
    def of(cls, size: Size) -> "SizeRequest":
        """What an alert asks for."""
        return cls(size.kind, size.value, size.currency)


@dataclass(frozen=True, slots=True)
class Cap:
    """An upper limit on the capital, quote, with the name the page shows."""

    name: str
    quote: Decimal


@dataclass(frozen=True, slots=True)
class SizeLine:
    """One amount that was compared, quote."""

    name: str
    quote: Decimal
    binds: bool


@dataclass(frozen=True, slots=True)
class Sized:
    """Capital for one pyramid, quote; bound_by names the line that decided it."""

    capital: Decimal
    bound_by: str
    lines: tuple[SizeLine, ...]


@exact
def scaled(sized: Sized, *, factor: Decimal, name: str) -> Sized:
    """The same, times a factor ≤ 1 that somebody named; unchanged at 1."""
    if factor == 1:
        return sized
    amount = sized.capital * factor
    others = tuple(replace(line, binds=False) for line in sized.lines)
    return Sized(amount, name, (*others, SizeLine(name, amount, binds=True)))


def capital(
    request: SizeRequest | None,
    *,
    setting: SizeRequest,
    equity: Decimal | None,
    free: Decimal | None,
    position: Decimal | None = None,
    price: Decimal | None = None,
    stop_distance: Decimal | None = None,
    base: str = "",
    quote: str = "",
    contract_size: Decimal = Decimal(1),
    leverage: Decimal = Decimal(1),
    caps: Sequence[Cap] = (),
) -> Sized | Denial:
    """Capital for a pyramid: what the alert asks for, else the setting, capped by the free balance and every cap.

    equity, free and position (its notional) are quote; stop_distance is |entry − stop|, quote per base. The capital is a
    notional: what is free pays its margin, notional ÷ leverage. What a size needs and nobody knows denies with
    DATA_MISSING; a size in another currency denies with SIZE_UNKNOWN.
    """
    asked, name = (setting, "setting") if request is None else (request, "alert")
    if free is None:
        return missing("free balance", subject=asked.kind)
    amount = in_quote(
        asked,
        equity=equity,
        free=free,
        position=position,
        price=price,
        stop_distance=stop_distance,
        base=base,
        quote=quote,
        contract_size=contract_size,
    )
    if isinstance(amount, Denial):
        return amount
    return _capped(Cap(name, amount), (_affordable(free, leverage), *caps))


@exact
def _affordable(free: Decimal, leverage: Decimal) -> Cap:
    """The notional whose margin what is free pays."""
    return Cap("free balance" if leverage == 1 else "free balance × leverage", free * leverage)


def in_quote(
    request: SizeRequest,
    *,
    equity: Decimal | None,
    free: Decimal | None,
    position: Decimal | None = None,
    price: Decimal | None = None,
    stop_distance: Decimal | None = None,
    base: str = "",
    quote: str = "",
    contract_size: Decimal = Decimal(1),
) -> Decimal | Denial:
    """A request in quote before any cap; the arguments are those of capital()."""
    facts = {
        "equity": equity,
        "free balance": free,
        "position": position,
        "price": price,
        "stop distance": stop_distance,
        "contract size": contract_size,
    }
    return _amount(request, facts, base=base, quote=quote)


def _capped(asked: Cap, caps: Sequence[Cap]) -> Sized:
    """The smallest of what is asked and every cap; on a tie the request binds, then the first cap."""
    lines = (asked, *caps)
    least = min(lines, key=lambda cap: cap.quote)
    shown = tuple(SizeLine(cap.name, cap.quote, binds=cap is least) for cap in lines)
    return Sized(max(least.quote, Decimal(0)), least.name, shown)


@exact
def _amount(asked: SizeRequest, facts: Mapping[str, Decimal | None], *, base: str, quote: str) -> Decimal | Denial:
    """A request in quote."""
    kind = _kind(asked, base=base, quote=quote)
    if kind is None:
        limit = f"this market trades {base} for {quote}"
        return deny(DenialCode.SIZE_UNKNOWN, subject=asked.currency, value=asked.value, limit=limit)
    rule = _RULES[kind]
    known = {name: value for name in rule.needs if (value := facts[name]) is not None and value > 0}
    lacking = next((name for name in rule.needs if name not in known), None)
    if lacking is not None:
        return missing(lacking, subject=f"the size {kind}")
    return rule.quote(asked.value, *known.values())


def _kind(asked: SizeRequest, *, base: str, quote: str) -> SizeKind | None:
    """The kind of an amount that was named by its currency; None when that is neither base nor quote."""
    if asked.currency.upper() in ("", quote.upper()):
        return asked.kind
    in_base = asked.kind == SizeKind.QUOTE and asked.currency.upper() == base.upper()
    return SizeKind.BASE if in_base else None


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a kind of size becomes quote: the facts it needs, in the order in which `quote` takes them."""

    needs: tuple[str, ...]
    quote: Callable[..., Decimal]


def _percent(value: Decimal, whole: Decimal) -> Decimal:
    return whole * value / 100


def _base(value: Decimal, price: Decimal) -> Decimal:
    return value * price


def _contracts(value: Decimal, price: Decimal, contract_size: Decimal) -> Decimal:
    return value * price * contract_size


def _risk(value: Decimal, price: Decimal, stop_distance: Decimal) -> Decimal:
    """The position that loses `value` when the price goes the whole way to the stop."""
    return value / stop_distance * price


def _risk_pct(value: Decimal, price: Decimal, stop_distance: Decimal, equity: Decimal) -> Decimal:
    return _risk(equity * value / 100, price, stop_distance)


_RULES: Mapping[SizeKind, _Rule] = MappingProxyType(
    {
        SizeKind.BASE: _Rule(("price",), _base),
        SizeKind.CONTRACTS: _Rule(("price", "contract size"), _contracts),
        SizeKind.PCT_EQUITY: _Rule(("equity",), _percent),
        SizeKind.PCT_FREE: _Rule(("free balance",), _percent),
        SizeKind.PCT_POSITION: _Rule(("position",), _percent),
        SizeKind.QUOTE: _Rule((), Decimal),
        SizeKind.RISK_PCT: _Rule(("price", "stop distance", "equity"), _risk_pct),
        SizeKind.RISK_QUOTE: _Rule(("price", "stop distance"), _risk),
    }
)
