"""What the pre-flight asks, a small function a check: each asks once and hands the answer to a judgement.

Another check is one function and one line in CHECKS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from project.accounts.models import ExchangeAccount, MarginMode, PositionMode
from signals.intent import SizeKind
from signals.market import venues
from signals.market.instruments import InstrumentFacts
from trading.domain import grid, preflight
from trading.domain.grid import GridPlan
from trading.domain.key_rights import KeyRights
from trading.domain.money import HUNDRED, ZERO
from trading.domain.preflight import Finding, Level
from trading.domain.refusal import Refusal
from trading.domain.vocabulary import OrderType, PositionSide
from trading.models import PositionGroup
from trading.selectors import rules_of
from trading.services import budget, reconcile
from trading.services.desk import Desk
from trading.services.preflight_pairs import instruments_of

if TYPE_CHECKING:
    from trading.gateways.examiner import Examiner

Clock = Callable[[], datetime]


@dataclass
class Patient:
    """An account, its venue, and what several checks need; each is asked once."""

    account: ExchangeAccount
    examiner: "Examiner"
    clock: Clock

    @cached_property
    def desk(self) -> Desk:
        """The account as the engine sees it now."""
        return Desk(self.account, self.clock())

    @cached_property
    def rights(self) -> KeyRights:
        """What the key may do."""
        return self.examiner.key_rights()

    @cached_property
    def pairs(self) -> Sequence[InstrumentFacts]:
        """The markets that are looked at one by one."""
        return instruments_of(self.account)

    @cached_property
    def symbols(self) -> Sequence[str]:
        """Their names."""
        return [pair.symbol for pair in self.pairs]

    @cached_property
    def prices(self) -> dict[str, Decimal]:
        """What they cost now, as the venue says."""
        return {symbol: told.last for symbol, told in self.examiner.tickers(self.symbols).items()}

    @property
    def derivative(self) -> bool:
        """Whether it trades futures."""
        return self.desk.derivative

    def held(self, symbol: str = "") -> int:
        """How many of our groups are open, on one market or on all."""
        rows = PositionGroup.objects.filter(account=self.account, closed_at=None)
        return (rows.filter(instrument__symbol=symbol) if symbol else rows).count()

    def planned(self, pair: InstrumentFacts) -> GridPlan | Refusal | None:
        """A first entry at the price of now, by the pair's settings; None where price or capital are not known."""
        chosen, price = self.desk.settings(pair.symbol).grid, self.prices.get(pair.symbol)
        capital = self._capital(chosen.capital_of(0).kind, chosen.capital_of(0).value)
        if price is None or capital is None:
            return None
        return grid.plan(
            side=PositionSide.LONG,
            base_price=price,
            capital=capital,
            legs=chosen.legs_of(0),
            rules=rules_of(pair),
            at_market=chosen.first_order_type is OrderType.MARKET,
        )

    def _capital(self, kind: SizeKind, value: Decimal) -> Decimal | None:
        """A pyramid's capital, quote, where it follows from the equity or is an amount."""
        if kind is SizeKind.QUOTE:
            return value
        whole = {SizeKind.PCT_EQUITY: self.desk.equity, SizeKind.PCT_FREE: self.desk.available_quote}.get(kind)
        return None if whole is None else whole * value / HUNDRED


@dataclass(frozen=True, slots=True)
class Check:
    """A question; futures: only asked where there is margin."""

    name: str
    ask: Callable[[Patient], Sequence[Finding]]
    futures: bool = False


# the keys ----------------------------------------------------------------------------------------


def keys(patient: Patient) -> Sequence[Finding]:
    """The balances: only good keys are told them."""
    held = {report.currency: report for report in patient.examiner.balances() if report.total}
    own = held.get(patient.account.quote)
    total, free = (own.total, own.free) if own else (ZERO, ZERO)
    return [preflight.keys(currencies=len(held), total=total, free=free, quote=patient.account.quote)]


def rights(patient: Patient) -> Sequence[Finding]:
    """Trading, withdrawing, addresses."""
    told = patient.rights
    return [preflight.trading(told), preflight.withdrawals(told), preflight.addresses(told)]


# the machine -------------------------------------------------------------------------------------


def clock(patient: Patient) -> Sequence[Finding]:
    """How far the venue's clock is from ours."""
    offset, trip = reconcile.clock_offset(patient.examiner, patient.clock)
    limit_ms = patient.desk.settings("").risk.max_clock_offset_ms
    offset_ms, trip_ms = (round(span.total_seconds() * 1000) for span in (offset, trip))
    return [preflight.clock(offset_ms=offset_ms, trip_ms=trip_ms, limit_ms=limit_ms)]


def books(patient: Patient) -> Sequence[Finding]:
    """Whether the engine reads the account."""
    row = ExchangeAccount.objects.only("health", "health_detail", "reconciled_at").get(pk=patient.account.pk)
    ago = patient.clock() - row.reconciled_at if row.reconciled_at else None
    return [preflight.books(trouble=row.health_detail or row.health, read_ago=ago)]


def stream(patient: Patient) -> Sequence[Finding]:
    """A market stream, opened from here."""
    if not patient.symbols:
        return [_nothing_to_look_at("stream", "A market stream, opened and pinged")]
    of = patient.account
    ms = patient.examiner.stream_ms(patient.symbols[0], environment=of.environment, base_url=of.base_url)
    return [preflight.stream(answered_ms=ms)]


def purse(patient: Patient) -> Sequence[Finding]:
    """What is left of the request budget."""
    venue = venues.capability(patient.account.venue)
    try:
        told = budget.standing(patient.account, venue) if venue else None
    except (RedisError, OSError) as error:
        said = f"not known: Valkey does not answer ({type(error).__name__})"
        return [Finding("request budget", "The request budget", said, "", Level.UNKNOWN, "Look at the page Tasks.")]
    if told is None:
        return [preflight.purse(left=None, whole=ZERO, ban_secs=ZERO)]
    left, whole, ban_secs = (Decimal(str(number)) for number in told)
    return [preflight.purse(left=left, whole=whole, ban_secs=ban_secs)]


# the markets -------------------------------------------------------------------------------------


def markets(patient: Patient) -> Sequence[Finding]:
    """What may be traded in the account's currency."""
    active = [report for report in patient.examiner.instruments() if report.active]
    listed = sum(report.quote == patient.account.quote for report in active)
    return [preflight.markets(listed=listed, active=len(active), quote=patient.account.quote)]


def minimums(patient: Patient) -> Sequence[Finding]:
    """Every leg of a first entry of every pair."""
    if not patient.pairs:
        return [_nothing_to_look_at("minimums", "A first entry, leg by leg")]
    return [preflight.minimums(pair.symbol, patient.planned(pair), rules_of(pair)) for pair in patient.pairs]


def fees(patient: Patient) -> Sequence[Finding]:
    """The account's own fees, on its first pair."""
    if not patient.pairs:
        return [_nothing_to_look_at("fees", "The account's own fees")]
    pair = patient.pairs[0]
    maker, taker = patient.examiner.fee_rates(pair.symbol)
    planned = {"planned_maker": pair.maker_fee, "planned_taker": pair.taker_fee}
    return [preflight.fees(pair.symbol, maker=maker, taker=taker, **planned)]


def _nothing_to_look_at(name: str, asked: str) -> Finding:
    advice = "The venue's markets have not been read yet: that is done every minute. Run the pre-flight again then."
    return Finding(name, asked, "no market to look at", "", Level.UNKNOWN, advice)


# futures -----------------------------------------------------------------------------------------


def position_mode(patient: Patient) -> Sequence[Finding]:
    """One-way or hedge."""
    wanted = patient.account.position_mode == PositionMode.HEDGE
    return [preflight.position_mode(hedge=patient.examiner.hedge(), wanted_hedge=wanted, held=patient.held())]


def margin_mode(patient: Patient) -> Sequence[Finding]:
    """Isolated or cross, per pair."""
    wanted = patient.account.margin_mode == MarginMode.ISOLATED
    told = patient.examiner.isolated(patient.symbols)
    return [
        preflight.margin_mode(symbol, isolated=told[symbol], wanted_isolated=wanted, held=patient.held(symbol))
        for symbol in patient.symbols
    ]


def leverage(patient: Patient) -> Sequence[Finding]:
    """The wanted leverage against the tier that a first entry falls into, per pair."""
    told, found = patient.examiner.tiers(patient.symbols), []
    for pair in patient.pairs:
        planned = patient.planned(pair)
        notional = planned.cost if isinstance(planned, GridPlan) else None
        found.append(
            preflight.leverage(pair.symbol, tiers=told[pair.symbol], wanted=patient.account.leverage, notional=notional)
        )
    return found


CHECKS: tuple[Check, ...] = (
    Check("keys", keys),
    Check("rights", rights),
    Check("clock", clock),
    Check("books", books),
    Check("markets", markets),
    Check("position mode", position_mode, futures=True),
    Check("margin mode", margin_mode, futures=True),
    Check("leverage", leverage, futures=True),
    Check("minimums", minimums),
    Check("fees", fees),
    Check("request budget", purse),
    Check("stream", stream),
)
