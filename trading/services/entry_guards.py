"""What an entry is refused for before anything is computed: its pair, its price, its bar, what it asks for."""

from decimal import Decimal

from project.journal.record import plain
from risk.domain.denial import Denial
from signals.evaluate import Meant
from signals.verdict import Outcome, Verdict
from trading.domain.money import HUNDRED
from trading.domain.pyramids import PyramidView, may_add
from trading.domain.refusal import Refusal
from trading.domain.settings import EngineSettings
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services import listing, order_by_hand_target
from trading.services.desk import Desk


def refusal(desk: Desk, meant: Meant, side: PositionSide, *, group: PositionGroup | None) -> Verdict | None:
    """Why an alert can't enter now, as a new position or as a pyramid of a group; None where it may be sized."""
    chosen = desk.settings(meant.instrument.symbol)
    early = _nonsense(meant) or _blocked(meant, chosen) or _unsupported(desk, meant, group)
    early = early or listing.refusal(desk.account, meant.instrument) or _guarded(desk, meant, side, chosen)
    return early or (_too_early(desk, meant, group, chosen) if group else None)


def denied(denial: Denial) -> Verdict:
    """A denial as an alert's outcome."""
    numbers = {"value": denial.value, "limit": denial.limit, "unit": denial.unit, "subject": denial.subject}
    return Verdict(denial.code, denial.sentence(), plain(numbers))


def refused(refusal: Refusal) -> Verdict:
    """A plan that cannot be placed as an alert's outcome."""
    numbers = {"field": refusal.field, "value": refusal.value, "limit": refusal.limit, "unit": refusal.unit}
    return Verdict(refusal.code, refusal.sentence(), plain(numbers))


def _nonsense(meant: Meant) -> Verdict | None:
    """A price below one tick is no price: nothing can be compared with it, and no ratio of it can be counted."""
    said, rules = meant.intent.price, meant.instrument
    if said is None or said >= rules.tick_size:
        return None
    advice = "The alert's price is below one tick: send the market's price, or none."
    return refused(Refusal("PRICE_NOT_POSITIVE", "price", said, rules.tick_size, advice, rules.quote))


def _blocked(meant: Meant, chosen: EngineSettings) -> Verdict | None:
    """A person wants nothing new of this pair."""
    if not chosen.alerts.blocked:
        return None
    symbol = meant.instrument.symbol
    return Verdict(Outcome.PAIR_BLOCKED, f"{symbol} is blocked by hand; its exits go on.", {"symbol": symbol})


def _guarded(desk: Desk, meant: Meant, side: PositionSide, chosen: EngineSettings) -> Verdict | None:
    """The one-sided price guard: refused when the live price is worse than the alert's by more than is allowed."""
    ticker, said = desk.tickers.get(meant.instrument.id), meant.intent.price
    if ticker is None or said is None:
        return None
    live = ticker.ask if side is PositionSide.LONG else ticker.bid
    worse_pct = side.sign * (live - said) / said * HUNDRED
    limit = chosen.alerts.max_slippage_pct if meant.intent.max_slippage_pct is None else meant.intent.max_slippage_pct
    if worse_pct <= limit:
        return None
    numbers = {"alert_price": said, "live_price": live, "worse_pct": round(worse_pct, 4), "limit_pct": limit}
    reason = f"The price is {worse_pct:.2f} % worse than the alert's ({live.normalize():f} against {said.normalize():f}), the limit is {limit:f} %."
    return Verdict(Outcome.PRICE_MOVED, reason, numbers)


def _too_early(desk: Desk, meant: Meant, group: PositionGroup, chosen: EngineSettings) -> Verdict | None:
    """Why a group takes no further pyramid now: it is closing, blocked, complete, in the same bar, or too near."""
    if group.closing_at is not None:
        return Verdict(Outcome.TOO_SOON, "The group of this pair is closing; enter again when it has closed.")
    if group.blocked:
        return Verdict(Outcome.TOO_SOON, "The group of this pair is blocked by hand.")
    refusal = may_add(
        [PyramidView(p.index, p.base_price, p.created_at) for p in group.pyramids.all()],
        settings=chosen.grid,
        timeframe_secs=meant.timeframe_secs,
        price=base_price(desk, meant),
        at=meant.alert.received_at,
    )
    return refused(refusal) if refusal else None


def _unsupported(desk: Desk, meant: Meant, group: PositionGroup | None) -> Verdict | None:
    """What the alert asks for and nobody here carries out is refused by name, never ignored."""
    intent, spot, leverage = meant.intent, not meant.instrument.derivative, meant.intent.leverage
    wanted = leverage or (desk.account.leverage if group is None else None)
    held = {g.leverage for g in desk.groups_of(meant.instrument)}
    asked = {
        "take_profit": bool(intent.take_profit) and not order_by_hand_target.carried_out(meant, group),
        "leverage on spot": spot and leverage not in (None, 1),
        "a broken number as leverage": leverage is not None and leverage != int(leverage),
        f"leverage {wanted} (a market has one, and {held or ''} is in use)": not spot
        and bool(held)
        and wanted not in {None, *held},
        "stop_loss on a pyramid (the group keeps its first alert's stop)": bool(group and intent.stop_loss),
    }
    named = ", ".join(name for name, is_asked in asked.items() if is_asked)
    if not named:
        return None
    reason = f"The alert asks for {named}, which is not carried out here: remove it, or set it under Settings, exits."
    return Verdict(Outcome.NOT_SUPPORTED, reason, {"fields": named})


def base_price(desk: Desk, meant: Meant) -> Decimal:
    """Where the grid hangs: the alert's price, else the live one; 0 when neither is known, which the plan refuses."""
    ticker = desk.tickers.get(meant.instrument.id)
    return meant.intent.price or (ticker.last if ticker else Decimal(0))
