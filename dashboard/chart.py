"""The chart of a pair, gathered: which pair and timeframe, its candles and values, and everything of ours that stands in it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from typing import Any

from redis.exceptions import RedisError

from dashboard import chart_book, chart_drawings, chart_marks, chart_values, formats, given, groups
from dashboard.chart_book import Precision
from dashboard.chart_marks import FillFact
from dashboard.chart_values import Chosen, Drawn
from dashboard.problems import refused
from dashboard.words import venue_words
from project.accounts.models import ExchangeAccount, User
from signals import symbols, timeframes
from signals.market import candles, instruments
from signals.market.bars import WANTED, Bar
from signals.market.instruments import InstrumentFacts
from signals.models import Instrument, Ticker
from trading.models import Fill, PositionGroup
from trading.services import chart_feed
from trading.services.chart_feed import BARS, Feed, Want

FRAMES = (60, 300, 900, 1800, 3600, 14_400, 86_400, 604_800)
# What every venue of ours has candles of.
USUAL_FRAME = 3600
FILLS_MAX = 1000
# The latest; a chart of so many markers shows nothing any more.
PAIRS_MAX = 500
# Offered while one types; any other listed pair may be typed too.


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at."""

    account: ExchangeAccount
    market: InstrumentFacts
    timeframe_secs: int
    chosen: tuple[Chosen, ...] = ()

    @property
    def want(self) -> Want:
        """As the feed knows it."""
        return Want(self.market.symbol, self.timeframe_secs)

    @property
    def precision(self) -> Precision:
        """How its numbers are written."""
        market = self.market
        return Precision(market.tick_size, market.lot_step, market.contract_size, market.quote)

    @property
    def places(self) -> int:
        """Decimal places of a price."""
        return formats.places_of(self.market.tick_size)


@dataclass(frozen=True, slots=True)
class Page:
    """The page around the chart: the view, the pairs one may look at, the open groups of this one."""

    view: View
    pairs: tuple[str, ...]
    held: tuple[str, ...]
    groups: tuple[PositionGroup, ...]
    last: Decimal | None


# what is asked for -------------------------------------------------------------------------------


def view(account: ExchangeAccount, asked: Mapping[str, str], *, usual: str = "", frame: int = USUAL_FRAME) -> View:
    """The view that `symbol`, `timeframe` and `values` name; where they name none, the usual. Raises Refused."""
    market = _market(account, given.words(asked.get("symbol", "")) or usual)
    return View(
        account, market, _frame(asked.get("timeframe", ""), frame), chart_values.chosen(asked.get("values", ""))
    )


def _market(account: ExchangeAccount, text: str) -> InstrumentFacts:
    """The pair by its unified name, or by whatever else it is called."""
    here = Instrument.objects.filter(venue=account.venue, environment=account.environment)
    row = here.filter(symbol=text).first() or (here.order_by("-active", "symbol").first() if not text else None)
    if row is not None:
        return instruments.facts(row)
    listed = instruments.listed(account.venue, account.environment)
    if not listed.by_symbol:
        words = f"{venue_words(account.venue)} has not told its pairs yet."
        raise refused("NO_PAIRS", words, advice="They are read every minute while the workers run.")
    found = symbols.resolve(text[:60], "", listed.names)
    if isinstance(found, symbols.UnknownSymbol):
        raise refused(found.code, found.message, status=404, field="symbol", value=text[:60])
    return listed.by_symbol[found]


def _frame(text: str, usual: int) -> int:
    secs = timeframes.seconds(text) if text else usual
    if secs not in FRAMES:
        known = ", ".join(map(short, FRAMES))
        raise refused("TIMEFRAME", f"There is no chart of {text[:12]}.", status=422, field="timeframe", advice=known)
    return secs


def short(secs: int) -> str:
    """900 → `15m`, as an address has it."""
    return formats.timeframe(secs).replace(formats.THIN, "")


# the page ----------------------------------------------------------------------------------------


def gather(account: ExchangeAccount, asked: Mapping[str, str]) -> Page:
    """The page of a pair: of the one held last where none is asked for. Raises Refused."""
    rows = list(PositionGroup.objects.filter(account=account, closed_at=None).select_related("instrument"))
    rows.sort(key=lambda row: row.opened_at, reverse=True)
    here = {"instrument__venue": account.venue, "instrument__environment": account.environment}
    prices = dict(Ticker.objects.filter(**here).values_list("instrument__symbol", "last")[:PAIRS_MAX])
    usual = rows[0].instrument.symbol if rows else next(iter(sorted(prices)), "")
    shown = view(account, asked, usual=usual, frame=_frame_of(rows))
    held = tuple(dict.fromkeys(row.instrument.symbol for row in rows))
    mine = tuple(row for row in rows if row.instrument_id == shown.market.id)
    return Page(shown, tuple(sorted({*prices, *held})), held, mine, prices.get(shown.market.symbol))


def _frame_of(rows: Sequence[PositionGroup]) -> int:
    return rows[0].timeframe_secs if rows and rows[0].timeframe_secs in FRAMES else USUAL_FRAME


# candles, values, book, trades -------------------------------------------------------------------


def data(shown: View, *, after: datetime | None, now: datetime) -> dict[str, Any]:
    """Everything that moves; with `after` only the bars from there on. What the venue could not say is said in words."""
    feed, words, asking = _feed(shown, now=now)
    bars = chart_feed.merged(_kept(shown), feed.bars if feed else ())
    drawn = chart_values.drawn(bars, shown.chosen)
    first = sum(1 for _ in takewhile(lambda bar: bar.opened_at < after, bars)) if after else 0
    return {
        "at": now.isoformat(),
        "asked_at": feed.asked_at.isoformat() if feed else None,
        "asking": asking,
        "words": words or _nothing(shown, bars, asking=asking),
        "bars": [_bar(bar) for bar in bars[first:]],
        "values": [_values(one, first) for one in drawn],
        "last": _last(shown, feed, bars),
        **_beside(shown, feed),
    }


def _feed(shown: View, *, now: datetime) -> tuple[Feed | None, str, bool]:
    """What the venue said, why not, and whether it is still being asked."""
    venue = venue_words(shown.account.venue)
    try:
        feed = chart_feed.look(shown.account.pk, shown.want, now=now)
    except (RedisError, OSError):
        return None, f"Valkey does not answer, so {venue} is not asked: only candles that are kept are shown.", False
    if feed is None:
        return None, "", True
    return feed, f"{feed.trouble} What is shown is as old as it says." if feed.trouble else "", False


def _kept(shown: View) -> Sequence[Bar]:
    """Finished bars in rows: of traded pairs, an hour or a day long."""
    if shown.timeframe_secs not in WANTED:
        return ()
    return candles.bars(shown.market.id, shown.timeframe_secs, most=BARS)


def _nothing(shown: View, bars: Sequence[Bar], *, asking: bool) -> str:
    venue = venue_words(shown.account.venue)
    if asking:
        return f"{venue} is being asked{'; until it answers the candles are old ones' if bars else ' for candles'}."
    return (
        "" if bars else f"{venue} has no candles of {shown.market.symbol} at {formats.timeframe(shown.timeframe_secs)}."
    )


def _bar(bar: Bar) -> list[float]:
    return [int(bar.opened_at.timestamp()), *map(float, (bar.open, bar.high, bar.low, bar.close, bar.volume))]


def _values(one: Drawn, first: int) -> dict[str, Any]:
    lines = [
        asdict(line) | {"values": values[first:]} for line, values in zip(one.chosen.of.lines, one.values, strict=True)
    ]
    return {"key": one.chosen.key, "title": one.chosen.title, "over": one.chosen.of.over, "lines": lines}


def _last(shown: View, feed: Feed | None, bars: Sequence[Bar]) -> dict[str, Any] | None:
    """The newest price that anybody told: the polled one, or the last trade."""
    known = Ticker.objects.filter(instrument_id=shown.market.id).values_list("at", "last").first()
    told = [(trade.at, trade.price) for trade in feed.trades[-1:]] if feed else []
    told += [known] if known else []
    if not told:
        return None
    at, price = max(told)
    return {"at": int(at.timestamp()), "price": float(price), "text": formats.price(price, shown.market.tick_size)}


def _beside(shown: View, feed: Feed | None) -> dict[str, Any]:
    """Book, trades and where positions are liquidated."""
    if feed is None:
        return {"book": None, "trades": [], "held": []}
    book = chart_book.ladder(feed.bids, feed.asks, shown.precision)
    held = [
        {"price": float(row.liquidation_price), "title": f"{row.side} liquidated"}
        for row in feed.held
    ]  # fmt: skip
    prints = chart_book.prints(feed.trades, shown.precision)
    return {"book": asdict(book) if book else None, "trades": [asdict(one) for one in prints], "held": held}


# what is ours ------------------------------------------------------------------------------------


def marks(shown: View, user: User, *, now: datetime) -> dict[str, Any]:
    """Open groups as lines, fills as markers, and what the person drew."""
    here = groups.whole().filter(account=shown.account, instrument_id=shown.market.id, closed_at=None)
    rows = [groups.group_row(row, groups.last_of(row)) for row in here]
    tick, lot = shown.market.tick_size, shown.market.lot_step
    fills = chart_marks.markers(_fills(shown, now=now), timeframe_secs=shown.timeframe_secs)
    return {
        "lines": [
            asdict(line) | {"price": float(line.price), "text": formats.price(line.price, tick)}
            for line in chart_marks.lines(rows)
        ],
        "markers": [
            {
                "at": int(one.at.timestamp()), "side": one.side, "size": one.size,
                "group_id": one.group_id, "price": float(one.price), "text": chart_marks.words_of(one, lot_step=lot),
            }
            for one in fills
        ],
        "drawings": chart_drawings.of(user, shown.market.symbol),
    }  # fmt: skip


def _fills(shown: View, *, now: datetime) -> list[FillFact]:
    """The latest fills of the pair as far back as candles are shown."""
    since = now - BARS * timedelta(seconds=shown.timeframe_secs)
    rows = Fill.objects.filter(account=shown.account, instrument_id=shown.market.id, recorded_at__gte=since)
    names = ("at", "side", "order__group_id", "price", "qty")
    return [FillFact(*row) for row in rows.order_by("-recorded_at").values_list(*names)[:FILLS_MAX]]
