"""One account in an emergency: what rests, what is held, cancelled and closed through its gateway."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from project import failpoints
from project.accounts.sealed import SealedAccount
from signals.market import lean_ccxt, venues
from trading.domain.client_id import client_order_id
from trading.domain.grid import InstrumentRules
from trading.domain.money import ZERO, total
from trading.domain.order_state import TimingProfile
from trading.domain.vocabulary import MarketKind, OrderType, PositionSide, TimeInForce
from trading.errors import LiveNotAllowed, LockedKeys, NoTestnet, UnsafeEndpoint, UnsupportedVenue, VenueError
from trading.gateways.base import FillReport, Gateway, InstrumentReport, OrderReport, OrderRequest, PositionReport
from trading.gateways.metering import Meter
from trading.kill import places, plan
from trading.kill.journal import Journal
from trading.kill.pace import Silence
from trading.kill.places import Holdings, Parcel, Picture
from trading.kill.plan import Closing, Sale

Clock = Callable[[], datetime]

PREFIX = "k"
# In place of the engine's letter: an order of the kill is no intent of its books.
RECENT = timedelta(minutes=2)
# So far back an order may be that the engine had not told of: it tells every two seconds.
NOT_YET = datetime.max.replace(tzinfo=UTC)
LONG_AGO = timedelta(days=1)
# As far back where the engine has left no sign of life.
CALL_MS = 5000
# A venue that has not answered by then is asked again in the next round.


class OnlyClosing:
    """The socket guard of the kill process: the latch is its own, so what shrinks may leave, and nothing else."""

    def refusal(self, *, opens_position: bool) -> str:
        """Why an order may not go."""
        return "a kill opens nothing" if opens_position else ""


@dataclass(frozen=True, slots=True)
class Left:
    """What is not flat: orders that rest, positions or coins that can still be sold."""

    resting: int
    closings: tuple[Closing, ...]
    symbols: tuple[str, ...] = ()
    known: bool = True  # on spot: whether the engine has said which coins are ours

    @property
    def flat(self) -> bool:
        """True when nothing is left, for sure."""
        return self.known and not (self.resting or self.closings)


@dataclass(slots=True)
class KillDesk:
    """An account, its gateway and what the engine knew of it. Used by one thread."""

    account: SealedAccount
    gateway: Gateway
    rules: Mapping[str, InstrumentRules]
    holdings: Holdings
    timing: TimingProfile
    journal: Journal
    clock: Clock
    known: bool = True
    fresh: bool = False  # the engine's picture was seconds old when the emergency began
    told_at: datetime = NOT_YET  # when the engine said what is held: what was sold from here on is not held any more
    asked_from: datetime = NOT_YET  # since when executions are asked for
    silence: Silence = field(default_factory=Silence)
    _rested: set[str] = field(default_factory=set)
    _recent: dict[str, Sequence[FillReport]] = field(default_factory=dict)
    _held_back: dict[str, datetime] = field(default_factory=dict)
    _strange: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _sold: dict[tuple[str, PositionSide], dict[str, Sale]] = field(default_factory=lambda: defaultdict(dict))
    # Our own sales by the venue's order number: a list of executions may lag behind them.

    @property
    def window(self) -> timedelta:
        """How long after its signing the venue may still take an order."""
        return venues.VENUES[self.account.venue].receive_window(self.timing.receive_window)

    # looking --------------------------------------------------------------------------------

    def look(self, *, as_if_cancelled: bool = False) -> Left:
        """What is left by the venue's word; on spot what orders lock counts only as if they were gone. Raises NotReached."""
        return self.left(self.resting(), as_if_cancelled=as_if_cancelled)

    def resting(self) -> Sequence[str]:
        """The market of every order that rests. Raises NotReached."""
        symbols = [report.symbol for report in self.gateway.resting()]
        self._learn(symbols)
        self._rested.update(symbols)
        return symbols

    def left(self, resting: Sequence[str], *, as_if_cancelled: bool = False) -> Left:
        """What is left where orders rest, or rested, on these markets. Raises NotReached."""
        closings = tuple(self._closings(as_if_cancelled))
        return Left(len(resting), closings, tuple(sorted(set(resting))), self.known and not self._strange)

    def _closings(self, as_if_cancelled: bool) -> Sequence[Closing]:
        self._recent.clear()  # asked again in each round: a fill may have come since
        if venues.VENUES[self.account.venue].derivative:
            positions = self._tradable(self.gateway.positions())
            known = self._parcelled([(p.symbol, p.side, p.qty) for p in positions])
            return plan.futures(positions, rules=self.rules, holdings=known)
        if not self.known:
            return ()
        coins = plan.ours(self.gateway.balances(), holdings=self.holdings, as_if_cancelled=as_if_cancelled)
        wanted = plan.markets(
            coins,
            rules=self.rules,
            holdings=self.holdings,
            rested=self._rested,
            quote=self.account.quote,
            fresh=self.fresh,
        )
        known = self._parcelled([(name, PositionSide.LONG, coins[self.rules[name].base]) for name in wanted], spot=True)
        coins = self._explained(coins, known)
        return plan.spot(coins, rules=self.rules, prices=self._prices(wanted), holdings=known)

    def _explained(self, coins: Mapping[str, Decimal], known: Holdings) -> Mapping[str, Decimal]:
        """What groups held and fresh fills brought, less what was sold since; the rest may be a deposit, and stays."""
        ours: dict[str, Decimal] = defaultdict(Decimal)
        for parcel in known.parcels:
            if parcel.symbol in self.rules:
                ours[self.rules[parcel.symbol].base] += parcel.qty
        return {coin: min(qty, ours[coin]) for coin, qty in coins.items() if ours[coin] > 0}

    def _parcelled(self, held: Iterable[tuple[str, PositionSide, Decimal]], *, spot: bool = False) -> Holdings:
        """What the engine told, what orders brought since that it had not told of, less what was sold since. Raises NotReached."""
        found = self.holdings
        for symbol, side, qty in held:
            known, rules = found.parcels_of(symbol, side.value), self.rules[symbol]
            if spot and qty < _least(rules):  # it can't be sold: that costs no question
                continue
            sales = self._sales(symbol, side) if spot or sum(known) > qty else ()
            had = qty + total(sales)
            if had - sum(known) >= _least(rules):
                fills = self._fills(symbol)
                parts = plan.recent_parcels(fills, opening=side.entry_side, base=rules.base, known=known, held=had)
                found = found.with_parcels(Parcel(symbol, side.value, part) for part in parts)
            found = found.with_only(symbol, side.value, plan.less_sold(found.parcels_of(symbol, side.value), sales))
        return found

    def _sales(self, symbol: str, side: PositionSide) -> Sequence[Decimal]:
        """What left since the engine said what is held, an order each, by the kill's doing or another's. Raises NotReached."""
        closing = (fill for fill in self._fills(symbol) if fill.side is side.exit_side and fill.at >= self.told_at)
        told = plan.by_order(fill for fill in closing if fill.position_side in ("", side.value))
        ours = {number: max(sale.qty, told.get(number, ZERO)) for number, sale in self._ended(symbol, side, told)}
        return list({**told, **ours}.values())

    def _ended(self, symbol: str, side: PositionSide, told: Mapping[str, Decimal]) -> Iterable[tuple[str, Sale]]:
        """Our own sales by number; of one that was not over, and is not told of whole, the venue is asked how it ended."""
        sales = self._sold[symbol, side]
        for number, sale in sales.items():
            if not sale.over and told.get(number, ZERO) < sale.qty:
                sales[number] = self._found(symbol, number, sale)
        return sales.items()

    def _found(self, symbol: str, number: str, sale: Sale) -> Sale:
        """What the venue says of it now; where it says nothing, what we knew."""
        try:
            report = self.gateway.find_order(symbol=symbol, client_order_id="", venue_order_id=number)
        except VenueError as error:
            self.complain("not looked up", error, symbol=symbol)
            return sale
        return sale if report is None else Sale.of(report, asked=sale.qty)

    def _tradable(self, positions: Sequence[PositionReport]) -> Sequence[PositionReport]:
        """Those on markets that we can trade; one on another market, a dated future say, must not hold up the rest."""
        self._learn(position.symbol for position in positions)
        self._strange = [position.symbol for position in positions if position.symbol not in self.rules]
        return [position for position in positions if position.symbol in self.rules]

    def _fills(self, symbol: str) -> Sequence[FillReport]:
        """The last minutes' executions, asked for once a round. Raises NotReached."""
        if symbol not in self._recent:
            self._recent[symbol] = self.gateway.fills_since(symbol=symbol, since=self.asked_from)
        return self._recent[symbol]

    def _prices(self, symbols: Sequence[str]) -> Mapping[str, Decimal]:
        """Best bids; 0 where the venue quotes none: then it decides what is too little. Raises NotReached."""
        tickers = self.gateway.tickers(symbols) if symbols else {}
        return {symbol: tickers[symbol].bid if symbol in tickers else Decimal(0) for symbol in symbols}

    def _learn(self, symbols: Iterable[str]) -> None:
        """Ask for all markets when one turns up that was not kept. Raises NotReached."""
        if not set(symbols) <= self.rules.keys():
            self.rules = {report.symbol: _rule(report) for report in self.gateway.instruments()}

    # acting ---------------------------------------------------------------------------------

    def cancel(self, symbols: Sequence[str]) -> None:
        """Cancel everything on these markets; what fails is tried again in the next round."""
        for symbol in symbols:
            if self.silence.secs:
                return
            failpoints.point("kill.cancel.before")
            self._trying("cancelled", {"symbol": symbol}, lambda name=symbol: self.gateway.cancel_all(name))  # type: ignore[misc]

    def close(self, closings: Sequence[Closing]) -> None:
        """Send the market orders. One whose outcome is unknown holds its market back until it cannot arrive any more."""
        now = self.clock()
        for closing in closings:
            if self._held_back.get(closing.symbol, now) <= now and not self.silence.secs:
                self._place(closing)

    def _place(self, closing: Closing) -> None:
        request = self._request(closing)
        facts = {"symbol": closing.symbol, "side": closing.side.value, "qty": f"{closing.qty:f}"}
        facts["client_order_id"] = request.client_order_id
        with failpoints.span("kill.place"):
            error = self._trying("closed", facts, lambda: self._placed(closing, request))
        if error is not None and error.code == "UNKNOWN_OUTCOME":
            dead = request.valid_until + self.window
            self._held_back[closing.symbol] = dead

    def _placed(self, closing: Closing, request: OrderRequest) -> OrderReport:
        report = self.gateway.place(request)
        self._sold[closing.symbol, closing.held_side][report.venue_order_id] = Sale.of(report, asked=closing.qty)
        return report

    def _request(self, closing: Closing) -> OrderRequest:
        derivative = venues.VENUES[self.account.venue].derivative
        hedged = self.account.hedge if closing.hedged is None else closing.hedged
        return OrderRequest(
            symbol=closing.symbol,
            side=closing.side,
            type=OrderType.MARKET,
            qty=closing.qty,
            price=None,
            time_in_force=TimeInForce.GTC,
            reduce_only=derivative,
            client_order_id=PREFIX + client_order_id(secrets.token_hex(16), 0, 0)[1:],
            valid_until=self.clock() + self.timing.validity,
            opens_position=False,
            position_side=closing.held_side.value if hedged else "",
        )

    def _trying(self, kind: str, facts: dict[str, str], act: Callable[[], Any]) -> VenueError | None:
        """Do it and write it down; a refusal is written once for each wording, for it comes again every round."""
        try:
            done = act()
        except VenueError as error:
            self.complain(f"not {kind}", error, **facts)
            return error
        number = getattr(done, "venue_order_id", "")
        self.journal.write(kind, account=self.account.id, **facts, **({"venue_order_id": number} if number else {}))
        return None

    def tell_strange(self) -> None:
        """Say, once, which positions are beyond this program: a person closes them at the venue."""
        words = f"{', '.join(self._strange)}: not a market that can be traded here. Close it at the venue by hand."
        if self._strange and words not in self._told:
            self._told.add(words)
            self.journal.write("alarm", account=self.account.id, words=words)

    def complain(self, kind: str, error: Exception, **facts: str) -> None:
        """Write down what went wrong, once for each wording."""
        words = f"{kind} {facts.get('symbol', '')} {error}"
        if words not in self._told:
            self._told.add(words)
            code = getattr(error, "code", type(error).__name__)
            self.journal.write("refused", what=kind, code=code, detail=str(error), account=self.account.id, **facts)


def opened(
    account: SealedAccount,
    *,
    home: Path,
    live_allowed: bool,
    timing: TimingProfile,
    journal: Journal,
    clock: Clock,
    guard: Any = None,
    picture: Picture | None = None,
    silence: Silence | None = None,
) -> KillDesk:
    """The account's desk. Raises UnsupportedVenue, LockedKeys, UnsafeEndpoint, LiveNotAllowed, NotReached."""
    venue, silence = checked(account, live_allowed=live_allowed), silence or Silence()
    gateway, client = connected(account, venue, timing, clock, guard, silence)
    rules = _rules(gateway, client, venue, places.markets(home, account.venue, account.environment))
    picture = picture or places.picture(home)
    holdings, told_at = picture.holdings.get(account.id), picture.told_at
    desk = KillDesk(account, gateway, rules, holdings or Holdings(), timing, journal, clock)
    desk.known, desk.silence = holdings is not None or venue.derivative, silence
    desk.told_at = clock() if told_at is None else datetime.fromtimestamp(told_at, tz=UTC)
    desk.asked_from = desk.told_at - (LONG_AGO if told_at is None else RECENT)
    desk.fresh = desk.known and picture.fresh
    return desk


def connected(
    account: SealedAccount,
    venue: venues.Venue,
    timing: TimingProfile,
    clock: Clock,
    guard: Any = None,
    meter: Meter | None = None,
) -> tuple[Gateway, Any]:
    """The account's gateway and the client under it; nothing has been asked yet."""
    lean_ccxt.install(venue.ccxt_id)
    from trading.gateways.ccxt_gateway import CcxtGateway

    client = venues.build_client(
        venue,
        credentials=account.credentials,
        base_url=account.base_url,
        sandbox=account.environment == "testnet",
        receive_window_ms=int(timing.receive_window / timedelta(milliseconds=1)),
    )
    client.timeout, client.enableRateLimit = CALL_MS, False  # some dozen calls at once; pace.py makes them fewer
    return CcxtGateway(client, venue=venue, guard=guard or OnlyClosing(), clock=clock, meter=meter), client


def checked(account: SealedAccount, *, live_allowed: bool) -> venues.Venue:
    """A kill reaches what the engine may reach and no more: a restored backup must not close a real account."""
    venue, paper = venues.capability(account.venue), account.environment == "paper"
    if venue is None:
        raise UnsupportedVenue(venue=account.venue)
    if account.environment == "testnet" and not venue.testnet:
        raise NoTestnet(venue=account.venue)
    if account.locked:
        raise LockedKeys(account=account.name, why=account.locked)
    if paper != bool(account.base_url) or (paper and not venues.is_paper_url(account.base_url)):
        raise UnsafeEndpoint(environment=account.environment, url=account.base_url or "the venue's real address")
    if account.environment == "live" and not live_allowed:
        raise LiveNotAllowed(account=account.name)
    return venue


def _rules(gateway: Gateway, client: Any, venue: venues.Venue, kept: Sequence[Any]) -> Mapping[str, InstrumentRules]:
    """The markets' rules: as they were kept, which costs no call, else asked for."""
    from trading.gateways import reports

    if not kept:
        return {report.symbol: _rule(report) for report in gateway.instruments()}
    client.set_markets(list(kept))
    return {market["symbol"]: _rule(reports.instrument_report(market, venue)) for market in kept}


def _rule(report: InstrumentReport) -> InstrumentRules:
    return InstrumentRules(
        symbol=report.symbol,
        base=report.base,
        quote=report.quote,
        kind=MarketKind(report.kind),
        tick_size=report.tick_size,
        lot_step=report.lot_step,
        min_qty=report.min_qty,
        max_qty=report.max_qty,
        min_notional=report.min_notional,
        contract_size=report.contract_size,
        maker_fee=report.maker_fee,
        taker_fee=report.taker_fee,
        max_open_orders=report.max_open_orders,
        max_market_qty=report.max_market_qty,
    )


def _least(rules: InstrumentRules) -> Decimal:
    """The smallest quantity that any order may have."""
    return max(rules.lot_step, rules.min_qty)


def kept_markets(client: Any, quote: str) -> Iterator[Any]:
    """The markets worth keeping for a kill: those that are paid in the account's quote."""
    return (market for market in client.markets.values() if quote in (market["quote"], market["settle"]))
