"""The page Risk, limits: every check of the gate as it stands now, with what is held and a plan of nothing more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from dashboard import formats
from dashboard.cards import HIDDEN
from risk.domain.checks import CHECKS, Check, Finding, Layer, Proposed, Snapshot
from risk.domain.checks.base import Value
from risk.domain.denial import DenialCode
from risk.domain.limits import RiskLimits
from risk.domain.precision import exact

LAYERS = (Layer.PRE_TRADE, Layer.REAL_TIME, Layer.PORTFOLIO, Layer.MARKET, Layer.OPERATIONAL)
NEAR = Decimal("0.8")
# Of a limit: from here on its bar warns.
OF_A_PLAN = frozenset({"minimums", "reserved_funds"})
# What only a plan with an amount can be held against.
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "mode": "Trading mode",
        "armed": "Armed",
        "account_health": "Account",
        "clock_offset": "Clock against the venue",
        "circuit_breaker": "Circuit breaker",
        "account_quote": "Currency of the pair",
        "stale_price": "Age of the price",
        "minimums": "Venue's minimums",
        "opposite_side": "Other side open",
        "open_order_cap": "Orders on the book",
        "order_rate": "Orders in a minute",
        "slots": "Slots",
        "daily_loss": "Loss today",
        "consecutive_losses": "Losses in a row",
        "drawdown_tier": "Drawdown until entries stop",
        "symbol_exposure": "One pair",
        "strategy_exposure": "One strategy",
        "sector_exposure": "One sector",
        "cluster_exposure": "Pairs that move together",
        "venue_exposure": "One venue",
        "live_start_cap": "First live day",
        "leverage": "Leverage of a pair",
        "portfolio_leverage": "Leverage of everything",
        "capital_tier": "Capital tier",
        "portfolio_heat": "Heat",
        "daily_var": "Value at risk of a day",
        "reserved_funds": "Free balance",
    }
)
NOT_ASKED: Mapping[str, str] = MappingProxyType(
    {
        "capital_tier": "off: your own limits hold alone",
        "leverage": "a spot account has none",
        "live_start_cap": "asked only on the first day of a live account",
        "opposite_side": "spot is never sold short",
        "venue_exposure": "not asked with one venue",
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A market as the gate would ask about it: a plan of nothing, what is known, its limits."""

    plan: Proposed
    book: Snapshot
    limits: RiskLimits


@dataclass(frozen=True, slots=True)
class Denied:
    """The last time that a check said no."""

    at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A check as the page shows it. state: ok, near, over, unknown, idle; percent: how much of the limit is used."""

    name: str
    title: str
    state: str
    subject: str = ""
    value: str = ""
    limit: str = ""
    percent: int | None = None
    words: str = ""
    denied: Denied | None = None
    tightened: str = ""  # what was set, and what the market leaves of it


@dataclass(frozen=True, slots=True)
class LayerRows:
    """A layer's checks, in the gate's order."""

    name: str
    rows: tuple[LimitRow, ...]

    @property
    def over(self) -> int:
        """How many of them would deny an entry now."""
        return sum(row.state in ("over", "unknown") for row in self.rows)


def layers(
    asked: Sequence[Asked], *, quote: str, denied: Mapping[str, Denied], hide: bool = False
) -> tuple[LayerRows, ...]:
    """All checks by layer. Of several markets the one that stands worst; hide: which it is and all money stay unsaid."""
    rows = {check.name: _row(check, asked, quote, denied.get(check.name), hide) for check in CHECKS}
    of = {layer: [rows[check.name] for check in CHECKS if check.layer is layer] for layer in LAYERS}
    return tuple(LayerRows(layer.value, tuple(of[layer])) for layer in LAYERS)


def _row(check: Check, asked: Sequence[Asked], quote: str, denied: Denied | None, hide: bool) -> LimitRow:
    title, name = TITLES[check.name], check.name
    if name == "minimums":
        return LimitRow(name, title, "idle", words="held against each plan", denied=denied)
    if not asked:
        return LimitRow(name, title, "unknown", words="no market is known yet", denied=denied)
    found = [(one, _found(check, one)) for one in asked if check.asks(one.plan, one.book)]
    if not found:
        return LimitRow(name, title, "idle", words=NOT_ASKED.get(name, "equity is not known yet"), denied=denied)
    where, worst = max(found, key=lambda pair: _badness(pair[1]))
    row = _shown(name, title, worst, subject="" if hide else where.plan.symbol, quote=quote, denied=denied)
    if hide and worst.unit == where.plan.quote:
        return replace(row, value="", limit="", words=HIDDEN)
    subject = row.subject and SUBJECTS.get(name, row.subject).format(base=where.plan.base)
    return replace(row, subject=subject, tightened=_tightened(worst, left_of(name, where.book), quote))


SUBJECTS: Mapping[str, str] = MappingProxyType({"sector_exposure": "{base}", "strategy_exposure": ""})
# What a check is about, where that is not the market that stands worst.

TIGHTENED_BY: Mapping[str, str] = MappingProxyType(
    {
        "cluster_exposure": "correlation",
        "drawdown_tier": "drawdown",
        "portfolio_leverage": "leverage",
        "symbol_exposure": "position",
    }
)
# Checks whose limit follows the market, and which part of DynamicLimits it is.


def left_of(name: str, book: Snapshot) -> Decimal:
    """What the market leaves of a check's limit as it was set, ratio."""
    part = TIGHTENED_BY.get(name)
    return getattr(book.dynamic, part) if part else Decimal(1)


def _tightened(found: Finding, left: Decimal, quote: str) -> str:
    """The limit as it was set, where a wild market holds a tighter one."""
    if left == 1 or found.limit is None or isinstance(found.limit, str):
        return ""
    return f"set: {text(Decimal(found.limit) / left, found.unit, quote)}; the market leaves {left * 100:.0f}{formats.THIN}%"


@exact
def _found(check: Check, one: Asked) -> Finding:
    return check.run(one.plan, one.book, one.limits)


def _badness(found: Finding) -> tuple[int, Decimal]:
    """Broken before unknown before near."""
    denial = found.denial
    rank = 0 if denial is None else 1 if denial.code is DenialCode.DATA_MISSING else 2
    return rank, share(found.value, found.limit) or Decimal(0)


def share(value: Value, limit: Value) -> Decimal | None:
    """How much of a limit is used, ratio; None where the two are no numbers. Of a limit of 0 anything is all."""
    if isinstance(value, str | None) or isinstance(limit, str | None):
        return None
    used, most = abs(Decimal(value)), Decimal(limit)
    if most <= 0:
        return Decimal(0) if used == 0 else Decimal(1)
    return used / most


def _shown(name: str, title: str, found: Finding, *, subject: str, quote: str, denied: Denied | None) -> LimitRow:
    used = None if name in OF_A_PLAN else share(found.value, found.limit)
    said = partial(text, unit=found.unit, quote=quote, named=name in NAMING)
    return LimitRow(
        name=name,
        title=title,
        state=_state(found, used),
        subject=subject if name in PER_MARKET else "",
        value="" if name in OF_A_PLAN or found.value is None else said(found.value),
        limit="" if _goes_without_saying(found) else said(found.limit),
        percent=None if used is None else min(int(used * 100), 100),
        words=found.denial.sentence() if found.denial and not (name in PER_MARKET and not subject) else "",
        denied=denied,
    )


def _goes_without_saying(found: Finding) -> bool:
    """A limit that there is none of, or a word that is as it should be: "armed of armed" helps nobody."""
    return found.limit is None or (found.denial is None and isinstance(found.value, str))


PER_MARKET = frozenset(
    {
        *("cluster_exposure", "leverage", "open_order_cap", "opposite_side", "sector_exposure", "stale_price"),
        *("account_quote", "strategy_exposure", "symbol_exposure"),
    }
)


def _state(found: Finding, used: Decimal | None) -> str:
    if found.denial is not None:
        return "unknown" if found.denial.code is DenialCode.DATA_MISSING else "over"
    return "near" if used is not None and used >= NEAR else "ok"


NAMING = frozenset({"account_quote"})
# Checks whose words are names, not states: they keep their capitals.


def text(value: Value, unit: str, quote: str, *, named: bool = False) -> str:
    """A value with its unit, as a trader reads it. named: a word is a name."""
    if value is None:
        return formats.NOTHING
    if isinstance(value, str):
        return value.replace(" | ", ", ").lower() if value.isupper() and not named else value
    if unit == quote:
        return f"{formats.amount(Decimal(value), quote)} {quote}"
    places = 0 if isinstance(value, int) else 2
    gap = formats.THIN if unit else ""
    return f"{formats.number(Decimal(value), places)}{gap}{unit}"


def last_denials(rows: Iterable[tuple[str, str, datetime]]) -> dict[str, Denied]:
    """(check, sentence, at), the newest first: the last of each check."""
    found: dict[str, Denied] = {}
    for name, sentence, at in rows:
        found.setdefault(name, Denied(at, sentence))
    return found
