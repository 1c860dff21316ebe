"""A gateway that can also be asked what an account and its keys may do: for the pre-flight and the test order.

It places nothing but test orders, and a request that would place a real one is stopped at the socket.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import ccxt

from trading.domain.key_rights import KeyRights, rights_of
from trading.domain.preflight import Tier
from trading.errors import NotReached
from trading.gateways import error_map, reports
from trading.gateways.base import OrderRequest
from trading.gateways.ccxt_gateway import CCXT_TYPE, CcxtGateway

RIGHTS_CALL: Mapping[str, str] = {
    "binance": "sapi_get_account_apirestrictions",
    "binanceusdm": "sapi_get_account_apirestrictions",
    "bybit": "private_get_v5_user_query_api",
    "kucoin": "private_get_user_api_key",
    "kucoinfutures": "private_get_user_api_key",
}
# By ccxt's names; each venue documents the call under what a key may do.
TEST_CALL: Mapping[str, str] = {
    "binance": "private_post_order_test",
    "binanceusdm": "fapiprivate_post_order_test",
}
TEST_PATH = "/order/test"
STREAM_SECS = 10.0


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where a venue's market streams are; on the paper exchange only the path differs."""

    live: str
    testnet: str
    paper_path: str
    stream: str = "{market}@bookTicker"  # what follows


STREAMS: Mapping[str, StreamPlace] = {
    "binance": StreamPlace("wss://stream.binance.com:9443/ws/", "wss://stream.testnet.binance.vision/ws/", "/ws/"),
    "binanceusdm": StreamPlace("wss://fstream.binance.com/ws/", "wss://stream.binancefuture.com/ws/", "/fut/ws/"),
    "bybit": StreamPlace("wss://stream.bybit.com", "wss://stream-testnet.bybit.com", "", "/v5/public/linear"),
}
STREAM_CALL: Mapping[str, str] = {"kucoinfutures": "futurespublic_post_bullet_public"}
# Where the address has to be asked for: it comes with a token.


class Examiner(CcxtGateway):
    """One account's venue, asked about the account itself."""

    _testing = False

    def key_rights(self) -> KeyRights:
        """What the key may do; all unknown where the venue has no such question."""
        call = RIGHTS_CALL.get(self._venue.ccxt_id)
        if call is None:
            return KeyRights()
        with self._translated(error_map.for_question):
            answer = getattr(self._client, call)()
        return rights_of(self._venue.ccxt_id, answer, derivative=self._venue.derivative)

    def hedge(self) -> bool | None:
        """Whether both sides of a market may be held at once; None where the venue does not say."""
        with self._translated(error_map.for_question):
            told = self._manners.hedged()
        return told if isinstance(told, bool) else None

    def isolated(self, symbols: Sequence[str]) -> Mapping[str, bool | None]:
        """Per symbol whether its margin is its own."""
        words = {"isolated": True, "cross": False}
        with self._translated(error_map.for_question):
            told = self._manners.margin_modes(symbols)
        return {symbol: words.get(told[symbol]) for symbol in symbols}

    def tiers(self, symbols: Sequence[str]) -> Mapping[str, Sequence[Tier]]:
        """Per symbol which leverage is given up to which notional, the smallest first."""
        with self._translated(error_map.for_question):
            told = self._manners.tiers(symbols)
            return {symbol: [_tier(row) for row in told.get(symbol, ())] for symbol in symbols}

    def fee_rates(self, symbol: str) -> tuple[Decimal, Decimal]:
        """The account's own maker and taker fee on a symbol, ratios."""
        with self._translated(error_map.for_question):
            told = self._client.fetch_trading_fee(symbol)
            return reports.decimal(told["maker"]), reports.decimal(told["taker"])

    def stream_ms(self, symbol: str, *, environment: str, base_url: str) -> int:
        """How long a market stream took to open and to answer a ping, milliseconds. Raises NotReached."""
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        address = self._stream_address(symbol, environment, base_url)
        began = time.monotonic()
        try:
            with connect(address, open_timeout=STREAM_SECS, close_timeout=1, proxy=None) as socket:
                if not socket.ping().wait(STREAM_SECS):
                    raise TimeoutError("no answer to a ping")
        except (OSError, WebSocketException) as error:
            detail = f"{urlsplit(address).netloc}: {error_map.short(error)}"
            raise NotReached(venue=self._venue.name, error=type(error).__name__, detail=detail) from error
        return round((time.monotonic() - began) * 1000)

    def _stream_address(self, symbol: str, environment: str, base_url: str) -> str:
        if self._venue.name in STREAM_CALL:
            return self._asked_address(STREAM_CALL[self._venue.name])
        place = STREAMS.get(self._venue.name)
        if place is None:
            raise NotReached(venue=self._venue.name, error="NO_STREAM", detail="no stream of this venue is known here")
        stream = place.stream.format(market=self._client.market_id(symbol).lower())
        if base_url:
            return f"ws{base_url.rstrip('/').removeprefix('http')}{place.paper_path}{stream}"
        return (place.testnet if environment == "testnet" else place.live) + stream

    def _asked_address(self, call: str) -> str:
        """The address that the venue gives out, token and all."""
        with self._translated(error_map.for_question):
            told = getattr(self._client, call)()["data"]
            return f"{told['instanceServers'][0]['endpoint']}?token={told['token']}&connectId=windlass"

    # a test order --------------------------------------------------------------------------

    @property
    def can_test_orders(self) -> bool:
        """Whether the venue checks an order without placing it."""
        return self._venue.ccxt_id in TEST_CALL

    def test_order(self, request: OrderRequest) -> None:
        """Have the venue check an order that is not placed. Raises VenueError where it refuses, or has no such question."""
        with self._translated(error_map.for_order):
            if not self.can_test_orders:
                raise ccxt.NotSupported("no endpoint that checks an order without placing it")
            self._testing = True
            try:
                getattr(self._client, TEST_CALL[self._venue.ccxt_id])(self._test_body(request))
            finally:
                self._testing = False

    def _test_body(self, request: OrderRequest) -> Mapping[str, Any]:
        """The venue's own fields of the order, as ccxt makes them for a real one."""
        price = None if request.price is None else reports.plain(request.price)
        body: Mapping[str, Any] = self._client.create_order_request(
            request.symbol,
            CCXT_TYPE[request.type],
            request.side.value.lower(),
            reports.plain(request.qty),
            price,
            self._order_params(request),
        )
        return body

    def _fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        """While a test order is asked for, nothing else leaves."""
        if self._testing and not urlsplit(url).path.endswith(TEST_PATH):
            self._stop("TEST_ONLY", "this would not have been a test")
        return super()._fetch(url, method, headers, body)


def _tier(row: Mapping[str, Any]) -> Tier:
    return Tier(reports.price_or_none(row["maxNotional"]), reports.decimal(row["maxLeverage"]))
