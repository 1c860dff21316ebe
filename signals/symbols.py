"""Alert symbols against the instruments a venue really lists; nothing is guessed from the last letters. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

# Old and new names of the same coin; venues and charts disagree about which one to write.
ALIASES = {"XBT": "BTC", "BTC": "XBT", "XDG": "DOGE", "DOGE": "XDG"}
DERIVATIVE_ENDINGS = (".P", "PERP", "-SWAP", "-PERPETUAL")
NOISE_ENDINGS = ("_DL",)
# "_DL" marks TradingView's delayed feed.
SUGGESTIONS = 3
SEPARATORS = str.maketrans("", "", "/-_:. ")


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument as far as its name goes: ccxt's unified symbol, the venue's own id, and what it is made of."""

    symbol: str
    venue_symbol: str
    base: str
    quote: str
    derivative: bool


@dataclass(frozen=True, slots=True)
class UnknownSymbol:
    """No instrument, or more than one, goes by this name."""

    code: str  # UNKNOWN_SYMBOL or AMBIGUOUS_SYMBOL
    text: str
    suggestions: tuple[str, ...]

    @property
    def message(self) -> str:
        """What to tell the trader."""
        hint = f" Did you mean {', '.join(self.suggestions)}?" if self.suggestions else ""
        if self.code == "AMBIGUOUS_SYMBOL":
            return (
                f"{self.text} fits more than one instrument of this account: {', '.join(self.suggestions)}. Name one."
            )
        return f"{self.text} is not listed on this account's venue.{hint}"


@dataclass(frozen=True, slots=True)
class SymbolIndex:
    """Every spelling of every instrument of a venue, upper case; build once per refresh of the instruments."""

    spot: Mapping[str, tuple[str, ...]]
    derivative: Mapping[str, tuple[str, ...]]


def index(listings: Iterable[Listing]) -> SymbolIndex:
    """The spellings under which each listing may be called."""
    tables: tuple[dict[str, tuple[str, ...]], ...] = ({}, {})
    for listing in listings:
        table = tables[listing.derivative]
        for spelling in spellings(listing):
            table[spelling] = tuple(sorted({*table.get(spelling, ()), listing.symbol}))
    return SymbolIndex(spot=tables[False], derivative=tables[True])


def spellings(listing: Listing) -> set[str]:
    """The names of one instrument: unified, the venue's, squeezed, and quote first as some vendors write."""
    quote = listing.quote.upper()
    names = {listing.symbol.upper(), listing.venue_symbol.upper(), squeezed(listing.venue_symbol)}
    if listing.derivative:  # 3Commas writes USDT_BTCUSDT for Binance's perpetual BTCUSDT
        names.add(f"{quote}_{listing.venue_symbol.upper()}")
    if dated(listing.symbol):  # BTCUSDT means the perpetual, never this month's future
        return names
    for base in {listing.base.upper(), ALIASES.get(listing.base.upper(), listing.base.upper())}:
        names |= {f"{base}{quote}", f"{base}/{quote}", f"{quote}_{base}"}
    return names


def dated(symbol: str) -> bool:
    """True for a future with an expiry: BTC/USDT:USDT-261225."""
    return "-" in symbol.partition(":")[2]


def squeezed(text: str) -> str:
    """Upper case without separators: BTC-USDT and BTC/USDT become BTCUSDT."""
    return text.upper().translate(SEPARATORS)


def resolve(text: str, exchange: str, instruments: SymbolIndex) -> str | UnknownSymbol:
    """The unified symbol of the one instrument that `text` names, or why there is none.

    `BINANCE:BTCUSDT.P`, `KUCOIN:ETHUSDTM`, `USDT_BTC`, `BTCUSDT_DL`, `BTC/USDT`, `btcusdt` are all understood. A
    perpetual's mark (`.P`, `PERP`, `-SWAP`) asks for a derivative; without one the spot market goes first.
    """
    bare = without_exchange(text.strip().upper(), exchange.strip().upper())
    core, wants_derivative = without_endings(bare)
    tables = [instruments.derivative] if wants_derivative else [instruments.spot, instruments.derivative]
    for table in tables:
        for name in candidates(bare, core):
            found = table.get(name, ())
            if found:
                return found[0] if len(found) == 1 else UnknownSymbol("AMBIGUOUS_SYMBOL", text, found[:SUGGESTIONS])
    return UnknownSymbol("UNKNOWN_SYMBOL", text, nearest(core, instruments))


def without_exchange(text: str, exchange: str) -> str:
    """The ticker without its exchange: `BINANCE:BTCUSDT`, `BYBI_USDT_SOL`. A unified name keeps its `:USDT`."""
    head, colon, tail = text.partition(":")
    if colon and "/" not in head:
        text = tail
    parts = text.split("_")
    return "_".join(parts[1:]) if len(parts) == 3 and parts[0] == exchange else text


def without_endings(text: str) -> tuple[str, bool]:
    """The ticker without its endings, and whether one of them marked a perpetual."""
    for ending in NOISE_ENDINGS:
        text = text.removesuffix(ending)
    for ending in DERIVATIVE_ENDINGS:
        if text.endswith(ending):
            return text.removesuffix(ending), True
    return text, False


def candidates(bare: str, core: str) -> tuple[str, ...]:
    """Names to look up, most literal first."""
    return tuple(dict.fromkeys((bare, core, squeezed(bare), squeezed(core))))


def nearest(core: str, instruments: SymbolIndex) -> tuple[str, ...]:
    """Up to three listed symbols whose squeezed names look like the one asked for."""
    known = {**instruments.derivative, **instruments.spot}
    close = get_close_matches(squeezed(core), known, n=SUGGESTIONS * 2, cutoff=0.75)
    return tuple(dict.fromkeys(known[name][0] for name in close))[:SUGGESTIONS]
