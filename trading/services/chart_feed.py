"""What a chart shows beyond the rows: any timeframe's candles, the book, the last trades, where positions are liquidated.

A page says what it looks at and rings; the market's worker asks the venue, and what it says stands in Valkey for a minute.
So no page waits for a venue, and nobody asks for a pair that nobody looks at. Lost with Valkey, it is asked again.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from project.accounts.models import ExchangeAccount
from project.journal.publish import PRICES, send
from signals.market.bars import Bar, Span, sane
from trading import bells
from trading.domain.vocabulary import Side
from trading.errors import VenueError
from trading.gateways.base import Gateway, PositionReport, TradeReport

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Level = tuple[Decimal, Decimal]

BARS = 600
# Of a chart: most venues give them in one answer.
MOST_CALLS = 7
# Where a venue gives a hundred at once, that is all of them.
LOOKED_AT = timedelta(seconds=12)
# A page says every few seconds what it looks at; after so long without a word nobody does.
LEAST_PAUSE_MS = 3_000
# Between two questions about the same pair and timeframe, however many look at it.
BARS_PAUSE = timedelta(seconds=10)
# Between two questions for bars and positions: in between the last price moves the last bar.
KEPT_SECS = 60
# An answer is shown with its age; an older one is no answer.
PAIRS_AT_ONCE = 8
# Of one account that are looked at; those who come later wait until somebody leaves.
MOST_SPENT = timedelta(seconds=1)
# After so long a bell's work ends with the pair it is at: prices wait in the same queue, and they are traded on.
SHOWN_TRADES = 40
TIMEOUT_SECS = 1.0


@dataclass(frozen=True, slots=True)
class Want:
    """A pair and a timeframe that somebody looks at."""

    symbol: str
    timeframe_secs: int

    @property
    def name(self) -> str:
        """As it stands in Valkey."""
        return f"{self.timeframe_secs}|{self.symbol}"

    @classmethod
    def named(cls, name: str) -> "Want":
        """What a name stands for."""
        secs, _, symbol = name.partition("|")
        return cls(symbol, int(secs))


@dataclass(frozen=True, slots=True)
class Held:
    """A futures position where it ends by itself; price quote."""

    side: str
    qty: Decimal
    liquidation_price: Decimal


@dataclass(frozen=True, slots=True)
class Feed:
    """What the venue said last; `trouble`: why it could not be asked since, then the rest is as of `asked_at`."""

    asked_at: datetime
    bars_at: datetime
    bars: tuple[Bar, ...] = ()
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    trades: tuple[TradeReport, ...] = ()
    held: tuple[Held, ...] = ()
    trouble: str = ""


class _Store:
    """One connection a process, opened at first use, so never inherited across a fork."""

    client: "Redis | None" = None

    @classmethod
    def connected(cls) -> "Redis":
        if cls.client is None:
            once_more = Retry(NoBackoff(), 1)  # an idle connection may be gone; its usual patience is seconds
            cls.client = Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=TIMEOUT_SECS,
                socket_connect_timeout=TIMEOUT_SECS,
                retry=once_more,
            )
        return cls.client


# the page's side ---------------------------------------------------------------------------------


def look(account_id: int, want: Want, *, now: datetime) -> Feed | None:
    """Say that somebody looks at a pair, and bring what is known of it; None while nothing is. Raises RedisError."""
    store, until = _Store.connected(), (now + LOOKED_AT).timestamp()
    with store.pipeline(transaction=False) as pipe:
        pipe.zadd(_wants(account_id), {want.name: until})
        pipe.expire(_wants(account_id), KEPT_SECS)
        pipe.get(_place(account_id, want))
        found = pipe.execute()[-1]
    bells.ring("feed_chart", account_id)
    return read(found) if found else None


# the worker's side -------------------------------------------------------------------------------


def answer(account: ExchangeAccount, *, gateway: Callable[[], Gateway], clock: Clock) -> int:
    """Ask the venue for everything that is looked at now and due; how many pairs were. A broken Valkey ends it."""
    try:
        fed = _feed(account, gateway=gateway, clock=clock)
    except (RedisError, OSError) as error:
        log.warning("no chart is fed: %s", type(error).__name__)
        return 0
    if fed:
        send(PRICES, {"type": "prices.moved", "at": clock().isoformat()})
    return fed


def _feed(account: ExchangeAccount, *, gateway: Callable[[], Gateway], clock: Clock) -> int:
    fed, began = 0, clock()
    for want in _wanted(account.pk, now=began):
        if clock() - began > MOST_SPENT:
            break
        if _due(account.pk, want):
            keep(account.pk, want, _asked(account.pk, want, gateway=gateway, clock=clock))
            fed += 1
    return fed


def _wanted(account_id: int, *, now: datetime) -> list[Want]:
    store, key = _Store.connected(), _wants(account_id)
    store.zremrangebyscore(key, "-inf", now.timestamp())
    names: Iterable[bytes] = store.zrange(key, 0, PAIRS_AT_ONCE - 1)  # type: ignore[assignment]
    return [Want.named(name.decode()) for name in names]


def _due(account_id: int, want: Want) -> bool:
    """Whether nobody asked just now: the question belongs to whoever marks it first."""
    return bool(_Store.connected().set(f"{_place(account_id, want)}:asked", 1, nx=True, px=LEAST_PAUSE_MS))


def _asked(account_id: int, want: Want, *, gateway: Callable[[], Gateway], clock: Clock) -> Feed:
    """The venue's answer; where it gives none, what was known and why."""
    kept: Any = _Store.connected().get(_place(account_id, want))
    before = read(kept) if kept else None
    try:
        return ask(want, before, gateway=gateway(), now=clock())
    except VenueError as error:
        return replace(before or Feed(clock(), clock()), trouble=str(error))


def ask(want: Want, before: Feed | None, *, gateway: Gateway, now: datetime) -> Feed:
    """The book and the last trades of a pair, and when it is time its bars and positions. Raises VenueError."""
    due = before is None or not before.bars or now - before.bars_at >= BARS_PAUSE
    base = _bars(want, before, gateway=gateway, now=now) if before is None or due else before
    book, trades = gateway.order_book(want.symbol), gateway.trades(want.symbol)
    return replace(base, asked_at=now, bids=book.bids, asks=book.asks, trades=tuple(trades)[-SHOWN_TRADES:], trouble="")


def _bars(want: Want, before: Feed | None, *, gateway: Gateway, now: datetime) -> Feed:
    """Bars, of which only what is new since before is asked for, and where positions end."""
    known = before.bars if before else ()
    bars = followed(known, want.timeframe_secs, fetch=lambda span: gateway.candles(want.symbol, span), now=now)
    return Feed(asked_at=now, bars_at=now, bars=bars, held=ends(gateway.positions(), want.symbol))


def followed(
    known: Sequence[Bar], timeframe_secs: int, *, fetch: Callable[[Span], Sequence[Bar]], now: datetime
) -> tuple[Bar, ...]:
    """Bars up to now: a venue that gives fewer at once is asked on from its last, until it has no newer one."""
    bars, width = tuple(known), timedelta(seconds=timeframe_secs)
    for _ in range(MOST_CALLS):
        last = bars[-1].opened_at if bars else None
        bars = merged(bars, fetch(due_span(bars, timeframe_secs, now=now)))
        if not bars or bars[-1].opened_at == last or bars[-1].opened_at + width > now:
            break
    return bars


def due_span(known: Sequence[Bar], timeframe_secs: int, *, now: datetime) -> Span:
    """What to ask for: from the last known bar on, which grew since, or all of a chart's."""
    width = timedelta(seconds=timeframe_secs)
    since = known[-1].opened_at if known else now - BARS * width
    count = int((now - since) / width) + 1
    return Span(since, count, timeframe_secs) if count < BARS else Span(now - BARS * width, BARS + 1, timeframe_secs)


def merged(known: Iterable[Bar], fresh: Iterable[Bar]) -> tuple[Bar, ...]:
    """Bars by their opening, the fresher ones over the known, the last of a chart's."""
    by_opening = {bar.opened_at: bar for bar in (*known, *fresh) if sane(bar)}
    return tuple(by_opening[at] for at in sorted(by_opening))[-BARS:]


def ends(positions: Iterable[PositionReport], symbol: str) -> tuple[Held, ...]:
    """Where positions of a pair are liquidated."""
    found = ((p.side.value, p.qty, p.liquidation_price) for p in positions if p.symbol == symbol)
    return tuple(Held(side, qty, price) for side, qty, price in found if price)


# as it stands in Valkey ----------------------------------------------------------------------------


def _wants(account_id: int) -> str:
    return f"windlass:chart:wants:{account_id}"


def _place(account_id: int, want: Want) -> str:
    return f"windlass:chart:{account_id}:{want.name}"


def keep(account_id: int, want: Want, feed: Feed) -> None:
    """Put what the venue said where pages look. Raises RedisError."""
    _Store.connected().set(_place(account_id, want), written(feed), ex=KEPT_SECS)


def written(feed: Feed) -> str:
    """A feed as text: numbers exact, times in seconds."""
    said = {
        "asked_at": feed.asked_at.timestamp(),
        "bars_at": feed.bars_at.timestamp(),
        "bars": [[b.opened_at.timestamp(), *_texts(b.open, b.high, b.low, b.close, b.volume)] for b in feed.bars],
        "bids": [_texts(*level) for level in feed.bids],
        "asks": [_texts(*level) for level in feed.asks],
        "trades": [[t.at.timestamp(), t.side, *_texts(t.price, t.qty)] for t in feed.trades],
        "held": [[h.side, *_texts(h.qty, h.liquidation_price)] for h in feed.held],
        "trouble": feed.trouble,
    }
    return json.dumps(said, separators=(",", ":"))


def _texts(*values: Decimal) -> list[str]:
    return [f"{value.normalize():f}" for value in values]


def read(text: str | bytes) -> Feed:
    """Text as a feed."""
    said: Mapping[str, Any] = json.loads(text)
    return Feed(
        asked_at=_when(said["asked_at"]),
        bars_at=_when(said["bars_at"]),
        bars=tuple(Bar(_when(at), *map(Decimal, numbers)) for at, *numbers in said["bars"]),
        bids=tuple((Decimal(price), Decimal(qty)) for price, qty in said["bids"]),
        asks=tuple((Decimal(price), Decimal(qty)) for price, qty in said["asks"]),
        trades=tuple(
            TradeReport(_when(at), Side(side), Decimal(price), Decimal(qty)) for at, side, price, qty in said["trades"]
        ),
        held=tuple(Held(side, Decimal(qty), Decimal(price)) for side, qty, price in said["held"]),
        trouble=said["trouble"],
    )


def _when(secs: float) -> datetime:
    return datetime.fromtimestamp(secs, tz=UTC)
