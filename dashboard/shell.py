"""The bar on top of every page, and what a page shows of it: one account's health in one question to the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard import figures
from dashboard.snapshot import AccountTab, Health, Pulse
from dashboard.words import health_words, venue_words
from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.reads import Read, Sql

WORKERS_LIMIT_SECS = 10  # the pump rings every 2 s; five unanswered bells in a row are no hiccup
VENUE_LIMIT_SECS = 10  # from here on entries are refused as STALE_PRICE
JOURNAL_LIMIT_SECS = 2  # the sealer polls every 0.25 s at the latest

ACCOUNTS = Read(lambda: ExchangeAccount.objects.order_by("id"))
FACTS = Sql("""
WITH shown AS (
  SELECT id, venue, environment FROM accounts_exchangeaccount ORDER BY id <> %(account)s, id LIMIT 1
), last AS (
  SELECT first_number + count - 1 AS number, at, last_xid, last_entry_id
  FROM journal_seal ORDER BY first_number DESC LIMIT 1
)
SELECT
  (SELECT max(answered_at) FROM trading_canary),
  last.number,
  last.at,
  (SELECT at FROM journal_journalentry
    WHERE (xid, id) > (coalesce(last.last_xid, -1), coalesce(last.last_entry_id, -1)) ORDER BY xid, id LIMIT 1),
  greatest(
    (SELECT max(price.at) FROM signals_ticker price JOIN signals_instrument market ON market.id = price.instrument_id
      WHERE market.venue = shown.venue AND market.environment = shown.environment),
    (SELECT max(at) FROM accounts_balance WHERE account_id = shown.id)),
  (SELECT received_at FROM signals_alert WHERE account_id = shown.id ORDER BY id DESC LIMIT 1),
  (SELECT coalesce(sum(realised_pnl), 0) FROM trading_positiongroup
    WHERE account_id = shown.id AND closed_at >= %(midnight)s AND status <> 'FAILED'),
  (SELECT count(*) FROM trading_positiongroup WHERE account_id = shown.id AND closed_at IS NULL),
  (SELECT count(*) FROM trading_queuedsignal WHERE account_id = shown.id AND ended_at IS NULL)
FROM (SELECT 1) one LEFT JOIN shown ON true LEFT JOIN last ON true
""")
NOBODY = 0  # no account has this number: the first one is shown


@dataclass(frozen=True, slots=True)
class Facts:
    """What the bar is made of; times are None where there was nothing yet, `today` is quote."""

    canary_at: datetime | None
    number: int | None
    sealed_at: datetime | None
    unsealed_since: datetime | None
    read_at: datetime | None
    alert_at: datetime | None
    today: Decimal
    groups: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of a page, as of `at`; `number` is the last sealed event it certainly holds, `row` the account shown."""

    number: int
    at: datetime
    health: Health
    facts: Facts
    row: ExchangeAccount | None = None
    accounts: tuple[AccountTab, ...] = ()

    @property
    def account(self) -> AccountTab | None:
        """The account shown, as the switcher has it."""
        return next((tab for tab in self.accounts if self.row and tab.id == self.row.pk), None)


def gather(account_id: int | None, *, now: datetime) -> Bar:
    """The bar of an account: of the first one where none is named or the named one is gone."""
    asked = FACTS.of(account=account_id or NOBODY, midnight=now.replace(hour=0, minute=0, second=0, microsecond=0))
    with ahead(ACCOUNTS.of(), asked, mode.ROW.of()):
        rows = ACCOUNTS()
        chosen = next((row for row in rows if row.pk == account_id), rows[0] if rows else None)
        known = Facts(*FACTS(**asked.given)[0])
        tabs = tuple(AccountTab(a.id, a.name, a.environment, a.armed, a.health, a.user_id) for a in rows)
        # Every account of the installation: who may log in may look, acting takes a role.
        return Bar(known.number or 0, now, health(chosen, known, now=now), known, chosen, tabs)


def health(account: ExchangeAccount | None, known: Facts, *, now: datetime) -> Health:
    """What money this is, how far the engine may go, what is late."""
    row = mode.current()
    pulses = (workers_pulse(known.canary_at, now=now), _journal_pulse(known, now=now))
    if account is None:
        return Health("", row.mode, row.reason, row.operator, pulses)
    alert = Pulse("Last alert", "" if known.alert_at else "none yet", known.alert_at)
    # It carries no limit: nobody promised one, so silence is not late.
    shown = (pulses[0], _venue_pulse(account, known.read_at, now=now), alert, pulses[1])
    return Health(account.environment, row.mode, row.reason, row.operator, shown, known.today, account.quote)


def workers_pulse(answered_at: datetime | None, *, now: datetime) -> Pulse:
    """When a worker last answered the canary: the bells are heard end to end."""
    trouble = "" if answered_at else "have not answered yet"
    return _pulse("Workers", "answered", answered_at, WORKERS_LIMIT_SECS, now, trouble)


def _venue_pulse(account: ExchangeAccount, read_at: datetime | None, *, now: datetime) -> Pulse:
    trouble = health_words(account.health, account.health_detail) if account.health else ""
    said = trouble or ("" if read_at else "not read yet")
    return _pulse(venue_words(account.venue), "read", read_at, VENUE_LIMIT_SECS, now, said)


def _journal_pulse(known: Facts, *, now: datetime) -> Pulse:
    """When the last seal was made; once a row has waited too long for its own, that row's age."""
    since = known.unsealed_since
    if since is not None and now - since > timedelta(seconds=JOURNAL_LIMIT_SECS):
        return _pulse("Journal", "oldest unsealed row written", since, JOURNAL_LIMIT_SECS, now)
    return Pulse("Journal", "sealed" if known.sealed_at else "empty", known.sealed_at)


def _pulse(name: str, said: str, at: datetime | None, limit_secs: float, now: datetime, trouble: str = "") -> Pulse:
    return Pulse(name, said, at, limit_secs, figures.late_secs(at, now=now, limit_secs=limit_secs), trouble)
