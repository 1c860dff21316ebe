"""The gate's checks for a pair that no alert asks for: with the plan an alert would get, or without one what needs none."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from dashboard.ailments import ailment
from dashboard.previewing import measured
from dashboard.risk_limits import TIGHTENED_BY
from risk.domain.checks import CHECKS, Check, Proposed, Snapshot, VenueFacts, run
from risk.domain.denial import Denial, DenialCode
from risk.domain.limits import RiskLimits
from risk.domain.mode import PlanKind
from signals.market.instruments import InstrumentFacts
from trading.domain.vocabulary import PositionSide
from trading.services import entry, surroundings
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults
from trading.services.stages import Stages

ALONE = frozenset(
    {"mode", "armed", "account_health", "clock_offset", "order_rate", "slots", "daily_loss", "consecutive_losses"}
    | {"drawdown_tier"}
)
# What can be said of an account without a market.
WITHOUT_A_PLAN = ALONE | {"stale_price", "circuit_breaker"}
# And with a market, while no plan comes out.
LESS = ", less for a pair in a wild market"
NO_PLAN = "Asked once there is a plan."


@dataclass(frozen=True, slots=True)
class Line:
    """One check: where it belongs, what was measured, its limit. ok None: not asked, because something before failed."""

    stage: str
    name: str
    ok: bool | None
    value: str
    limit: str = ""
    advice: str = ""
    code: str = ""


def gate_lines(desk: Desk, known: InstrumentFacts | None, reached: Stages | None) -> dict[str, Line]:
    """Every check of the gate by its name, in the gate's order."""
    if known is None:
        return dict(_lines(desk, _bare(desk), _book(desk), ALONE))
    if reached is None or reached.draft is None or reached.plan is None:
        book = desk.snapshot(known, PositionSide.LONG)
        return dict(_lines(desk, replace(_bare(desk), symbol=known.symbol), book, WITHOUT_A_PLAN))
    draft = reached.draft
    proposed = entry.proposal(desk, draft, reached.plan)
    return dict(_lines(desk, proposed, draft.book(desk), frozenset(check.name for check in CHECKS)))


def _lines(desk: Desk, plan: Proposed, book: Snapshot, names: frozenset[str]) -> Iterator[tuple[str, Line]]:
    limits = settings_or_defaults(desk, plan.symbol).risk
    for check in CHECKS:
        if check.name in names:
            yield from _asked(desk, check, plan, book, limits)
        elif plan.symbol:
            yield check.name, Line("gate", check.name.replace("_", " "), None, "", "", NO_PLAN)


def _asked(desk: Desk, check: Check, plan: Proposed, book: Snapshot, limits: RiskLimits) -> Iterator[tuple[str, Line]]:
    """The check's line, where the question makes sense."""
    result = run([check], plan, book, limits)
    for line in result.lines:
        denial = result.denial
        advice = "" if denial is None else _advice(desk, denial)
        value, limit = measured(line.value, line.unit), measured(line.limit, line.unit)
        limit += LESS if limit and not plan.symbol and check.name in TIGHTENED_BY else ""
        code = denial.code if denial else ""
        yield check.name, Line("gate", line.name.replace("_", " "), line.ok, value, limit, advice, code)


def _advice(desk: Desk, denial: Denial) -> str:
    """What to do; of an account that is held back, what its own page says; of what is not known, what it is."""
    account, code = desk.account, denial.code
    held = ailment(account.pk, account.health, account.health_detail) if code is DenialCode.ACCOUNT_UNHEALTHY else None
    return (
        f"{held.wrong} {held.mend}" if held else denial.sentence() if code is DenialCode.DATA_MISSING else denial.advice
    )


def _bare(desk: Desk) -> Proposed:
    """An entry of nothing in particular."""
    zero = Decimal(0)
    return Proposed(
        account_id=desk.account.pk,
        symbol="",
        side=PositionSide.LONG,
        kind=PlanKind.ENTRY,
        notional=zero,
        smallest_qty=zero,
        smallest_notional=zero,
        needs_slot=True,
        quote=desk.account.quote,
        account=desk.account.name,
    )


def _book(desk: Desk) -> Snapshot:
    """What is known of the account, whatever the market."""
    account = desk.account
    reconciled = surroundings.reconciled(account, now=desk.now)
    venue = VenueFacts(account.health, reconciled, account.clock_offset_ms, 0, 0, quote=account.quote)
    return Snapshot(
        mode=desk.mode,
        armed=account.armed,
        price_age_secs=None,
        min_qty=None,
        min_notional=None,
        free_slots=desk.free_slots,
        open_slots=len(desk.taken_slots),
        pool_size=settings_or_defaults(desk, "").pool.max_open_groups,
        equity=desk.equity,
        available_quote=desk.available_quote,
        symbol_exposure_quote=None,
        venue=venue,
        record=desk.record,
    )
