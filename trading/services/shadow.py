"""Shadow mode: alerts of a source that is not live are decided by the same code and filled on paper.

Never touches the account's slots, funds or orders, and takes none of the engine's locks: its rows are its own, its
sweep is alone by its lease.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from project.accounts.models import ExchangeAccount
from project.journal.record import plain
from risk.domain.denial import Denial
from risk.domain.sizing import SizeRequest
from signals.evaluate import Meant, Stored
from signals.intent import IntentKind
from signals.models import Alert, Signal, Ticker
from signals.verdict import Outcome, Verdict
from trading.domain.classify import Classification, Meaning
from trading.domain.exit_plan import Prices
from trading.domain.money import total
from trading.domain.reduce import Reduction, reduction, reduction_by_size
from trading.domain.refusal import Refusal
from trading.domain.settings import SettingError
from trading.domain.vocabulary import PositionSide, Purpose
from trading.gateways.base import Gateway
from trading.models import Leg, Order, PositionGroup, Pyramid, ShadowDecision, ShadowGroup, ShadowLeg, ShadowOrder
from trading.services import entry, market, meaning, shadow_follow
from trading.services import shadow_desk as desks
from trading.services.defects import DEFECTS
from trading.services.shadow_book import Book
from trading.services.shadow_desk import ShadowDesk

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

LOOKED_BACK = timedelta(hours=1)
# An alert that nobody looked at for so long would be filled at prices that are not its own.
AT_ONCE = 50
ENTERED = frozenset({Outcome.ENTERED, Outcome.PYRAMIDED})


def sweep(account_id: int, *, gateway: Callable[[], Gateway], clock: Clock) -> int:
    """Decide what waits, then look at every open paper position; how many alerts were decided. Raises NotReached."""
    now = clock()
    waiting, open_ones = pending(account_id, now=now), _open(account_id)
    if not waiting and not open_ones:
        return 0
    account = ExchangeAccount.objects.get(pk=account_id)
    symbols = {symbol for _, symbol in open_ones} | _symbols(account, waiting, now)
    market.ensure_prices(account, symbols, gateway=gateway, clock=clock)
    for alert in waiting:
        _decide_safely(account, alert, now=clock())
    for group_id, _ in _open(account_id):
        _look_safely(group_id, clock())
    return len(waiting)


def _decide_safely(account: ExchangeAccount, alert: Alert, *, now: datetime) -> None:
    """One alert that makes us fail gets its outcome by name, and stops none of the others."""
    try:
        decide(account, alert, now=now)
    except DEFECTS as error:
        log.exception("alert %s cannot be decided on paper", alert.pk)
        said = f"Windlass could not decide this alert on paper ({type(error).__name__}), by a fault of its own."
        _keep(alert, None, Verdict(Outcome.DEFECT, said), now=now)


def _look_safely(group_id: int, now: datetime) -> None:
    try:
        _look(group_id, now)
    except DEFECTS:
        log.exception("paper position %s cannot be followed", group_id)


def busy(account_id: int, *, now: datetime) -> bool:
    """Whether there is anything to look at; most accounts have no shadow."""
    return bool(_open(account_id) or pending(account_id, now=now))


def pending(account_id: int, *, now: datetime) -> list[Alert]:
    """Alerts of shadowed sources that have no decision on paper yet, oldest first."""
    rows = Alert.objects.filter(account_id=account_id, outcome=Outcome.SHADOW, shadow=None)
    recent = rows.filter(received_at__gte=now - LOOKED_BACK)
    return list(recent.select_related("source").order_by("id")[:AT_ONCE])


def _open(account_id: int) -> list[tuple[int, str]]:
    rows = ShadowGroup.objects.filter(account_id=account_id, closed_at=None).order_by("id")
    return list(rows.values_list("id", "instrument__symbol"))


def _symbols(account: ExchangeAccount, waiting: list[Alert], now: datetime) -> set[str]:
    read = (meaning.read_as_live(desks.desk(account, alert.source, now=now), alert) for alert in waiting)
    return {meant.instrument.symbol for meant in read if isinstance(meant, Meant)}


def _look(group_id: int, now: datetime) -> None:
    group = ShadowGroup.objects.get(pk=group_id)
    shadow_follow.follow(group_id, prices=prices_of(group.instrument_id), now=now)


def prices_of(instrument_id: int) -> Prices | None:
    """The last prices of a market; None while nobody has asked."""
    ticker = Ticker.objects.filter(instrument_id=instrument_id).first()
    return Prices(ticker.bid, ticker.ask, ticker.last, ticker.mark) if ticker else None


# one alert ---------------------------------------------------------------------------------------


def decide(account: ExchangeAccount, alert: Alert, *, now: datetime) -> ShadowDecision:
    """Decide an alert on paper, once: a second call finds the first one's row."""
    known = ShadowDecision.objects.filter(alert=alert).first()
    if known is not None:
        return known
    with transaction.atomic():
        desk = desks.desk(account, alert.source, now=now)
        group, verdict = _decided(desk, alert)
        return _keep(alert, group, verdict, now=now)


def _keep(alert: Alert, group: ShadowGroup | None, verdict: Verdict, *, now: datetime) -> ShadowDecision:
    facts: dict[str, Any] = {"outcome": verdict.outcome, "reason": verdict.reason, "details": plain(verdict.details)}
    found = {"source_id": alert.source_id, "group": group, "decided_at": now, **facts}
    return ShadowDecision.objects.get_or_create(alert=alert, defaults=found)[0]


Decided = tuple[ShadowGroup | None, Verdict]


def _decided(desk: ShadowDesk, alert: Alert) -> Decided:
    meant = meaning.read_as_live(desk, alert)
    if isinstance(meant, Verdict):
        return None, meant
    if isinstance(meant, Stored):
        kind = Outcome.NOTICE if meant.intent.kind is IntentKind.NOTICE else Outcome.INDICATORS_STORED
        return None, Verdict(kind)
    try:
        if late := _late(desk, alert, meant):
            return None, late
        found = meaning.classified(desk, meant)
        return DEEDS[found.meaning](desk, meant, found)
    except SettingError as error:
        return None, meaning.setting_invalid(error)


def _late(desk: ShadowDesk, alert: Alert, meant: Meant) -> Verdict | None:
    """Nobody looked in time: today's prices are not the alert's."""
    late, limit = desk.now - alert.received_at, desk.settings(meant.instrument.symbol).alerts.max_age
    if late <= limit:
        return None
    said = f"Looked at {late.total_seconds():.0f} s after its arrival, the limit is {limit.total_seconds():g} s."
    return Verdict(Outcome.STALE, said)


def _enter(desk: ShadowDesk, meant: Meant, found: Classification) -> Decided:
    """The engine's own entry; what it put on the sheet becomes rows of paper."""
    verdict = entry.enter(desk, meant, found.side or PositionSide.LONG)
    if verdict.outcome not in ENTERED:
        return None, verdict
    row = desk.sheet.rows(Pyramid)[0]
    group = _known(desk, row.group) or _opened(desk, row.group)
    legs = [_leg(group, row, leg) for leg in desk.sheet.rows(Leg)]
    by_number = {leg.pk: made for leg, made in zip(desk.sheet.rows(Leg), legs, strict=True)}
    for order in desk.sheet.rows(Order):
        _order(group, by_number[order.leg_id or 0], order)
    return group, Verdict(verdict.outcome, verdict.reason, {**verdict.details, "group": group.pk})


def _known(desk: ShadowDesk, group: PositionGroup) -> ShadowGroup | None:
    """The open paper position that the pyramid goes into; None where it opens one."""
    return next((shadow for shadow in desk.shadows if shadow.pk == -group.pk), None)


def _opened(desk: ShadowDesk, group: PositionGroup) -> ShadowGroup:
    stop = desk.sheet.rows(Signal)[0].intent.get("stop_loss")
    names = ("instrument", "timeframe_secs", "side", "settings", "levels", "leverage", "opened_at")
    copied = {name: getattr(group, name) for name in names}
    return ShadowGroup.objects.create(source=desk.source, account=desk.account, alert_stop=stop, **copied)


def _leg(group: ShadowGroup, pyramid: Pyramid, leg: Leg) -> ShadowLeg:
    copied = {name: getattr(leg, name) for name in ("index", "price", "qty", "take_profit_pct", "target_price")}
    where = {"pyramid_index": pyramid.index, "base_price": pyramid.base_price, "created_at": pyramid.created_at}
    return ShadowLeg.objects.create(group=group, **where, **copied)


def _order(group: ShadowGroup, leg: ShadowLeg, order: Order) -> None:
    copied = {name: getattr(order, name) for name in ("purpose", "side", "type", "qty", "price")}
    ShadowOrder.objects.create(group=group, leg=leg, placed_at=leg.created_at, **copied)


# exits -------------------------------------------------------------------------------------------


def _named(desk: ShadowDesk, meant: Meant, side: PositionSide | None) -> list[ShadowGroup]:
    said = meant.intent.timeframe_secs
    return desks.named(desk.shadows, instrument_id=meant.instrument.id, timeframe_secs=said, side=side)


def _exit(desk: ShadowDesk, meant: Meant, found: Classification) -> Decided:
    """Close every paper position that the alert names."""
    closing = _named(desk, meant, found.exits)
    if not closing:
        return None, _nothing(meant, found)
    prices = prices_of(meant.instrument.id)
    if prices is None:
        return None, Verdict("DATA_MISSING", f"No price of {meant.instrument.symbol} is known.")
    for group in closing:
        end(group.pk, reason="EXIT_SIGNAL", prices=prices, now=desk.now)
    return closing[0], Verdict(Outcome.EXITED, f"Closed on paper: {meant.instrument.symbol}.")


def end(group_id: int, *, reason: str, prices: Prices, now: datetime) -> None:
    """Close a paper position at the market; one that has closed stays as it is."""
    with transaction.atomic():
        book = shadow_follow.opened(group_id)
        if book is not None:
            shadow_follow.close(book, reason=reason, prices=prices, now=now)
            shadow_follow.settle(book)


def _reduce(desk: ShadowDesk, meant: Meant, found: Classification) -> Decided:
    """Sell a part on paper of the positions that the alert names, shared among them as an engine's groups share it."""
    prices = prices_of(meant.instrument.id)
    if prices is None:
        return None, _nothing(meant, found)
    given: list[tuple[ShadowGroup, Decimal]] = []
    refused: list[Refusal | Denial] = []
    for group in _named(desk, meant, found.side):
        result = _reduced(desk, meant, found, group, prices, taken_qty=total(qty for _, qty in given))
        if isinstance(result, Reduction):
            given.append((group, result.qty))
        else:
            refused.append(result)
    if given:
        return given[0][0], Verdict(Outcome.REDUCED, f"A part of {meant.instrument.symbol} was sold on paper.")
    return None, Verdict(refused[0].code, refused[0].sentence()) if refused else _nothing(meant, found)


def _reduced(
    desk: ShadowDesk, meant: Meant, found: Classification, group: ShadowGroup, prices: Prices, *, taken_qty: Decimal
) -> Reduction | Refusal | Denial:
    book = shadow_follow.opened(group.pk) or Book.of(group)
    wanted = _wanted(desk, meant, found, book, prices, taken_qty=taken_qty)
    if isinstance(wanted, Reduction) and wanted.whole:
        shadow_follow.close(book, reason="REDUCED_WHOLE", prices=prices, now=desk.now)
    elif isinstance(wanted, Reduction):
        shadow_follow.make_room(book.open_orders)
        shadow_follow.sell(book, wanted.qty, purpose=Purpose.REDUCE, prices=prices, now=desk.now)
    shadow_follow.settle(book)
    return wanted


def _wanted(
    desk: ShadowDesk, meant: Meant, found: Classification, book: Book, prices: Prices, *, taken_qty: Decimal
) -> Reduction | Refusal | Denial:
    size, position, rules = meant.intent.size, book.position, book.rules
    if found.ratio is not None or size is None:
        return reduction(position, rules=rules, price=prices.last, ratio=found.ratio)
    asked, equity, free = SizeRequest.of(size), desk.equity, desk.available_quote
    return reduction_by_size(
        position, asked, rules=rules, price=prices.last, equity=equity, free=free, taken_qty=taken_qty
    )


def _reverse(desk: ShadowDesk, meant: Meant, found: Classification) -> Decided:
    """Close the one side, then enter the other at once: on paper nothing has to be waited for."""
    _, closed = _exit(desk, meant, found)
    if closed.outcome != Outcome.EXITED:
        return None, closed
    fresh = desks.desk(desk.account, desk.source, now=desk.now)
    group, verdict = _enter(fresh, meant, found)
    return group, Verdict(Outcome.REVERSED, f"{closed.reason} Then {found.side}: {verdict.reason}", verdict.details)


def _none(desk: ShadowDesk, meant: Meant, found: Classification) -> Decided:
    return None, _nothing(meant, found)


def _nothing(meant: Meant, found: Classification) -> Verdict:
    said = f"Nothing follows on paper for {meant.instrument.symbol}: {found.code or 'nothing it names is open'}."
    return Verdict(found.code or "NOTHING_TO_EXIT", said)


DEEDS: Mapping[Meaning, Callable[[ShadowDesk, Meant, Classification], Decided]] = {
    Meaning.ENTRY: _enter,
    Meaning.PYRAMID: _enter,
    Meaning.EXIT: _exit,
    Meaning.REDUCE: _reduce,
    Meaning.REVERSE: _reverse,
    Meaning.NONE: _none,
}
