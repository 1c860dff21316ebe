"""Executions held against the venue's: what we lack is recorded, what differs waits for a person, what is not ours is noted.

Orders tell what has filled as long as they rest; here are the executions that no order tells of any more: those that show
only after it ended, those that the venue has never heard of, and those with other numbers.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q

from project.accounts.models import ExchangeAccount
from project.journal.record import plain, record
from signals.market import venues
from signals.models import Instrument
from trading import locks, selectors
from trading.domain.order_state import TERMINAL, OrderState
from trading.domain.reconcile import (
    Correction,
    Difference,
    OurBook,
    OurOrder,
    TheirBook,
    VenueFill,
    compare,
)
from trading.gateways.base import FillReport, Gateway
from trading.models import Disagreement, Fill, Order
from trading.services import execution, fills
from trading.services.listing import NOT_LISTED

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

OVERLAP = timedelta(minutes=15)
# An execution may show this long after its order ended.
EDGE = timedelta(days=1)
# A venue counts its days its own way: near the end of what it tells, its silence proves nothing.
AT_ONCE = 5
# Markets looked at in one sweep, in turn: a list of executions costs a venue as much as twenty other questions.
SOUGHT_AT_ONCE = 1
# Of those with an old order whose fills are lacking: week by week, each costs as much as all the others together.
LATE = timedelta(seconds=60)
# A venue's own list may lag behind the answer to an order by some seconds: younger fills prove nothing.
TURN_SECS = 15
WATCHED = frozenset({Difference.FILL_CHANGED, Difference.FILL_PHANTOM})
# What only a person settles.
NUMBERS_AT_ONCE = 20
# A venue is asked whose so many orders were, at one look; where a person trades by the thousand the others come later.


@dataclass(frozen=True, slots=True)
class Look:
    """One market's executions of a period, both sides', and what differs."""

    instrument: Instrument
    since: datetime
    theirs: Mapping[tuple[str, str, str], FillReport]
    found: tuple[Correction, ...]


def look(account: ExchangeAccount, *, gateway: Gateway, clock: Clock) -> int:
    """Compare the executions of some of the account's markets, others at the next call; how many were recorded.

    All of them at the first look, after a pause, and while something is wrong: by turns the later ones would be looked
    at when the pause lies behind. Raises NotReached.
    """
    now = clock()
    agreed = min(now, _agreed_at(account))
    since = _answered(account, agreed - OVERLAP, now)
    markets = _touched(account, since=since)
    whole = account.health or account.reconciled_at is None or now - agreed > OVERLAP
    turn = markets if whole else _turn(markets, AT_ONCE, now)
    count = _correct_all(account, turn, since=since, gateway=gateway, clock=clock)
    return count + _seek(account, gateway=gateway, clock=clock)


def _agreed_at(account: ExchangeAccount) -> datetime:
    """When the books agreed last, also before this start; what was read with other keys says nothing of these."""
    kept = account.reconciled_at or account.last_reconciled_at
    if kept is None or (account.reconciled_at is None and account.keys_at is not None and account.keys_at > kept):
        return account.created_at
    return kept


def _seek(account: ExchangeAccount, *, gateway: Gateway, clock: Clock) -> int:
    """Fills of orders so old that their number does not bring them any more; how many were recorded. Raises NotReached.

    An order that is decided late has filled before the last reconcile, and is looked for from its own time on.
    """
    venue, now = venues.capability(account.venue), clock()
    if venue is None or venue.numbers_told is None:
        return 0
    rows = Order.objects.filter(selectors.FILLS_MISSING, account=account, created_at__lt=now - venue.numbers_told)
    listed = rows.exclude(NOT_LISTED).exclude(venue_order_id="").order_by("instrument_id")
    first = dict(listed.values_list("instrument_id").annotate(first=Min("created_at")))
    markets = Instrument.objects.in_bulk(first)
    count = 0
    for market in _turn([markets[pk] for pk in sorted(first)], SOUGHT_AT_ONCE, now):
        since = _answered(account, first[market.pk] - OVERLAP, now)
        count += _correct_all(account, [market], since=since, gateway=gateway, clock=clock)
    return count


def of_currencies(account: ExchangeAccount, currencies: Collection[str], *, gateway: Gateway, clock: Clock) -> int:
    """The same for every market of the last day that moves one of these currencies; how many were recorded."""
    now = clock()
    since = _answered(account, now - timedelta(days=1), now)
    markets = [m for m in _touched(account, since=since) if {m.base, m.quote} & set(currencies)]
    return _correct_all(account, markets, since=since, gateway=gateway, clock=clock)


def _correct_all(
    account: ExchangeAccount, markets: Sequence[Instrument], *, since: datetime, gateway: Gateway, clock: Clock
) -> int:
    """Look at markets and correct what can be; how many executions were recorded."""
    looks = (_look_at(account, market, since=since, gateway=gateway) for market in markets)
    return sum(_correct(account, one, gateway=gateway, now=clock()) for one in looks)


def _answered(account: ExchangeAccount, since: datetime, now: datetime) -> datetime:
    """As much of a period as the venue certainly tells of: an older execution that it does not tell is no phantom."""
    venue, since = venues.capability(account.venue), max(since, account.created_at)
    return since if venue is None or venue.fills_told is None else max(since, now - venue.fills_told + EDGE)


def _touched(account: ExchangeAccount, *, since: datetime) -> list[Instrument]:
    """Markets in which an order of ours lives, or ended lately."""
    lately = Q(updated_at__gte=since) | ~Q(state__in=sorted(TERMINAL))
    rows = Order.objects.filter(lately, account=account).exclude(NOT_LISTED).exclude(venue_order_id="")
    return list(Instrument.objects.filter(pk__in=rows.values("instrument_id")).order_by("id"))


def _turn(markets: Sequence[Instrument], at_once: int, now: datetime) -> Sequence[Instrument]:
    """The few whose turn it is: each comes once in as many sweeps as it takes."""
    rounds = -(-len(markets) // at_once) or 1
    place = int(now.timestamp() // TURN_SECS) % rounds
    return markets[place * at_once : (place + 1) * at_once]


# looking -----------------------------------------------------------------------------------------


def _look_at(account: ExchangeAccount, instrument: Instrument, *, since: datetime, gateway: Gateway) -> Look:
    """Ask for one market's executions and compare them with ours of the same period, which venues count in milliseconds."""
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    told = {(r.venue_order_id, r.venue_trade_id): r for r in gateway.fills_since(symbol=instrument.symbol, since=since)}
    theirs = {execution.of(report, instrument).key: report for report in told.values()}
    mine = Fill.objects.filter(account=account, instrument=instrument, at__gte=since)
    numbers = {report.venue_order_id for report in told.values()}
    orders = Order.objects.filter(account=account, instrument=instrument, venue_order_id__in=numbers)
    ours = OurBook(
        [_order(o, instrument) for o in orders], [execution.of(f, instrument) for f in mine.exclude(qty=0)], {}
    )
    found = compare(ours, TheirBook((), [execution.of(r, instrument) for r in theirs.values()], {}))
    return Look(instrument, since, theirs, tuple(c for c in found if c.fill is not None))


def _order(order: Order, instrument: Instrument) -> OurOrder:
    """As far as executions ask for it: nothing is said about where it rests."""
    return OurOrder(order.client_order_id, order.venue_order_id, instrument.symbol, OrderState.FILLED, order.filled_qty)


# correcting --------------------------------------------------------------------------------------


def _correct(account: ExchangeAccount, look: Look, *, gateway: Gateway, now: datetime) -> int:
    """Record what we lack, note what is not ours, and keep for a person what differs; what agrees again is settled."""
    by_kind: dict[Difference, list[VenueFill]] = defaultdict(list)
    for correction in look.found:
        if correction.fill is not None:
            by_kind[correction.kind].append(correction.fill)
    recorded, strange = _record(account, look, by_kind[Difference.FILL_MISSING], now), by_kind[Difference.FILL_FOREIGN]
    doubles = _doubles(account, look, {fill.venue_order_id for fill in strange}, gateway=gateway)
    _note_foreign(account, look, [f for f in strange if doubles.get(f.venue_order_id, ...) is None], now)
    differing = [(kind, fill) for kind in sorted(WATCHED) for fill in by_kind[kind]]
    differing += [(Difference.FILL_DOUBLED, fill) for fill in strange if doubles.get(fill.venue_order_id)]
    _keep(account, look, differing, doubles, now)
    return recorded


def _doubles(
    account: ExchangeAccount, look: Look, numbers: Collection[str], *, gateway: Gateway
) -> dict[str, Order | None]:
    """Of orders that are none of ours by their numbers: that of ours whose id one carries, else None. Raises NotReached.

    The venue is asked once for each; what is beyond the most at one look is missing here, and comes at a later one.
    """
    rows = Disagreement.objects.filter(account=account, instrument=look.instrument, venue_order_id__in=numbers)
    kinds = (Difference.FILL_FOREIGN, Difference.FILL_DOUBLED)
    found = {row.venue_order_id: row.order for row in rows.filter(kind__in=kinds).select_related("order")}
    for number in sorted(set(numbers) - found.keys())[:NUMBERS_AT_ONCE]:
        report = gateway.find_order(symbol=look.instrument.symbol, client_order_id="", venue_order_id=number)
        found[number] = _under_its_id(account, report.client_order_id if report else "", number)
    return found


def _under_its_id(account: ExchangeAccount, client_order_id: str, number: str) -> Order | None:
    """Our order of this id, where the venue gave it another number before: one without a number may be this very one."""
    mine = Order.objects.filter(account=account, client_order_id=client_order_id).exclude(client_order_id="").first()
    return mine if mine is not None and mine.venue_order_id not in ("", number) else None


def _record(account: ExchangeAccount, look: Look, lacking: Sequence[VenueFill], now: datetime) -> int:
    """Executions of our orders that nobody had told us of."""
    by_order: dict[str, list[FillReport]] = defaultdict(list)
    for fill in lacking:
        by_order[fill.venue_order_id].append(look.theirs[fill.key])
    count = 0
    for number, told in by_order.items():
        mine = Order.objects.filter(account=account, instrument=look.instrument, venue_order_id=number)
        for order_id in mine.values_list("id", flat=True):
            count += fills.apply(order_id, told, now=now)
            log.warning("order %s: %s executions showed late", order_id, len(told))
    return count


def _note_foreign(account: ExchangeAccount, look: Look, foreign: Sequence[VenueFill], now: datetime) -> None:
    """Trades of others on the same keys: written down once. While an order of ours is undecided they may be its own."""
    undecided = Order.objects.filter(account=account, instrument=look.instrument, state__in=("SUBMITTING", "UNKNOWN"))
    known = _numbers(account, look, foreign)
    fresh = [fill for fill in foreign if (fill.venue_order_id, fill.venue_trade_id) not in known]
    if not fresh or undecided.exists():
        return
    with transaction.atomic():
        locks.account(account.pk)
        for fill in fresh:
            shown = {"settled_at": now, "settled_as": "SHOWN", "theirs": told(look.theirs[fill.key])}
            _new(account, look, Difference.FILL_FOREIGN, fill, now, **shown)


def _numbers(account: ExchangeAccount, look: Look, executions: Sequence[VenueFill]) -> set[tuple[str, str]]:
    rows = Disagreement.objects.filter(account=account, instrument=look.instrument)
    named = rows.filter(venue_order_id__in={fill.venue_order_id for fill in executions})
    return set(named.values_list("venue_order_id", "venue_trade_id"))


def _keep(
    account: ExchangeAccount,
    look: Look,
    differing: Sequence[tuple[Difference, VenueFill]],
    doubles: Mapping[str, Order | None],
    now: datetime,
) -> None:
    """Open what is new, end what agrees again."""
    listed = list(Disagreement.objects.filter(account=account, instrument=look.instrument, settled_at=None))
    rows = {(row.venue_order_id, row.venue_trade_id): row for row in listed}
    there = {(fill.venue_order_id, fill.venue_trade_id): (kind, fill) for kind, fill in differing}
    fresh = [
        pair for name, pair in there.items() if name not in rows and not _is_settled(account, look, *pair, now=now)
    ]
    agreed = [row for name, row in rows.items() if name not in there and _in_period(row, look)]
    if not (fresh or agreed):
        return
    with transaction.atomic():
        locks.account(account.pk)
        for kind, fill in fresh:
            facts = _both(account, look, fill)
            _new(
                account, look, kind, fill, now, **facts | {"order": facts["order"] or doubles.get(fill.venue_order_id)}
            )
        for row in agreed:
            row.settled_at, row.settled_as = now, "AGREED"
            row.save(update_fields=["settled_at", "settled_as"])
            _journal(row, "fill.agrees")


def _is_settled(account: ExchangeAccount, look: Look, kind: Difference, fill: VenueFill, *, now: datetime) -> bool:
    """A person has kept our numbers against exactly these, or the fill is too young for the venue's list."""
    mine = _mine(account, look, fill)
    if kind is Difference.FILL_PHANTOM and mine is not None and now - mine.recorded_at < LATE:
        return True
    rows = Disagreement.objects.filter(account=account, instrument=look.instrument, settled_as="OURS")
    kept = rows.filter(venue_order_id=fill.venue_order_id, venue_trade_id=fill.venue_trade_id).order_by("-id").first()
    both = _both(account, look, fill)
    return kept is not None and (kept.ours, kept.theirs) == (both["ours"], both["theirs"])


def _in_period(row: Disagreement, look: Look) -> bool:
    """Whether this look would have met it again: ours was executed within it."""
    at = (row.ours or row.theirs).get("at", "")
    return bool(at) and datetime.fromisoformat(at) >= look.since


def _mine(account: ExchangeAccount, look: Look, fill: VenueFill) -> Fill | None:
    rows = Fill.objects.filter(account=account, instrument=look.instrument, venue_order_id=fill.venue_order_id)
    return rows.filter(venue_trade_id=fill.venue_trade_id).select_related("order").first()


def _both(account: ExchangeAccount, look: Look, fill: VenueFill) -> dict[str, Any]:
    mine, report = _mine(account, look, fill), look.theirs.get(fill.key)
    return {
        "order": mine.order if mine else None,
        "ours": told(mine) if mine else {},
        "theirs": told(report) if report else {},
    }


NUMBERS = ("side", "price", "qty", "cost", "fee", "fee_currency", "realised", "at")


def told(fill: Fill | FillReport) -> dict[str, Any]:
    """An execution's numbers as JSON keeps them without loss."""
    found: dict[str, Any] = plain({name: getattr(fill, name) for name in NUMBERS})
    return found


def _new(
    account: ExchangeAccount, look: Look, kind: Difference, fill: VenueFill, now: datetime, **facts: Any
) -> Disagreement:
    names = {"venue_order_id": fill.venue_order_id, "venue_trade_id": fill.venue_trade_id}
    row = Disagreement.objects.create(
        account=account, instrument=look.instrument, kind=kind, seen_at=now, **names, **facts
    )
    _journal(
        row, "fill.foreign" if kind is Difference.FILL_FOREIGN else "fill.differs", ours=row.ours, theirs=row.theirs
    )
    return row


def _journal(row: Disagreement, event: str, **facts: Any) -> None:
    names = {"kind": row.kind, "trade": row.venue_trade_id, "venue_order": row.venue_order_id}
    subject = f"order:{row.order_id}" if row.order_id else f"account:{row.account_id}"
    record(event, subject=subject, payload={**names, **facts}, account_id=row.account_id)
