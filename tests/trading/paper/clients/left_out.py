"""Which of ccxt's own tests do not apply to which dialect, and why. docs/paper-dialects.md holds the same table.

What a client does not have at all (`client.has`) is not listed: ccxt's own harness leaves it out the same way.
"""

from collections.abc import Mapping

MOVES_NOTHING = "nothing moves in or out of this exchange"
SPOT_HAS_NONE = "spot has none"
NO_LOANS = "nothing is lent here"
WRONG_ARGUMENT = "hands a currency over where ccxt's own method takes a symbol"

EVERYWHERE = {
    "create_order": "its Python translation cannot run: it adds text to numbers, and rounds in a way that ccxt's Python does not have",
    "fetch_borrow_interest": NO_LOANS,
    "fetch_ledger_entry": "needs the id of an entry that only its own harness knows",
    "fetch_markets": "expects the result of loadMarkets, which ccxt's fetchMarkets no longer gives",
    "fetch_my_liquidations": WRONG_ARGUMENT,
    "load_markets": "wants a market of every type that the client knows; a dialect speaks one",
    "proxies": "asks servers on the internet",
}

ONLY_FUTURES = dict.fromkeys(
    (
        "fetch_funding_rate_history",
        "fetch_ledger",
        "fetch_leverage_tiers",
        "fetch_margin_mode",
        "fetch_margin_modes",
        "fetch_market_leverage_tiers",
        "fetch_open_interest_history",
        "fetch_positions",
    ),
    SPOT_HAS_NONE,
)

OTHER_API = "belongs to KuCoin's spot or unified API, which is not spoken"

REST: Mapping[str, Mapping[str, str]] = {
    "binance spot": EVERYWHERE
    | ONLY_FUTURES
    | {"fetch_last_prices": "compares the time of a price, which Binance's spot does not tell"},
    "binance usdm": EVERYWHERE
    | {
        "fetch_ledger": "wants the name of an account, which Binance's income does not tell",
        "fetch_margin_modes": "wants a list where ccxt gives a dictionary",
        "fetch_open_interest_history": "the past of open interest is not kept",
    },
    "bybit linear": EVERYWHERE | {"fetch_ledger": "Bybit's transaction log is not kept"},
    "bybit spot": EVERYWHERE | ONLY_FUTURES | {"fetch_trading_fees": "ccxt asks for the fees of contracts only"},
    "kucoin futures": EVERYWHERE
    | {
        "fetch_accounts": OTHER_API,
        "fetch_currencies": "wants open networks of major coins; " + MOVES_NOTHING,
        "fetch_deposits": OTHER_API,
        "fetch_ledger": OTHER_API,
        "fetch_leverage_tiers": OTHER_API,
        "fetch_open_interest_history": OTHER_API,
        "fetch_transfers": OTHER_API,
        "fetch_withdrawals": OTHER_API,
    },
}

STREAMS_EVERYWHERE = {
    "un_watch_positions": "switches to the venue's test network on the internet",
    "watch_liquidations": "no strangers are liquidated here: nothing would ever come",
    "watch_liquidations_for_symbols": "no strangers are liquidated here: nothing would ever come",
}

STREAMS: Mapping[str, Mapping[str, str]] = {
    "binance spot": STREAMS_EVERYWHERE | {"watch_positions": SPOT_HAS_NONE},
    "binance usdm": STREAMS_EVERYWHERE
    | {
        "watch_balance": "wants a free amount, which Binance's ACCOUNT_UPDATE does not tell",
        "watch_positions": "wants notional and margin, which Binance's ACCOUNT_UPDATE does not tell",
    },
    "bybit linear": STREAMS_EVERYWHERE,
    "bybit spot": STREAMS_EVERYWHERE | {"watch_positions": SPOT_HAS_NONE},
    "kucoin futures": STREAMS_EVERYWHERE | {"watch_position": "wants a dictionary where ccxt gives a list"},
}

NO_TIME = (("timestamp", "datetime"), "Binance's spot book has no time")
NO_LEVERAGE = (("leverage", "collateral"), "Binance's third version of positions does not tell the leverage")
NO_MODE = (("marginMode",), "ccxt no longer reads the margin mode of Bybit's positions")

UNTOLD: Mapping[str, Mapping[str, tuple[tuple[str, ...], str]]] = {
    "binance spot": {
        "fetch_l2_order_book": NO_TIME,
        "fetch_order_book": NO_TIME,
        "watch_order_book": NO_TIME,
        "watch_order_book_for_symbols": NO_TIME,
    },
    "binance usdm": {"fetch_positions": NO_LEVERAGE},
    "bybit linear": {"fetch_positions": NO_MODE, "watch_positions": NO_MODE},
}
# Properties that a test is told to skip, the way ccxt's own harness is told: the venue does not tell them.
