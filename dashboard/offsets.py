"""The page "Offset" in numbers: who loses and why not yet, who would pay, what the day may cost, and what runs came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard import formats
from dashboard.groups import market_of
from dashboard.snapshot import Market
from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.reads import Question, Read
from risk.domain.daily_loss import day_start
from risk.domain.offset import OffsetPlan
from risk.domain.offset_book import Sale
from risk.domain.offset_eligibility import ready_at
from risk.domain.offset_words import NotNow, OffsetCode
from trading.domain.offset_saga import RunState, StepKind, StepState
from trading.domain.vocabulary import PositionSide
from trading.models import OffsetRun, OffsetStep
from trading.services import desk_ahead, offset, offset_books, offset_facts
from trading.services.offset import Scene
from trading.services.offset_facts import Standing

RUNS_SHOWN = 20
SOON = "with the next look, within 10 s"
WAITS = "waits"
STATE_WORDS = {
    RunState.RESERVED: "about to sell",
    RunState.SELLING: "selling the winners' parts",
    RunState.CLOSING: "closing the losing group",
    RunState.DONE: "done",
    RunState.BROKEN_OFF: "broken off",
}
STEP_WORDS = {
    StepState.PLANNED: "waits",
    StepState.WORKING: "under way",
    StepState.DONE: "done",
    StepState.LEFT: "let be",
}


@dataclass(frozen=True, slots=True)
class PartRow:
    """What one group gives or loses, by the book or as it came."""

    market: Market
    side: str
    qty: Decimal
    result: Decimal
    whole: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What an offset would come to, quote."""

    loser: PartRow
    winners: tuple[PartRow, ...]
    loss: Decimal
    cover: Decimal
    credit: Decimal
    uncovered: Decimal
    expected: Decimal
    bound: Decimal


@dataclass(frozen=True, slots=True)
class LoserRow:
    """A losing group: how it stands, when its time comes and why not yet, and the plan or what stands in its way."""

    id: int
    market: Market
    side: str
    timeframe_secs: int
    pyramids: int
    max_pyramids: int
    loss: Decimal
    loss_pct: Decimal
    blocked: bool
    when: str
    reasons: tuple[NotNow, ...]
    plan: PlanRow | None
    hindrance: str
    leaving: bool  # it closes already: there is nothing to decide
    book_age_secs: float | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run: what was planned and what came of it, quote."""

    id: int
    market: Market
    side: str
    state: str
    ended: bool
    operator: str
    expected: Decimal
    bound: Decimal
    result: Decimal
    winners: tuple[PartRow, ...]
    code: str
    words: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OffsetPage:
    """Everything the page shows of one account."""

    at: datetime
    quote: str
    losers: tuple[LoserRow, ...]
    winners: int
    winners_profit: Decimal
    budget: Decimal | None
    spent: Decimal | None
    hindrance: str
    live: RunRow | None
    runs: tuple[RunRow, ...]

    @property
    def budget_left(self) -> Decimal | None:
        """What offsets may cost yet today."""
        return None if self.budget is None or self.spent is None else self.budget - self.spent


def gather(account: ExchangeAccount, *, now: datetime) -> OffsetPage:
    """The page of an account, by its rows; the books are those of the last sweep."""
    with ahead(*_questions(account, now)):
        standing, runs = offset_facts.standings(account.pk), RUNS(account_id=account.pk)
        with ahead(*_of_groups(standing, runs)):
            return _page(account, standing, now=now)


def _questions(account: ExchangeAccount, now: datetime) -> tuple[Question, ...]:
    """What is known of the account by itself."""
    mine = {"account_id": account.pk}
    spent = offset_facts.SPENT.of(**mine, since=day_start(now))
    return *desk_ahead.money(account), offset_facts.HOLDING.of(**mine), RUNS.of(**mine), spent, mode.ROW.of()


def _of_groups(standing: Sequence[Standing], runs: Sequence[OffsetRun]) -> tuple[Question, ...]:
    """What hangs on the groups and runs that were found."""
    losing = [one.group.pk for one in standing if one.profit < 0]
    return (
        offset_books.KEPT.of(ids=sorted({one.group.instrument_id for one in standing})),
        *(offset_facts.CREDIT.of(group_id=pk) for pk in losing),
        offset.STEPS.of(ids=[run.pk for run in runs]),
    )


def _page(account: ExchangeAccount, standing: Sequence[Standing], *, now: datetime) -> OffsetPage:
    books = offset_books.kept({one.group.instrument_id for one in standing})
    scene = offset.look(account, books=books, now=now)
    losing = sorted((one for one in scene.standing.values() if one.profit < 0), key=lambda one: one.pct)
    winning = [one.profit for one in scene.standing.values() if one.profit > 0]
    refusal = offset_facts.account_refusal(account)
    runs = _runs(account)
    return OffsetPage(
        at=now,
        quote=account.quote,
        losers=tuple(_loser(scene, one) for one in losing),
        winners=len(winning),
        winners_profit=sum(winning, Decimal(0)),
        budget=scene.day.budget if scene.day else None,
        spent=scene.day.spent if scene.day else None,
        hindrance=refusal.sentence(account.quote) if refusal else "",
        live=next((run for run in runs if not run.ended), None),
        runs=tuple(run for run in runs if run.ended),
    )


# losers ------------------------------------------------------------------------------------------


def _loser(scene: Scene, one: Standing) -> LoserRow:
    group, reasons = one.group, scene.not_yet(one.group.pk)
    closing = tuple(why for why in reasons if why.code is OffsetCode.GROUP_CLOSING)
    seen, market = scene.candidates[group.pk], market_of(group.instrument, one.ticker.last)
    found, book = (scene.plan(group.pk), scene.books.get(group.instrument_id)) if not closing else (None, None)
    return LoserRow(
        id=group.pk,
        market=market,
        side=group.side,
        timeframe_secs=group.timeframe_secs,
        pyramids=len(seen.pyramids),
        max_pyramids=seen.max_pyramids,
        loss=one.profit,
        loss_pct=one.pct,
        blocked=group.blocked,
        when=when(closing or reasons, found, now=scene.desk.now),
        reasons=closing or reasons,  # of a group that closes already nothing else matters
        plan=plan_row(scene, found) if isinstance(found, OffsetPlan) else None,
        hindrance=found.sentence(market.quote) if isinstance(found, NotNow) else "",
        leaving=bool(closing),
        book_age_secs=(scene.desk.now - book.at).total_seconds() if book else None,
    )


def when(reasons: tuple[NotNow, ...], found: OffsetPlan | NotNow | None, *, now: datetime) -> str:
    """When a group is offset, in a few words: "offset in 38 min"."""
    at = ready_at(reasons)
    if at is not None:
        return f"offset in {formats.span((at - now).total_seconds())}"
    if reasons:
        return SHORT.get(reasons[0].code, WAITS)
    waits = isinstance(found, NotNow) and found.code is not OffsetCode.BOOK_STALE
    return "its time has come, nobody can pay" if waits else SOON


SHORT = {
    OffsetCode.GROUP_BLOCKED: "blocked by hand",
    OffsetCode.GROUP_BUSY: "waits for its orders",
    OffsetCode.GROUP_CLOSING: "closing",
    OffsetCode.LOSS_TOO_SMALL: "loses too little",
    OffsetCode.PRICE_UNKNOWN: "waits for a price",
    OffsetCode.PYRAMIDS_INCOMPLETE: "waits for its pyramids",
    OffsetCode.RUN_IN_PROGRESS: "under way",
    OffsetCode.TIMER_NOT_STARTED: "waits for its legs or pyramids",
    OffsetCode.LOSS_TOO_YOUNG: "loses only just now",
}


def plan_row(scene: Scene, plan: OffsetPlan) -> PlanRow:
    """A plan as the page shows it."""
    return PlanRow(
        loser=_planned(scene, plan.loser),
        winners=tuple(_planned(scene, sale) for sale in plan.winners),
        loss=plan.loss,
        cover=plan.cover,
        credit=plan.credit,
        uncovered=plan.uncovered,
        expected=plan.expected,
        bound=plan.bound,
    )


def _planned(scene: Scene, sale: Sale) -> PartRow:
    one = scene.standing[sale.group_id]
    market = market_of(one.group.instrument, one.ticker.last)
    return PartRow(market, one.group.side, sale.qty, sale.result, sale.whole)


# runs --------------------------------------------------------------------------------------------


RUNS = Read(
    lambda account_id: (
        OffsetRun.objects.filter(account_id=account_id).select_related("group__instrument").order_by("-id")[:RUNS_SHOWN]
    )
)


def _runs(account: ExchangeAccount) -> list[RunRow]:
    """The latest runs, the newest first."""
    rows = RUNS(account_id=account.pk)
    steps = offset.results(rows)
    return [_run(run, steps[run.pk]) for run in rows]


def _run(run: OffsetRun, steps: Sequence[OffsetStep]) -> RunRow:
    paid = (step for step in steps if step.kind == StepKind.WINNER and (step.sold_qty or step.ended_at is None))
    winners = tuple(_came(step) for step in paid)
    return RunRow(
        id=run.pk,
        market=market_of(run.group.instrument, None),
        side=run.group.side,
        state=STATE_WORDS[RunState(run.state)],
        ended=run.ended_at is not None,
        operator=run.operator,
        expected=run.cover - run.loss,
        bound=run.bound,
        result=run.winners_realised + run.loser_realised,
        winners=winners,
        code=run.code,
        words=run.words,
        started_at=run.started_at,
        ended_at=run.ended_at,
    )


def _came(step: OffsetStep) -> PartRow:
    """A winner's step: what it brought, or what is expected of it while it has not ended."""
    ended = StepState(step.state).ended
    market = market_of(step.group.instrument, None)
    figures = (step.sold_qty, step.realised) if ended else (step.qty, step.expected)
    return PartRow(market, step.group.side, *figures, step.whole, STEP_WORDS[StepState(step.state)])


# the question ------------------------------------------------------------------------------------


def consequence(plan: OffsetPlan, names: "Naming") -> tuple[str, ...]:
    """What "run now" does, line by line, in numbers."""
    quote = names.quote
    sells = [_sentence(names, sale) for sale in plan.winners]
    closes = _sentence(names, plan.loser, verb="Then closes")
    credit = f" An earlier run has earned {_money(plan.credit, quote)} of it." if plan.credit else ""
    sums = f"The loss is {_money(plan.loss, quote)}, the winners bring {_money(plan.cover, quote)}.{credit}"
    bare = f" {_money(plan.uncovered, quote)} stay uncovered." if plan.uncovered else ""
    total = f"Together {_money(plan.expected, quote, signed=True)} after fees, give or take {_money(plan.bound, quote)}.{bare}"
    return (*sells, closes, sums, total)


@dataclass(frozen=True, slots=True)
class Naming:
    """What the sentences of a question name groups by."""

    quote: str
    groups: dict[int, Standing]


def _sentence(names: Naming, sale: Sale, verb: str = "") -> str:
    one = names.groups[sale.group_id]
    instrument = one.group.instrument
    said = verb or ("Sells" if one.side is PositionSide.LONG else "Buys back")
    unit = instrument.base if instrument.contract_size == 1 else "contracts"
    amount = f"{formats.qty(sale.qty, instrument.lot_step)} {unit}"
    what = f"{instrument.symbol} {one.group.side}, {amount}" if verb else f"{amount} of {instrument.symbol}"
    rest = " (all of it: the group closes)" if sale.whole and not verb else ""
    at = formats.price(sale.average_price / instrument.contract_size, instrument.tick_size)
    return f"{said} {what} at market, about {at} each: {_money(sale.result, names.quote, signed=True)}{rest}."


def _money(value: Decimal, quote: str, *, signed: bool = False) -> str:
    return f"{formats.amount(value, quote, signed=signed)} {quote}"
