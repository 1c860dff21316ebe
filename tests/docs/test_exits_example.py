"""The worked example of docs/exits.md: every number in it is what the engine's own functions give."""

from dataclasses import replace
from decimal import Decimal

import pytest

from docs.facts import ROOT
from tests.trading.domain.build import NOON, PERP, fill
from trading.domain import exit_ladder
from trading.domain import settings as registry
from trading.domain.exit_plan import ExitReason, ExitView, Levels, desired
from trading.domain.exit_view import RungState
from trading.domain.position import FillView, Position, from_fills
from trading.domain.refusal import plain
from trading.domain.stops import distance
from trading.domain.vocabulary import PositionSide, Side

D = Decimal
PAGE = (ROOT / "docs/exits.md").read_text(encoding="utf-8")
RULES = replace(PERP, tick_size=D("0.1"), lot_step=D("0.0001"), min_qty=D("0.0001"), taker_fee=D("0.0005"))
EXITS = registry.resolve([{"stop": "atr", "tp_ladder": "r"}]).exits
ATR = D(300)
FEE = D("0.0005")


def paid(side: Side, qty: str, price: str, after: int) -> FillView:
    return fill(side, qty, price, after=after, fee=D(qty) * D(price) * FEE)


FILLS = [
    paid(Side.BUY, "0.01", "60000", 0),
    paid(Side.BUY, "0.01", "59700", 1),
    paid(Side.SELL, "0.0066", "60750", 2),
    paid(Side.SELL, "0.0066", "61050", 3),
    paid(Side.SELL, "0.0068", "61650", 4),
]
STEPS = [
    (1, "leg 0 fills at 60,000: R = 600"),
    (2, "leg 1 fills at 59,700"),
    (3, "rung 1 fills"),
    (4, "rung 2 fills"),
    (5, "rung 3 fills"),
]


def first_stop() -> Decimal:
    found = distance(
        side=PositionSide.LONG,
        entry=D(60000),
        kinds=EXITS.stop,
        fixed_pct=EXITS.fixed_stop_pct,
        emergency_pct=EXITS.emergency_stop_pct,
        rules=RULES,
        atr_quote=ATR,
        atr_multiplier=EXITS.atr_multiplier,
    )
    assert isinstance(found, Decimal)
    return found


LEVELS = Levels(atr_quote=ATR, risk_quote=first_stop())


def position(count: int) -> Position:
    return from_fills(FILLS[:count], side=PositionSide.LONG, rules=RULES)


def group(count: int) -> ExitView:
    sold = tuple(RungState(n, one.qty) for n, one in enumerate(FILLS[2:count]))
    last = FILLS[count - 1].price
    return ExitView(PositionSide.LONG, (), position(count), NOON, last_fill=last, rungs=sold)


def line(count: int, words: str) -> str:
    """A row of the page's table."""
    found = desired(group(count), settings=EXITS, rules=RULES, prices=None, now=NOON, levels=LEVELS)
    rungs = exit_ladder.wanted(group(count), settings=EXITS, levels=LEVELS, rules=RULES) or ()
    stands = {w.kind: plain(w.trigger_price) if w.trigger_price else w.note for w in found.watch}
    cells = [
        words,
        plain(position(count).qty),
        plain(position(count).average_entry),
        stands.get(ExitReason.STOP_ATR, "–"),
        *(f"{plain(rung.qty)} at {plain(rung.price)}" if rung.qty else "–" for rung in rungs),
        stands.get(ExitReason.STOP_BREAK_EVEN, "–"),
    ]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize(("count", "words"), STEPS)
def test_a_row_of_the_example(count: int, words: str) -> None:
    assert line(count, words) in PAGE


def test_what_the_example_earns() -> None:
    """Rungs of 0.0066, 0.0066 and 0.0068 BTC, 900, 1 200 and 1 800 above 59 850, less 0.05 % of all that was traded."""
    earned = position(5).realised_pnl
    assert earned == sum(one.qty * (one.price - 59850) for one in FILLS[2:]) - sum(one.fee for one in FILLS)
    assert f"the group has earned {earned:.2f} USDT, of {position(5).entry_cost:,.0f} USDT put in" in PAGE
    turned = desired(group(3), settings=EXITS, rules=RULES, prices=None, now=NOON, levels=LEVELS).watch
    (even,) = [w.trigger_price for w in turned if w.kind is ExitReason.STOP_BREAK_EVEN]
    assert f"the break-even stop at\n{even:,.1f} would have ended it at 0" in PAGE


def test_the_defaults_of_the_page() -> None:
    assert registry.as_text("tp_ladder_r", EXITS.tp_ladder_r) == "(1.5, 33) (2, 33) (3, 34)"
    assert "33 % at 1.5 R, 33 % at 2 R, 34 % at 3 R" in PAGE
    assert registry.as_text("tp_ladder_fibonacci", EXITS.tp_ladder_fibonacci) == "(1.272, 33) (1.618, 33) (2.618, 34)"
    assert "33 % at 1.272, 33 % at 1.618, 34 % at 2.618" in PAGE
