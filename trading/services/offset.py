"""Offsets: look for a losing group whose time has come, plan what pays for it, take the groups, and let the saga run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from django.db import transaction

from project import failpoints
from project.accounts.models import ExchangeAccount
from project.journal.record import record
from project.reads import Among, Read
from risk.domain import offset as planning
from risk.domain.offset import OffsetPlan
from risk.domain.offset_book import Holding, Sale
from risk.domain.offset_eligibility import Candidate, forbidden, not_yet, worst_first
from risk.domain.offset_limits import OffsetLimits
from risk.domain.offset_words import NotNow, OffsetCode
from signals.models import Instrument
from trading import bells, locks
from trading.domain.offset_saga import StepKind
from trading.gateways.base import Gateway
from trading.models import OffsetRun, OffsetStep, OffsetWatch, PositionGroup
from trading.services import offset_books, offset_facts, offset_saga
from trading.services.desk import Desk
from trading.services.offset_books import Book, Books
from trading.services.offset_facts import Standing

Clock = Callable[[], datetime]

BELL = "sweep_offset"
SPARE_WINNERS = 2
# Books of so many more winners than may pay are read: one of them may have nothing to give.
LOSERS_READ = 8
# The worst ones; when none of them can be paid for, the others wait until one of these has gone.
LEAST_SKIP = timedelta(minutes=10)


# the sweep ---------------------------------------------------------------------------------------


def sweep(account_id: int, *, gateway: Gateway, clock: Clock) -> int | None:
    """Go on with the run that is under way, else begin one; its number, None when there is none. Safe to repeat."""
    offset_saga.advance(account_id, gateway=gateway, clock=clock)
    books = _books(account_id, gateway=gateway, clock=clock)
    if books is None:
        return None
    begun = begin(account_id, books=books, now=clock())
    if begun is not None:
        offset_saga.advance(account_id, gateway=gateway, clock=clock)
    return begun


def _books(account_id: int, *, gateway: Gateway, clock: Clock) -> Books | None:
    """The books that a plan would need now; None where nothing loses enough. While an offset runs: none, losses are noted all the same."""
    if offset_saga.live(account_id) is not None:
        return {}
    desk = Desk(ExchangeAccount.objects.get(pk=account_id), clock())
    standing = offset_facts.standings(account_id)
    losing = [one for one in standing if offset_facts.beyond(one, desk.settings(_symbol(one)).offset)]
    waiting = OffsetWatch.objects.filter(group__account_id=account_id, losing_since__isnull=False).exists()
    if not (losing or waiting):
        return None
    worst = sorted(losing, key=lambda one: one.pct)[:LOSERS_READ]
    return offset_books.read(_instruments(desk, worst, standing), gateway=gateway, clock=clock)


def _instruments(desk: Desk, losers: Sequence[Standing], standing: Sequence[Standing]) -> set[Instrument]:
    """What losers and the richest winners trade; nothing without a loser."""
    most = desk.settings("").offset.max_winners + SPARE_WINNERS
    richest = sorted((one for one in standing if one.profit > 0), key=lambda one: -one.profit)[:most]
    return {one.group.instrument for one in (*losers, *richest)} if losers else set()


def _symbol(one: Standing) -> str:
    symbol: str = one.group.instrument.symbol
    return symbol


def begin(account_id: int, *, books: Books, now: datetime) -> int | None:
    """Take the worst eligible group that can be paid for, in one transaction; the run's number, or None."""
    with failpoints.span("offset.begin"), transaction.atomic():
        scene = look(locks.account(account_id), books=books, now=now)
        losing = [pk for pk, one in scene.standing.items() if offset_facts.beyond(one, scene.limits(one))]
        offset_facts.note_losing(losing, account_id=account_id, now=now)
        if offset_saga.live(account_id) is not None or offset_facts.account_refusal(scene.desk.account):
            return None
        for group in worst_first([scene.candidates[pk] for pk in losing if not scene.not_yet(pk)]):
            found = scene.plan(group.group_id)
            if isinstance(found, OffsetPlan):
                return _reserve(scene, found, operator="")
            _explain(group.group_id, found, quote=scene.desk.account.quote)
        return None


def _explain(group_id: int, why: NotNow, *, quote: str) -> None:
    """Keep why an eligible group could not be offset: the page says it."""
    OffsetWatch.objects.filter(group_id=group_id).update(code=why.code, words=why.sentence(quote))


# one moment --------------------------------------------------------------------------------------


@dataclass(frozen=True)  # without slots: who could pay is found once
class Scene:
    """Everything that offsets of an account are decided by, as of one moment. standing: by group, the oldest first."""

    desk: Desk
    standing: dict[int, Standing]
    candidates: dict[int, Candidate]
    books: Books
    day: offset_facts.Day | None

    def limits(self, one: Standing) -> OffsetLimits:
        """The offset settings that hold for a group's pair now."""
        return self.desk.settings(_symbol(one)).offset

    def not_yet(self, group_id: int) -> tuple[NotNow, ...]:
        """Every reason why the sweep leaves a group alone."""
        limits = self.limits(self.standing[group_id])
        return not_yet(self.candidates[group_id], limits=limits, stale_secs=self.stale_secs, now=self.desk.now)

    def forbidden(self, group_id: int) -> tuple[NotNow, ...]:
        """Every reason why even a person cannot offset it now."""
        limits = self.limits(self.standing[group_id])
        return forbidden(self.candidates[group_id], limits=limits, stale_secs=self.stale_secs, now=self.desk.now)

    @property
    def stale_secs(self) -> int:
        """How old prices and books may be."""
        return self.desk.settings("").risk.stale_price_secs

    def fresh(self, one: Standing) -> Book | None:
        """A group's book, unless it is too old."""
        book = self.books.get(one.group.instrument_id)
        return book if book is not None and book.age_secs(self.desk.now) <= self.stale_secs else None

    def _age_secs(self, one: Standing) -> Decimal | None:
        book = self.books.get(one.group.instrument_id)
        return book.age_secs(self.desk.now) if book else None

    @cached_property
    def payers(self) -> dict[int, Holding]:
        """Groups in profit that are free to be touched, as a plan sees them."""
        free = (one for pk, one in self.standing.items() if one.profit > 0 and not self.forbidden(pk))
        return {one.group.pk: offset_facts.holding(one, self.fresh(one)) for one in free}

    def winners(self, loser: Standing) -> list[Holding]:
        """Of these, who may pay for a loser: others, priced in its quote."""
        mine, quote = loser.group.pk, loser.group.instrument.quote
        others = ((pk, held) for pk, held in self.payers.items() if pk != mine)
        return [held for pk, held in others if self.standing[pk].group.instrument.quote == quote]

    def plan(self, group_id: int) -> OffsetPlan | NotNow:
        """The offset of a group, or what stands in its way; not whether its time has come."""
        loser = self.standing[group_id]
        book, counted, priced = self.fresh(loser), self.desk.account.quote, loser.group.instrument.quote
        if priced != counted:
            return NotNow(OffsetCode.QUOTE_DIFFERS, value=priced, limit=counted)
        if self.day is None:
            return NotNow(OffsetCode.EQUITY_UNKNOWN)
        if book is None:
            return NotNow(OffsetCode.BOOK_STALE, value=self._age_secs(loser), limit=self.stale_secs)
        chosen = self.desk.settings(_symbol(loser))
        return planning.plan(
            loser=offset_facts.holding(loser, book),
            winners=self.winners(loser),
            budget=offset_facts.budget(chosen, left=self.day.left, group_id=group_id),
        )


def look(account: ExchangeAccount, *, books: Books, now: datetime) -> Scene:
    """The account as offsets see it."""
    desk, standing = Desk(account, now), {one.group.pk: one for one in offset_facts.standings(account.pk)}
    candidates = offset_facts.candidates(tuple(standing.values()), now=now)
    return Scene(desk, standing, candidates, books, offset_facts.day(desk))


# taking the groups -------------------------------------------------------------------------------


def _reserve(scene: Scene, plan: OffsetPlan, *, operator: str) -> int:
    """Write the run and its steps: from now on no other offset touches these groups. The account is locked."""
    account, now = scene.desk.account, scene.desk.now
    for sale in sorted((plan.loser, *plan.winners), key=lambda sale: sale.group_id):
        locks.group(sale.group_id)
    run = OffsetRun.objects.create(
        account=account,
        group_id=plan.loser.group_id,
        operator=operator,
        loss=plan.loss,
        cover=plan.cover,
        credit=plan.credit,
        uncovered=plan.uncovered,
        bound=plan.bound,
        started_at=now,
    )
    steps = [_step(run, StepKind.WINNER, sale) for sale in plan.winners]
    OffsetStep.objects.bulk_create([*steps, _step(run, StepKind.LOSER, plan.loser)])
    OffsetWatch.objects.filter(group_id=plan.loser.group_id).update(code="", words="")
    _journal(run, plan)
    return run.pk


def _step(run: OffsetRun, kind: StepKind, sale: Sale) -> OffsetStep:
    return OffsetStep(
        run=run,
        kind=kind,
        group_id=sale.group_id,
        qty=sale.qty,
        expected=sale.result,
        worst_price=sale.worst_price,
        bound=sale.bound,
        whole=sale.whole,
    )


def _journal(run: OffsetRun, plan: OffsetPlan) -> None:
    figures = {name: getattr(run, name) for name in ("operator", "loss", "cover", "credit", "uncovered", "bound")}
    winners = [{"group": sale.group_id, "qty": sale.qty, "expected": sale.result} for sale in plan.winners]
    payload = {"group": run.group_id, **figures, "winners": winners}
    record("offset.reserved", subject=f"offset:{run.pk}", payload=payload, account_id=run.account_id)


# by hand -----------------------------------------------------------------------------------------


def books_for(group: PositionGroup, *, gateway: Gateway, clock: Clock) -> Books:
    """Read the books that an offset of this group needs."""
    desk, standing = Desk(group.account, clock()), offset_facts.standings(group.account_id)
    losers = [one for one in standing if one.group.pk == group.pk]
    return offset_books.read(_instruments(desk, losers, standing), gateway=gateway, clock=clock)


def preview(group: PositionGroup, *, books: Books, now: datetime) -> OffsetPlan | NotNow:
    """What "run now" would do at this moment, or why it would do nothing. Nothing is written."""
    return _by_hand(look(group.account, books=books, now=now), group.pk)


def _by_hand(scene: Scene, group_id: int) -> OffsetPlan | NotNow:
    """A person may overrule timers and thresholds, nothing else."""
    if group_id not in scene.candidates:
        return NotNow(OffsetCode.GROUP_CLOSING)
    live = offset_saga.live(scene.desk.account.pk)
    if live is not None:
        return NotNow(OffsetCode.RUN_IN_PROGRESS, value=live.pk)
    refusals = (offset_facts.account_refusal(scene.desk.account), *scene.forbidden(group_id))
    return next((why for why in refusals if why is not None), None) or scene.plan(group_id)


def run_now(group: PositionGroup, *, operator: str, books: Books, now: datetime) -> OffsetPlan | NotNow:
    """Begin the offset of a group by hand, whatever its timer says; the workers carry it out."""
    with transaction.atomic():
        scene = look(locks.account(group.account_id), books=books, now=now)
        found = _by_hand(scene, group.pk)
        if isinstance(found, OffsetPlan):
            _reserve(scene, found, operator=operator)
            transaction.on_commit(lambda: bells.ring(BELL, group.account_id))
    return found


def skip_once(group: PositionGroup, *, operator: str, now: datetime) -> datetime | None:
    """Leave a group alone for as long as its timer runs, 10 minutes at least; until when. None when it is over."""
    with transaction.atomic():
        account = locks.account(group.account_id)
        locked = locks.group(group.pk)
        if locked.closing_at is not None or locked.closed_at is not None:
            return None
        offset = Desk(account, now).settings(locked.instrument.symbol).offset
        until = now + max(timedelta(minutes=offset.post_full_wait_minutes), LEAST_SKIP)
        said = {"skipped_until": until, "skipped_by": operator}
        OffsetWatch.objects.update_or_create(group=locked, defaults=said)
        payload = {"operator": operator, "until": until}
        record("offset.skipped", subject=f"group:{locked.pk}", payload=payload, account_id=account.pk)
        return until


STEPS = Read(
    lambda ids: OffsetStep.objects.filter(Among("run_id", ids)).select_related("group__instrument").order_by("id")
)


def results(runs: Iterable[OffsetRun]) -> dict[int, list[OffsetStep]]:
    """The steps of runs, by run."""
    found: dict[int, list[OffsetStep]] = {run.pk: [] for run in runs}
    for step in STEPS(ids=list(found)):
        found[step.run_id].append(step)
    return found
