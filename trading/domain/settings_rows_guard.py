"""Settings of how it runs: offset, execution, live, system. Pure."""

from decimal import Decimal

from trading.domain.dust import DustRule
from trading.domain.order_state import TIMING_PROFILES
from trading.domain.settings_kinds import Kind, Scope, Setting

D = Decimal
K = Kind
ACCOUNT, GLOBAL = Scope.ACCOUNT, Scope.GLOBAL

TIMERS = ("after_5_pyramids", "after_all_dca_submitted", "after_all_dca_filled")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

ROWS: tuple[Setting, ...] = (
    Setting(
        "offset",
        "loss_budget_pct",
        K.DECIMAL,
        D(2),
        "What offsets may cost in a day.",
        low=D(0),
        high=D(100),
        unit="% of equity",
        narrowest=ACCOUNT,
    ),
    Setting(
        "offset",
        "loss_threshold_pct",
        K.DECIMAL,
        D(-5),
        "A group is eligible from this loss on.",
        low=D(-90),
        high=D(0),
        unit="%",
    ),
    Setting(
        "offset",
        "max_winners",
        K.INT,
        3,
        "How many winners may pay for one loser.",
        low=D(1),
        high=D(10),
        narrowest=ACCOUNT,
    ),
    Setting(
        "offset",
        "min_loss_age_minutes",
        K.INT,
        None,
        "The loss must have lasted this long.",
        low=D(1),
        high=D(525600),
        unit="min",
        off_word="off",
    ),
    Setting(
        "offset", "post_full_wait_minutes", K.INT, 60, "How long the timer runs.", low=D(0), high=D(10080), unit="min"
    ),
    Setting("offset", "require_full_pyramids", K.BOOL, True, "Only groups with all their pyramids are offset."),
    Setting("offset", "timer_start", K.CHOICE, TIMERS[0], "What starts the timer.", choices=TIMERS),
    Setting(
        "execution",
        "dust",
        K.CHOICE,
        DustRule.MERGE,
        "What becomes of a rest below the venue's minimums: it goes into the pair's next position, or is left alone.",
        choices=tuple(DustRule),
    ),
    Setting(
        "execution",
        "max_slippage_bps",
        K.DECIMAL,
        D(30),
        "The cost against arrival that an execution may plan for.",
        low=D(0),
        high=D(1000),
        unit="bps",
    ),
    Setting(
        "execution",
        "timing_profile",
        K.CHOICE,
        "production",
        "The times of proof of absence; fast is for tests.",
        choices=tuple(TIMING_PROFILES),
        narrowest=GLOBAL,
    ),
    Setting(
        "live",
        "live_start_cap_quote",
        K.DECIMAL,
        D(200),
        "What a live account may use on its first day.",
        low=D(0),
        high=D(1000000),
        unit="quote",
        narrowest=ACCOUNT,
    ),
    Setting("system", "cors_origins", K.TEXTS, (), "Web origins that may call the API.", narrowest=GLOBAL),
    Setting(
        "system",
        "demo_speed",
        K.DECIMAL,
        D(60),
        "Seconds of recorded market per second.",
        low=D(1),
        high=D(3600),
        unit="×",
        narrowest=GLOBAL,
    ),
    Setting("system", "log_level", K.CHOICE, "INFO", "How much is logged.", choices=LOG_LEVELS, narrowest=GLOBAL),
    Setting(
        "system",
        "log_levels",
        K.LEVELS,
        (),
        "The same per component, as name=LEVEL.",
        choices=LOG_LEVELS,
        narrowest=GLOBAL,
    ),
    Setting(
        "system",
        "log_rotation_keep",
        K.INT,
        5,
        "How many old log files are kept.",
        low=D(1),
        high=D(1000),
        narrowest=GLOBAL,
    ),
    Setting(
        "system",
        "log_rotation_mb",
        K.INT,
        50,
        "A log file is rotated at this size.",
        low=D(1),
        high=D(10000),
        unit="MB",
        narrowest=GLOBAL,
    ),
    Setting(
        "system",
        "registration",
        K.CHOICE,
        "off",
        "Whether new users may join by invitation.",
        choices=("off", "invite"),
        narrowest=GLOBAL,
    ),
    Setting("system", "trusted_proxies", K.NETWORKS, (), "Whose X-Forwarded-For is believed.", narrowest=GLOBAL),
)
