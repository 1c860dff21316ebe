"""What an account's fills brought: as its venue booked them, or worked out where it does not say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.db.models import Sum

from project.accounts.models import ExchangeAccount, PositionMode
from signals.market import venues
from trading.domain import realised
from trading.domain.money import ZERO
from trading.domain.realised import Trade
from trading.domain.vocabulary import Side
from trading.models import Fill


def of(account_id: int) -> Iterable[tuple[str, Decimal]]:
    """Currency and amount, before fees."""
    rows = Fill.objects.filter(account_id=account_id)
    if _is_silent(account_id):
        return _worked_out(account_id, rows.select_related("instrument"))
    return rows.order_by().values_list("instrument__quote").annotate(Sum("realised"))


def _worked_out(account_id: int, fills: Iterable[Fill]) -> Iterator[tuple[str, Decimal]]:
    """From every execution in its order: what one brought hangs on those before it."""
    hedge = ExchangeAccount.objects.filter(pk=account_id, position_mode=PositionMode.HEDGE).exists()
    sides = dict(Fill.objects.filter(account_id=account_id).values_list("pk", "order__group__side")) if hedge else {}
    positions: dict[tuple[int, str], list[Fill]] = defaultdict(list)
    for fill in sorted(fills, key=lambda fill: (fill.at, len(fill.venue_trade_id), fill.venue_trade_id)):
        positions[fill.instrument_id, sides.get(fill.pk, "")].append(fill)
    for rows in positions.values():
        yield rows[0].instrument.quote, realised.realised(_trades(rows))


def slack(account_id: int) -> Decimal:
    """How far a balance may be off by rounding alone: nothing, or a step for each fill where results are worked out."""
    if not _is_silent(account_id):
        return ZERO
    return realised.STEP * Fill.objects.filter(account_id=account_id).count()


def _is_silent(account_id: int) -> bool:
    """Whether the venue does not say what its executions brought."""
    venue = venues.capability(ExchangeAccount.objects.values_list("venue", flat=True).get(pk=account_id))
    return venue is not None and not venue.tells_realised


def _trades(fills: Iterable[Fill]) -> Iterator[Trade]:
    for fill in fills:
        yield Trade(fill.qty if fill.side == Side.BUY else -fill.qty, fill.cost)
