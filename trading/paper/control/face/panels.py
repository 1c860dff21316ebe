"""The panels that show: markets, one market's book and trades, accounts, orders, the ledger's end."""

from collections.abc import Iterator, Sized
from typing import Any

from trading.paper.control.face.facts import Facts, levels
from trading.paper.control.face.html import Html, inner, panel, row, table, tag
from trading.paper.control.face.numbers import MINUS, clock, count, part, shown, trimmed
from trading.paper.core.depth import Quote
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.core.perps import margin
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.server.exchange import Exchange

SHOWN_LEVELS = 10
SHOWN_TRADES = 14
SHOWN_ORDERS = 30

NUM, WIDE = "num", "wide"

NO_PRICE = 'POST /_control/price {"symbol": "BTCUSDT", "price": "60000"}'


def cards(facts: Facts) -> Html:
    """The numbers of one glance."""
    exchange = facts.exchange
    orders = len(exchange.state.orders) + sum(len(perps.orders) for perps in facts.sides().values())
    counts = exchange.counts
    told = {
        "Accounts": count(len(facts.accounts())),
        "Orders ever": count(orders),
        "Open orders": count(sum(map(len, _open_tables(facts)))),
        "Fills since start": count(counts["Filled"] + counts["PerpFilled"]),
        "Ledger events": count(sum(counts.values())),
        "Faults so far": count(len(facts.faults.happened)),
    }
    made = [
        tag("div", tag("div", name, cls="k"), tag("div", value, cls="v"), cls="card") for name, value in told.items()
    ]
    return tag("div", made, cls="cards", id="cards", data_live=True)


def markets(facts: Facts, chosen: tuple[str, str]) -> Html:
    """Every market with a price; its name opens its book."""
    heads = [
        ("Market", ""),
        ("Last", NUM),
        ("Bid", NUM),
        ("Ask", NUM),
        ("Spread bps", f"{NUM} {WIDE}"),
        ("", WIDE),
    ]
    rows = [_market(side, market, chosen) for side, market in facts.markets()]
    empty = f"No market has a price yet. Set one below, or: {NO_PRICE}"
    return panel(
        "Markets", table("Markets", heads, rows, empty=empty), name="markets", aside=f"{len(rows)} with a price"
    )


def _market(side: str, market: Market, chosen: tuple[str, str]) -> Html:
    symbol, tick = market.instrument.symbol, market.instrument.tick_size
    bid, ask = _best(market, Side.SELL), _best(market, Side.BUY)
    here = (side, symbol) == chosen
    link = tag("a", symbol, href=f"/?side={side}&symbol={symbol}", aria_current="true" if here else None)
    bps = part((ask - bid) * 100, (ask + bid) // 2) if bid and ask else "–"
    state = "trading" if market.instrument.trading else "halted"
    return row(
        (inner(link, " ", tag("span", side, cls="side")), ""),
        (shown(market.price, tick), NUM),
        (shown(bid, tick) if bid else "–", NUM),
        (shown(ask, tick) if ask else "–", NUM),
        (bps, f"{NUM} {WIDE}"),
        (state, f"{WIDE} {'muted' if market.instrument.trading else 'warn'}"),
    )


def _best(market: Market, side: Side) -> int:
    return next((one.price for one in levels(market, side, 1)), 0)


def book(facts: Facts, side: str, market: Market | None) -> Html:
    """The chosen market's best levels, asks above bids, and its latest trades."""
    if market is None:
        return panel("Book", tag("p", "No market has a price yet.", cls="empty"), name="book")
    asks, bids = levels(market, Side.BUY, SHOWN_LEVELS), levels(market, Side.SELL, SHOWN_LEVELS)
    most = max((one.qty for one in (*asks, *bids)), default=1)
    last = tag("tr", tag("td", shown(market.price, market.instrument.tick_size), cls="last", colspan="3"))
    rows = [*(_level(market, one, most, "down") for one in reversed(asks)), last]
    rows += [_level(market, one, most, "up") for one in bids]
    heads = [("Price", NUM), ("Quantity", NUM), ("", "")]
    made = table("Book", heads, rows, empty="")
    title = f"Book of {market.instrument.symbol}"
    return panel(title, made, _trades(facts, side, market), name="book", aside=side)


def _level(market: Market, quote: Quote, most: int, colour: str) -> Html:
    pair = market.instrument
    width = str(max(1, quote.qty * 100 // most))
    bar = tag("rect", width=width, height="8", rx="2")
    drawn = tag("svg", bar, viewBox="0 0 100 8", preserveAspectRatio="none", cls=f"bar {colour}", aria_hidden="true")
    return row(
        (shown(quote.price, pair.tick_size), f"{NUM} {colour}"), (shown(quote.qty, pair.lot_step), NUM), (drawn, "fill")
    )


def _trades(facts: Facts, side: str, market: Market) -> Html:
    pair = market.instrument
    found = list(facts.tape(side, pair.symbol).trades)[-SHOWN_TRADES:]
    rows = [
        row(
            (clock(one.at_ms), "muted"),
            (
                ("+" if one.buyer_is_taker else MINUS) + " " + shown(one.price, pair.tick_size),
                f"{NUM} {_colour(one.buyer_is_taker)}",
            ),
            (shown(one.qty, pair.lot_step), NUM),
        )
        for one in reversed(found)
    ]
    return table(
        "Latest trades", [("Time", ""), ("Price", NUM), ("Quantity", NUM)], rows, empty="Nothing has traded yet."
    )


def _colour(buy: bool) -> str:
    return "up" if buy else "down"


def accounts(facts: Facts) -> Html:
    """Who holds what."""
    heads = [("Account", ""), ("Holds", ""), ("Free", NUM), ("In orders", NUM), ("", WIDE)]
    rows = [one for name in facts.accounts() for one in _account(facts, name)]
    empty = "No account yet: one opens at its first signed request, with the first deposit. Keys come from --keys."
    return panel(
        "Accounts", table("Accounts", heads, rows, empty=empty), name="accounts", aside="amounts as they are now"
    )


def _account(facts: Facts, name: str) -> Iterator[Html]:
    yield from _coins(facts.exchange, name)
    for side, perps in facts.sides().items():
        if name in perps.accounts:
            yield from _wallet(side, perps, perps.accounts[name])


def _coins(exchange: Exchange, name: str) -> Iterator[Html]:
    account = exchange.state.accounts.get(name)
    for asset, one in sorted(account.balances.items()) if account else ():
        if one.free or one.locked:
            yield row(
                (name, ""), (asset, ""), (trimmed(one.free), NUM), (trimmed(one.locked), NUM), ("spot", f"muted {WIDE}")
            )


def _wallet(side: str, perps: Perps, account: PerpAccount) -> Iterator[Html]:
    found = margin.summary(perps, account)
    used = trimmed(found.position_initial + found.order_initial)
    yield row(
        (account.name, ""), ("USDT margin", ""), (trimmed(found.available), NUM), (used, NUM), (side, f"muted {WIDE}")
    )
    for one in account.held():
        profit = one.unrealised(margin.mark(perps, one.symbol))
        word = ("+" if profit > 0 else "") + trimmed(profit)
        held = f"{'LONG' if one.qty > 0 else 'SHORT'} {one.symbol}"
        entry = f"{side}, entry {shown(one.entry_price, perps.markets[one.symbol].instrument.tick_size)}, open profit {word}"
        yield row(
            (account.name, ""),
            (held, _colour(one.qty > 0)),
            (trimmed(abs(one.qty)), NUM),
            ("", NUM),
            (entry, f"muted {WIDE}"),
        )


def _open_tables(facts: Facts) -> Iterator[Sized]:
    yield from facts.exchange.state.desk_open.values()
    for perps in facts.sides().values():
        yield from perps.desk_open.values()
        yield from perps.algos_open.values()


def open_orders(facts: Facts) -> Iterator[tuple[int, Html]]:
    """Every open order with when it began, as rows."""
    for desk in facts.exchange.state.desk_open.values():
        yield from ((one.created_ms, _order("spot", one)) for one in desk.values())
    for side, perps in facts.sides().items():
        for orders in perps.desk_open.values():
            yield from ((one.created_ms, _order(side, one)) for one in orders.values())
        for waiting in perps.algos_open.values():
            yield from ((one.created_ms, _order(side, one)) for one in waiting.values())


def _order(side: str, one: Any) -> Html:
    pair = one.instrument
    at = getattr(one, "price", 0)
    trigger = getattr(one, "trigger_price", 0) or (one.terms.stop_price if getattr(one, "terms", None) else 0)
    price = shown(at, pair.tick_size) if at else "market"
    when = f" from {shown(trigger, pair.tick_size)}" if trigger else ""
    filled = getattr(one, "filled", 0)
    return row(
        (clock(one.created_ms), f"muted {WIDE}"),
        (one.account, WIDE),
        (inner(pair.symbol, " ", tag("span", side, cls="side")), ""),
        (one.side.value, _colour(one.side is Side.BUY)),
        (one.type.value, WIDE),
        (price + when, NUM),
        (shown(one.qty, pair.lot_step), NUM),
        (shown(filled, pair.lot_step) if filled else "–", f"{NUM} {WIDE}"),
    )


def orders(facts: Facts) -> Html:
    """The newest open orders of all sides."""
    found = sorted(open_orders(facts), key=lambda one: one[0], reverse=True)
    heads = [("Since", WIDE), ("Account", WIDE), ("Market", ""), ("Side", ""), ("Type", WIDE)]
    heads += [("Price", NUM), ("Quantity", NUM), ("Filled", f"{NUM} {WIDE}")]
    made = table("Open orders", heads, [one for _, one in found[:SHOWN_ORDERS]], empty="No order is open.")
    aside = f"{min(len(found), SHOWN_ORDERS)} of {count(len(found))}"
    return panel("Open orders", made, name="orders", aside=aside)


def ledger(facts: Facts) -> Html:
    """What changed last."""
    heads = [("Time", ""), ("Side", WIDE), ("Event", ""), ("", "")]
    rows = [
        row(
            (clock(one.at_ms) if one.at_ms else "–", "muted"),
            (one.side, f"muted {WIDE}"),
            (tag("code", one.name), "name"),
            (one.words, "why"),
        )
        for one in facts.tail.lines()
    ]
    made = table("Ledger", heads, rows, empty="Nothing has changed since the start.")
    link = inner(tag("a", "all of it", href="/_control/ledger"), ", ", tag("a", "state", href="/_control/state"))
    return panel("End of the ledger", made, name="ledger", aside=link)
