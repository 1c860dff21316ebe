"""The words of Cornix' free text: by which a line is a topic, a price, a side, a pair. Pure."""

import re
from typing import Final

PAIR: Final = re.compile(r"(?<![\w/])#?([A-Za-z0-9]{2,15}/[A-Za-z]{3,6}(?::[A-Za-z]{3,6})?)(?![\w/])")
ENTRY: Final = re.compile(r"(?i)\b(?:entry|entries|enter|buy)\b")
EXIT: Final = re.compile(r"(?i)\b(?:stop|sell|take[ -]?profits?|targets?|tp[0-9]{0,2})\b")
CLOSES: Final = re.compile(r"(?i)^\W{0,9}(?:close|exit)\b")
PARTLY: Final = re.compile(
    r"(?i)\b(?:half|halves|third|quarter|partial|partially|partials|percent|pct)\b|%|[½¼¾⅓⅔]|[0-9][ \t]?/[ \t]?[0-9]"
)
ALL_OF_IT: Final = re.compile(r"(?<![0-9.,])100(?:\.0{1,6})?[ \t]{0,3}(?:%|percent\b|pct\b)", re.IGNORECASE)
QUOTES: Final = frozenset(
    {"AUD", "BNB", "BRL", "BTC", "BUSD", "DAI", "ETH", "EUR", "FDUSD", "GBP", "JPY", "KRW", "TRY", "TUSD", "USD"}
    | {"USDC", "USDE", "USDT", "XBT"}
)
# Of several pairs with a slash those in one of these are meant: `Risk/Reward` is none.
HORIZON: Final = re.compile(r"(?i)\b(?:short|long)[- ]?(?:term|squeeze|run|lived|time|ago|sighted)\b")
SAYS_SIDE: Final = re.compile(r"(?i)^\W{0,9}(?:signal[ -]?type|type|side|direction|position|trade)\b[^:=\n]{0,20}[:=-]")
SIDE_WORDS: Final = frozenset(
    {"buy", "call", "close", "cross", "enter", "entries", "entry", "exit", "futures", "isolated", "leverage", "limit"}
    | {"long", "lev", "market", "now", "open", "perp", "perpetual", "position", "scalp", "sell", "setup", "short"}
    | {"signal", "spot", "swap", "swing", "the", "trade", "usdt"}
)
# Words beside which LONG or SHORT is the side, not part of a sentence.
MOST_STRANGERS: Final = 1
# Other words beside the side on the pair's own line, such as an exchange's name.
CANCELS: Final = re.compile(r"(?i)^\W{0,9}cancel\b")
NUMBERS: Final = re.compile(r"(?<![\w.,])\$?([0-9][0-9.,]{0,30}k?)(?![\w%])", re.IGNORECASE)
PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)[ \t]{0,3}%")
TIMES: Final = re.compile(r"(?i)(?<![\w.])([0-9]{1,3})[ \t]{0,3}x\b|\bx[ \t]{0,3}([0-9]{1,3})\b")
BEFORE_A_PRICE: Final = r"(?=[ \t]{0,9}\$?\d)"
PLACE: Final = re.compile(
    rf"(?<![\w.,])(?:[0-9]{{1,2}}(?:[):]|\.(?![0-9])){BEFORE_A_PRICE}"
    rf"|(?:tp|target)[0-9]{{1,2}}(?![0-9.,])[ \t]{{0,9}}[):=-]?"
    rf"|^[ \t]{{0,9}}[0-9]{{1,2}}[).:][ \t]{{0,9}}$"
    rf"|(?:tp|targets?|entry)[ \t][0-9]{{1,2}}[ \t]{{0,9}}[):]{BEFORE_A_PRICE})",
    re.IGNORECASE,
)
# Places of a list: `1)`, `TP2`, `TP 2:` before a price; `Stop: 95)` and `TP 95` end in a price.
UNCLEAR: Final = re.compile(
    r"(?i)^\W{0,9}(?:tp|target)[ \t][1-9][ \t]{0,9}[ \t=–-][ \t]{0,9}\$?[0-9]{2}(?![0-9.,]{0,30}[ \t]{0,3}%)"
)
# `TP 1 110`: a place and a price, or two prices.
CURRENCY: Final = re.compile(
    r"(?<=[0-9])[ \t]?(?:USD[TCE]?|FDUSD|BUSD|TUSD|DAI|EUR|GBP|TRY|BTC|ETH|BNB|\$|€)(?!\w)", re.IGNORECASE
)
DIGIT: Final = re.compile(r"\d")
FOREIGN_DIGIT: Final = re.compile(r"[^\D0-9]")
PRICED: Final = frozenset({"entry", "stop", "targets"})
TITLE: Final = re.compile(r"(?i)[^\w:]{0,9}(?:buy|sell|enter)\b[^\d:]{0,200}")
# `Sell BTC/USDT`, `Buy signal`: what it is about, and no header of prices.
SIDE: Final = re.compile(r"\b(long|short)\b", re.IGNORECASE)
WORD: Final = re.compile(r"[A-Za-z]{2}")
WORDY: Final = re.compile(r"[^\W\d_]{2,}")
PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
BREAKOUT: Final = re.compile(r"\b(?:above|below|breakout)\b", re.IGNORECASE)
SHARE: Final = re.compile(r"([0-9][0-9.]{0,30})[ \t]{0,3}[-–:=][ \t]{0,3}([0-9]{1,3}(?:\.[0-9]{1,6})?)[ \t]{0,3}%")
WHOLE: Final = re.compile(r"[-–:=][ \t]{0,3}100(?:\.0{1,6})?[ \t]{0,3}%")
MARKET: Final = re.compile(r"\bmarket\b", re.IGNORECASE)
MARGIN: Final = re.compile(r"\b(?:cross|isolated)\b", re.IGNORECASE)
RISK: Final = re.compile(r"\b(?:risk|rm)\b", re.IGNORECASE)
TOPIC: Final = re.compile(
    r"\W{0,9}(?:(?:long|short)\W{1,3})?(?:(?P<leverage>leverage\b)|(?P<amount>(?:amount|invest|capital|risk(?![ /-]*reward)|rm)\b)|(?P<trailing>trailing\b)"
    r"|(?P<stop>stop|s/?l\b)|(?P<targets>(?:take[ -]?profits?|targets?|tp|sell)\b|tp ?[0-9])"
    r"|(?P<entry>(?:entry|entries|enter|buy)\b))",
    re.IGNORECASE,
)
# What a line is about: the word that it begins with, after marks and the side.
WORDS: Final = (
    r"(?:entry|entries|stop|s/?l|take[ -]?profits?|targets?|tp ?[0-9]{0,2}|sell|leverage|amount|risk(?![ /-]*reward))\b"
)
NEXT_TOPIC: Final = re.compile(rf"(?<=[0-9%x)])[ \t,;|]+(?={WORDS})", re.IGNORECASE)
# Where a line goes on to another topic: `Entry 60000 Stop 58000`.
INSTRUCTS: Final = re.compile(rf"\b(?:{WORDS}|dca|lev|margin|size|trail\w*|half|be\b|breakeven)", re.IGNORECASE)


def pairs(text: str) -> list[str]:
    """The pairs that a text names, each once; words with a slash between them are none where a pair is there."""
    found = list(dict.fromkeys(match[1].upper() for match in PAIR.finditer(text)))
    return [pair for pair in found if _is_pair(pair)] or found[:1]


def _is_pair(text: str) -> bool:
    return text.upper().partition("/")[2].partition(":")[0] in QUOTES


def without_pairs(line: str, symbols: list[str]) -> str:
    """The line without these pairs."""
    return PAIR.sub(lambda match: " " if match[1].upper() in symbols else match[0], line)


def has_digit(line: str) -> bool:
    """True for digits of any script: a price in other digits than ours is no header."""
    return DIGIT.search(line) is not None and DIGIT.search(PLACE.sub(" ", line)) is not None


def is_foreign(line: str) -> bool:
    """True for a line with digits of another script than ours, such as the wide ones."""
    return FOREIGN_DIGIT.search(line) is not None


def continues(line: str) -> bool:
    """True for a line without words of its own: `1) 61000`, `61000 - 62000`."""
    return not WORD.search(line) or not WORD.search(PLACE.sub(" ", CURRENCY.sub(" ", line)))


def is_the_side(line: str, *, strangers: int) -> bool:
    """True for a line of which LONG or SHORT is the point, with at most so many words of another kind."""
    words = {word.lower() for word in WORDY.findall(line)}
    return len(words - SIDE_WORDS) <= strangers
