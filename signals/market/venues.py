"""The one capability table, and the one place where ccxt clients are built.

A venue is a row. What a venue promises about client order ids and request expiry decides how an unknown order is
proven absent (docs/data-path.md), so a wrong cell costs money: each is from the venue's own API documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ccxt

PAPER_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Venue:
    """What a venue can do and promises.

    client_id_scope: among which orders a client id is unique: `open` or `all`. request_expiry: whether a signed
    request dies by itself (receive window). duplicate_codes: its words for "this client id exists already".
    """

    name: str
    ccxt_id: str
    market_types: tuple[str, ...]
    client_id_scope: str
    request_expiry: bool
    client_id_field: str
    native_trailing: bool
    native_oco: bool
    hedge_mode: bool
    cancel_all_calls: int
    max_open_orders: int
    max_algo_orders: int
    no_change_codes: frozenset[str]  # errors that mean "it is so already"
    wallet_field: str  # futures: where the wallet stands without unrealised results, per row of `assets`; empty on spot
    error_section: str  # the part of ccxt's exception table that applies when the host is not the real one
    weight_per_min: int  # what one address may ask for in a minute, in the venue's own request weight
    weight_unit: float  # of that weight, what a call costs for which ccxt's table says 1
    dead_man_call: str = ""  # the raw call that cancels a market's orders unless it is repeated; empty: there is none

    @property
    def derivative(self) -> bool:
        """Whether it trades futures: margin, both sides, reduce only."""
        return "linear" in self.market_types


VENUES: dict[str, Venue] = {
    "binance": Venue(
        name="binance",
        ccxt_id="binance",
        market_types=("spot",),
        client_id_scope="open",
        request_expiry=True,
        client_id_field="newClientOrderId",
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
        client_id_scope="open",
        request_expiry=True,
        client_id_field="newClientOrderId",
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
        dead_man_call="fapiprivate_post_countdowncancelall",  # plain orders only; conditional ones stay
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

    sandbox: every URL on the venue's own test network.

    ccxt is imported here, after the fork: it weighs 77 MiB and half a second. The caller subclasses nothing; the gateway
    wraps `fetch`. Rate limiting stays on for real venues only.
    """
    import ccxt

    exchange_class = getattr(ccxt, venue.ccxt_id)
    client: ccxt.Exchange = exchange_class(options(venue, exchange_class, credentials, base_url, receive_window_ms))
    client.number = str
    if base_url:
        client.urls = {**client.urls, "api": rebased(client.urls["api"], base_url)}
    if sandbox:
        client.set_sandbox_mode(True)
    return client


def options(
    venue: Venue, exchange_class: Any, credentials: Mapping[str, str], base_url: str, receive_window_ms: int
) -> dict[str, Any]:
    """The constructor arguments of a ccxt client.

    On a host it does not know ccxt loses the venue's own error codes (its tables are chosen by URL), so they are
    merged for paper hosts.
    """
    config: dict[str, Any] = {
        "apiKey": credentials.get("apiKey", ""),
        "secret": credentials.get("secret", ""),
        "password": credentials.get("passphrase", ""),
        "enableRateLimit": not base_url,
        "timeout": 10_000,
        "maxRetriesOnFailure": 0,  # ccxt would send POSTs again
        "options": {
            "defaultType": "swap" if venue.derivative else "spot",
            "fetchCurrencies": False,
            "fetchMargins": False,
            "fetchMarkets": {"types": list(venue.market_types)},
            "recvWindow": receive_window_ms,
            "warnOnFetchOpenOrdersWithoutSymbol": False,
            "adjustForTimeDifference": False,
        },
    }
    if base_url:
        table = exchange_class().exceptions[venue.error_section]
        config["exceptions"] = {"exact": table["exact"], "broad": table.get("broad", {})}
    return config


def rebased(urls: Any, base_url: str) -> Any:
    """Ccxt's `urls.api` with every host swapped for the paper host, paths kept."""
    if isinstance(urls, Mapping):
        return {key: rebased(value, base_url) for key, value in urls.items()}
    parts = urlsplit(str(urls))
    return base_url.rstrip("/") + parts.path if parts.scheme else urls
