"""Rows that figures start from, made the way the engine makes them, and what the database says afterwards."""

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from benchmarks.bench import Bench
from project.accounts import mode
from project.accounts.models import Balance, ExchangeAccount, Installation, User
from project.accounts.vault import key_encryption_key, seal_credentials
from project.services.files import write_private
from project.services.ports import HOST
from signals.models import Alert, Instrument, Source, Ticker
from tests.support.markets import know_markets
from trading import bells
from trading.domain.settings import REGISTRY
from trading.models import SettingOverride
from trading.services.bootstrap import digest

WALLET = Decimal(1_000_000_000)
PRICE = Decimal(100)
FRESH_SECS = 1.0


@dataclass(frozen=True, slots=True)
class Desk:
    """An account and the source that speaks for it."""

    account: ExchangeAccount
    source: Source
    token: str

    @property
    def path(self) -> str:
        """Its own address at the door."""
        return f"/webhooks/{self.token}"


def desks(bench: Bench, count: int, **overrides: Any) -> list[Desk]:
    """So many armed accounts, reconciled and rich, with settings of their own, and keys that the paper exchange reads."""
    key_encryption_key()
    Installation.objects.get_or_create(id=1, defaults={"name": secrets.token_hex(16)})
    mode.current()
    user = User.objects.create_user("trader", password=secrets.token_hex(16))
    made = [_desk(bench, user, number) for number in range(count)]
    for name, value in ({"capital_per_pyramid": "1000 USDT", "order_rate_per_min": 100_000} | overrides).items():
        SettingOverride.objects.create(name=name, value=value)
    return made


def _desk(bench: Bench, user: User, number: int) -> Desk:
    now, keys = timezone.now(), {"apiKey": secrets.token_hex(8), "secret": secrets.token_hex(16)}
    url = f"http://{HOST}:{bench.ports['paper']}"
    account = ExchangeAccount(user=user, name=f"account {number}", base_url=url, armed=True, venue="binance")
    account.reconciled_at, account.clock_offset_ms = now, 0
    account.save()
    seal_credentials(account, keys)
    account.save()
    Balance.objects.create(account=account, currency="USDT", total=WALLET, free=WALLET, at=now)
    _tell_paper(bench, {"key": keys["apiKey"], "secret": keys["secret"], "account": f"account-{account.pk}"})
    token = secrets.token_urlsafe(32)
    source = Source.objects.create(
        user=user, account=account, name=f"source {number}", token_hash=digest(token), rate_per_min=0
    )
    return Desk(account, source, token)


def _tell_paper(bench: Bench, entry: Mapping[str, str]) -> None:
    path = bench.home / "paper-keys.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    write_private(path, json.dumps([*known, entry]))


def largest(setting: str, wanted: int) -> int:
    """What is wanted of a setting, or the most that its range allows."""
    high = REGISTRY[setting].high
    return wanted if high is None else min(wanted, int(high))


# markets that no venue lists: for figures that end before an order leaves -------------------------


def markets(count: int) -> list[str]:
    """So many instruments with a price of 100; their symbols."""
    rows = [_instrument(f"S{number:03d}") for number in range(count)]
    Instrument.objects.bulk_create(rows)
    now = timezone.now()
    Ticker.objects.bulk_create(
        Ticker(instrument=row, bid=PRICE, ask=PRICE, last=PRICE, at=now, wanted_at=now) for row in rows
    )
    know_markets()
    return [row.symbol for row in rows]


def _instrument(base: str) -> Instrument:
    return Instrument(
        venue="binance",
        environment="paper",
        symbol=f"{base}/USDT",
        venue_symbol=f"{base}USDT",
        kind="SPOT",
        base=base,
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_step=Decimal("0.0001"),
        min_qty=Decimal("0.0001"),
        min_notional=Decimal(5),
        maker_fee=Decimal("0.001"),
        taker_fee=Decimal("0.001"),
        max_open_orders=200,
        refreshed_at=now_utc(),
    )


def now_utc() -> datetime:
    return datetime.now(UTC)


# alerts ------------------------------------------------------------------------------------------


def body(symbol: str, **fields: Any) -> dict[str, Any]:
    """An alert of the native format, new and fresh."""
    return {"id": secrets.token_hex(8), "symbol": symbol, "timestamp": now_utc().isoformat(), **fields}


def store(wanted: Sequence[tuple[Desk, dict[str, Any]]]) -> None:
    """Alerts as the door leaves them: stored, undecided, in this order."""
    Alert.objects.bulk_create(_alert(desk, content) for desk, content in wanted)


def _alert(desk: Desk, content: dict[str, Any]) -> Alert:
    raw = json.dumps(content)
    return Alert(
        source=desk.source,
        account_id=desk.account.pk,
        endpoint="tradingview",
        format="windlass",
        raw=raw,
        body_hash=digest(raw),
        dedupe_key=f"id:{content['id']}",
        client_id=content["id"],
        received_at=now_utc(),
    )


def silence(task: str, desk: Desk) -> None:
    """As if the desk's bell were waiting to be heard already: nobody rings it, for some minutes."""
    Redis.from_url(settings.REDIS_URL).set(bells.key(task, desk.account.pk), 1, px=timedelta(minutes=5))


# what the database says --------------------------------------------------------------------------


def connect() -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection of our own, beside Django's."""
    where = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    return psycopg.connect(autocommit=True, **{ours: where[theirs] for ours, theirs in names.items()})


def ask(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of a query."""
    with connect() as own:
        return own.execute(statement.encode(), parameters).fetchall()


def count(statement: str, *parameters: Any) -> int:
    """The one number of a query."""
    return int(ask(statement, *parameters)[0][0])


def outcomes() -> dict[str, int]:
    """How many alerts have which outcome, with a reason for each: the first thing to look at when counts differ."""
    said = "SELECT outcome, min(reason), count(*) FROM signals_alert GROUP BY outcome"
    return {f"{outcome} ({reason[:90]})": number for outcome, reason, number in ask(said)}


def reached(own: "psycopg.Connection[Any]", statement: str, wanted: int, *, within: float) -> int:
    """Ask every 10 ms until a count is reached or the time is over; the last count."""
    pause, give_up = threading.Event(), time.monotonic() + within
    while (found := _number(own, statement)) < wanted and time.monotonic() < give_up:
        pause.wait(0.01)
    return found


def wait_for(own: "psycopg.Connection[Any]", statement: str, wanted: int, *, within: float) -> None:
    """Ask until a count is reached. Raises TimeoutError."""
    found = reached(own, statement, wanted, within=within)
    if found < wanted:
        raise TimeoutError(f"{found} of {wanted} after {within:g} s: {statement}")


def _number(own: "psycopg.Connection[Any]", statement: str) -> int:
    row = own.execute(statement.encode()).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def fresh_prices() -> Iterator[None]:
    """Keep prices and balances young, as the polls do, for figures that run without them."""
    done = threading.Event()

    def keep() -> None:
        with connect() as own:
            while True:
                own.execute("UPDATE signals_ticker SET at = now()")
                if done.wait(FRESH_SECS):
                    return

    thread = threading.Thread(target=keep, name="fresh prices")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
