"""What surrounds an entry, read from trading's rows: exposure by market and strategy, elsewhere, and past trades."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, DecimalField, F, Q, Sum, Value
from django.db.models.functions import Coalesce

from project.accounts.models import ExchangeAccount
from project.reads import Read
from risk.domain.kelly import TradeRecord
from risk.domain.portfolio import Exposure
from trading.domain.money import ZERO, total
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup

NOTHING = Value(ZERO, DecimalField(max_digits=38, decimal_places=18))
RECORD_OF = 500
# Of a strategy's closed groups the last so many count.

STRATEGIES = Read(
    lambda account_id: (
        PositionGroup.objects.filter(account_id=account_id, closed_at=None, pyramids__index=0)
        .order_by()
        .values_list("pk", "pyramids__signal__alert__source__name")
    )
)
ELSEWHERE = Read(
    lambda account_id, user_id, environment: (
        PositionGroup.objects.filter(account__user_id=user_id, account__environment=environment, closed_at=None)
        .exclude(account_id=account_id)
        .order_by()
        .values_list("account__venue")
        .annotate(cost=Coalesce(Sum("cost"), NOTHING))
    )
)


def exposures(
    groups: Iterable[PositionGroup], *, worth: Mapping[int, Decimal], coming: Mapping[int, Decimal]
) -> list[Exposure]:
    """What is open by market. worth: of each group at its price; coming: what entries may still buy, by instrument."""
    by_market: dict[int, list[PositionGroup]] = {}
    for group in groups:
        by_market.setdefault(group.instrument_id, []).append(group)
    return [_exposure(rows, worth, coming.get(pk, ZERO)) for pk, rows in by_market.items()]


def _exposure(rows: list[PositionGroup], worth: Mapping[int, Decimal], coming: Decimal) -> Exposure:
    """One market's; what is coming counts to the side that is larger, or that the last group is on."""
    instrument = rows[0].instrument
    long = total(worth[g.pk] for g in rows if g.side == PositionSide.LONG)
    short = total(worth[g.pk] for g in rows if g.side == PositionSide.SHORT)
    downward = short > long or (short == long and rows[-1].side == PositionSide.SHORT)
    net = long - short + (-coming if downward else coming)
    return Exposure(instrument.symbol, instrument.base, long + short + coming, net)


def by_strategy(
    groups: Sequence[PositionGroup],
    strategies: Mapping[int, str],
    *,
    worth: Mapping[int, Decimal],
    coming: Mapping[int, Decimal],
) -> dict[str, Decimal]:
    """Exposure by strategy; what entries of a market may still buy counts to the strategy of its last group."""
    last = {group.instrument_id: group.pk for group in groups}
    found: dict[str, Decimal] = {}
    for group in groups:
        name = strategies.get(group.pk, "")
        still = coming.get(group.instrument_id, ZERO) if last[group.instrument_id] == group.pk else ZERO
        found[name] = found.get(name, ZERO) + worth[group.pk] + still
    return found


def strategies(account: ExchangeAccount) -> dict[int, str]:
    """The strategy of each open group: the source of its first pyramid's alert, by name."""
    return {pk: name or "" for pk, name in STRATEGIES(account_id=account.pk)}


def elsewhere(account: ExchangeAccount) -> dict[str, Decimal]:
    """What the trader's other accounts of the same environment hold, as it cost, quote, by venue."""
    return dict(ELSEWHERE(account_id=account.pk, user_id=account.user_id, environment=account.environment))


def trade_record(account: ExchangeAccount, strategy: str) -> TradeRecord:
    """A strategy's last closed groups on this account, in quote after fees."""
    rows = PositionGroup.objects.filter(
        account=account, closed_at__isnull=False, pyramids__index=0, pyramids__signal__alert__source__name=strategy
    ).exclude(realised_pnl=0)
    last = PositionGroup.objects.filter(
        pk__in=list(rows.order_by("-closed_at").values_list("pk", flat=True)[:RECORD_OF])
    )
    won, lost = Q(realised_pnl__gt=0), Q(realised_pnl__lt=0)
    found = last.aggregate(
        wins=Count("pk", filter=won),
        losses=Count("pk", filter=lost),
        won=Coalesce(Sum("realised_pnl", filter=won), NOTHING),
        lost=Coalesce(Sum(-F("realised_pnl"), filter=lost), NOTHING),
    )
    return TradeRecord(found["wins"], found["losses"], found["won"], found["lost"])


# the account -------------------------------------------------------------------------------------

RECONCILED_WITHIN = timedelta(minutes=10)
# Forty times its beat: who compares the books stands still, and with it balances, drawdown and the day's result.


def reconciled(account: ExchangeAccount, *, now: datetime) -> bool:
    """Whether our books were compared with the venue's lately."""
    return account.reconciled_at is not None and now - account.reconciled_at <= RECONCILED_WITHIN
