"""Deciding: an account's undecided alerts, in the order of their arrival, in one transaction."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from project import failpoints
from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from project.reads import Among, Read
from risk.domain.denial import DenialCode
from signals.evaluate import Meant, Stored, evaluate
from signals.intent import Action, IntentKind, MarketPosition
from signals.market import instruments
from signals.models import Alert, IndicatorValue
from signals.verdict import Outcome, Verdict
from trading import locks, selectors
from trading.domain.classify import Classification, Meaning, NoMeaning
from trading.domain.settings import SettingError
from trading.domain.vocabulary import PositionSide
from trading.errors import WindlassError
from trading.gateways.base import Gateway
from trading.models import QueuedSignal
from trading.services import candles, desk_ahead, entry, exits, holding, market, outcomes, queue, replay
from trading.services.defects import DEFECTS
from trading.services.desk import Desk
from trading.services.meaning import classified, setting_invalid, settings_or_defaults

log = logging.getLogger(__name__)

Evaluated = Meant | Stored | Verdict
Judged = tuple[Alert, Evaluated]
DecideOne = Callable[[Desk, Alert, Evaluated], Verdict]

BATCH = 200
# Alerts decided in one transaction; more would hold the account's lock too long.
ACTED_AT_ONCE = 25
# Of those, how many may enter or exit, at some 10 to 30 ms each: others wait for the lock no longer than 2 s.


UNDECIDED = Read(
    lambda account_id: (
        Alert.objects.filter(account_id=account_id, outcome="").order_by("id").values_list("id", flat=True)[:BATCH]
    )
)
ALERTS = Read(lambda ids: Alert.objects.filter(Among("id", ids)).select_related("source").order_by("id"))
ACCOUNT = Read(lambda pk: ExchangeAccount.objects.filter(pk=pk))


def process_inbox(account_id: int, *, gateway: Callable[[], Gateway], clock: Callable[[], datetime]) -> int:
    """Decide what is in the inbox; how many alerts got their outcome.

    Prices of pairs that nobody watched are fetched first, outside the transaction. What arrives meanwhile has its own
    bell: to wait for it here would keep other accounts waiting, and make many small batches of a few large ones.
    """
    decided = 0
    while batch := _alerts(_undecided(account_id)):
        read = fetch_prices(account_id, batch, gateway=gateway, clock=clock)
        settled = _decide_safely(account_id, clock(), read)
        decided += settled
        if settled >= len(batch) < BATCH:
            break
    return decided


def _undecided(account_id: int) -> list[int]:
    """The oldest alerts without outcome, by id."""
    return UNDECIDED(account_id=account_id)


def _alerts(ids: Collection[int]) -> list[Alert]:
    return ALERTS(ids=list(ids)) if ids else []


def fetch_prices(
    account_id: int, batch: Sequence[Alert], *, gateway: Callable[[], Gateway], clock: Callable[[], datetime]
) -> list[Judged]:
    """What the alerts mean, and prices of the pairs that they are about, where nobody watched them.

    A venue that can't be asked leaves the price missing, and missing denies; so do keys that do not open.
    """
    desk = Desk(ACCOUNT.get(pk=account_id), clock())
    read = [(alert, _evaluated(desk, alert)) for alert in batch]
    symbols = {meant.instrument.symbol for _, meant in read if isinstance(meant, Meant)}
    try:
        if symbols:
            market.ensure_prices(desk.account, symbols, gateway=gateway, clock=clock)
            candles.ensure(desk.account, symbols, gateway=gateway, clock=clock)
    except (VaultError, WindlassError) as error:
        log.warning("no price or no candles for %s: %s", ", ".join(sorted(symbols)), error)
    return read


def _decide_safely(account_id: int, now: datetime, read: Sequence[Judged]) -> int:
    """A batch; where one of its alerts makes us fail, the same again with each by itself, so that exits get through."""
    try:
        return _decide_batch(account_id, now, read, _decide_held)
    except DEFECTS:
        log.exception("a batch of account %s failed: its alerts are decided one by one", account_id)
        return _decide_batch(account_id, now, read, _decide_apart)


def _decide_batch(account_id: int, now: datetime, read: Sequence[Judged], decide_one: DecideOne) -> int:
    """One transaction: lock, look which alerts are still undecided, decide each, settle all."""
    with failpoints.span("decide.batch"), transaction.atomic():
        account = locks.account(account_id)
        verdicts: dict[int, Verdict] = {}
        desk, acted = _desk(account, now, read), 0
        for alert, meaning in _still_undecided(desk, read):
            verdicts[alert.pk] = verdict = decide_one(desk, alert, meaning)
            if verdict.outcome in ACTED:
                desk = desk.renewed()  # it wrote more than the desk knows: what the next alert sees is read anew
            acted += verdict.outcome in TAKES_LONG
            if acted == ACTED_AT_ONCE:
                break
        with failpoints.span("order.t1"):
            outcomes.settle(desk.sheet, account_id, verdicts, now=now)
            desk.sheet.write()
        return len(verdicts)


def _desk(account: ExchangeAccount, now: datetime, read: Sequence[Judged]) -> Desk:
    """The account under its lock; where something may be traded, read whole: one way to the database instead of fifteen."""
    desk = Desk(account, now)
    if any(isinstance(meaning, Meant) for _, meaning in read):
        with desk_ahead.known(account, now=now), suppress(SettingError):  # an alert that asks for it says what is wrong
            desk.look()
    return desk


ENTERS = frozenset({Outcome.ENTERED, Outcome.PYRAMIDED})
ACTED = frozenset({Outcome.EXITED, Outcome.REDUCED, Outcome.REVERSED, Outcome.DEQUEUED})
TAKES_LONG = ENTERS | ACTED


def _still_undecided(desk: Desk, read: Sequence[Judged]) -> Iterator[Judged]:
    """What was read before the account was locked and has no outcome yet, with what came in since, by id.

    It ends at the first alert that came in since and is about a pair whose price was not asked for: the next batch asks.
    """
    known = {alert.pk: (alert, meaning) for alert, meaning in read}
    priced = {meaning.instrument.symbol for _, meaning in read if isinstance(meaning, Meant)}
    ids = _undecided(desk.account.pk)
    late = {alert.pk: alert for alert in _alerts([number for number in ids if number not in known])}
    for number in ids:
        one = known.get(number) or (late[number], _evaluated(desk, late[number]))
        if number in late and isinstance(one[1], Meant) and one[1].instrument.symbol not in priced:
            return
        yield one


def decide_alert(desk: Desk, alert: Alert) -> Verdict:
    """The alert's outcome, with everything that follows from it written."""
    verdict = _decide_held(desk, alert, _evaluated(desk, alert))
    desk.sheet.write()
    return verdict


def _decide_held(desk: Desk, alert: Alert, meaning: Evaluated) -> Verdict:
    """The alert's outcome, with some of what follows on the desk's sheet."""
    try:
        if isinstance(meaning, Verdict):
            return meaning
        return _store(desk, meaning) if isinstance(meaning, Stored) else _act(desk, meaning)
    except SettingError as error:
        return setting_invalid(error)


def _decide_apart(desk: Desk, alert: Alert, meaning: Evaluated) -> Verdict:
    """The outcome of an alert that may be the one on which its batch failed: what it began to write is undone."""
    apart = desk.renewed()
    try:
        with failpoints.span("decide.apart"), transaction.atomic():
            verdict = _decide_held(apart, alert, meaning)
            apart.sheet.write()
            return verdict
    except DEFECTS as error:
        apart.sheet.clear()
        log.exception("alert %s cannot be decided", alert.pk)
        kind = type(error).__name__
        return Verdict(
            Outcome.DEFECT, f"Windlass could not decide this alert ({kind}), by a fault of its own: see the log."
        )


def _evaluated(desk: Desk, alert: Alert) -> Evaluated:
    """What an alert means; nothing of it changes any more once the alert is stored."""
    listed = instruments.listed(desk.account.venue, desk.account.environment)
    try:
        return evaluate(
            selectors.alert_facts(alert), instruments=listed, max_age=lambda symbol: _max_age(desk, alert, symbol)
        )
    except SettingError as error:
        return setting_invalid(error)


def _max_age(desk: Desk, alert: Alert, symbol: str) -> timedelta:
    """What a person sends again by hand is old by nature; the price guard still stands."""
    if replay.is_replay(alert):
        return queue.ANY_AGE
    chosen = settings_or_defaults(desk, symbol) if alert.source.live else desk.settings(symbol)
    # An exit goes through; what enters asks for the settings again, and is refused by name.
    return chosen.alerts.max_age


# what is kept, never traded ----------------------------------------------------------------------


def _store(desk: Desk, stored: Stored) -> Verdict:
    intent = stored.intent
    if intent.kind is IntentKind.NOTICE:
        return Verdict(Outcome.NOTICE, intent.message[:500], {"severity": intent.severity, "symbol": intent.symbol})
    rows = [
        IndicatorValue(
            source_id=stored.alert.source_id,
            alert_id=stored.alert.id,
            symbol=intent.symbol,
            timeframe_secs=intent.timeframe_secs or stored.alert.default_timeframe_secs,
            name=name,
            value=float(value),
            at=intent.sent_at or intent.bar_time or stored.alert.received_at,
        )
        for name, value in intent.indicators
    ]
    for row in rows:
        desk.sheet.add(row)
    return Verdict(Outcome.INDICATORS_STORED, f"{len(rows)} values of {intent.symbol} stored.", {"values": len(rows)})


# what may be traded ------------------------------------------------------------------------------


def _act(desk: Desk, meant: Meant) -> Verdict:
    found = classified(desk, meant)
    if found.meaning not in HELD:
        desk.sheet.write()
    if meant.intent.adds_only and found.side:
        return entry.enter(desk, meant, found.side)  # it never waits: its group may be closed when its turn comes
    return ACTIONS[found.meaning](desk, meant, found)


def _enter(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    side = found.side or PositionSide.LONG
    if waits := holding.hold(desk, meant, side) or queue.replace(desk, meant, side):
        return waits
    verdict = entry.enter(desk, meant, side)
    return queue.put(desk, meant, side, verdict) if verdict.outcome == DenialCode.POOL_FULL else verdict


def _exit(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    """An exit closes what is open and removes what waits."""
    removed = queue.remove_matching(desk, meant, found.exits)
    verdict = exits.exit_by_signal(desk, meant, found)
    return _dequeued(meant, removed) if removed and verdict.outcome == NoMeaning.NOTHING_TO_EXIT else verdict


def _nothing(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    code = NoMeaning(found.code or NoMeaning.ACTION_MISSING)
    if code is NoMeaning.NOTHING_TO_EXIT and (removed := queue.remove_matching(desk, meant, _closes(meant))):
        return _dequeued(meant, removed)
    return Verdict(code, WORDS[code].format(symbol=meant.instrument.symbol))


def _dequeued(meant: Meant, removed: Sequence[QueuedSignal]) -> Verdict:
    reason = f"Nothing of {meant.instrument.symbol} is open; its waiting entry was removed from the queue."
    return Verdict(Outcome.DEQUEUED, reason, {"queued": [row.pk for row in removed]})


def _closes(meant: Meant) -> PositionSide | None:
    """The one side that an exit can mean: the side it names, or the one its strategy leaves; None for either."""
    intent = meant.intent
    named = PositionSide(intent.side.name) if intent.side else None
    return named or LEAVES.get((intent.action, intent.market_position))


def _reduce(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    return exits.reduce_by_signal(desk, meant, found)


def _reverse(desk: Desk, meant: Meant, found: Classification) -> Verdict:
    """Close the one side; the other goes in once it is flat, in the transaction that frees its slot."""
    closing = exits.groups_named(desk, meant, found.exits)
    queue.remove_matching(desk, meant, found.exits)
    closed = exits.exit_by_signal(desk, meant, found)
    if closed.outcome != Outcome.EXITED:
        return closed
    queue.put_after(desk, meant, found.side or PositionSide.LONG, closing[-1])
    reason = f"{closed.reason} Then {found.side}, once it is flat."
    return Verdict(Outcome.REVERSED, reason, closed.details)


LEAVES: Mapping[tuple[Action | None, MarketPosition | None], PositionSide] = {
    (Action.BUY, MarketPosition.SHORT): PositionSide.SHORT,
    (Action.SELL, MarketPosition.LONG): PositionSide.LONG,
}

WORDS: Mapping[NoMeaning, str] = {
    NoMeaning.NOTHING_TO_EXIT: "Nothing of {symbol} is open, so there is nothing to exit.",
    NoMeaning.NOTHING_TO_REDUCE: "Nothing of {symbol} is open on that side, so there is nothing to reduce.",
    NoMeaning.NOTHING_TO_ADD_TO: "Nothing of {symbol} is open on that side and timeframe, so there is nothing to add to.",
    NoMeaning.AMBIGUOUS_SIDE: "{symbol} is open on both sides: name one with market_position or side.",
    NoMeaning.SIDE_MISSING: "A reverse with nothing open must say which way: add market_position.",
    NoMeaning.ALREADY_ON_SIDE: "{symbol} is on that side already.",
    NoMeaning.SHORT_ON_SPOT: "{symbol} is a spot market and cannot be sold short.",
    NoMeaning.ACTION_MISSING: "The alert says neither action nor market position.",
}

HELD = frozenset({Meaning.ENTRY, Meaning.PYRAMID, Meaning.NONE})
# What these write waits on the sheet; the others read what is written.

ACTIONS: Mapping[Meaning, Callable[[Desk, Meant, Classification], Verdict]] = {
    Meaning.ENTRY: _enter,
    Meaning.PYRAMID: _enter,
    Meaning.EXIT: _exit,
    Meaning.REDUCE: _reduce,
    Meaning.REVERSE: _reverse,
    Meaning.NONE: _nothing,
}
