"""Each judgement of the pre-flight: what is well, what is not, and that nobody's silence is taken for yes."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from trading.domain import preflight
from trading.domain.grid import InstrumentRules, LegSpec, plan
from trading.domain.key_rights import KeyRights
from trading.domain.preflight import Finding, Level, Tier, all_green
from trading.domain.vocabulary import MarketKind, PositionSide

D = Decimal
OK, NOTE, BAD, UNKNOWN = Level.OK, Level.NOTE, Level.BAD, Level.UNKNOWN
RULES = InstrumentRules(
    symbol="BTC/USDT", base="BTC", quote="USDT", kind=MarketKind.SPOT, tick_size=D("0.01"), lot_step=D("0.00001"),
    min_qty=D("0.00001"), max_qty=None, min_notional=D(5), contract_size=D(1), maker_fee=D("0.001"),
    taker_fee=D("0.001"), max_open_orders=None,
)  # fmt: skip
LEGS = [LegSpec(D(0), D(50), D(1)), LegSpec(D(-1), D(50), D(1))]
TIERS = [Tier(D(50_000), D(125)), Tier(D(250_000), D(50)), Tier(None, D(1))]


def secs(number: int) -> timedelta:
    return timedelta(seconds=number)


def planned(capital: int) -> Finding:
    made = plan(side=PositionSide.LONG, base_price=D(60_000), capital=D(capital), legs=LEGS, rules=RULES)
    return preflight.minimums("BTC/USDT", made, RULES)


def paid(maker: str) -> Finding:
    usual = {"planned_maker": D("0.001"), "planned_taker": D("0.001")}
    return preflight.fees("BTC/USDT", maker=D(maker), taker=D("0.001"), **usual)


def geared(wanted: int, notional: int | None, tiers: list[Tier] = TIERS) -> Finding:
    size = None if notional is None else D(notional)
    return preflight.leverage("BTC/USDT:USDT", tiers=tiers, wanted=wanted, notional=size)


CASES: list[tuple[str, Callable[[], Finding], Level, str]] = [
    ("keys", lambda: preflight.keys(currencies=1, total=D(10), free=D(4), quote="USDT"), OK, "10 USDT held, 4 free; 1 currency"),
    ("may trade", lambda: preflight.trading(KeyRights(trading=True)), OK, "allowed"),
    ("may not trade", lambda: preflight.trading(KeyRights(trading=False)), BAD, "not allowed"),
    ("nobody says", lambda: preflight.trading(KeyRights()), UNKNOWN, "not told"),
    ("may not withdraw", lambda: preflight.withdrawals(KeyRights(withdrawal=False)), OK, "not allowed"),
    ("may withdraw", lambda: preflight.withdrawals(KeyRights(withdrawal=True)), BAD, "allowed"),
    ("withdraw not told", lambda: preflight.withdrawals(KeyRights()), UNKNOWN, "not told"),
    ("bound", lambda: preflight.addresses(KeyRights(ip_bound=True)), OK, "bound"),
    ("any address", lambda: preflight.addresses(KeyRights(ip_bound=False)), NOTE, "any address"),
    ("address not told", lambda: preflight.addresses(KeyRights()), NOTE, "not told"),
    ("clock at the limit", lambda: preflight.clock(offset_ms=-1000, trip_ms=5, limit_ms=1000), OK, "-1000 ms"),
    ("clock beyond", lambda: preflight.clock(offset_ms=1001, trip_ms=5, limit_ms=1000), BAD, "+1001 ms"),
    ("read", lambda: preflight.books(trouble="", read_ago=secs(60)), OK, "60 s ago"),
    ("read long ago", lambda: preflight.books(trouble="", read_ago=secs(61)), BAD, "61 s ago"),
    ("never read", lambda: preflight.books(trouble="", read_ago=None), UNKNOWN, "never"),
    ("in trouble", lambda: preflight.books(trouble="differs", read_ago=secs(1)), BAD, "differs"),
    ("stream", lambda: preflight.stream(answered_ms=12), OK, "12 ms"),
    ("no budget", lambda: preflight.purse(left=None, whole=D(0), ban_secs=D(0)), OK, "sets none"),
    ("a quarter left", lambda: preflight.purse(left=D(25), whole=D(100), ban_secs=D(0)), OK, "25 of 100"),
    ("less", lambda: preflight.purse(left=D("24.9"), whole=D(100), ban_secs=D(0)), BAD, "25 of 100"),
    ("banned", lambda: preflight.purse(left=D(100), whole=D(100), ban_secs=D(7)), BAD, "7 s"),
    ("markets", lambda: preflight.markets(listed=3, active=9, quote="USDT"), OK, "3 in USDT"),
    ("no market", lambda: preflight.markets(listed=0, active=9, quote="EUR"), BAD, "0 in EUR"),
    # two legs of 50 % of 100 USDT: 0.00083 BTC at 60,000 = 49.80 USDT, and 0.00084 at 59,400 = 49.896
    ("legs stand", lambda: planned(100), OK, "2 legs, the smallest 49.8 USDT"),
    ("legs are merged", lambda: planned(8), NOTE, "1 leg, the smallest"),
    ("too little", lambda: planned(4), BAD, "CAPITAL_TOO_SMALL"),
    ("no price", lambda: preflight.minimums("BTC/USDT", None, RULES), UNKNOWN, "not known"),
    ("fees as planned", lambda: paid("0.001"), OK, "maker 0.1 %"),
    ("fees are higher", lambda: paid("0.0011"), NOTE, "maker 0.11 %"),
    ("mode as wanted", lambda: preflight.position_mode(hedge=False, wanted_hedge=False, held=2), OK, "one-way"),
    ("mode is set first", lambda: preflight.position_mode(hedge=True, wanted_hedge=False, held=0), NOTE, "hedge"),
    ("mode cannot be set", lambda: preflight.position_mode(hedge=True, wanted_hedge=False, held=1), BAD, "hedge"),
    ("mode not told", lambda: preflight.position_mode(hedge=None, wanted_hedge=False, held=0), UNKNOWN, "not told"),
    ("margin", lambda: preflight.margin_mode("X", isolated=True, wanted_isolated=True, held=0), OK, "isolated"),
    ("margin held", lambda: preflight.margin_mode("X", isolated=False, wanted_isolated=True, held=1), BAD, "cross"),
    ("leverage", lambda: geared(50, 250_000), OK, "up to 50 × at 250000"),
    ("a tier too high", lambda: geared(51, 50_001), BAD, "up to 50 ×"),
    ("beyond all tiers", lambda: geared(2, 300_000), BAD, "up to 1 ×"),
    ("no tier told", lambda: geared(1, 100, []), UNKNOWN, "not told"),
    ("no size", lambda: geared(1, None), UNKNOWN, "not known"),
]  # fmt: skip


@pytest.mark.parametrize(("judge", "level", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_judgement(judge: Callable[[], Finding], level: Level, said: str) -> None:
    found = judge()
    assert (found.level, said in found.value) == (level, True), found
    assert bool(found.advice) is (level is not OK)


@pytest.mark.parametrize(
    ("levels", "planned", "green"),
    [
        ([OK, NOTE], 2, True),
        ([OK, OK, OK], 2, True),
        ([OK], 2, False),  # something was not looked at
        ([], 0, False),
        ([OK, UNKNOWN], 2, False),
        ([OK, BAD], 2, False),
    ],
)
def test_only_everything_well_is_green(levels: list[Level], planned: int, green: bool) -> None:
    assert all_green([Finding("x", "", "", "", level) for level in levels], planned=planned) is green
