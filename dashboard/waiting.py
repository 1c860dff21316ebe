"""The queue as the page shows it: who waits, in the order of going in and why; and how it ended for others lately."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from dashboard import words
from dashboard.groups import market_of
from dashboard.snapshot import LeftRow, WaitingRow
from project.accounts.models import ExchangeAccount
from project.reads import Question, Read
from trading.domain.admission import QueueRule, Waiting, deciding_rule
from trading.models import QueuedSignal
from trading.services import queue
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults

LATELY = timedelta(hours=1)
LEFT_SHOWN = 5
ENDED_WORDS: Mapping[str, str] = MappingProxyType(
    {
        QueuedSignal.State.PROMOTED: "went in",
        QueuedSignal.State.EXPIRED: "expired",
        QueuedSignal.State.REMOVED: "taken out",
    }
)


def rows(desk: Desk) -> tuple[WaitingRow, ...]:
    """Who waits, the next to go in first; last those that wait for a group to close."""
    waiting = queue.waiting(desk.account.pk)
    desk.waiting = waiting  # with everything of each at hand: the desk would read the same rows without
    if not waiting:
        return ()
    ranked = queue.ranked(desk)
    views = [queue.view(desk, row) for row in ranked]
    why = _reasons(views, rules=settings_or_defaults(desk, "").queue.rules)
    first = [_row(desk, row, view, n, why[n - 1]) for n, (row, view) in enumerate(zip(ranked, views, strict=True), 1)]
    ids = {row.pk for row in ranked}
    held = [row for row in waiting if row.pk not in ids]
    return (
        *first,
        *(_row(desk, r, queue.view(desk, r), None, f"after group {r.after_group_id} closes") for r in held),
    )


def _reasons(views: Sequence[Waiting], *, rules: Sequence[QueueRule]) -> list[str]:
    """Per rank: the rule that puts it before the next one."""
    pairs = zip(views, views[1:], strict=False)
    said = [words.rank_words(deciding_rule(a, b, rules=rules), ahead_of=n) for n, (a, b) in enumerate(pairs, 2)]
    return [*said, "the last" if len(views) > 1 else "the only one"]


def _row(desk: Desk, row: QueuedSignal, view: Waiting, rank: int | None, why: str) -> WaitingRow:
    ticker = desk.tickers.get(row.instrument_id)
    return WaitingRow(
        id=row.pk,
        market=market_of(row.instrument, ticker.last if ticker else None),
        side=row.side,
        timeframe_secs=row.timeframe_secs,
        rank=rank,
        why=why,
        discount_pct=view.discount_pct,
        alert_price=row.alert_price,
        replacements=row.replacement_count,
        queued_at=row.queued_at,
        last_denial=row.last_denial,
        maker_fee=row.instrument.maker_fee or Decimal(0),
    )


LEFT = Read(
    lambda account_id, since: (
        QueuedSignal.objects.filter(account_id=account_id, ended_at__gte=since)
        .select_related("instrument")
        .order_by("-ended_at", "-id")[:LEFT_SHOWN]
    )
)


def questions(account: ExchangeAccount, *, now: datetime) -> tuple[Question, ...]:
    """What rows() and left_lately() ask, beside the desk's own."""
    return queue.WAITING.of(account_id=account.pk), LEFT.of(account_id=account.pk, since=now - LATELY)


def left_lately(account: ExchangeAccount, *, now: datetime) -> tuple[LeftRow, ...]:
    """Who left the queue within the last hour, the latest first."""
    return tuple(map(_left, LEFT(account_id=account.pk, since=now - LATELY)))


def _left(row: QueuedSignal) -> LeftRow:
    ended_at = row.ended_at or row.queued_at
    said = f"{ENDED_WORDS.get(row.state, row.state)} ({words.close_words(row.ended_by)})"
    waited_secs = (ended_at - row.queued_at).total_seconds()
    return LeftRow(row.pk, row.instrument.symbol, row.side, said, waited_secs, ended_at)
