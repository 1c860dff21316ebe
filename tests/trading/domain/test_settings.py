"""The settings registry: every row, its defaults and ranges, and how scopes resolve."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.sizing import SizeRequest
from signals.intent import SizeKind
from trading.domain import settings as s
from trading.domain.admission import QueueRule
from trading.domain.grid import LegSpec
from trading.domain.order_state import FAST
from trading.domain.refusal import Refusal
from trading.domain.settings_table import TABLE
from trading.domain.stops import StopKind
from trading.domain.vocabulary import OrderType, TakeProfitMode

D = Decimal

# name, default as text, strict default where it differs
DEFAULTS = """
alerts.max_age_secs 60 | alerts.max_slippage_pct 0.5 | alerts.body_dedupe_secs 60 | alerts.reverse_on_opposite off
alerts.blocked off
pool.max_open_groups 10 | pool.count_pyramids off
queue.rules continuation, deepest_loss, replacements, first_in | queue.queue_max_age_h 24
grid.max_pyramids 5 | grid.pyramid_min_gap_pct 0 | grid.first_entry limit | grid.active_window all
grid.legs (0, 20, 1) (-0.5, 20, 0.5) (-1, 20, 0.5) (-1.5, 20, 0.5) (-2, 20, 0.5)
grid.base_price fixed | grid.capital_per_pyramid 1% equity | grid.cancel_dca_beyond_pct off | grid.dca_max_age off
grid.keep_ladder off | grid.legs_by_pyramid none | grid.capital_by_pyramid none
exits.tp_mode PER_LEG | exits.tp_aggregate_pct 1 | exits.stop none | exits.fixed_stop_pct 5 | exits.atr_period 14
exits.atr_multiplier 2 | exits.trailing_activation_pct 1 | exits.trailing_distance_pct 0.5
exits.breakeven_after_target 1 | exits.emergency_stop_pct 10 | exits.time_exit_h off
exits.swing_lookback 100 | exits.swing_width 3 | exits.tp_ladder off | exits.tp_ladder_r (1.5, 33) (2, 33) (3, 34)
exits.tp_ladder_fibonacci (1.272, 33) (1.618, 33) (2.618, 34)
risk.profile standard / strict | risk.per_symbol_pct 10 / 5 | risk.per_venue_pct 50 / 20
risk.per_strategy_pct 50 / 30 | risk.per_sector_pct 60 / 40 | risk.cluster_rho 0.7 | risk.cluster_pct 60 / 0
risk.max_leverage 3 | risk.max_heat 0.5 / 0.25 | risk.var_limit_pct 5 / 2 | risk.var_confidence 99
risk.max_daily_loss_pct 5 | risk.drawdown_tiers_pct 5, 8, 12, 15 | risk.max_consecutive_losses 8
risk.order_rate_per_min 120 | risk.stale_price_secs 10 | risk.max_clock_offset_ms 1000
risk.capital_tiers on | risk.dynamic_limits on | risk.kelly_fraction 0.25 | risk.risk_bps 100 | risk.sectors none
risk.size_caps confidence, limits | risk.vol_target_pct 15
offset.loss_threshold_pct -5 | offset.require_full_pyramids on | offset.timer_start after_5_pyramids
offset.post_full_wait_minutes 60 | offset.min_loss_age_minutes off | offset.max_winners 3 | offset.loss_budget_pct 2
execution.dust MERGE | execution.max_slippage_bps 30 | execution.timing_profile production | live.live_start_cap_quote 200
modes.approvals off | modes.dead_man_secs off | modes.reduce_step_minutes 15 | modes.reduce_step_pct 25
modes.sealed_pnl hidden
system.log_level INFO | system.log_levels none | system.log_rotation_mb 50 | system.log_rotation_keep 5
system.registration off | system.cors_origins none | system.trusted_proxies none | system.demo_speed 60
"""
TWO_PCT = SizeRequest(SizeKind.PCT_EQUITY, D(2))
BY_PYRAMID = "pyramid: value; … (0 is the first pyramid)"
ROWS = [tuple(cell.strip().split(" ", 1)) for cell in DEFAULTS.replace("\n", "|").split("|") if cell.strip()]


def test_every_setting_is_in_this_test_once() -> None:
    assert sorted(name for name, _ in ROWS) == sorted(f"{row.group}.{row.name}" for row in TABLE)
    assert len(s.REGISTRY) == len(TABLE)


@pytest.mark.parametrize(("name", "texts"), ROWS)
def test_defaults(name: str, texts: str) -> None:
    standard, _, strict = texts.partition(" / ")
    plain_name = name.partition(".")[2]
    assert s.dump(s.resolve())[plain_name] == standard
    assert s.dump(s.resolve([{"profile": "strict"}]))[plain_name] == (strict or standard)


def test_every_row_helps_and_is_sorted() -> None:
    assert all(row.help.endswith(".") for row in TABLE)
    for group in s.GROUPS:
        names = [row.name for row in TABLE if row.group == group]
        assert names == sorted(names)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("max_age_secs", "5", 5),
        ("alerts.max_age_secs", 86400, 86400),
        ("max_slippage_pct", 0.1, D("0.1")),  # a JSON float counts as it was typed
        ("max_slippage_pct", D("2.5"), D("2.5")),
        ("reverse_on_opposite", True, True),
        ("reverse_on_opposite", " ON ", True),
        ("reverse_on_opposite", "no", False),
        ("active_window", "all", None),
        ("active_window", None, None),
        ("active_window", 3, 3),
        ("rules", "first_in, deepest_loss", (QueueRule.FIRST_IN, QueueRule.DEEPEST_LOSS)),
        ("rules", ["continuation"], (QueueRule.CONTINUATION,)),
        ("rules", "none", ()),
        ("stop", "fixed + trailing", (StopKind.FIXED, StopKind.TRAILING)),
        ("stop", "", ()),
        ("tp_mode", "hybrid", TakeProfitMode.HYBRID),
        ("dca_max_age", "90m", timedelta(minutes=90)),
        ("dca_max_age", "2 d", timedelta(days=2)),
        ("dca_max_age", "off", None),
        ("capital_per_pyramid", "100 usdt", SizeRequest(SizeKind.QUOTE, D(100), "USDT")),
        ("drawdown_tiers_pct", "1, 2, 3, 4.5", (D(1), D(2), D(3), D("4.5"))),
        ("drawdown_tiers_pct", [1, 2, 3, 4], (D(1), D(2), D(3), D(4))),
        ("legs", "(0, 60, 1) (-2, 40, 0.5)", (LegSpec(D(0), D(60), D(1)), LegSpec(D(-2), D(40), D("0.5")))),
        ("legs", [["0", "100", "1.0"]], (LegSpec(D(0), D(100), D(1)),)),
        ("legs", [LegSpec(D(0), D(100), D(1))], (LegSpec(D(0), D(100), D(1)),)),
        ("legs", "(0, 50, 1.0) (−1, 50, 0.5)", (LegSpec(D(0), D(50), D(1)), LegSpec(D(-1), D(50), D("0.5")))),
        ("legs_by_pyramid", "none", ()),
        ("legs_by_pyramid", "", ()),
        (
            "legs_by_pyramid",
            "2: (0, 100, 1); 1: (0, 50, 1.0) (−1, 50, 0.5)",
            ((1, (LegSpec(D(0), D(50), D(1)), LegSpec(D(-1), D(50), D("0.5")))), (2, (LegSpec(D(0), D(100), D(1)),))),
        ),
        ("legs_by_pyramid", {"1": [[0, 100, 1]]}, ((1, (LegSpec(D(0), D(100), D(1)),)),)),
        (
            "capital_by_pyramid",
            "1: 2% equity; 3: 100 USDT;",
            ((1, TWO_PCT), (3, SizeRequest(SizeKind.QUOTE, D(100), "USDT"))),
        ),
        ("capital_by_pyramid", {"0": "2%"}, ((0, TWO_PCT),)),
        ("capital_by_pyramid", [[0, TWO_PCT]], ((0, TWO_PCT),)),
        ("log_levels", "order=debug, webhook=ERROR", (("order", "DEBUG"), ("webhook", "ERROR"))),
        ("log_levels", {"order": "INFO"}, (("order", "INFO"),)),
        ("trusted_proxies", "127.0.0.1, 10.0.0.0/8", ("127.0.0.1", "10.0.0.0/8")),
        ("cors_origins", ["https://desk.example"], ("https://desk.example",)),
    ],
)
def test_values_are_read(name: str, raw: object, value: object) -> None:
    assert s.parse(name, raw) == value


@pytest.mark.parametrize(
    ("name", "raw", "code", "limit"),
    [
        ("max_age_secs", "4", "OUT_OF_RANGE", "5 to 86400"),
        ("max_age_secs", 86401, "OUT_OF_RANGE", "5 to 86400"),
        ("max_age_secs", "60.5", "NOT_WHOLE", "5 to 86400"),
        ("max_age_secs", "a minute", "NOT_A_NUMBER", "5 to 86400"),
        ("max_age_secs", True, "NOT_A_NUMBER", "5 to 86400"),
        ("max_age_secs", None, "NOT_A_NUMBER", "5 to 86400"),
        ("max_slippage_pct", "NaN", "NOT_A_NUMBER", "0 to 10"),
        ("max_slippage_pct", "Infinity", "NOT_A_NUMBER", "0 to 10"),
        ("max_slippage_pct", "1e999", "NOT_A_NUMBER", "0 to 10"),
        ("reverse_on_opposite", "maybe", "NOT_ON_OR_OFF", "on or off"),
        ("first_entry", "stop", "NOT_A_CHOICE", "limit, market"),
        ("rules", "first_in, luck", "NOT_A_CHOICE", "continuation, deepest_loss, replacements, first_in"),
        ("rules", "first_in, first_in", "REPEATED", "each once"),
        ("rules", 7, "NOT_A_LIST", "continuation, deepest_loss, replacements, first_in"),
        ("cors_origins", 7, "NOT_A_LIST", "a list"),
        ("trusted_proxies", 7, "NOT_A_LIST", "a list"),
        ("trusted_proxies", "localhost", "NOT_A_NETWORK", "an address or network"),
        ("dca_max_age", "soon", "NOT_A_DURATION", "1s to 366d"),
        ("dca_max_age", "0m", "NOT_A_DURATION", "1s to 366d"),
        ("dca_max_age", "999999d", "NOT_A_DURATION", "1s to 366d"),
        ("capital_per_pyramid", "100", "BAD_SIZE", "a number and what it counts"),
        ("drawdown_tiers_pct", "5, 4, 12, 15", "NOT_RISING", "four rising numbers, 0 to 100"),
        ("drawdown_tiers_pct", "5, 8, 12", "NOT_RISING", "four rising numbers, 0 to 100"),
        ("drawdown_tiers_pct", "5, 8, x, 15", "NOT_RISING", "four rising numbers, 0 to 100"),
        ("drawdown_tiers_pct", 5, "NOT_RISING", "four rising numbers, 0 to 100"),
        ("legs", "(0, 100)", "BAD_LEGS", "(gap %, weight %, take-profit %) per leg"),
        ("legs", "(0, 100, 1) and more", "BAD_LEGS", "(gap %, weight %, take-profit %) per leg"),
        ("legs", "(0, x, 1)", "BAD_LEGS", "(gap %, weight %, take-profit %) per leg"),
        ("legs", [], "BAD_LEGS", "(gap %, weight %, take-profit %) per leg"),
        ("legs", [7], "BAD_LEGS", "(gap %, weight %, take-profit %) per leg"),
        ("legs", 7, "BAD_LEGS", "(gap %, weight %, take-profit %) per leg"),
        ("tp_ladder_r", "(1.5, 33) (2, 33)", "BAD_RUNGS", "(multiple, share %) per rung"),  # 66 %
        ("tp_ladder_r", "(2, 50) (1.5, 50)", "BAD_RUNGS", "(multiple, share %) per rung"),
        ("tp_ladder_r", "(0, 50) (1, 50)", "BAD_RUNGS", "(multiple, share %) per rung"),
        ("tp_ladder_r", "(1, 100) (2, 0)", "BAD_RUNGS", "(multiple, share %) per rung"),
        ("tp_ladder_r", "(1, x)", "BAD_RUNGS", "(multiple, share %) per rung"),
        ("tp_ladder_r", "", "BAD_RUNGS", "(multiple, share %) per rung"),
        ("tp_ladder_fibonacci", [["101", "100"]], "BAD_RUNGS", "(multiple, share %) per rung"),
        ("legs", "(-91, 100, 1)", "GAP_RANGE", "-90 to 90"),
        ("legs", "(0, 100, 1) (-1, 0, 1)", "WEIGHT_RANGE", "above 0"),
        ("legs", "(0, 100, 0)", "TARGET_RANGE", "above 0, at most 1000"),
        ("legs", "(0, 50, 1) (-1, 49, 1)", "WEIGHTS_SUM", D(100)),
        ("legs_by_pyramid", "(0, 100, 1)", "BAD_PYRAMIDS", BY_PYRAMID),
        ("legs_by_pyramid", "one: (0, 100, 1)", "BAD_PYRAMIDS", BY_PYRAMID),
        ("legs_by_pyramid", "20: (0, 100, 1)", "BAD_PYRAMIDS", BY_PYRAMID),
        ("legs_by_pyramid", "1.5: (0, 100, 1)", "BAD_PYRAMIDS", BY_PYRAMID),
        ("legs_by_pyramid", "1: (0, 100, 1); 1: (0, 100, 2)", "BAD_PYRAMIDS", BY_PYRAMID),
        ("legs_by_pyramid", 7, "BAD_PYRAMIDS", BY_PYRAMID),
        ("legs_by_pyramid", "1: (0, 99, 1)", "WEIGHTS_SUM", D(100)),
        ("legs_by_pyramid", "0: (0, 100, 1); 1: 5", "BAD_LEGS", "(gap %, weight %, take-profit %) per leg"),
        ("capital_by_pyramid", "1: 100", "BAD_SIZE", "a number and what it counts"),
        ("log_levels", "order=LOUD", "NOT_A_CHOICE", "DEBUG, INFO, WARNING, ERROR"),
        ("grid.max_age_secs", "60", "SETTING_UNKNOWN", "a name of docs/configuration.md"),
        ("max_age", "60", "SETTING_UNKNOWN", "a name of docs/configuration.md"),
    ],
)
def test_wrong_values_are_refused_with_field_limit_and_advice(name: str, raw: object, code: str, limit: object) -> None:
    found = s.parse(name, raw)
    assert isinstance(found, Refusal)
    assert (found.code, found.limit) == (code, limit)
    assert found.field in name or found.field == "name"
    assert found.advice in found.sentence()


def test_every_number_has_a_range_that_holds_its_default() -> None:
    numbers = [row for row in TABLE if row.kind in (s.Kind.INT, s.Kind.DECIMAL)]
    assert all(row.low is not None and row.high is not None for row in numbers)
    assert all(s.parse(row.name, s.as_text(row.name, row.default)) == row.default for row in TABLE)


def test_the_narrowest_scope_wins() -> None:
    found = s.resolve([{"max_pyramids": "3", "grid.keep_ladder": "on"}, {"max_pyramids": 4}, {}])
    assert (found.grid.max_pyramids, found.grid.keep_ladder) == (4, True)


def test_strict_changes_defaults_and_not_what_was_set() -> None:
    found = s.resolve([{"per_symbol_pct": "8"}, {"profile": "strict"}])
    assert (found.risk.per_symbol_pct, found.risk.per_sector_pct) == (D(8), D(40))


def test_a_stored_value_that_is_wrong_raises_by_name() -> None:
    with pytest.raises(s.SettingError, match=r"OUT_OF_RANGE: max_pyramids is 21") as caught:
        s.resolve([{"max_pyramids": 21}])
    assert caught.value.refusal.limit == "1 to 20"


def test_what_a_group_kept_and_its_check_refuses_now_is_the_default_and_the_rest_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As an upgrade or a restored backup could leave it: its exits go on, and the name is told once."""
    kept = s.dump(s.resolve([{"emergency_stop_pct": 7, "fixed_stop_pct": 3}])) | {"swing_lookback": "500"}
    for _ in range(3):
        assert s.dump(s.restore(kept)) == kept | {"swing_lookback": "100"}
    assert [record.message for record in caplog.records] == [
        "a setting that a position was opened with is refused, its default holds: OUT_OF_RANGE: "
        "swing_lookback is 500 bars, the limit is 20 to 400 bars. Stay within 20 to 400."
    ]


def test_each_that_is_refused_has_the_default_of_the_profile_that_was_kept() -> None:
    kept = s.dump(s.resolve([{"profile": "strict"}]))
    strict = {row.name: s.as_text(row.name, row.strict) for row in s.REGISTRY.values() if row.strict is not None}
    assert s.dump(s.restore(kept | dict.fromkeys(strict, "banana"))) == kept
    assert s.restore(dict.fromkeys(kept, "banana")).exits == s.resolve().exits


def test_groups_answer_in_the_engines_types() -> None:
    found = s.resolve([{"first_entry": "market", "time_exit_h": 5, "timing_profile": "fast"}])
    assert (found.alerts.max_age, found.queue.max_age) == (timedelta(seconds=60), timedelta(hours=24))
    assert (found.grid.first_order_type, found.exits.time_exit) == (OrderType.MARKET, timedelta(hours=5))
    assert found.execution.timing is FAST
    default = s.resolve()
    assert (default.grid.first_order_type, default.exits.time_exit) == (OrderType.LIMIT, None)


def test_a_pyramid_has_its_own_legs_and_capital_where_it_is_an_exception() -> None:
    grid = s.resolve([{"legs_by_pyramid": "1: (0, 100, 2)", "capital_by_pyramid": "2: 2% equity"}]).grid
    assert [grid.legs_of(index) == grid.legs for index in range(3)] == [True, False, True]
    assert grid.legs_of(1) == (LegSpec(D(0), D(100), D(2)),)
    assert [grid.capital_of(index) == grid.capital_per_pyramid for index in range(3)] == [True, True, False]
    assert grid.capital_of(2) == TWO_PCT


OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "max_age_secs": st.integers(5, 86400),
        "max_slippage_pct": st.decimals(0, 10, places=3),
        "rules": st.lists(st.sampled_from([str(rule) for rule in QueueRule]), unique=True),
        "keep_ladder": st.booleans(),
        "dca_max_age": st.integers(1, 366).map(lambda days: f"{days}d") | st.none(),
        "capital_per_pyramid": st.sampled_from(["2% free", "50 quote", "0.5 base", "risk 1%", "risk 20 USDT"]),
        "legs": st.sampled_from(["(0, 100, 1)", "(0, 12.5, 1) (-3, 87.5, 2.25)"]),
        "legs_by_pyramid": st.dictionaries(st.integers(0, 19), st.sampled_from(["(0, 100, 1)", [[0, 100, 2]]])),
        "capital_by_pyramid": st.dictionaries(st.integers(0, 19), st.sampled_from(["2% free", "risk 20 USDT"])),
        "profile": st.sampled_from(["standard", "strict", "sealed", "own"]),
        "log_levels": st.dictionaries(st.sampled_from(["order", "risk"]), st.sampled_from(["INFO", "DEBUG"])),
        "per_venue_pct": st.none() | st.integers(1, 100),
    },
)


@given(OVERRIDES)
def test_what_is_written_reads_back(overrides: dict[str, object]) -> None:
    found = s.resolve([overrides])
    assert s.resolve([s.dump(found)]) == found


@given(st.sampled_from(TABLE), st.none() | st.text(max_size=30) | st.floats() | st.lists(st.text(max_size=5)))
def test_any_value_is_either_read_or_refused(row: s.Setting, raw: object) -> None:
    found = s.parse(row.name, raw)
    again = found if isinstance(found, Refusal) else s.parse(row.name, s.as_text(row.name, found))
    assert again == found
