"""What is not as it should be, in words and with its buttons: bare holdings, executions that differ, dust, stopped markets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.urls import reverse

from dashboard.formats import amount, price, qty
from dashboard.snapshot import TroubleRow
from dashboard.words import venue_words
from project.accounts.models import Environment, ExchangeAccount
from project.reads import Question, Read
from signals.listing import market_state
from signals.models import Instrument, Ticker
from trading.domain.listing import said
from trading.domain.money import total
from trading.domain.naked import Cover
from trading.domain.reconcile import Difference
from trading.models import BareHolding, Disagreement, DustMove, PositionGroup
from trading.services import disagree, dust

SETTLED_SHOWN = 20
DUST_SHOWN = 10
COVER_WORDS: Mapping[str, str] = {
    Cover.NAKED: "without an exit",
    Cover.STOP_ONLY: "with a stop alone",
    Cover.WAIVED: "without an exit, waived",
}
DIFFERS: Mapping[str, str] = {
    Difference.FILL_CHANGED: "has other numbers at the venue than here",
    Difference.FILL_PHANTOM: "stands in our books, and the venue has never heard of it",
    Difference.FILL_FOREIGN: "is not ours: somebody traded on the same keys",
    Difference.FILL_DOUBLED: "is of a second order under an id of ours: the venue took one request twice",
}
DOUBLED_WORDS = (
    "It is in no group, so nothing here sells or closes it: undo it at the venue, then say that it is seen to."
)
NO_ENTRIES = "Until you decide, this account takes no entries; exits go on."


@dataclass(frozen=True, slots=True)
class Books:
    """Everything the page shows of one account."""

    bare: tuple[TroubleRow, ...]
    differing: tuple[TroubleRow, ...]
    dust: tuple[TroubleRow, ...]
    markets: tuple[TroubleRow, ...]
    settled: tuple[TroubleRow, ...]


BARE = Read(
    lambda account_id: (
        BareHolding.objects.filter(
            Q(told_at__isnull=False) | Q(waived_at__isnull=False), account_id=account_id, ended_at=None
        )
        .select_related("group__instrument")
        .order_by("id")
    )
)


def questions(account: ExchangeAccount) -> tuple[Question, ...]:
    """What rows() asks."""
    return BARE.of(account_id=account.pk), disagree.UNSETTLED.of(account_id=account.pk)


def rows(account: ExchangeAccount) -> tuple[TroubleRow, ...]:
    """What waits for a person on the overview: bare holdings that were told or waived, executions that differ."""
    return (*_bare(account), *(_differing(row) for row in disagree.unsettled(account.pk)))


def books(account: ExchangeAccount) -> Books:
    """The same with what needs nobody at once: dust, markets that stand still, what was settled."""
    return Books(
        bare=_bare(account),
        differing=tuple(_differing(row) for row in disagree.unsettled(account.pk)),
        dust=tuple(_dust(account)),
        markets=tuple(_markets(account)),
        settled=tuple(_settled(account)),
    )


# holdings without an exit ------------------------------------------------------------------------


def _bare(account: ExchangeAccount) -> tuple[TroubleRow, ...]:
    return tuple(map(_bare_row, BARE(account_id=account.pk)))


def _bare_row(row: BareHolding) -> TroubleRow:
    group = row.group
    close = (_deed("close_group", group.pk, label="Close at market"),) if group.closing_at is None else ()
    waived = row.cover == Cover.WAIVED
    deed = ("take_back_waiver", "Take the waiver back") if waived else ("waive_exit", "It needs none")
    by_name = f"Waived by {row.waived_by}: {row.waived_reason}" if waived else row.words
    size = f"{qty(row.qty, group.instrument.lot_step)} {group.instrument.base}"
    return TroubleRow(
        id=f"bare-{row.pk}",
        subject=f"{group.instrument.symbol} {group.side}",
        says=f"{size} {COVER_WORDS[row.cover]}.",
        since=row.since,
        words=(by_name,),
        deeds=(_deed(deed[0], group.pk, label=deed[1]), *close),
    )


def _deed(name: str, *ids: Any, label: str) -> tuple[str, str]:
    return reverse(f"dashboard:{name}", args=ids), label


# executions that differ --------------------------------------------------------------------------


def _differing(row: Disagreement) -> TroubleRow:
    theirs = "Take the venue's numbers" if row.theirs else "Strike it out"
    doubled = row.kind == Difference.FILL_DOUBLED
    deeds = (("ours", "It is seen to"),) if doubled else (("theirs", theirs), ("ours", "Keep ours"))
    return TroubleRow(
        id=f"differs-{row.pk}",
        subject=row.instrument.symbol,
        says=f"Execution {row.venue_trade_id} of order {row.venue_order_id} {DIFFERS.get(row.kind, row.kind)}.",
        since=row.seen_at,
        words=(*both(row), *([DOUBLED_WORDS] * doubled), NO_ENTRIES),
        deeds=tuple(_deed("settle_difference", row.pk, choice, label=label) for choice, label in deeds),
    )


def both(row: Disagreement) -> tuple[str, ...]:
    """What each side says of the execution."""
    return f"Here: {_numbers(row, row.ours)}", f"There: {_numbers(row, row.theirs)}"


def _numbers(row: Disagreement, told: Mapping[str, str]) -> str:
    if not told:
        return "no such execution."
    size, at = (
        qty(Decimal(told["qty"]), row.instrument.lot_step),
        price(Decimal(told["price"]), row.instrument.tick_size),
    )
    fee = f"{Decimal(told['fee']).normalize():f} {told['fee_currency']}"
    when = datetime.fromisoformat(told["at"])
    return f"{told['side'].lower()} {size} at {at}, fee {fee}, {when:%d %b %H:%M:%S} UTC."


def _settled(account: ExchangeAccount) -> Iterable[TroubleRow]:
    """What was settled lately; a person's word can be undone."""
    found = Disagreement.objects.filter(account=account, settled_at__isnull=False).select_related("instrument")
    for row in found.order_by("-settled_at")[:SETTLED_SHOWN]:
        by_hand = row.settled_as in disagree.CHOICES
        who = f"{row.settled_by}: {row.reason}" if by_hand else SETTLED_WORDS[row.settled_as]
        deeds = (_deed("undo_difference", row.pk, label="Undo"),) if by_hand else ()
        says = f"Execution {row.venue_trade_id} {DIFFERS.get(row.kind, row.kind)}."
        yield TroubleRow(f"settled-{row.pk}", row.instrument.symbol, says, row.seen_at, (*both(row), who), deeds)


SETTLED_WORDS: Mapping[str, str] = {
    "AGREED": "By now both say the same.",
    "SHOWN": "Written down, nothing is to be done: it is the person's own.",
}


# dust and markets --------------------------------------------------------------------------------


def _dust(account: ExchangeAccount) -> Iterable[TroubleRow]:
    """What ended groups left below the minimums, and what a person wrote off."""
    lying = dust.lying(account.pk)
    prices = dict(Ticker.objects.filter(instrument__in=[pk for pk, _ in lying]).values_list("instrument", "last"))
    for (instrument_id, _), groups in lying.items():
        if len(groups) > 1:
            yield _all_dust(groups, prices.get(instrument_id))
        for group in groups[-DUST_SHOWN:]:
            words = "It goes into a position of its pair, at what it cost, once that makes another lot to sell."
            yield _dust_row(group, group.qty, words, _deed("write_off_dust", group.pk, label="Write off"))
    moves = DustMove.objects.filter(group__account=account, to_group=None, undone_at=None)
    for move in moves.select_related("group__instrument").order_by("-id")[:SETTLED_SHOWN]:
        words = f"Written off by {move.operator}: {move.reason}"
        yield _dust_row(move.group, move.qty, words, _deed("put_back_dust", move.group_id, label="Put back"))


def _all_dust(groups: Sequence[PositionGroup], last: Decimal | None) -> TroubleRow:
    """What groups of a pair left together, with what it would bring; those of long ago are only counted."""
    first, instrument = groups[0], groups[0].instrument
    held = total(group.qty for group in groups)
    worth = f", worth {amount(held * last, instrument.quote)} {instrument.quote}" if last else ""
    says = f"{qty(held, instrument.lot_step)} {instrument.base} left by {len(groups)} groups{worth}."
    untold = len(groups) - DUST_SHOWN
    words = (f"The last {DUST_SHOWN} of them stand below.",) if untold > 0 else ()
    key, since = f"dust-{instrument.symbol}-{first.side}", groups[-1].closed_at or groups[-1].opened_at
    return TroubleRow(key, f"{instrument.symbol} {first.side}", says, since, words, ())


def _dust_row(group: PositionGroup, left: Decimal, words: str, deed: tuple[str, str]) -> TroubleRow:
    says = (
        f"{qty(left, group.instrument.lot_step)} {group.instrument.base} left by group {group.pk}, too little to sell."
    )
    since = group.closed_at or group.opened_at
    return TroubleRow(f"dust-{group.pk}", f"{group.instrument.symbol} {group.side}", says, since, (words,), (deed,))


def _markets(account: ExchangeAccount) -> Iterable[TroubleRow]:
    """Markets that do not trade and in which something of the account is open, or waits."""
    mine = Q(groups__account=account, groups__closed_at=None) | Q(queue__account=account, queue__ended_at=None)
    stopped = Instrument.objects.filter(venue=account.venue, environment=account.environment, active=False)
    for row in stopped.filter(mine).distinct().order_by("symbol"):
        state = market_state(active=row.active, status=row.status)
        venue, paper = venue_words(account.venue), account.environment == Environment.PAPER
        words = said(state, venue=venue, symbol=row.symbol, since=row.stopped_at, paper=paper)
        yield TroubleRow(f"market-{row.pk}", row.symbol, f"{row.status.capitalize()}.", row.stopped_at, (words,))
