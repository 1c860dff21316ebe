"""The old bot beside the shadow: importing its export, and both sides of a comparison from their rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial

from django.db import transaction

from project.journal.record import record
from signals.market import instruments, venues
from signals.market.instruments import Listed
from signals.models import Source, Ticker
from signals.symbols import UnknownSymbol, resolve
from trading.domain import trade_export
from trading.domain.comparison import Match, Part, compare
from trading.domain.money import ZERO
from trading.domain.position import open_profit
from trading.domain.trade_export import Export, Trade
from trading.domain.vocabulary import PositionSide
from trading.models import ShadowGroup, TheirTrade

WINDOW = timedelta(minutes=15)
# Two entries of one pair and side this near are one trade, unless a person says otherwise.
MOST_ROWS = 5000
UNNAMED = ""
UPDATED = ("symbol", "side", "qty", "entry_price", "exit_price", "fee", "pnl", "opened_at", "closed_at")


def import_trades(source: Source, text: str, *, operator: str) -> Export:
    """Read an export and keep its trades for the source; a trade that is known already is brought up to date."""
    account = source.account
    listed = instruments.listed(account.venue, account.environment)
    venue = venues.capability(account.venue)
    name_of = cache(partial(_name, listed))
    found = trade_export.read(text, resolve=name_of, shorts=bool(venue and venue.derivative))
    rows = {trade.key: _row(source, trade) for trade in found.trades}
    with transaction.atomic():
        TheirTrade.objects.bulk_create(
            rows.values(), update_conflicts=True, unique_fields=["source", "key"], update_fields=UPDATED
        )
        payload = {"operator": operator, "trades": len(rows), "lines": found.lines, "errors": len(found.errors)}
        record("shadow.imported", subject=f"source:{source.pk}", payload=payload, account_id=account.pk)
    return found


def _name(listed: Listed, pair: str) -> str:
    """The pair's own name; bots write USDT_BTC, BTCUSDT, BTC/USDT."""
    found = resolve(pair, "", listed.names) if pair else UNNAMED
    return "" if isinstance(found, UnknownSymbol) else found


def _row(source: Source, trade: Trade) -> TheirTrade:
    return TheirTrade(source=source, key=trade.key, **{name: getattr(trade, name) for name in UPDATED})


def forget(source: Source, *, operator: str) -> int:
    """Delete what was imported for the source; how many trades."""
    with transaction.atomic():
        count, _ = TheirTrade.objects.filter(source=source).delete()
        payload = {"operator": operator, "trades": count}
        record("shadow.forgotten", subject=f"source:{source.pk}", payload=payload, account_id=source.account_id)
    return count


# both sides --------------------------------------------------------------------------------------


def comparison(source: Source, *, since: datetime | None, window: timedelta = WINDOW) -> list[Match]:
    """Theirs and ours since an instant, the newest first."""
    return compare(_theirs(source, since), ours(source, since), window=window)


def _theirs(source: Source, since: datetime | None) -> list[Part]:
    rows = TheirTrade.objects.filter(source=source, **_after(since)).order_by("-opened_at")[:MOST_ROWS]
    names = ("symbol", "qty", "entry_price", "opened_at", "exit_price", "closed_at", "pnl", "id")
    units = _units(source, {row.symbol for row in rows})
    return [
        Part(
            side=PositionSide(row.side),
            contract_size=units.get(row.symbol, Decimal(1)),
            **{name: getattr(row, name) for name in names},
        )
        for row in rows
    ]


def _units(source: Source, symbols: set[str]) -> Mapping[str, Decimal]:
    """Contract sizes; a futures export counts contracts."""
    listed = instruments.listed(source.account.venue, source.account.environment)
    return {name: listed.by_symbol[name].contract_size for name in symbols if name in listed.by_symbol}


def ours(source: Source, since: datetime | None) -> list[Part]:
    """The paper positions that anything filled of."""
    rows = ShadowGroup.objects.filter(source=source, entry_qty__gt=0, **_after(since)).select_related("instrument")
    shown = list(rows.order_by("-opened_at")[:MOST_ROWS])
    return [_part(group, prices) for prices in [_prices(shown)] for group in shown]


def _after(since: datetime | None) -> Mapping[str, datetime]:
    return {} if since is None else {"opened_at__gte": since}


def _prices(groups: Sequence[ShadowGroup]) -> Mapping[int, Decimal]:
    open_ones = {group.instrument_id for group in groups if group.closed_at is None}
    return dict(Ticker.objects.filter(instrument_id__in=open_ones).values_list("instrument_id", "last"))


def _part(group: ShadowGroup, prices: Mapping[int, Decimal]) -> Part:
    """A paper position; the result of an open one is counted at the last price."""
    unit, last = group.instrument.contract_size, prices.get(group.instrument_id)
    side, unrealised = PositionSide(group.side), ZERO
    if group.closed_at is None and last is not None:
        unrealised = open_profit(side=side, qty=group.qty, cost=group.cost, price=last, unit=unit)
    return Part(
        symbol=group.instrument.symbol,
        side=side,
        qty=group.entry_qty,
        entry_price=group.average_entry or ZERO,
        opened_at=group.opened_at,
        exit_price=group.average_exit,
        closed_at=group.closed_at,
        pnl=group.realised_pnl + unrealised,
        contract_size=unit,
        id=group.pk,
        reason=group.close_reason,
    )
