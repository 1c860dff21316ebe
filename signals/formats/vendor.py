"""What the formats of other platforms share: quoted numbers, fractions, sizes of exits, refusals by name. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final, TypeVar

from signals.intent import Action, Level, LevelKind, MarketPosition, OrderStyle, Scalar, Size, SizeKind
from signals.strict_json import Json

from .fields import MAX_VALUES, SECRET_NAMES, Fields, Object, kind_of
from .misspelling import misspelling_of
from .sizes import MOST_PCT

T = TypeVar("T")

LONG, SHORT, FLAT = MarketPosition.LONG, MarketPosition.SHORT, MarketPosition.FLAT
HUNDRED: Final = Decimal(100)
EXACT: Final = Context(prec=60)
# Twice the digits of the longest number, so that a fraction becomes its percentage to the last digit.
SHARE_STEP: Final = Decimal("0.00000001")
MAX_LAG_SECS: Final = Decimal(86_400)
MAX_LEVERAGE: Final = Decimal(125)
MAX_TARGETS: Final = 20
POSITIONS: Final = {position.value: position for position in MarketPosition}
SIDES: Final = {"long": LONG, "short": SHORT}
ORDERS: Final = {"buy": Action.BUY, "sell": Action.SELL}
STYLES: Final = {style.value: style for style in OrderStyle}
ENTERS: Final = {LONG: Action.BUY, SHORT: Action.SELL}
AGAINST: Final = frozenset({(Action.SELL, LONG), (Action.BUY, SHORT)})
NOTHING_WORDS: Final = frozenset({"", "0", "0.0", "false", "no", "none", "null", "off"})
CLOSES: Final = {Action.SELL: LONG, Action.BUY: SHORT}
INSTRUCTION: Final = re.compile(
    r"amount|cancel|close|contract|dca|grid|hedge|ladder|leverage|^lev$|limit|(?<![ps])lot|margin|order|percent|position|profit|qty"
    r"|quantity|reduce|reverse|(?<!in)(?<!out)side|size|sl$|^sl|stop|target|tp$|^tp|trail|trigger|volume"
    r"|^account|cooldown|^delay|direction|^entry|^exit|expir|^oco|post_?only|^risk|slippage|sub_?account|^ttl|validity",
    re.IGNORECASE,
)
# A field nobody told us of whose name sounds like one of these probably says how to trade …
NOTE: Final = re.compile(r"(?!.*account).*(?:id|comment|message|name|note|reason|tag|time)$", re.IGNORECASE)
# … unless it ends like one of these; whose account it is for is no note, however it is spelled.
MEASURE: Final = re.compile(
    r"(?:(?:ask|avg|bar|bid|daily|last|mean|prev|rel|relative)_?)?(?:close|volume)"
    r"(?:_?(?:avg|change|delta|ema|ma|mean|prev|price|ratio|sma|std|[0-9]{1,4}))*|percent_?(?:b|change|d|k|r|rank)",
    re.IGNORECASE,
)
# What a script measures beside an alert of our own, though its name sounds like an order's.
UNKNOWN_WISH: Final = "nothing that Windlass knows by this name; leave it out"

# Why some wishes are refused, wherever they come from: what to do instead.
OWN_GRID: Final = "nothing: the grid has legs of its own, see Settings, grid"
OWN_TRAILING: Final = "nothing: trailing is set under Settings, exits (trailing_activation_pct, trailing_distance_pct)"
OWN_BREAKEVEN: Final = "nothing: break-even is set under Settings, exits (breakeven_after_target)"
OWN_MARGIN: Final = "nothing: margin and position mode are the account's own settings"
NO_STOP_ENTRY: Final = (
    "market or limit: entries do not wait for a trigger; let the chart send the alert when it triggers"
)
NO_CANCEL: Final = "exit: it cancels what rests and what waits, and closes what is open"
NO_EXPIRY: Final = "nothing: entries rest until they are filled or cancelled"
NO_TEST: Final = "nothing: to try a source out, take its tick `live` away (shadow)"


def without_blanks(value: Json) -> Json:
    """The body without what is null or an empty text: templates leave such fields in place and mean nothing by them."""
    if isinstance(value, dict):
        return {name: without_blanks(inner) for name, inner in value.items() if inner is not None and inner != ""}
    return [without_blanks(inner) for inner in value] if isinstance(value, list) else value


def reader(body: Object) -> Fields:
    """A vendor's object, blanks left out."""
    found = without_blanks(body)
    return Fields(found if isinstance(found, dict) else {})


def asks_nothing(value: Json) -> bool:
    """True for the values by which a template says no: null, false, 0, an empty text or list, `off`, `{enabled: no}`."""
    if isinstance(value, dict):
        return not value or ("enabled" in value and asks_nothing(value["enabled"]))
    return value.strip().lower() in NOTHING_WORDS if isinstance(value, str) else not value


def leftovers(
    fields: Fields, known: Iterable[str], refused: Mapping[str, str], *, vendor_ignores: bool = False
) -> tuple[tuple[str, Scalar], ...]:
    """What is left of an object: refused by name where it means an order we would not obey, else kept as metadata.

    vendor_ignores: the vendor's documents say that unknown fields mean nothing; then only those refused by name are.
    """
    left = {name: value for name, value in fields.body.items() if name not in known}
    if len(left) > MAX_VALUES:
        fields.wrong("", "TOO_MANY", f"at most {MAX_VALUES} other fields", len(left))
        return ()
    for name, value in left.items():
        if expected := _why_refused(name, value, frozenset(known), refused, vendor_ignores):
            fields.wrong(name, expected[0], expected[1], kind_of(value))
    return tuple(_flat(left, ""))[:MAX_VALUES]


def _why_refused(
    name: str, value: Json, known: frozenset[str], refused: Mapping[str, str], vendor_ignores: bool
) -> tuple[str, str] | None:
    if asks_nothing(value) or name.lower() in SECRET_NAMES:
        return None
    if name in refused:
        return "UNSUPPORTED_FIELD", refused[name]
    if meant := misspelling_of(name, known):
        return "UNKNOWN_FIELD", f"{meant}, if that was meant"
    if not vendor_ignores and _instructs(name):
        return "UNSUPPORTED_FIELD", UNKNOWN_WISH
    return None


def _instructs(name: str) -> bool:
    return INSTRUCTION.search(name) is not None and NOTE.match(name) is None


def own_rest(fields: Fields, known: frozenset[str], refused: Mapping[str, str]) -> tuple[tuple[str, Scalar], ...]:
    """What is left of an object of our own; a stranger that sounds like an instruction is refused by name too."""
    for name, value in fields.body.items():
        if name not in known | refused.keys() | SECRET_NAMES and _wishes(name, value, known):
            fields.wrong(name, "UNSUPPORTED_FIELD", UNKNOWN_WISH, kind_of(value))
    return fields.rest(known, refused)


def _wishes(name: str, value: Json, known: frozenset[str]) -> bool:
    if not _instructs(name) or MEASURE.fullmatch(name) or asks_nothing(value):
        return False
    return not misspelling_of(name, known)  # that is an error of its own


def _flat(value: Object, path: str) -> list[tuple[str, Scalar]]:
    """Every text, number and truth within, by its path; secrets, nulls and lists left out."""
    kept: list[tuple[str, Scalar]] = []
    for name, inner in value.items():
        if isinstance(inner, dict):
            kept += _flat(inner, f"{path}{name}.")
        elif inner is not None and not isinstance(inner, list) and name.lower() not in SECRET_NAMES:
            kept.append(((path + name)[:MAX_VALUES], inner[:1000] if isinstance(inner, str) else inner))
    return kept


def refuse_unknown(part: Fields, known: frozenset[str], refused: Mapping[str, str] | None = None) -> None:
    """Strangers within an instruction are refused, not kept: what says how to trade is obeyed or named."""
    for name, value in part.body.items():
        if name not in known and not asks_nothing(value):
            expected = (refused or {}).get(name, "one of " + ", ".join(sorted(known)))
            part.wrong(name, "UNSUPPORTED_FIELD", expected, kind_of(value))


def word(
    fields: Fields, name: str, table: Mapping[str, T], refused: Mapping[str, str], *, required: bool = False
) -> T | None:
    """What the field's word stands for; words the vendor knows and Windlass does not carry out are refused with advice."""
    value = fields.body.get(name)
    plain = value.strip().lower() if isinstance(value, str) else ""
    if plain in refused:
        fields.wrong(name, "UNSUPPORTED_VALUE", refused[plain], value)
        return None
    return fields.choice(name, table, required=required)


def style(fields: Fields, name: str) -> OrderStyle | None:
    """The order type; triggers and trailing entries are refused."""
    words = ("stop", "stop_limit", "stop_market", "trailing_stop", "trailing", "conditional", "stop-limit")
    return word(fields, name, STYLES, dict.fromkeys(words, NO_STOP_ENTRY))


def truth(fields: Fields, name: str) -> bool:
    """True or false, quoted or not; absent is false."""
    value = fields.body.get(name)
    if isinstance(value, bool) or value is None:
        return bool(value)
    return fields.choice(name, {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}) or False


def price(fields: Fields, *names: str) -> Decimal | None:
    """The first of the named prices that is there, above 0."""
    found = [fields.decimal(name, above=Decimal(0)) for name in names if fields.has(name)]
    return found[0] if found else None


def leverage(fields: Fields, name: str = "leverage") -> Decimal | None:
    """1–125; 0 is how templates say none."""
    return None if asks_nothing(fields.body.get(name)) else fields.decimal(name, low=Decimal(1), high=MAX_LEVERAGE)


def at_market(fields: Fields, name: str) -> None:
    """Refuse the price of an exit: it would have to wait for it."""
    if fields.has(name):
        fields.wrong(name, "UNSUPPORTED_FIELD", "nothing with an exit: exits go at market")


def max_age(fields: Fields, name: str) -> Decimal | None:
    """The sender's own limit on the age of an alert, seconds."""
    return fields.decimal(name, above=Decimal(0), high=MAX_LAG_SECS)


def size(fields: Fields, name: str, kind: SizeKind | None) -> Size | None:
    """A size whose unit is known; None where there is no number or no unit."""
    value = fields.decimal(name, above=Decimal(0), high=MOST_PCT.get(kind) if kind else None)
    return Size(kind, value) if kind and value else None


def fraction_size(fields: Fields, name: str, kind: SizeKind) -> Size | None:
    """A size written as a fraction of one: 0.5 is 50 %."""
    value = fields.decimal(name, above=Decimal(0), high=Decimal(1))
    return Size(kind, as_pct(value)) if value else None


def as_pct(fraction: Decimal) -> Decimal:
    """0.02 is 2 %."""
    return EXACT.multiply(fraction, HUNDRED)


def leaving(wanted: Size | None) -> tuple[Action, Size | None]:
    """What an exit with this size is: the whole position, or a part of it."""
    whole = wanted is None or (wanted.kind is SizeKind.PCT_POSITION and wanted.value == HUNDRED)
    return (Action.EXIT, None) if whole else (Action.REDUCE, wanted)


def trimming(
    action: Action | None, stays: MarketPosition | None, wanted: Size | None, *, by_ratio: bool = False
) -> tuple[Action | None, MarketPosition | None, Size | None]:
    """What an order against a side comes to: the action, the side that it shrinks, the size.

    Against the side that stays it is a reduction by its own size: a sell that leaves the strategy long; by_ratio leaves
    that to the engine, which knows both sizes. Counted in the position, it is against the one that it can shrink.
    """
    if wanted is None:
        return action, None, wanted
    if (action, stays) in AGAINST and not by_ratio:
        return Action.REDUCE, stays, wanted
    if stays is None and action in CLOSES and wanted.kind is SizeKind.PCT_POSITION:
        left, part = leaving(wanted)
        return left, CLOSES[action], part
    return action, None, wanted


def pct_level(fields: Fields, name: str, *, share_pct: Decimal = HUNDRED, signed: bool = False) -> Level | None:
    """A distance from the entry in percent; signed: vendors who write the direction into it are read by its size."""
    value = fields.decimal(name) if signed else fields.decimal(name, above=Decimal(0))
    if value is not None and value == 0:
        fields.wrong(name, "OUT_OF_RANGE", "not 0; leave the field out for none", value)
    return Level(LevelKind.PCT, abs(value), share_pct) if value else None


def level_of(fields: Fields, names: Mapping[str, LevelKind], *, share_pct: Decimal = HUNDRED) -> Level | None:
    """The one level that an object gives, as a price, a percentage or an offset."""
    given = [name for name in names if fields.has(name)]
    if len(given) > 1:
        fields.wrong(given[1], "CONFLICT", f"one of {', '.join(given)}")
    if not given:
        return None
    value = fields.decimal(given[0], above=Decimal(0))
    return Level(names[given[0]], value, share_pct) if value is not None else None


def objects(fields: Fields, name: str) -> list[Fields]:
    """The objects in a list, each reporting under its place."""
    value = fields.body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_TARGETS:
        fields.wrong(name, "WRONG_TYPE", f"a list of at most {MAX_TARGETS} objects", kind_of(value))
        return []
    parts = []
    for place, inner in enumerate(value):
        if not isinstance(inner, dict):
            fields.wrong(f"{name}[{place}]", "WRONG_TYPE", "an object", kind_of(inner))
        else:
            parts.append(Fields(inner, f"{fields.path}{name}[{place}].", fields.errors))
    return parts


def within_whole(fields: Fields, name: str, levels: Sequence[Level], *, whole: bool = False) -> None:
    """Refuse targets that close more than there is (or, with whole, anything but all of it)."""
    total = sum((level.share_pct for level in levels), Decimal(0))
    if fields.errors:
        return
    if total > HUNDRED or (whole and levels and total != HUNDRED):
        expected = "shares of 100 % together" if whole else "shares of at most 100 % together"
        fields.wrong(name, "OUT_OF_RANGE", expected, f"{total.normalize():f} %")


def shares(ratios: Sequence[Decimal]) -> list[Decimal]:
    """Ratios as percentages of their sum, to 8 places; the last takes what rounding leaves, so that they make 100."""
    total = sum(ratios, Decimal(0))
    parts = [EXACT.divide(EXACT.multiply(ratio, HUNDRED), total) for ratio in ratios[:-1]]
    rounded = [part.quantize(SHARE_STEP, rounding=ROUND_DOWN, context=EXACT) for part in parts]
    return [*rounded, HUNDRED - sum(rounded, Decimal(0))] if ratios else []
