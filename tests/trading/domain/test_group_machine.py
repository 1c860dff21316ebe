"""One group through everything that may happen, against a ledger: promised once, never naked, never reversed."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.trading.domain.toy_group import ToyGroup, engine
from trading.domain import position as positions
from trading.domain.money import floor_to
from trading.domain.take_profit import Remainder, remainder
from trading.domain.vocabulary import PositionSide, Purpose

D = Decimal
TINY = D("1E-12")
# What moving averages may lose to their last decimal place.

SHARES = st.sampled_from([D("0.3"), D("0.5"), D(1)])
CHOSEN = st.fixed_dictionaries(
    {
        "tp_mode": st.sampled_from(["PER_LEG", "AGGREGATE", "HYBRID"]),
        "stop": st.lists(st.sampled_from(["fixed", "trailing"]), unique=True),
        "fixed_stop_pct": st.sampled_from([3, 8]),
        "breakeven_after_target": st.integers(0, 2),
        "legs": st.sampled_from(["(0, 40, 1) (-1, 30, 0.5) (-2, 30, 0.5)", "(0, 100, 2)"]),
        "legs_by_pyramid": st.sampled_from(["none", "1: (0, 50, 1.0) (-1, 50, 0.5)"]),
        "active_window": st.sampled_from(["all", 1, 2]),
        "base_price": st.sampled_from(["fixed", "follow_fill"]),
        "cancel_dca_beyond_pct": st.sampled_from(["off", 1]),
        "dca_max_age": st.sampled_from(["off", "10m"]),
        "keep_ladder": st.booleans(),
        "time_exit_h": st.sampled_from(["off", 1]),
        "tp_ladder": st.sampled_from(["off", "off", "r", "fibonacci"]),
        "tp_ladder_r": st.sampled_from(["(1.5, 33) (2, 33) (3, 34)", "(1, 90) (4, 10)"]),
    }
)


class Group(RuleBasedStateMachine):
    """Pyramids, fills in parts, cancels that are late, reductions, mode changes, exits."""

    group: ToyGroup

    @initialize(side=st.sampled_from(PositionSide), chosen=CHOSEN)
    def opens(self, side: PositionSide, chosen: dict[str, object]) -> None:
        self.chosen = chosen
        self.group = ToyGroup(side, engine(**chosen))
        self.group.add_pyramid(D(3000))
        self.group.review()

    @rule(lots=st.integers(5, 40), minutes=st.integers(0, 3))
    def an_alert_comes(self, lots: int, minutes: int) -> None:
        self.group.now += timedelta(minutes=minutes)
        self.group.add_pyramid(D(lots * 100))
        self.group.review()

    @rule(pct=st.sampled_from([-4, -2, -1, D("-0.5"), D("0.5"), 1, 2, 4]), share=SHARES)
    def the_price_moves(self, pct: Decimal, share: Decimal) -> None:
        self.group.move(floor_to(self.group.price * (100 + pct) / 100, D("0.1")), share)

    @rule()
    def the_sweep_comes(self) -> None:
        self.group.review()

    @rule(share=st.sampled_from([D(0), D("0.5"), D(1)]))
    def cancels_arrive(self, share: Decimal) -> None:
        self.group.cancels_arrive(share)

    @rule(ratio=st.sampled_from([D("0.2"), D("0.5"), D("0.95")]))
    def somebody_reduces(self, ratio: Decimal) -> None:
        self.group.ask_reduction(ratio)
        self.group.review()

    @rule(mode=st.sampled_from(["PER_LEG", "AGGREGATE", "HYBRID"]))
    def the_mode_changes(self, mode: str) -> None:
        self.group.settings = engine(**{**self.chosen, "tp_mode": mode})

    @rule(ladder=st.sampled_from(["off", "r", "fibonacci"]))
    def the_ladder_changes(self, ladder: str) -> None:
        self.group.settings = engine(**{**self.chosen, "tp_ladder": ladder})

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.group.now += timedelta(minutes=minutes)

    @rule()
    def left_alone_everything_has_its_exit(self) -> None:
        """I13: what is held rests, waits by name because it is too small, or is less than a lot; stops watch it all."""
        self.group.settle()
        group, found = self.group, self.group.last
        named = found.waiting.qty if found.waiting else D(0)
        lots = floor_to(group.position.qty, group.rules.lot_step)
        covered = group.promised() + named + group.reserved
        assert group.closing or covered == lots
        assert group.closing or found.actions == ()
        watched = [watch for watch in found.watch if watch.trigger_price is not None]
        assert lots == 0 or watched

    @invariant()
    def what_is_held_is_promised_at_most_once(self) -> None:
        assert self.group.promised() <= max(self.group.held, D(0))

    @invariant()
    def the_position_is_the_ledgers_and_never_reverses(self) -> None:
        position = self.group.position
        assert position.qty == self.group.held
        assert self.group.held >= 0
        worth = self.group.cash + self.group.base * self.group.price
        assert abs(position.realised_pnl + positions.unrealised(position, self.group.price) - worth) < TINY

    @invariant()
    def the_window_holds(self) -> None:
        window = self.group.settings.grid.active_window or 50
        resting = [o for o in self.group.orders if o.purpose is Purpose.ENTRY and o.state.name == "OPEN"]
        assert len(resting) <= window
        assert len({o.leg_id for o in resting}) == len(resting)

    def teardown(self) -> None:
        """An exit ends it: nothing rests, and what is left no order could carry."""
        self.group.closing = True
        for _ in range(4):
            self.group.settle()
            self.group.move(self.group.price, D(1))
        left = remainder(self.group.position.qty, price=self.group.price, rules=self.group.rules)
        assert left is not Remainder.SELLABLE
        assert not any(order.live for order in self.group.orders)


Group.TestCase.settings = settings(
    max_examples=120, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestGroup = Group.TestCase
