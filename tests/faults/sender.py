"""A process that places one order through the real gateway, for a test to stop on its way (test_stopped.py).

Its words: the exchange's URL, key and secret. It prints what became of the order: a venue order id or an error's code.
With WINDLASS_STOP_SECS the order lives as long as in real trading, else for a second and a half.
"""

import os
import secrets
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from project import failpoints
from signals.market import venues
from trading.domain.order_state import FAST, PRODUCTION
from trading.domain.vocabulary import OrderType, Side, TimeInForce
from trading.errors import VenueError
from trading.gateways.base import OrderRequest
from trading.gateways.ccxt_gateway import CcxtGateway

STOP_SECS = float(os.environ.get("WINDLASS_STOP_SECS", "0"))
TIMING = PRODUCTION if STOP_SECS else replace(FAST, validity=timedelta(seconds=1))
BINANCE = venues.VENUES["binance"]


class Open:
    """A socket guard that lets everything pass: here only time matters."""

    def refusal(self, *, opens_position: bool) -> str:
        return ""


def main() -> None:
    url, key, secret = sys.argv[1:]
    credentials = {"apiKey": key, "secret": secret}
    window_ms = int(TIMING.receive_window / timedelta(milliseconds=1))
    client = venues.build_client(BINANCE, credentials=credentials, base_url=url, receive_window_ms=window_ms)
    gateway = CcxtGateway(client, venue=BINANCE, guard=Open(), clock=lambda: datetime.now(UTC))
    gateway.instruments()
    wanted = request()
    try:
        with failpoints.span("order.place"):
            word = gateway.place(wanted).venue_order_id
    except VenueError as error:
        word = f"{error.code} {error.fields.get('error', '')}"
    sys.stdout.write(word + "\n")


def request() -> OrderRequest:
    """A buy at market, as it stands after T2: from here on its time runs."""
    return OrderRequest(
        symbol="BTC/USDT",
        side=Side.BUY,
        type=OrderType.MARKET,
        qty=Decimal("0.001"),
        price=None,
        time_in_force=TimeInForce.GTC,
        reduce_only=False,
        client_order_id="w" + secrets.token_hex(8),
        valid_until=datetime.now(UTC) + TIMING.validity,
        opens_position=True,
    )


if __name__ == "__main__":
    main()
