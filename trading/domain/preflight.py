"""The pre-flight's judgements: what was asked, what it brought, the limit, and what to do about it. Pure.

A figure that nobody told is UNKNOWN, and UNKNOWN is not green.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from trading.domain.grid import GridPlan, InstrumentRules
from trading.domain.key_rights import KeyRights
from trading.domain.money import HUNDRED
from trading.domain.refusal import Refusal, plain

READ_WITHIN = timedelta(seconds=60)
# Reconciling runs every 15 s; four missed rounds are no hiccup.
COUNTS_FOR = timedelta(hours=1)
# A pre-flight of this morning says little about now.
PURSE_LEFT_PCT = Decimal(25)


class Level(StrEnum):
    """How a look went; a NOTE is worth knowing and stays green."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a pre-flight, in words."""

    name: str
    asked: str
    value: str
    limit: str = ""
    level: Level = Level.OK
    advice: str = ""

    @property
    def green(self) -> bool:
        """Whether it stands in nobody's way."""
        return self.level in (Level.OK, Level.NOTE)

    def told(self) -> dict[str, str]:
        """As it is kept."""
        return asdict(self)


def all_green(findings: Sequence[Finding], *, planned: int) -> bool:
    """Whether everything that was planned was looked at, and nothing is wrong or unknown."""
    return len(findings) >= planned > 0 and all(finding.green for finding in findings)


# the keys ----------------------------------------------------------------------------------------

RIGHTS_ASKED = "What the venue says this key may do"


def keys(*, currencies: int, total: Decimal, free: Decimal, quote: str) -> Finding:
    """Only good keys are told the balances."""
    said = f"accepted; {plain(total)} {quote} held, {plain(free)} free; {currencies} {'currency' if currencies == 1 else 'currencies'}"
    return Finding("keys", "The balances, signed with the keys", said, "accepted")


def trading(rights: KeyRights) -> Finding:
    """Without the right to trade every order would be refused."""
    advice = "At the venue give this key the right to trade this kind of market, and nothing beyond it."
    return _right("right to trade", rights.trading, wanted=True, advice=advice)


def withdrawals(rights: KeyRights) -> Finding:
    """A key that can move money away is refused: whoever steals it could empty the account."""
    advice = (
        "At the venue take the right to withdraw from this key, or make a new one without it. Windlass never withdraws, "
        "so a key that may is only of use to a thief."
    )
    return _right("right to withdraw", rights.withdrawal, wanted=False, advice=advice)


def _right(name: str, told: bool | None, *, wanted: bool, advice: str) -> Finding:
    words = {True: "allowed", False: "not allowed", None: "not told"}
    level = Level.UNKNOWN if told is None else Level.OK if told is wanted else Level.BAD
    unknown = "The venue did not say. Run the pre-flight again; on a test network it may never say."
    said = {Level.OK: "", Level.BAD: advice, Level.UNKNOWN: unknown}[level]
    return Finding(name, RIGHTS_ASKED, words[told], words[wanted], level, said)


def addresses(rights: KeyRights) -> Finding:
    """Whether the key is bound to addresses; worth knowing, no obstacle."""
    if rights.ip_bound:
        return Finding("addresses", RIGHTS_ASKED, "bound to listed addresses", "bound is safer")
    said = "any address may use it" if rights.ip_bound is False else "not told"
    advice = "At the venue bind the key to this machine's public address: stolen, it is then worth nothing elsewhere."
    return Finding("addresses", RIGHTS_ASKED, said, "bound is safer", Level.NOTE, advice)


# the machine -------------------------------------------------------------------------------------


def clock(*, offset_ms: int, trip_ms: int, limit_ms: int) -> Finding:
    """Signed requests carry our time; a venue refuses those that are off."""
    far = abs(offset_ms) > limit_ms
    said = f"{offset_ms:+d} ms, answered within {trip_ms} ms"
    advice = "Set this machine's clock by a time server." if far else ""
    level = Level.BAD if far else Level.OK
    return Finding("clock", "The venue's time", said, f"± {limit_ms} ms", level, advice)


def books(*, trouble: str, read_ago: timedelta | None) -> Finding:
    """Whether the engine knows the account as the venue has it."""
    asked, limit = "When the account was last reconciled", f"within {READ_WITHIN.total_seconds():.0f} s, no trouble"
    if trouble:
        return Finding("books", asked, trouble, limit, Level.BAD, "The overview says what still works and the mend.")
    if read_ago is None:
        advice = "It is read every 15 s once its keys work; run the pre-flight again then."
        return Finding("books", asked, "never yet", limit, Level.UNKNOWN, advice)
    late = read_ago > READ_WITHIN
    advice = "Look at the page Tasks: the sweeps worker reconciles every 15 s." if late else ""
    said = f"{read_ago.total_seconds():.0f} s ago"
    return Finding("books", asked, said, limit, Level.BAD if late else Level.OK, advice)


def stream(*, answered_ms: int) -> Finding:
    """Whether a socket to the venue opens from here."""
    return Finding("stream", "A market stream, opened and pinged", f"answered within {answered_ms} ms", "answers")


def purse(*, left: Decimal | None, whole: Decimal, ban_secs: Decimal) -> Finding:
    """What is left of the venue's request budget, in its own weight; left None: it has none."""
    asked, limit = "The request budget that all processes share", f"{plain(PURSE_LEFT_PCT)} % left, no ban"
    if left is None:
        return Finding("request budget", asked, "this exchange sets none", limit)
    if ban_secs > 0:
        advice = "The venue asked for silence; wait it out, and see whether something else uses this address."
        return Finding("request budget", asked, f"banned for another {ban_secs:.0f} s", limit, Level.BAD, advice)
    low = left * HUNDRED < whole * PURSE_LEFT_PCT
    advice = "Run it again in a minute; if it stays low, too many accounts or programs share this address."
    said = f"{left:.0f} of {whole:.0f} left"
    return Finding("request budget", asked, said, limit, Level.BAD if low else Level.OK, advice if low else "")


# the market --------------------------------------------------------------------------------------


def markets(*, listed: int, active: int, quote: str) -> Finding:
    """Whether there is anything to trade in the account's currency."""
    asked, said = "The venue's markets", f"{listed} in {quote}, {active} in all"
    if listed:
        return Finding("markets", asked, said, f"at least one in {quote}")
    advice = f"Nothing is quoted in {quote} there: change the account's currency."
    return Finding("markets", asked, said, f"at least one in {quote}", Level.BAD, advice)


def minimums(symbol: str, planned: GridPlan | Refusal | None, rules: InstrumentRules | None) -> Finding:
    """Whether every leg of a first entry stands above lot, minimum quantity and minimum value; None: not known."""
    name, asked = f"minimums {symbol}", f"A first entry of {symbol} by its settings, leg by leg"
    limit = _least(rules) if rules else ""
    if planned is None or rules is None:
        advice = "Price, equity or the market's rules are not known yet; run it again once the account was read."
        return Finding(name, asked, "not known", limit, Level.UNKNOWN, advice)
    if isinstance(planned, Refusal):
        return Finding(name, asked, planned.code, limit, Level.BAD, planned.sentence())
    least = min(leg.notional for leg in planned.legs)
    merged = any(leg.merged_from for leg in planned.legs)
    legs = f"{len(planned.legs)} leg{'s' * (len(planned.legs) > 1)}"
    said = f"{legs}, the smallest {plain(least)} {rules.quote}"
    advice = "Small legs are merged with their neighbours; raise the capital per pyramid to keep all." if merged else ""
    return Finding(name, asked, said, limit, Level.NOTE if merged else Level.OK, advice)


def _least(rules: InstrumentRules) -> str:
    return (
        f"{plain(rules.min_notional)} {rules.quote}, {plain(rules.min_qty)} {rules.base}, lots of "
        f"{plain(rules.lot_step)}, ticks of {plain(rules.tick_size)}"
    )


def fees(symbol: str, *, maker: Decimal, taker: Decimal, planned_maker: Decimal, planned_taker: Decimal) -> Finding:
    """The account's own fees against those that plans reckon with; ratios."""
    said, limit = (f"maker {_pct(a)} %, taker {_pct(b)} %" for a, b in ((maker, taker), (planned_maker, planned_taker)))
    dearer = maker > planned_maker or taker > planned_taker
    advice = "Fees are higher than plans reckon with: targets bring that much less." if dearer else ""
    asked = f"The account's own fees on {symbol}"
    return Finding("fees", asked, said, f"{limit} in plans", Level.NOTE if dearer else Level.OK, advice)


def _pct(ratio: Decimal) -> str:
    return plain(ratio * HUNDRED)


# futures -----------------------------------------------------------------------------------------

SWITCHED = "Windlass sets it before the first entry: nothing is held there now."
HELD = "A venue changes this only while nothing is held: close what is open there, or change the account's own choice."


def position_mode(*, hedge: bool | None, wanted_hedge: bool, held: int) -> Finding:
    """Whether the venue holds one side of a market at a time, or both, as the account is set."""
    words = {True: "hedge", False: "one-way", None: "not told"}
    return _chosen("position mode", "The account's position mode", words[hedge], words[wanted_hedge], held)


def margin_mode(symbol: str, *, isolated: bool | None, wanted_isolated: bool, held: int) -> Finding:
    """What backs a position on this market, as the account is set."""
    words = {True: "isolated", False: "cross", None: "not told"}
    return _chosen(
        f"margin mode {symbol}", f"The margin mode on {symbol}", words[isolated], words[wanted_isolated], held
    )


def _chosen(name: str, asked: str, told: str, wanted: str, held: int) -> Finding:
    if told == wanted:
        return Finding(name, asked, told, wanted)
    if told == "not told":
        return Finding(name, asked, told, wanted, Level.UNKNOWN, "The venue did not say; run the pre-flight again.")
    return Finding(name, asked, told, wanted, Level.BAD if held else Level.NOTE, HELD if held else SWITCHED)


@dataclass(frozen=True, slots=True)
class Tier:
    """Up to which notional, quote, a venue gives which leverage; up_to None: without end."""

    up_to: Decimal | None
    max_leverage: Decimal


def leverage(symbol: str, *, tiers: Iterable[Tier], wanted: int, notional: Decimal | None) -> Finding:
    """Whether the venue gives the wanted leverage at the size of a first entry."""
    name, asked = f"leverage {symbol}", f"The leverage tiers of {symbol}"
    if notional is None:
        return Finding(name, asked, "not known", f"{wanted} ×", Level.UNKNOWN, "What a first entry costs is not known.")
    reached = next((tier for tier in tiers if tier.up_to is None or notional <= tier.up_to), None)
    if reached is None:
        return Finding(name, asked, "not told", f"{wanted} ×", Level.UNKNOWN, "The venue told no tier for this size.")
    said = f"up to {plain(reached.max_leverage)} × at {plain(notional)}"
    if reached.max_leverage >= wanted:
        return Finding(name, asked, said, f"{wanted} ×")
    return Finding(
        name, asked, said, f"{wanted} ×", Level.BAD, "Lower the account's leverage or the capital per pyramid."
    )
