"""Sentences for people that the code does not hold: per code, variable, process and check. Pure data.

Each table must name exactly what the code names; `docs.generate` refuses a missing or a left-over word.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explained:
    """What a code means, and what to do about it."""

    sentence: str
    mend: str


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable; default in words where it is no fixed text."""

    default: str
    sentence: str
    group: str


E = Explained
V = Variable

OUTCOMES: Mapping[str, Explained] = {
    "ENTERED": E("A new group was opened: legs, orders, slot and reserved funds are written.", "–"),
    "PYRAMIDED": E("One more pyramid was added to an open group.", "–"),
    "EXITED": E("The group closes: resting orders are cancelled, the rest is sold at market.", "–"),
    "QUEUED": E(
        "All slots are taken, or the venue is in maintenance or has halted the market; the signal waits, with its rank.",
        "Wait; see `queue_max_age_h` and `rules`.",
    ),
    "DEQUEUED": E("The exit found nothing open, but removed the waiting entry that it matches.", "–"),
    "NOT_WAITING": E("The signal does not wait any more.", "–"),
    "REDUCED": E("A part of the position is sold at market; targets make room for it first.", "–"),
    "REVERSED": E("The one side closes; the other is entered once it is flat.", "–"),
    "INDICATORS_STORED": E("The alert carried values and no action; they are kept as a time series.", "–"),
    "NOTICE": E("A notice: shown, never traded.", "–"),
    "NEUTRAL": E("An opinion that asks for nothing.", "–"),
    "STALE": E(
        "The alert was older on arrival than `max_age_secs`.",
        "Compare the sender's clock and delay; send `{{timenow}}` as `timestamp`.",
    ),
    "FROM_THE_FUTURE": E(
        "The alert's time lies more than 30 s ahead.", "Set the sender's clock and time zone right; send UTC."
    ),
    "UNREADABLE": E(
        "The body could not be read; the reason names the field.", "Compare it with [the formats](alert-formats.md)."
    ),
    "UNKNOWN_SYMBOL": E(
        "No instrument of the account's venue goes by this name.", "Use one of the names that the reason suggests."
    ),
    "AMBIGUOUS_SYMBOL": E("The name fits more than one instrument.", "Write the full name, as in `BTC/USDT`."),
    "NOT_WHITELISTED": E("The pair is not in the source's list.", "Add it to the source, or empty the list."),
    "NOT_SUPPORTED": E(
        "The alert asks for something that is not carried out here, such as a take-profit of its own.",
        "Remove the field that the reason names, or set it under Settings.",
    ),
    "NOT_TRADABLE": E(
        "The venue does not trade the pair, or lists it no more; see [when the books differ](books.md).",
        "Choose another pair.",
    ),
    "DEFECT": E(
        "Windlass could not decide this alert, by a fault of its own.",
        "Report it with the lines of the entries log; the account's other alerts go on.",
    ),
    "SETTING_INVALID": E(
        "A stored setting does not pass its own check any more.", "Correct the setting that the reason names."
    ),
    "SHADOW": E(
        "The source is in shadow mode: decided and filled on paper, not traded.",
        "See the page *Shadow* and [shadow mode](shadow.md); to trade, tick `live` on the source.",
    ),
    "PRICE_MOVED": E(
        "The live price is worse than the alert's by more than `max_slippage_pct`.",
        "Send alerts faster, or raise the limit. A better price always passes.",
    ),
    "TOO_SOON": E(
        "No further pyramid now: same bar, too near the last one, or the group is closing or blocked.",
        "Wait for the next bar; see `pyramid_min_gap_pct`.",
    ),
    "MAX_PYRAMIDS": E("The group has all its pyramids.", "Raise `max_pyramids`, or wait until it has closed."),
    "PAIR_BLOCKED": E(
        "The pair, or everything, is blocked by hand: nothing new is entered, exits go on.",
        "Unblock it in Admin, *Position groups*, or set `blocked` off.",
    ),
    "OPPOSITE_SIDE_OPEN": E("The other side of the pair is open.", "Close it first."),
}

MEANINGLESS: Mapping[str, Explained] = {
    "NOTHING_TO_EXIT": E("Nothing is open that this exit names.", "Nothing; compare pair, timeframe and side."),
    "NOTHING_TO_ADD_TO": E(
        "The alert only adds to a position, and none is open on its side and timeframe.", "Nothing."
    ),
    "NOTHING_TO_REDUCE": E("Nothing is open on that side.", "Nothing."),
    "AMBIGUOUS_SIDE": E("Both sides are open.", "Name one with `market_position` or `side`."),
    "SIDE_MISSING": E("A reverse with nothing open does not say which way.", "Add `market_position`."),
    "ALREADY_ON_SIDE": E("A reverse to the side that is held already.", "Nothing."),
    "SHORT_ON_SPOT": E("A spot market cannot be sold short.", "Trade the pair on a futures account."),
    "ACTION_MISSING": E("The alert says neither action nor market position.", "Add `action`."),
}

PLANS: Mapping[str, Explained] = {
    "BREAK_EVEN_TOO_LATE": E(
        "`breakeven_after_target` counts more targets than a group can have.",
        "Count a target that there is, or 0 for never.",
    ),
    "CANDLES_MISSING": E(
        "An exit is counted from candles, and too few closed ones in a row are known.",
        "Wait for the venue's candles, or choose exits that need none; see [exits](exits.md).",
    ),
    "CAPITAL_TOO_SMALL": E(
        "Even one leg with everything would stand below the venue's minimum.",
        "Raise `capital_per_pyramid` to the sum that the reason names.",
    ),
    "LADDER_NEVER_REACHED": E(
        "In HYBRID mode the aggregate target comes before the ladder's first rung.",
        "Raise `tp_aggregate_pct`, or take `tp_mode` AGGREGATE.",
    ),
    "LADDER_WITHOUT_STOP": E(
        "`tp_ladder` is r, and no stop stands at the entry from which R could be counted.",
        "Add fixed, atr or support to `stop`.",
    ),
    "LEG_BELOW_MINIMUM": E("A leg would stand below the venue's minimum.", "Raise the capital or use fewer legs."),
    "NO_LEGS": E("There are no legs.", "Configure `legs`."),
    "NO_SUPPORT": E(
        "No swing point lies between the fees and the emergency stop, and no other stop stands from the start.",
        "Add fixed or atr to `stop`, or lower `swing_width`.",
    ),
    "NO_SWING": E(
        "No swing of the last candles has its first extension beyond the entry.",
        "Set `tp_ladder` to r or off, or wait.",
    ),
    "OPEN_ORDER_CAP": E("The plan has more orders than the venue allows.", "Use fewer legs."),
    "PRICE_NOT_POSITIVE": E(
        "No price is known, or a leg would fall below one tick.", "Send a price, or use smaller gaps."
    ),
    "REDUCTION_TOO_SMALL": E("The part to sell is below the venue's minimum.", "Reduce by more, or exit."),
    "REDUCTION_UNKNOWN": E("The alert does not say how much to sell.", "Send a size, or the size before and after."),
    "RUNG_BELOW_ZERO": E("A SHORT's last rung would be no price.", "Use nearer rungs or a nearer stop."),
    "STOP_BEYOND_EMERGENCY": E(
        "A stop stands farther than the emergency stop, which would always fire first.",
        "Bring it nearer, or raise `emergency_stop_pct` before it.",
    ),
    "STOP_FAR_OFF": E(
        "The alert's stop stands below a tenth of the entry's price, or above ten times it: no price, but a distance.",
        'Send a price, or a distance with its sign: `"2%"`.',
    ),
    "STOP_TOO_NEAR": E(
        "The ATR stop would stand within a tick or the fees of a round trip.",
        "Raise `atr_multiplier`, or choose another stop.",
    ),
    "STOP_WRONG_SIDE": E("The stop stands on the wrong side of the entry.", "Correct `stop_loss`."),
    "TRAILING_BEHIND_ENTRY": E(
        "Armed at `trailing_activation_pct` the trailing stop would stand at a loss.",
        "Trail nearer, arm later, or set `trailing_activation_pct` to 0 for a stop that trails from the entry on.",
    ),
    "QTY_ABOVE_MAXIMUM": E("A leg is larger than the venue takes.", "Lower the capital or spread it over more legs."),
}

DOOR: Mapping[str, Explained] = {
    "RATE_LIMITED": E(
        "More alerts than the source may send. 503 to TradingView, which resends only then; 429 to others.",
        "Send fewer, or raise `rate_per_min` of the source. Exits have their own allowance.",
    ),
    "BUSY": E("2,000 alerts are waiting to be stored.", "The sender repeats it."),
    "DATABASE_DOWN": E("The alert could not be stored; nothing was promised.", "The sender repeats it; see `doctor`."),
}

# Why a sender was not believed; all of them are told UNAUTHORIZED, so that nobody learns what was nearly right.
UNPROVEN: Mapping[str, Explained] = {
    "ADDRESS_NOT_ALLOWED": E(
        "The proof was right, and it came from an address that the source does not allow.",
        "Add the address to the source's allowed addresses, or empty the list.",
    ),
    "NO_CREDENTIALS": E(
        "No token, key, signature or secret came with it.",
        "Use the source's webhook URL, or put its secret into the body.",
    ),
    "SIGNATURE_REQUIRED": E(
        "The source demands a signature, and none came.", "Let the sender sign, or untick `hmac_required`."
    ),
    "WRONG_CREDENTIALS": E(
        "The token, key or secret belongs to no source, or contradicts another proof of the same delivery.",
        "Copy the URL, key or secret anew; Admin, *Sources*, makes new ones, and takes away a body secret.",
    ),
    "WRONG_SIGNATURE": E(
        "The signature does not fit the body and the source's key, or its time is too far from ours.",
        "Compare key, body and clock of the sender.",
    ),
}

LOOKS: Mapping[str, str] = {
    "I1": "Every trade the venue reports for our orders, against our fills.",
    "I2": "Intent keys and attempts; everything that rests at the venue, on any market, and everything that traded where we do, under an id of this installation's mark.",
    "I3": "Every order's state and age; what rests at the venue against our rows, both ways.",
    "I4": "The journal's `slot.taken` and `group.closed` in their order, with the pool size that the taker kept or that somebody had set.",
    "I5": "Every alert, and the journal's `alert.settled` events in their order; bodies stored again within their window. Thirty seconds are allowed.",
    "I6": "The venue's balances and positions against baseline, fills and foreign movements; each group's quantity against its fills.",
    "I7": "Every emergency: when the venue accepted, and filled, entries that were not known to rest when the receive window ended; the kill's own report of flat, and, while it stands, what the venue still has.",
    "I8": "Group by group what working exits may still sell, against what it holds; exits of futures only reduce; no group below zero.",
    "I9": "Every seal recomputed from its rows; events that nobody sealed; every head of `journal-heads`; every journalled order step against the transition table.",
    "I10": "–",
    "I11": "What working purchases may still cost, against the balance.",
    "I12": "Orders, fills, positions, slots, queue and mode, rebuilt from the journal and compared with the tables.",
    "I13": "Every group with a quantity, by the sweep's own verdict; a stop alone, and an exit that has not left within a sweep, are none.",
}
PROMISES_LATER: Mapping[str, str] = {
    "I10": "a planted secret appears in no log, broker message, task argument or crash report.",
}

PROCESSES: Mapping[str, str] = {
    "beat": "Celery's clock: rings the periodic bells below, each at its interval, whatever the wall clock is set to.",
    "door": "Takes alerts: authenticate, store, answer. The only thing a tunnel or proxy may expose.",
    "entries": "Worker: decides inboxes, sends entries.",
    "exits": "Worker: sends exits and cancels, collects fills, looks up unknown orders.",
    "feed": "The demo's alert sender (only with the demo on).",
    "flower": "Shows the tasks; asks for a login.",
    "kill": "The kill switch: watches the latch and the red button; cancels and flattens without database or broker.",
    "paper": "The paper exchange.",
    "pump": "Rings for every due row, seals the journal.",
    "sweeps": "Worker: reconcile, prices, balances, instruments, canary.",
    "web": "Dashboard, admin, live socket.",
}

VARIABLES: Mapping[str, Variable] = {
    "WINDLASS_HOME": V(".windlass", "The data folder.", "place"),
    "WINDLASS_WEB_PORT": V("8080", "Dashboard and admin.", "ports"),
    "WINDLASS_DOOR_PORT": V("8081", "Webhooks.", "ports"),
    "WINDLASS_PAPER_PORT": V("8082", "Paper exchange.", "ports"),
    "WINDLASS_PAPER_KUCOIN_PORT": V("0", "KuCoin futures of the paper exchange; 0 = not spoken.", "ports"),
    "WINDLASS_FLOWER_PORT": V("5555", "Task monitor (Flower).", "ports"),
    "WINDLASS_PG_PORT": V("15432", "Built-in PostgreSQL.", "ports"),
    "WINDLASS_VALKEY_PORT": V("16379", "Built-in Valkey.", "ports"),
    "DEMO": V("1", "0 switches the demo feed off; the paper exchange runs on.", "demo"),
    "DEMO_SPEED": V("60", "Seconds of recorded market per second, 1 to 3600.", "demo"),
    "DATABASE_URL": V("", "Your own PostgreSQL, as the app role; empty = the built-in one.", "servers"),
    "DATABASE_OWNER_URL": V("", "The same database as the role that migrates; empty = DATABASE_URL.", "servers"),
    "REDIS_URL": V("", "Your own Valkey or Redis; empty = the built-in one.", "servers"),
    "WINDLASS_POSTGRES_BIN": V("", "Folder with initdb and postgres, in place of the bundled one.", "servers"),
    "WINDLASS_VALKEY_SERVER": V("", "A valkey-server or redis-server, in place of the bundled one.", "servers"),
    "WINDLASS_KEK": V("", "Key-encryption key, 32 bytes in base64; empty = the file `kek`.", "secrets"),
    "WINDLASS_SECRET_KEY": V("", "Signs sessions; empty = the file `secret-key`.", "secrets"),
    "WINDLASS_PAPER_CONTROL_TOKEN": V("", "Guards the paper exchange's control address; empty = open.", "secrets"),
    "WINDLASS_LIVE": V("0", "1 allows an account with real money to be armed.", "trading"),
    "WINDLASS_TIMING": V("production", "Timing profile: production, or fast for tests.", "trading"),
    "WINDLASS_KILL_PINS": V(
        "none", "gpio where a red button is wired to this machine's pins; see kill-switch.md.", "trading"
    ),
    "WINDLASS_HOSTS": V("", "Host names under which the dashboard is reached, with commas.", "network"),
    "WINDLASS_ORIGINS": V("", "Origins whose forms are trusted, as https://name.example, with commas.", "network"),
    "WINDLASS_TRUSTED_PROXIES": V("", "Addresses or networks whose X-Forwarded-For is believed.", "network"),
    "WINDLASS_SESSION_HOURS": V("168", "How long a log-in lasts in a browser, 1 to 8760.", "network"),
    "WINDLASS_SSL_REDIRECT": V("1", "0 answers plain HTTP too, in production settings.", "network"),
    "WINDLASS_HSTS_HOURS": V("8760", "How long browsers insist on HTTPS, in production settings.", "network"),
    "WINDLASS_HSTS_SUBDOMAINS": V("1", "0 leaves subdomains out of that.", "network"),
    "WINDLASS_HSTS_PRELOAD": V("0", "1 allows the domain on the browsers' HTTPS list.", "network"),
    "WINDLASS_NOTICES_PRIVATE": V("0", "1 lets notifications go to hosts of your own network.", "network"),
    "DJANGO_SETTINGS_MODULE": V(
        "project.settings.local", "project.settings.production behind a proxy with TLS.", "network"
    ),
    "WINDLASS_LOG_LEVEL": V("INFO", "DEBUG, INFO, WARNING or ERROR, for Windlass's own loggers.", "logs"),
    "NO_COLOR": V("", "Anything: no colours on the terminal.", "logs"),
}
# Set by the supervisor or for tests only, so no concern of a user.
INTERNAL_VARIABLES = frozenset(
    {
        "FLOWER_BASIC_AUTH",
        "WINDLASS_DB_POOL",
        "WINDLASS_ERROR",
        "WINDLASS_FAILPOINTS",
        "WINDLASS_FAULTS",
        "WINDLASS_GREET",
    }
)

# What a setting does in this version when the code reads it but does less than its words say, or reads another place.
SETTING_NOTES: Mapping[str, str] = {
    "body_dedupe_secs": "not read; each source has its own `body_dedupe_secs`",
    "demo_speed": "not read; the variable `DEMO_SPEED` counts",
    "log_level": "not read; the variable `WINDLASS_LOG_LEVEL` counts",
    "registration": "yes, on the page Users",
    "timing_profile": "not read; the variable `WINDLASS_TIMING` counts",
    "trusted_proxies": "not read; the variable `WINDLASS_TRUSTED_PROXIES` counts",
    "profile": "strict changes defaults; sealed takes orders and parameters out of reach (risk.md); own is a name for your own",
}

COMMANDS: Mapping[str, str] = {
    "bootstrap": "",
    "check_invariants": "[--json] [--settle-secs 20]",
    "doctor": "[--public-url URL]",
    "explain_alert": "[--source NAME] [--body JSON] [--json]",
    "flatten": "[--account NAME] [--timeout 60] [--yes]",
    "kill": "[--reason TEXT] [--yes] [--timeout 60] [--pair]",
    "make_checkups": "",
    "lost_alerts": "[--settle ID] [--choice long|short|close|ignore] [--json]",
    "mode": "[normal|pause|reduce|leave|confirm] [--reason TEXT] [--phrase 'LEAVE EMERGENCY']",
    "pump": "",
    "rebuild": "--check",
    "refit_volatility": "",
    "rotate_kek": "",
    "run_killswitch": "[--drill] [--pins gpio] [--ready] [--door URL --secret-file FILE]",
    "second_engine": "[ACCOUNT --phrase 'this engine trades it']",
    "send_alert": "PAIR buy|sell|exit [--price P] [--interval 60] [--field NAME=VALUE] [--source FILE] [--no-wait]",
    "settle_order": "[ID STATE --reason TEXT]",
    "shadow": "--source NAME [--import FILE] [--days N] [--minutes 15] [--json]",
    "status": "[--json]",
    "up": "",
}
# Started by `make up`, not by people.
MACHINERY = frozenset({"bootstrap", "make_checkups", "pump", "refit_volatility", "up"})
