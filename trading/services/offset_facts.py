"""What an offset reads: how the groups stand, when their legs were sent and filled, and what the day may cost yet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db.models import Count, Max, Q, Sum, Value

from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.reads import Among, Read
from risk.domain.daily_loss import day_start
from risk.domain.offset import Budget
from risk.domain.offset_book import Holding, Market
from risk.domain.offset_eligibility import Candidate, LegTimes
from risk.domain.offset_words import NotNow, OffsetCode
from signals.models import Ticker
from trading.domain.money import HUNDRED, ZERO, pct_of
from trading.domain.offset_saga import RunState
from trading.domain.order_state import SOUGHT, TERMINAL
from trading.domain.position import open_profit
from trading.domain.settings import EngineSettings, OffsetSettings
from trading.domain.vocabulary import MarketKind, PositionSide, Purpose
from trading.models import Fill, Leg, OffsetRun, OffsetStep, OffsetWatch, Order, PositionGroup, Pyramid, QueuedSignal
from trading.selectors import FILLS_MISSING
from trading.services.desk import Desk
from trading.services.offset_books import Book

T = TypeVar("T")

UNSEEN = timedelta(minutes=2)
# A loss that nobody looked at for longer than this may have been none meanwhile: its age begins anew.
BUSY_WORDS = {Purpose.REDUCE: "a reduction"}
UNDECIDED_WORDS = "an undecided order"


@dataclass(frozen=True, slots=True)
class Standing:
    """An open group that holds something, and how it stands at the last price. profit: quote; pct: of its cost."""

    group: PositionGroup
    ticker: Ticker
    profit: Decimal
    pct: Decimal

    @property
    def side(self) -> PositionSide:
        """The position's side."""
        return PositionSide(self.group.side)


HOLDING = Read(
    lambda account_id: (
        PositionGroup.objects.filter(account_id=account_id, closed_at=None, qty__gt=0, cost__gt=0)
        .select_related("account", "instrument__ticker")
        .order_by("id")
    )
)


def standings(account_id: int) -> list[Standing]:
    """Every open group of the account that holds something and has a price, oldest first."""
    priced = ((group, getattr(group.instrument, "ticker", None)) for group in HOLDING(account_id=account_id))
    return [_standing(group, ticker) for group, ticker in priced if ticker is not None]


def _standing(group: PositionGroup, ticker: Ticker) -> Standing:
    side, unit = PositionSide(group.side), group.instrument.contract_size
    profit = open_profit(side=side, qty=group.qty, cost=group.cost, price=ticker.last, unit=unit)
    return Standing(group, ticker, profit, profit / group.cost * HUNDRED)


def holding(standing: Standing, book: Book | None) -> Holding:
    """A group as the plan sees it; without a book it can close nothing."""
    group, market = standing.group, standing.group.instrument
    return Holding(
        group_id=group.pk,
        symbol=market.symbol,
        sign=standing.side.sign,
        qty=group.qty,
        cost=group.cost,
        price=standing.ticker.last,
        market=Market(
            lot_step=market.lot_step,
            min_qty=market.min_qty,
            min_notional=ZERO
            if MarketKind(market.kind).derivative
            else market.min_notional,  # InstrumentRules.sellable
            contract_size=market.contract_size,
            taker_fee=market.taker_fee,
        ),
        levels=book.meeting(standing.side) if book else (),
    )


# eligibility -------------------------------------------------------------------------------------


PYRAMIDS = Read(
    lambda ids: (
        Pyramid.objects.filter(Among("group_id", ids)).order_by("created_at").values_list("group_id", "created_at")
    )
)
_ENTRY = Q(orders__purpose=Purpose.ENTRY)
_NOT_OVER = ~Q(orders__state__in=sorted(TERMINAL))
LEGS = Read(
    lambda ids: (
        Leg.objects.filter(Among("pyramid__group_id", ids))
        .order_by("id")
        .values_list("id", "pyramid__group_id", "qty", "ended_reason")
        .annotate(
            came=Sum("orders__filled_qty", filter=_ENTRY, default=ZERO),
            sent_at=Max("orders__submitted_at", filter=_ENTRY),
            entries=Count("orders", filter=_ENTRY),
            working=Count("orders", filter=_ENTRY & _NOT_OVER),
        )
    )
)
# A leg with its entry orders added up: some thousand rows less than both.
LAST_FILLS = Read(
    lambda ids: (
        Fill.objects.filter(Among("order__group_id", ids), order__purpose=Purpose.ENTRY)
        .order_by()
        .values_list("order__leg_id")
        .annotate(at=Max("at"))
    )
)
WATCHES = Read(lambda ids: OffsetWatch.objects.filter(Among("group_id", ids)))
WORKING = Read(
    lambda ids: Order.objects.filter(
        Q(purpose=Purpose.REDUCE) & (~Q(state__in=sorted(TERMINAL)) | FILLS_MISSING) | Q(state__in=sorted(SOUGHT)),
        Among("group_id", ids),
    ).values_list("group_id", "purpose")
)
REDUCING = Read(
    lambda ids: PositionGroup.objects.filter(Among("id", ids), reduce_qty__gt=0).values_list("pk", flat=True)
)
RUNNING = Read(
    lambda ids: OffsetStep.objects.filter(Among("group_id", ids), ended_at=None).values_list("group_id", "run_id")
)
OF_GROUPS = (PYRAMIDS, LEGS, LAST_FILLS, WATCHES, WORKING, REDUCING, RUNNING)


def candidates(standing: Sequence[Standing], *, now: datetime) -> dict[int, Candidate]:
    """Groups as eligibility sees them, by id; asked in one statement."""
    ids = [one.group.pk for one in standing]
    with ahead(*(read.of(ids=ids) for read in OF_GROUPS)):
        return _candidates(standing, ids, now)


def _candidates(standing: Sequence[Standing], ids: Sequence[int], now: datetime) -> dict[int, Candidate]:
    pyramids, legs, watches = _pyramids(ids), _legs(ids), _watches(ids)
    work, runs, replaced = busy(ids), running(ids), _replacements([one.group for one in standing])
    return {
        one.group.pk: Candidate(
            group_id=one.group.pk,
            loss_pct=one.pct,
            loss_quote=one.profit,
            opened_at=one.group.opened_at,
            pyramids=tuple(pyramids.get(one.group.pk, ())),
            max_pyramids=int(one.group.settings.get("max_pyramids", 1)),
            legs=tuple(legs.get(one.group.pk, ())),
            replaced_at=replaced.get(one.group.pk),
            losing_since=_since(watches.get(one.group.pk), now),
            skipped_until=watches[one.group.pk].skipped_until if one.group.pk in watches else None,
            price_age_secs=Decimal(str(round(abs((now - one.ticker.at).total_seconds()), 3))),
            blocked=one.group.blocked,
            closing=one.group.closing_at is not None,
            busy=work.get(one.group.pk, ""),
            run_id=runs.get(one.group.pk),
        )
        for one in standing
    }


def _pyramids(ids: Sequence[int]) -> dict[int, list[datetime]]:
    return _by_group(PYRAMIDS(ids=ids))


def _legs(ids: Sequence[int]) -> dict[int, list[LegTimes]]:
    """When each leg's last entry order went out, and when its last fill came that made it full."""
    last_fill: dict[int, datetime] = dict(LAST_FILLS(ids=ids))
    return _by_group(
        (
            group_id,
            LegTimes(
                sent_at, last_fill.get(pk) if came >= qty else None, ended=bool(why) or (entries > 0 and not working)
            ),
        )
        for pk, group_id, qty, why, came, sent_at, entries, working in LEGS(ids=ids)
    )


def _by_group(pairs: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for group_id, value in pairs:
        found[group_id].append(value)
    return found


def _replacements(groups: Sequence[PositionGroup]) -> dict[int, datetime]:
    """When the signal that waits, or waited, to continue a group was last replaced by a newer one."""
    if not groups:
        return {}
    accounts, first = {group.account_id for group in groups}, min(group.opened_at for group in groups)
    rows = QueuedSignal.objects.filter(account_id__in=accounts, replacement_count__gt=0, refreshed_at__gte=first)
    pairs = rows.order_by().values_list("instrument_id", "timeframe_secs", "side").annotate(at=Max("refreshed_at"))
    last = {(instrument, timeframe, side): at for instrument, timeframe, side, at in pairs}
    named = {group.pk: last.get((group.instrument_id, group.timeframe_secs, group.side)) for group in groups}
    return {group.pk: at for group in groups if (at := named[group.pk]) is not None and at >= group.opened_at}


def _watches(ids: Sequence[int]) -> Mapping[int, OffsetWatch]:
    return {watch.group_id: watch for watch in WATCHES(ids=list(ids))}


def _since(watch: OffsetWatch | None, now: datetime) -> datetime | None:
    """Since when it loses, as far as somebody looked."""
    if watch is None or watch.seen_at is None or now - watch.seen_at > UNSEEN:
        return None
    return watch.losing_since


def note_losing(losing: Iterable[int], *, account_id: int, now: datetime) -> None:
    """Remember since when groups lose; the clock of all others is taken back. The account is locked by the caller."""
    ids = set(losing)
    gone = OffsetWatch.objects.filter(group__account_id=account_id, losing_since__isnull=False)
    gone.exclude(group_id__in=ids).update(losing_since=None, seen_at=now, code="", words="")
    known = _watches(sorted(ids))
    rows = [OffsetWatch(group_id=pk, seen_at=now, losing_since=_since(known.get(pk), now) or now) for pk in sorted(ids)]
    fields = ["seen_at", "losing_since"]
    OffsetWatch.objects.bulk_create(rows, update_conflicts=True, unique_fields=["group"], update_fields=fields)


def busy(ids: Sequence[int]) -> dict[int, str]:
    """Groups in which something is under way that an offset must not meet, in words."""
    working = WORKING(ids=list(ids))
    found = {pk: BUSY_WORDS.get(Purpose(purpose), UNDECIDED_WORDS) for pk, purpose in working}
    return found | dict.fromkeys(REDUCING(ids=list(ids)), BUSY_WORDS[Purpose.REDUCE])


def running(ids: Sequence[int]) -> dict[int, int]:
    """Groups that are part of a running offset, with its number."""
    return dict(RUNNING(ids=list(ids)))


# the account -------------------------------------------------------------------------------------


def account_refusal(account: ExchangeAccount) -> NotNow | None:
    """Why nothing may be offset on the account at all."""
    current = mode.current().mode
    if current == mode.Mode.EMERGENCY:
        return NotNow(OffsetCode.MODE, value=current, limit="any other")
    if account.health or account.reconciled_at is None:
        ails = account.health or "its books are not reconciled"
        return NotNow(OffsetCode.ACCOUNT_NOT_READY, value=ails, limit="a healthy, reconciled account")
    return None


@dataclass(frozen=True, slots=True)
class Day:
    """The day's loss budget, quote: all of it, and what runs have taken out."""

    budget: Decimal
    spent: Decimal

    @property
    def left(self) -> Decimal:
        """What an offset may cost yet."""
        return self.budget - self.spent


SPENT = Read(
    lambda account_id, since: (
        OffsetRun.objects.filter(account_id=account_id, ended_at__gte=since)
        .order_by()
        .values(one=Value(1))
        .annotate(sum=Sum("cost"))
        .values_list("sum", flat=True)
    )
)


def day(desk: Desk) -> Day | None:
    """Today's budget (UTC); None while the equity is not known."""
    offset = desk.settings("").offset
    if desk.equity is None:
        return None
    spent = SPENT.first(account_id=desk.account.pk, since=day_start(desk.now)) or ZERO
    return Day(pct_of(desk.equity, offset.loss_budget_pct), spent)


def budget(chosen: EngineSettings, *, left: Decimal, group_id: int) -> Budget:
    """What one offset is allowed."""
    offset, execution = chosen.offset, chosen.execution
    return Budget(
        max_winners=offset.max_winners,
        max_slippage_bps=execution.max_slippage_bps,
        left_quote=left,
        credit=credit(group_id),
    )


CREDIT = Read(
    lambda group_id: (
        OffsetRun.objects.filter(group_id=group_id, state=RunState.BROKEN_OFF)
        .order_by()
        .values(one=Value(1))
        .annotate(sum=Sum("winners_realised"))
        .values_list("sum", flat=True)
    )
)


def credit(group_id: int) -> Decimal:
    """What winners earned for this group in runs that did not come to close it, quote."""
    return CREDIT.first(group_id=group_id) or ZERO


def beyond(standing: Standing, offset: OffsetSettings) -> bool:
    """Whether its loss counts at all."""
    return standing.pct < 0 and standing.pct <= offset.loss_threshold_pct
