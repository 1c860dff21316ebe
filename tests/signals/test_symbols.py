"""Alert symbols against what venues list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.symbols import Listing, UnknownSymbol, index, resolve, spellings

SPOT = [
    Listing("BTC/USDT", "BTCUSDT", "BTC", "USDT", derivative=False),
    Listing("ETH/USDT", "ETHUSDT", "ETH", "USDT", derivative=False),
    Listing("ETH/BTC", "ETHBTC", "ETH", "BTC", derivative=False),
    Listing("SOL/USDT", "SOLUSDT", "SOL", "USDT", derivative=False),
]
KUCOIN_FUTURES = [
    Listing("BTC/USDT:USDT", "XBTUSDTM", "BTC", "USDT", derivative=True),
    Listing("ETH/USDT:USDT", "ETHUSDTM", "ETH", "USDT", derivative=True),
    Listing("BTC/USDT:USDT-261225", "XBTMZ26", "BTC", "USDT", derivative=True),
]
OKX = [
    Listing("ETH/USDT", "ETH-USDT", "ETH", "USDT", derivative=False),
    Listing("ETH/USDT:USDT", "ETH-USDT-SWAP", "ETH", "USDT", derivative=True),
]


@pytest.mark.parametrize(
    ("text", "exchange", "listings", "symbol"),
    [
        ("BINANCE:BTCUSDT", "", SPOT, "BTC/USDT"),
        ("BTCUSDT", "BINANCE", SPOT, "BTC/USDT"),
        ("btcusdt", "", SPOT, "BTC/USDT"),
        (" BTCUSDT ", "", SPOT, "BTC/USDT"),
        ("BTC/USDT", "", SPOT, "BTC/USDT"),
        ("BTC-USDT", "", SPOT, "BTC/USDT"),
        ("USDT_BTC", "", SPOT, "BTC/USDT"),
        ("BTC_ETH", "", SPOT, "ETH/BTC"),
        ("BYBI_USDT_SOL", "BYBI", SPOT, "SOL/USDT"),
        ("BTCUSDT_DL", "", SPOT, "BTC/USDT"),
        ("XBTUSDT", "", SPOT, "BTC/USDT"),
        ("ETHBTC", "", SPOT, "ETH/BTC"),
        ("KUCOIN:ETHUSDTM", "KUCOIN", KUCOIN_FUTURES, "ETH/USDT:USDT"),
        ("XBTUSDTM", "", KUCOIN_FUTURES, "BTC/USDT:USDT"),
        ("BINANCE:BTCUSDT.P", "BINANCE", KUCOIN_FUTURES, "BTC/USDT:USDT"),
        ("BTCUSDT.P_DL", "", KUCOIN_FUTURES, "BTC/USDT:USDT"),
        ("BTCUSDTPERP", "", KUCOIN_FUTURES, "BTC/USDT:USDT"),
        ("BTCUSDT", "", KUCOIN_FUTURES, "BTC/USDT:USDT"),  # the perpetual, not December's future
        ("BTC/USDT:USDT", "", KUCOIN_FUTURES, "BTC/USDT:USDT"),
        ("BTC/USDT:USDT-261225", "", KUCOIN_FUTURES, "BTC/USDT:USDT-261225"),
        ("XBTMZ26", "", KUCOIN_FUTURES, "BTC/USDT:USDT-261225"),
        ("USDT_XBTUSDTM", "", KUCOIN_FUTURES, "BTC/USDT:USDT"),  # as 3Commas writes futures: quote, venue's own id
        ("USDT_ETH-USDT-SWAP", "", OKX, "ETH/USDT:USDT"),
        ("ETHUSDT", "OKX", OKX, "ETH/USDT"),  # spot goes first
        ("ETH-USDT-SWAP", "OKX", OKX, "ETH/USDT:USDT"),
        ("OKX:ETHUSDT.P", "OKX", OKX, "ETH/USDT:USDT"),
    ],
)
def test_a_symbol_is_found(text, exchange, listings, symbol):
    assert resolve(text, exchange, index(listings)) == symbol


@pytest.mark.parametrize(
    ("text", "listings", "suggestions"),
    [
        ("BTCUDST", SPOT, ("BTC/USDT",)),
        ("BTCUSDT.P", SPOT, ("BTC/USDT",)),  # a perpetual was asked for, only spot is listed
        ("QWERTY", SPOT, ()),
        ("AMD", [], ()),
    ],
)
def test_an_unknown_symbol_is_refused_with_what_is_near(text, listings, suggestions):
    found = resolve(text, "", index(listings))
    assert isinstance(found, UnknownSymbol)
    assert (found.code, found.suggestions) == ("UNKNOWN_SYMBOL", suggestions)
    assert text in found.message


def test_a_name_of_two_instruments_is_not_guessed():
    twins = [
        Listing("ABC/DEF", "1", "ABC", "DEF", derivative=False),
        Listing("ABCD/EF", "2", "ABCD", "EF", derivative=False),
    ]
    found = resolve("ABCDEF", "", index(twins))
    assert isinstance(found, UnknownSymbol)
    assert (found.code, found.suggestions) == ("AMBIGUOUS_SYMBOL", ("ABC/DEF", "ABCD/EF"))
    assert "ABC/DEF, ABCD/EF" in found.message


@given(st.sampled_from(SPOT + KUCOIN_FUTURES))
def test_every_spelling_of_a_listing_finds_it(listing):
    found = {resolve(name, "", index(SPOT if listing in SPOT else KUCOIN_FUTURES)) for name in spellings(listing)}
    assert found == {listing.symbol}


@given(st.text(max_size=30), st.text(max_size=10))
def test_any_text_is_found_or_refused(text, exchange):
    assert isinstance(resolve(text, exchange, index(SPOT)), str | UnknownSymbol)
