"""Why isn't it trading? Every check that an entry of a pair would meet, in order: which one stops it, and all the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max

from dashboard import shell, signals, waiting
from dashboard.formats import NOTHING, figure, span
from dashboard.signals import Asked as Wanted
from dashboard.signals import Row
from dashboard.why_gate import Line, gate_lines
from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from risk.domain.denial import plain
from signals.listing import MarketState
from signals.market import instruments
from signals.market.instruments import InstrumentFacts
from signals.models import Alert, Source
from signals.symbols import UnknownSymbol, resolve
from signals.verdict import Verdict
from trading.domain.settings import SettingError
from trading.errors import WindlassError
from trading.gateways.base import Gateway
from trading.models import Canary
from trading.services import listing, market, stages, stand_in
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults
from trading.services.stages import Stages

SIDES = {"LONG": ("buy", "long"), "SHORT": ("sell", "short")}
ROOM = frozenset({"TOO_SOON", "MAX_PYRAMIDS", "OPPOSITE_SIDE_OPEN"})
FIRST_GATE = ("mode", "armed", "account_health", "clock_offset")
MARKET_GATE = ("stale_price", "circuit_breaker")
POOL_GATE = ("slots",)
# The gate's checks by the place where they are asked here; the others follow in the gate's own order.


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which pair, timeframe and side; an empty symbol asks what holds for every pair of the account."""

    symbol: str = ""
    timeframe_secs: int | None = None
    side: str = "LONG"
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The checks in their order, and the last alert about the pair."""

    asked: Asked
    symbol: str
    checks: tuple[Line, ...]
    last: Row | None = None
    source: str = ""

    @property
    def stops(self) -> Line | None:
        """The first check that says no."""
        return next((line for line in self.checks if line.ok is False), None)

    @property
    def sentence(self) -> str:
        """The answer in one line."""
        subject = self.symbol or "The account"
        if (first := self.stops) is None:
            return f"Nothing stops {self.symbol or 'an entry'}: it waits for its next alert."
        more = sum(line.ok is False for line in self.checks) - 1
        also = f" {more} more below would stop it next." if more else ""
        return f"{subject} is stopped by: {first.name}. {first.advice or first.value}{also}"


def fetch_price(
    account: ExchangeAccount, text: str, *, gateway: Callable[[], Gateway], clock: Callable[[], datetime]
) -> None:
    """The pair's price where nobody watched it lately, as for a real alert; one that can't be had stays missing."""
    found = _resolved(account, text)
    if not isinstance(found, InstrumentFacts):
        return
    try:
        market.ensure_prices(account, {found.symbol}, gateway=gateway, clock=clock)
    except (VaultError, WindlassError):
        return  # missing denies: the check of the price says so, with the advice


def answered_at() -> datetime | None:
    """When a worker last answered the canary."""
    at: datetime | None = Canary.objects.aggregate(at=Max("answered_at"))["at"]
    return at


def walk(account: ExchangeAccount, asked: Asked, *, canary_at: datetime | None, now: datetime) -> Why:
    """Ask everything, in order. canary_at: when a worker last answered."""
    try:
        return _walked(Desk(account, now), asked, _workers(canary_at, now))
    except SettingError as error:
        broken = Line("account", "settings", False, "cannot be read", "readable", f"{error} Correct it under Settings.")
        return Why(asked, asked.symbol, (_workers(canary_at, now), replace(broken, code="SETTING_INVALID")))


def _walked(desk: Desk, asked: Asked, workers: Line) -> Why:
    account, now = desk.account, desk.now
    found = _resolved(account, asked.symbol)
    known = found if isinstance(found, InstrumentFacts) else None
    last = _last(account, known, asked)
    source = _source(account, asked, last)
    reached = _stages(desk, asked, known, source) if known and source else None
    gate = gate_lines(desk, known, reached)
    lines = (
        workers,
        *_of(gate, FIRST_GATE),
        *_sources(source),
        *(_markets(account, asked, found, source, desk) if asked.symbol else ()),
        *_of(gate, MARKET_GATE),
        *_of(gate, POOL_GATE),
        *(_queued(desk, known, asked) if known else ()),
        *(_room(known, reached) if known else ()),
        *(line for name, line in gate.items() if name not in FIRST_GATE + MARKET_GATE + POOL_GATE),
        *_heard(asked, last, now),
    )
    return Why(asked, known.symbol if known else asked.symbol, lines, last, source.name if source else "")


def _of(gate: dict[str, Line], names: tuple[str, ...]) -> Iterator[Line]:
    return (gate[name] for name in names if name in gate)


def _resolved(account: ExchangeAccount, text: str) -> InstrumentFacts | UnknownSymbol | None:
    """The market that a name means on the account's venue; None where no name was given."""
    if not text:
        return None
    listed = instruments.listed(account.venue, account.environment)
    symbol = resolve(text, "", listed.names)
    return symbol if isinstance(symbol, UnknownSymbol) else listed.by_symbol[symbol]


# the machine and the sender ----------------------------------------------------------------------


def _workers(answered_at: datetime | None, now: datetime) -> Line:
    """The bells are heard end to end."""
    age = None if answered_at is None else (now - answered_at).total_seconds()
    ok = age is not None and age <= shell.WORKERS_LIMIT_SECS
    advice = "" if ok else "Windlass decides nothing without workers: start it, or look at the page Tasks."
    value = "have not answered yet" if age is None else f"answered {span(max(age, 0))} ago"
    return Line("engine", "workers", ok, value, span(shell.WORKERS_LIMIT_SECS), advice, "WORKERS")


def _source(account: ExchangeAccount, asked: Asked, last: Row | None) -> Source | None:
    """Who would send: the one that was named, the last that spoke of the pair, or the first that is switched on."""
    rows = list(Source.objects.filter(account=account).select_related("account", "user").order_by("-enabled", "id"))
    if asked.source_id is not None:
        return next((row for row in rows if row.pk == asked.source_id), None)
    spoke = next((row for row in rows if last and row.name == last.source), None)
    return spoke or (rows[0] if rows else None)


def _sources(source: Source | None) -> Iterator[Line]:
    if source is None:
        advice = "Add a source: a name, its account and a token, which its sender's webhook carries."
        yield Line("source", "source", False, "none", "one that sends", advice, "NO_SOURCE")
        return
    advice = "" if source.enabled else "Switch it on: until then the door refuses what it sends."
    state = "switched on" if source.enabled else "switched off"
    yield Line("source", f"source {source.name}", source.enabled, state, "switched on", advice, "SOURCE_OFF")
    shadow = "Its alerts are filled on paper only: tick live on the source to trade them."
    mode = "trades" if source.live else "shadow mode"
    yield Line("source", "its mode", source.live, mode, "trades", "" if source.live else shadow, "SHADOW")


# the market --------------------------------------------------------------------------------------


def _markets(
    account: ExchangeAccount,
    asked: Asked,
    found: InstrumentFacts | UnknownSymbol | None,
    source: Source | None,
    desk: Desk,
) -> Iterator[Line]:
    """Whether the pair is listed, trades, is in the source's list, and is not blocked by hand."""
    if not isinstance(found, InstrumentFacts):
        advice = found.message if found else ""
        yield Line("market", "pair listed", False, asked.symbol, account.venue, advice, "UNKNOWN_SYMBOL")
        return
    yield Line("market", "pair listed", True, found.symbol, account.venue)
    state, refused = listing.state_of(found), listing.refusal(account, found)
    advice = refused.reason if refused else ""
    yield Line("market", "market trades", refused is None, state, MarketState.TRADING, advice, "NOT_TRADABLE")
    if source is not None:
        yield _whitelisted(source, found)
    blocked = settings_or_defaults(desk, found.symbol).alerts.blocked
    said, advice = (
        ("blocked", "Set `blocked` off under Settings, for this pair or for all.") if blocked else ("open", "")
    )
    yield Line("market", "pair not blocked by hand", not blocked, said, "open", advice, "PAIR_BLOCKED")


def _whitelisted(source: Source, found: InstrumentFacts) -> Line:
    pairs = list(source.pair_whitelist)
    ok = not pairs or found.symbol in pairs
    advice = "" if ok else f"Add {found.symbol} to the source's pairs, or empty its list."
    limit = signals.short(", ".join(pairs), signals.LONGEST) if pairs else "every pair"
    return Line("market", "pair in the source's list", ok, found.symbol, limit, advice, "NOT_WHITELISTED")


def _stages(desk: Desk, asked: Asked, known: InstrumentFacts, source: Source) -> Stages:
    """How far an alert of this pair would get now, at the market's price; nothing is written."""
    action, position = SIDES[asked.side]
    frame = stand_in.interval(asked.timeframe_secs) if asked.timeframe_secs else ""
    said = {"symbol": known.symbol, "action": action, "market_position": position, "interval": frame}
    body = stand_in.body(said)
    alert = Alert(source=source, account=desk.account, format="windlass", raw=body, received_at=desk.now)
    return stages.stages(desk, alert)


# pool, queue, group ------------------------------------------------------------------------------


def _queued(desk: Desk, known: InstrumentFacts, asked: Asked) -> Iterator[Line]:
    """Whether the pair waits for a slot, and as which."""
    rows = waiting.rows(desk)
    mine = next(
        (r for r in rows if r.market.symbol == known.symbol and asked.timeframe_secs in (None, r.timeframe_secs)), None
    )
    if mine is None:
        yield Line("pool", "queue", True, "does not wait", f"{len(rows)} wait")
        return
    rank = f"rank {mine.rank} of {len(rows)}" if mine.rank else "after its group closes"
    age = span((desk.now - mine.queued_at).total_seconds())
    advice = f"It goes in when a slot is free and it comes first: {mine.why}. {mine.last_denial}".strip()
    yield Line("pool", "queue", False, f"{rank}, for {age}", "not waiting", advice, "QUEUED")


def _room(known: InstrumentFacts, reached: Stages | None) -> Iterator[Line]:
    """What an alert of this pair would mean, whether its group takes one more, and whether a plan comes out."""
    if reached is None:
        return
    refused, found = reached.refused, reached.found
    means = f"{found.meaning} {found.side or ''}".strip() if found else NOTHING
    group = f", group {abs(reached.group_id)}" if reached.group_id else ""
    ok = found is not None and found.meaning in stages.ENTERS
    yield _verdict("meaning", ok, f"{means}{group}", "an entry", None if ok else refused)
    if not ok:
        return
    room = refused if refused and refused.outcome in ROOM else None
    yield _verdict("room in its group", room is None, f"open{group}" if group else "no group yet", "room", room)
    planned = reached.plan is not None
    value = f"{len(reached.plan.legs)} legs" if reached.plan else NOTHING
    bound = f", bound by {reached.sized.bound_by}" if reached.sized else ""
    rest = refused if refused and refused.outcome not in ROOM else None
    yield _verdict("size and plan", planned and rest is None, value + bound, "a plan", rest)


def _verdict(name: str, ok: bool, value: str, limit: str, refused: Verdict | None) -> Line:
    """A stage, with its own numbers where it refused."""
    if refused is None:
        return Line("plan", name, ok or None, value, limit)
    numbers = refused.details
    said = figure(plain(numbers["value"])) if numbers.get("value") is not None else value
    most = figure(plain(numbers["limit"])) if numbers.get("limit") is not None else limit
    return Line("plan", name, False, said, most, refused.reason, refused.outcome)


# what came ---------------------------------------------------------------------------------------


def _last(account: ExchangeAccount, known: InstrumentFacts | None, asked: Asked) -> Row | None:
    """The last alert about the pair, or of the account."""
    pair = known.symbol if known else asked.symbol
    found = signals.page(account, Wanted(pair=pair, source_id=asked.source_id)).rows
    return found[0] if found else None


def _heard(asked: Asked, last: Row | None, now: datetime) -> Iterator[Line]:
    """Whether anything was asked for at all: without an alert nothing is entered."""
    if last is None:
        advice = "Nothing was sent for it lately: look at the sender, and at the page Lost alerts."
        yield Line("source", "an alert came", False, "none", "one", advice, "NO_ALERT")
        return
    age = span((now - last.at).total_seconds())
    value = f"alert {last.id}, {age} ago: {last.code or last.words}"
    yield Line("source", "an alert came", True, value, "one", signals.short(last.reason, signals.LONGEST_TEXT))
