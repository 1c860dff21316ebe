"""The pages "Accounts" and of one account, as frozen data: gathered in a few questions, shown by the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard import telling
from dashboard.formats import THIN
from dashboard.words import health_words, venue_words
from project.accounts.models import Balance, Checkup, Environment, ExchangeAccount
from project.journal.models import JournalEntry
from signals.market import venues
from trading.domain.preflight import COUNTS_FOR, Level
from trading.services import arming, preflight, sealing
from trading.services.arming import Condition

READ_WITHIN = timedelta(seconds=10)
# Balances are asked for every 2 s; five rounds missed are no hiccup.
LATELY = 8
MARKS: Mapping[str, str] = {Level.OK: "✓", Level.NOTE: "•", Level.BAD: "✗", Level.UNKNOWN: "?"}
KINDS: Mapping[str, str] = {
    Environment.PAPER: "Play money on this machine's paper exchange. It is wired at once: keys are made for it here.",
    Environment.TESTNET: "The venue's own play money, with keys from its test network.",
    Environment.LIVE: "Your money. Unarmed until the pre-flight is green and you type its name.",
}


@dataclass(frozen=True, slots=True)
class Held:
    """What an account holds of its quote currency, and when the venue said so."""

    total: Decimal | None = None
    free: Decimal | None = None
    at: datetime | None = None
    hidden: bool = False  # by the seal: on spot the balances are the position


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A line of a check-up; mark says what the colour says."""

    name: str
    asked: str
    value: str
    limit: str
    level: str
    advice: str

    @property
    def mark(self) -> str:
        """✓, ✗ or ?"""
        return MARKS.get(self.level, "?")


@dataclass(frozen=True, slots=True)
class Check:
    """A check-up as the page shows it. counts: it is green, lately, and about the account as it is."""

    asked_by: str
    asked_at: datetime
    started: bool
    finished_at: datetime | None
    planned: int
    rows: tuple[FindingRow, ...]
    green: bool
    counts: bool
    stale: str = ""

    @property
    def running(self) -> bool:
        """Whether lines are still coming."""
        return self.finished_at is None

    @property
    def wrong(self) -> int:
        """Lines in the way."""
        return sum(row.level not in (Level.OK, Level.NOTE) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Row:
    """An account in the list. state is empty while entries may go through, else why not."""

    account: ExchangeAccount
    venue: str
    market: str
    held: Held
    late: bool
    check: Check | None
    trouble: str
    state: str


@dataclass(frozen=True, slots=True)
class Lately:
    """A line of the journal about the account, in words."""

    at: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page of one account shows."""

    row: Row
    check: Check | None
    test: Check | None
    conditions: tuple[Condition, ...]
    lately: tuple[Lately, ...]
    steps: tuple[tuple[str, bool, str], ...]


# the list ----------------------------------------------------------------------------------------


def rows(*, now: datetime) -> tuple[Row, ...]:
    """Every account of the installation, in three questions."""
    found = list(ExchangeAccount.objects.select_related("user").order_by("id"))
    held, checks = _held(found), _checks(found)
    return tuple(row(account, held.get(account.pk, Held()), checks.get(account.pk), now=now) for account in found)


def row(account: ExchangeAccount, held: Held, last: Checkup | None, *, now: datetime) -> Row:
    """One line of the list."""
    late = held.at is None or now - held.at > READ_WITHIN
    check = shown(last, account, now=now) if last else None
    trouble = health_words(account.health, account.health_detail) if account.health else ""
    return Row(account, venue_words(account.venue), market_of(account), held, late, check, trouble, state(account))


def state(account: ExchangeAccount) -> str:
    """Why entries do not go through; empty: they do."""
    if not account.sealed_credentials:
        return "no keys"
    if not account.armed:
        return "unarmed"
    return "" if account.may_open else "changed since it was armed"


def market_of(account: ExchangeAccount) -> str:
    """What it trades, and on which terms."""
    venue = venues.capability(account.venue)
    if venue is None:
        return "not supported"
    terms = f"futures, {account.get_position_mode_display().lower()}, {account.margin_mode}, {account.leverage}{THIN}×"
    return terms if venue.derivative else "spot"


def _held(found: Sequence[ExchangeAccount]) -> dict[int, Held]:
    quotes = {account.pk: account.quote for account in found}
    of = Balance.objects.filter(account_id__in=quotes)
    newest: dict[int, Held] = {}
    for account_id, currency, total, free, at in of.values_list("account_id", "currency", "total", "free", "at"):
        before = newest.get(account_id, Held())
        own = currency == quotes[account_id]
        latest = at if before.at is None else max(before.at, at)
        newest[account_id] = Held(total if own else before.total, free if own else before.free, latest)
    return {pk: Held(at=held.at, hidden=True) for pk, held in newest.items()} if sealing.hides() else newest


def _checks(found: Sequence[ExchangeAccount]) -> dict[int, Checkup]:
    """The latest pre-flight of each."""
    of = Checkup.objects.filter(account__in=found, kind=Checkup.Kind.PREFLIGHT)
    return {check.account_id: check for check in of.order_by("account_id", "-id").distinct("account_id")}


# a check-up --------------------------------------------------------------------------------------


def shown(check: Checkup, account: ExchangeAccount, *, now: datetime) -> Check:
    """A check-up in words, and whether it still says something about the account."""
    stale = _stale(check, account, now)
    return Check(
        asked_by=check.asked_by,
        asked_at=check.asked_at,
        started=check.started_at is not None,
        finished_at=check.finished_at,
        planned=check.planned,
        rows=tuple(FindingRow(**line) for line in check.lines),
        green=check.green,
        counts=check.green and not stale,
        stale=stale,
    )


def _stale(check: Checkup, account: ExchangeAccount, now: datetime) -> str:
    if check.identity != account.identity:
        return "It was of other keys, or of another venue, kind or owner: run it again."
    if check.finished_at is not None and now - check.finished_at > COUNTS_FOR:
        return "It is older than an hour: to arm, run it again."
    return ""


# one account -------------------------------------------------------------------------------------


def page(account: ExchangeAccount, *, now: datetime) -> Page:
    """The page of one account."""
    latest = preflight.latest(account)
    last, tested = latest.get(Checkup.Kind.PREFLIGHT), latest.get(Checkup.Kind.TEST_ORDER)
    line = row(account, _held([account]).get(account.pk, Held()), last, now=now)
    found = arming.conditions(account, now=now)
    return Page(
        row=line,
        check=line.check,
        test=shown(tested, account, now=now) if tested else None,
        conditions=found,
        lately=lately(account),
        steps=_steps(account, line),
    )


def _steps(account: ExchangeAccount, line: Row) -> tuple[tuple[str, bool, str], ...]:
    """The way to a trading account: step, whether it is done, and what it is."""
    check = line.check
    checked = "running" if check and check.running else "green" if check and check.counts else "to do"
    return (
        ("Account", True, line.venue),
        ("Keys", bool(account.sealed_credentials), account.keys_mark or "to do"),
        ("Pre-flight", bool(check and check.counts), checked),
        ("Armed", account.may_open, "entries go through" if account.may_open else "entries stay out"),
    )


def lately(account: ExchangeAccount) -> tuple[Lately, ...]:
    """What was done to the account last."""
    found = JournalEntry.objects.filter(subject=f"account:{account.pk}", kind__startswith="account.").order_by("-id")
    return tuple(Lately(entry.at, telling.told(entry.kind, entry.payload).sentence) for entry in found[:LATELY])
