"""Settings of the trading modes and of the switches that stop everything. Pure."""

from decimal import Decimal

from trading.domain.settings_kinds import Kind, Scope, Setting

D = Decimal
K = Kind
ACCOUNT, GLOBAL = Scope.ACCOUNT, Scope.GLOBAL

ROWS: tuple[Setting, ...] = (
    Setting(
        "modes",
        "approvals",
        K.BOOL,
        False,
        "Two people are needed to leave EMERGENCY, and to loosen a setting of a live account: one asks, another confirms.",
        narrowest=GLOBAL,
    ),
    Setting(
        "modes",
        "dead_man_secs",
        K.INT,
        None,
        "The venue cancels resting entries when it has not heard of us for so long, where it can.",
        low=D(10),
        high=D(3600),
        unit="s",
        off_word="off",
        narrowest=ACCOUNT,
    ),
    Setting(
        "modes",
        "reduce_step_minutes",
        K.INT,
        15,
        "In REDUCED, how often a part of every position is sold.",
        low=D(1),
        high=D(1440),
        unit="min",
        narrowest=ACCOUNT,
    ),
    Setting(
        "modes",
        "reduce_step_pct",
        K.DECIMAL,
        D(25),
        "In REDUCED, how much of a position each step sells, of what was held when it began.",
        low=D(1),
        high=D(100),
        unit="%",
        off_word="off",
        narrowest=ACCOUNT,
    ),
    Setting(
        "modes",
        "sealed_pnl",
        K.CHOICE,
        "hidden",
        "Under the sealed profile: whether open positions and their profit are hidden, or may be looked at.",
        choices=("hidden", "view"),
        narrowest=GLOBAL,
    ),
)
