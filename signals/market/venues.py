"""The one capability table, and the one place where ccxt clients are built.

A venue is a row. What a venue promises about request expiry decides how an unknown order is proven absent
(docs/data-path.md), so a wrong cell costs money: each is from the venue's own API documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ccxt

PRELOADED = ("binance", "binanceusdm")
# Every worker has these in memory before it forks; the others, some megabytes each, are loaded where an account needs them.
NO_TESTNET = "{venue} has no test network: choose paper to practise there."
PAPER_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Venue:
    """What a venue can do and promises. request_expiry: whether a signed request dies by itself (receive window)."""

    name: str
    ccxt_id: str
    market_types: tuple[str, ...]
    request_expiry: bool
    native_trailing: bool
    native_oco: bool
    hedge_mode: bool
    cancel_all_calls: int
    max_open_orders: int
    max_algo_orders: int
    no_change_codes: frozenset[str]  # errors that mean "it is so already"
    wallet_field: str  # Binance's futures: where the wallet stands without unrealised results, per row of `assets`
    error_section: str  # the part of ccxt's exception table that applies when the host is not the real one; empty: all
    weight_per_min: int  # what one address may ask for in a minute, in the venue's own request weight
    weight_unit: float  # of that weight, what a call costs for which ccxt's table says 1
    limit_secs: int = 60  # the stretch over which the venue counts that
    testnet: str = "sandbox"  # what ccxt calls the venue's play money: sandbox or demo; empty: there is none
    dead_man_call: str = ""  # the raw call that cancels a market's orders unless it is repeated; empty: there is none
    window_ms: int = 0  # how long a signature lives where nobody can choose; 0: the receive window that is sent
    fills_told: timedelta | None = None  # how far back it tells of executions; None: of all
    numbers_told: timedelta | None = None  # how far back of an order's, asked for by its number alone; None: of all
    tells_realised: bool = True  # whether an execution says what it brought; else our books work it out
    paper_path: str = ""  # under which the paper exchange speaks it, where its paths would meet another venue's
    fetched_types: tuple[str, ...] = ()  # ccxt's words for the markets to ask for, where they are not market_types
    client_options: Mapping[str, Any] = field(default_factory=dict)  # ccxt's, so that it asks nothing inside an order

    def receive_window(self, chosen: timedelta) -> timedelta:
        """How long after its signing a request may still be taken, with this window sent along where it can be."""
        return timedelta(milliseconds=self.window_ms) if self.window_ms else chosen

    @property
    def limit(self) -> tuple[float, int]:
        """Request weight, and the seconds in which one address may spend it."""
        return self.weight_per_min * self.limit_secs / 60, self.limit_secs

    @property
    def derivative(self) -> bool:
        """Whether it trades futures: margin, both sides, reduce only."""
        return "linear" in self.market_types


VENUES: dict[str, Venue] = {
    "binance": Venue(
        name="binance",
        ccxt_id="binance",
        market_types=("spot",),
        request_expiry=True,
        native_trailing=True,
        native_oco=True,
        hedge_mode=False,
        cancel_all_calls=1,
        max_open_orders=200,
        max_algo_orders=5,
        no_change_codes=frozenset(),
        wallet_field="",
        error_section="spot",
        weight_per_min=6000,
        weight_unit=5,
    ),
    "binanceusdm": Venue(
        name="binanceusdm",
        ccxt_id="binanceusdm",
        market_types=("linear",),
        request_expiry=True,
        native_trailing=True,
        native_oco=False,
        hedge_mode=True,
        cancel_all_calls=2,  # plain orders, then conditional ones
        max_open_orders=200,
        max_algo_orders=200,
        no_change_codes=frozenset({"-4046", "-4059"}),
        wallet_field="walletBalance",
        error_section="linear",
        weight_per_min=2400,
        weight_unit=1,
        testnet="demo",  # the old test network's signed calls are no more
        dead_man_call="fapiprivate_post_countdowncancelall",  # plain orders only; conditional ones stay
        fills_told=timedelta(days=90),  # its documents say six months; it has refused more than 90 days (-4166)
        numbers_told=timedelta(days=7),
    ),
    "bybit": Venue(
        name="bybit",
        ccxt_id="bybit",
        market_types=("linear",),
        request_expiry=True,
        native_trailing=True,
        native_oco=False,
        hedge_mode=True,
        cancel_all_calls=1,  # one call ends plain and conditional orders of a contract
        max_open_orders=500,
        max_algo_orders=10,
        no_change_codes=frozenset({"110025", "110026", "110043"}),
        wallet_field="",
        error_section="",
        weight_per_min=7200,  # 600 requests in 5 s from one address; every request weighs one
        limit_secs=5,
        weight_unit=0.2,  # ccxt's table counts from 5 up
        # no dead_man_call: Bybit's switch listens to a private stream, not to a call that is repeated
        fills_told=timedelta(days=730),
        numbers_told=timedelta(days=7),  # where no times are given: whether a number changes that it does not say
        client_options={"enableUnifiedMargin": False, "enableUnifiedAccount": True, "unifiedMarginStatus": 6},
    ),
    "kucoinfutures": Venue(
        name="kucoinfutures",
        ccxt_id="kucoinfutures",
        market_types=("linear",),
        request_expiry=True,
        native_trailing=False,
        native_oco=False,
        hedge_mode=True,
        cancel_all_calls=2,  # plain orders, then conditional ones
        max_open_orders=100,
        max_algo_orders=200,
        no_change_codes=frozenset(),  # nothing is set that is so already
        wallet_field="",
        error_section="",
        weight_per_min=4000,  # 2 000 in 30 s
        limit_secs=30,
        weight_unit=0.5,  # ccxt counts twice the venue's weight
        testnet="",
        # no dead_man_call: KuCoin has that switch on spot only
        fills_told=timedelta(days=89),  # three months, of which the shortest have so many
        numbers_told=timedelta(days=1),  # as far as a question reaches that gives one time of two
        window_ms=5000,  # the signed time may be 5 s off either way; there is no window to send
        tells_realised=False,
        paper_path="/kucoin",
        fetched_types=("swap", "future"),
        client_options={"uta": False, "hf": False},
    ),
}


def capability(venue: str) -> Venue | None:
    """The row of a venue, or None when Windlass does not know it."""
    return VENUES.get(venue)


def is_paper_url(url: str) -> bool:
    """Whether a URL points at this machine: the only place a paper account's exchange may be."""
    return urlsplit(url).hostname in PAPER_HOSTS


def build_client(
    venue: Venue,
    *,
    credentials: Mapping[str, str],
    base_url: str = "",
    sandbox: bool = False,
    receive_window_ms: int = 5000,
) -> "ccxt.Exchange":
    """A ccxt client for an account: numbers as text, no retries, and every URL on the paper host where one is given.

    sandbox: every URL on the venue's own test network. Raises ValueError where it has none.

    ccxt is imported here, after the fork: it weighs 77 MiB and half a second. The caller subclasses nothing; the gateway
    wraps `fetch`. Rate limiting stays on for real venues only.
    """
    import ccxt

    exchange_class = getattr(ccxt, venue.ccxt_id)
    client: ccxt.Exchange = exchange_class(options(venue, exchange_class, credentials, base_url, receive_window_ms))
    client.number = str
    if base_url:
        client.urls = {**client.urls, "api": rebased(client.urls["api"], base_url.rstrip("/") + venue.paper_path)}
    if sandbox:
        _play_money(client, venue)
    return client


def _play_money(client: "ccxt.Exchange", venue: Venue) -> None:
    """Every URL on the venue's own test network, which it may call demo trading. Raises ValueError where it has none."""
    if not venue.testnet:
        raise ValueError(NO_TESTNET.format(venue=venue.name))
    client.enable_demo_trading(True) if venue.testnet == "demo" else client.set_sandbox_mode(True)


def options(
    venue: Venue, exchange_class: Any, credentials: Mapping[str, str], base_url: str, receive_window_ms: int
) -> dict[str, Any]:
    """The constructor arguments of a ccxt client.

    On a host it does not know ccxt loses Binance's own error codes (its tables are chosen by URL), so they are
    merged for paper hosts, whose keys need no passphrase either.
    """
    types = list(venue.fetched_types or venue.market_types)
    config: dict[str, Any] = {
        "apiKey": credentials.get("apiKey", ""),
        "secret": credentials.get("secret", ""),
        "password": credentials.get("passphrase") or ("none" if base_url else ""),
        "enableRateLimit": not base_url,
        "timeout": 10_000,
        "maxRetriesOnFailure": 0,  # ccxt would send POSTs again
        "options": {
            "defaultType": "swap" if venue.derivative else "spot",
            "fetchCurrencies": False,
            "fetchMargins": False,
            "fetchMarkets": {"types": types},
            "recvWindow": receive_window_ms,
            "warnOnFetchOpenOrdersWithoutSymbol": False,
            "adjustForTimeDifference": False,
            **venue.client_options,
        },
    }
    if base_url and venue.error_section:
        table = exchange_class().exceptions[venue.error_section]
        config["exceptions"] = {"exact": table["exact"], "broad": table.get("broad", {})}
    return config


def rebased(urls: Any, base_url: str) -> Any:
    """Ccxt's `urls.api` with every host swapped for the paper host, paths kept."""
    if isinstance(urls, Mapping):
        return {key: rebased(value, base_url) for key, value in urls.items()}
    parts = urlsplit(str(urls))
    return base_url.rstrip("/") + parts.path if parts.scheme else urls
