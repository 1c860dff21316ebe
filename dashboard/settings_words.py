"""Settings in a trader's words: what a section is about, what a value looks like, when a change is felt. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.formats import figure
from trading.domain.refusal import plain
from trading.domain.settings import Kind, Scope, Setting

SECTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "grid": ("Grid", "How much a pyramid uses, and where its legs stand."),
        "exits": ("Exits", "Targets and stops of a group."),
        "risk": ("Risk", "Limits that every plan has to pass, and what makes a size smaller."),
        "pool": ("Pool", "How many groups may be open."),
        "queue": ("Queue", "Who waits for a slot, how long, and who goes first."),
        "alerts": ("Alerts", "How old, how far off and how often an alert may be."),
        "offset": ("Offset", "When a loser is paid for by winners."),
        "execution": ("Execution", "What sending an order may cost."),
        "modes": ("Modes", "Pausing, reducing, and what takes two people."),
        "live": ("Live", "Real money's first day."),
        "system": ("System", "The installation itself."),
    }
)
# In the order of the page; a group that is not named comes after them under its own name.
NEXT_PYRAMID = frozenset(
    {"capital_by_pyramid", "capital_per_pyramid", "first_entry", "legs", "legs_by_pyramid", "max_pyramids"}
    | {"pyramid_min_gap_pct"}
)
FELT: Mapping[str, str] = MappingProxyType(
    {
        "pyramid": "The next pyramid follows it, also that of an open group. Legs that are placed stay where they are.",
        "group": "Groups that open from now on follow it. Open groups keep what they were opened with.",
        "once": "It counts from the next decision on, for everything that is open too.",
        "door": "It counts from now on, and means nothing to what is open.",
    }
)
REACH_NO_GROUP = frozenset({"live", "system"})
# Groups of settings that say nothing about what is open.
LOCKS = (
    "This seals the whole installation at once: no order, close or looser setting from then on, and taking it back "
    "waits 24 hours. The red button works."
)
UNREAD: Mapping[str, str] = MappingProxyType(
    {
        "body_dedupe_secs": "each source has its own, which counts",
        "cors_origins": "",
        "demo_speed": "the variable DEMO_SPEED counts",
        "log_level": "the variable WINDLASS_LOG_LEVEL counts",
        "log_levels": "",
        "log_rotation_keep": "",
        "log_rotation_mb": "",
        "timing_profile": "the variable WINDLASS_TIMING counts",
        "trusted_proxies": "the variable WINDLASS_TRUSTED_PROXIES counts",
    }
)
# Settings that this version keeps and never reads, with what it reads instead; docs.words says the same.
KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CHOICES: "names with commas",
        Kind.DURATION: "such as 90m, 12h or 2d",
        Kind.LABELS: "such as BTC=majors, DOGE=memes",
        Kind.LEGS: "(gap %, weight %, take-profit %) for each leg; the weights add up to 100",
        Kind.LEGS_BY_PYRAMID: "such as 1: (0, 50, 1.0) (-1, 50, 0.5)",
        Kind.LEVELS: "such as trading=DEBUG",
        Kind.NETWORKS: "addresses or networks such as 10.0.0.0/8",
        Kind.RUNGS: "(multiple, share %) for each rung; the shares add up to 100",
        Kind.SIZE: "such as 1% equity, 200 USDT or 0.5% risk",
        Kind.SIZES_BY_PYRAMID: "such as 1: 2% equity; 2: 100 USDT",
        Kind.TEXTS: "with commas",
        Kind.TIERS: "four rising numbers",
    }
)


def title(group: str) -> str:
    """A section's heading."""
    return SECTIONS.get(group, (group.replace("_", " ").capitalize(), ""))[0]


def lead(group: str) -> str:
    """What a section is about."""
    return SECTIONS.get(group, ("", ""))[1]


def place_in_page(group: str) -> tuple[int, str]:
    """Where a section stands."""
    known = list(SECTIONS)
    return (known.index(group) if group in known else len(known), group)


WRITTEN: Mapping[str, str] = MappingProxyType(
    {"atr": "ATR", "cors": "CORS", "dca": "DCA", "pnl": "PnL", "tp": "take-profit", "var": "VaR"}
)
# Words of names that are not written as they are.
UNITS = frozenset({"bps", "h", "mb", "minutes", "ms", "pct", "secs"})
# Said beside the field.


def label(name: str) -> str:
    """A setting's name as one says it."""
    words = " ".join(WRITTEN.get(word, word) for word in name.split("_") if word not in UNITS)
    return words[:1].upper() + words[1:]


def limits(setting: Setting) -> str:
    """What would pass, in one line: range, choices or form, and the word for none."""
    unit = f" {setting.unit}" if setting.unit else ""
    known = f"{figure(plain(setting.low))} to {figure(plain(setting.high))}{unit}" if setting.low is not None else ""
    said = known or ", ".join(map(str, setting.choices)) or KINDS.get(setting.kind, "on or off")
    return f"{said}, or {setting.off_word}" if setting.off_word else said


def felt(setting: Setting) -> str:
    """When a change is felt."""
    if setting.name in UNREAD:
        return unread(setting)
    if setting.group == "system":
        return FELT["door"]
    if setting.name in NEXT_PYRAMID:
        return FELT["pyramid"]
    return FELT["group" if setting.group in ("exits", "grid") else "once"]


def unread(setting: Setting) -> str:
    """Why a setting changes nothing in this version; empty where it is read."""
    if setting.name not in UNREAD:
        return ""
    instead = UNREAD[setting.name]
    return f"Nothing reads it here{': ' * bool(instead)}{instead}."


def reaches_groups(setting: Setting) -> bool:
    """Whether it can mean anything to groups that are open."""
    return setting.group not in REACH_NO_GROUP and setting.name not in UNREAD


def scope_words(scope: Scope) -> str:
    """A scope's name."""
    return {Scope.GLOBAL: "everybody", Scope.USER: "a user", Scope.ACCOUNT: "an account", Scope.PAIR: "a pair"}[scope]
