"""Under every gateway: the last step before the socket, what the venue answered, and ccxt's errors in our words."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

import ccxt

from project import failpoints
from signals.market.venues import Venue
from trading.domain.budget import Call
from trading.errors import TOO_LATE, NotSent, VenueError
from trading.gateways import error_map, reports
from trading.gateways.base import OrderRequest
from trading.gateways.metering import ORDERS_SECS, SLOW_DOWN, Meter, Unmetered, pause_secs, reset_secs

log = logging.getLogger(__name__)

Translator = Callable[..., VenueError]

# What ccxt's parsers and ours raise on an answer of another shape than the venue documents.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

PURPOSE: Mapping[Translator, Call] = {
    error_map.for_order: Call.ENTRY,
    error_map.for_cancel: Call.CANCEL,
    error_map.for_question: Call.READ,
}
SIGNED_AT = re.compile(r"(?:^|[?&])timestamp=(\d+)")
SIGNED_HEADERS = ("X-BAPI-TIMESTAMP", "KC-API-TIMESTAMP")
# Bybit and KuCoin sign a header.


class SocketGuard(Protocol):
    """Asked at the last moment whether an order may be written to the wire."""

    def refusal(self, *, opens_position: bool) -> str:
        """Why not; empty when it may go."""


class Wire:
    """One account's connection to one venue, ccxt's client bent to our rules."""

    def __init__(
        self,
        client: ccxt.Exchange,
        *,
        venue: Venue,
        guard: SocketGuard,
        clock: Callable[[], datetime],
        meter: Meter | None = None,
    ) -> None:
        self._client = client
        self._venue = venue
        self._guard = guard
        self._clock = clock
        self._meter = meter or Unmetered()
        self._call = Call.READ
        self._placing: OrderRequest | None = None
        self._status = 0
        self._body = ""
        self._headers: Any = None
        self._written = False
        self._misdated = False
        client.session.max_redirects = 0  # a signed order that is sent on passes no check
        self._write = client.fetch
        client.fetch = self._fetch
        self._slow_down, client.throttle = client.throttle, self._throttle
        client.on_rest_response = self._remember
        client.parse_order_book_bid_ask = reports.exact_level(client.safe_string)

    # the socket -----------------------------------------------------------------------------

    def _fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        """Ccxt's last step before the socket, after throttling and signing: what is stale or forbidden stops here."""
        failpoints.here("signed")
        if self._placing is not None:
            self._check_at_socket(self._placing, signed_at(url, body, headers))
        self._written = True
        with failpoints.wire():
            answer = self._write(url, method, headers, body)
        if not isinstance(answer, dict | list):  # ccxt would read "nothing" out of it: no balances, no orders
            raise ccxt.BadResponse("the venue's answer is no JSON")
        return answer

    def _throttle(self, cost: float | None = None) -> None:
        """Ccxt's step before signing, on real venues: the budget that all processes share, then ccxt's own limiter."""
        until = self._placing.valid_until if self._placing else None
        weight = (1 if cost is None else cost) * self._venue.weight_unit
        self._meter.spend(self._call, weight, until=until)
        self._slow_down(cost)

    def _check_at_socket(self, request: OrderRequest, signed: datetime | None) -> None:
        """Raise NotSent when the signature would outlive the order's validity or the mode forbids it."""
        now = self._clock()
        if max(now, signed - self._ahead if signed else now) > request.valid_until:
            self._stop(TOO_LATE, f"valid until {request.valid_until:%H:%M:%S.%f}, it is {now:%H:%M:%S.%f}")
        if refusal := self._guard.refusal(opens_position=request.opens_position):
            self._stop("MODE", refusal)

    @property
    def _ahead(self) -> timedelta:
        """The venue's clock minus ours, as signatures carry it: what is signed is told back by it to our own time."""
        return timedelta(milliseconds=-int(self._client.options.get("timeDifference") or 0))

    def _follow_clock(self) -> None:
        """Sign by the venue's clock from here on: it has refused ours, and an exit or a kill cannot wait for ours.

        Only then: while it takes our time a signature dies at valid_until + receive window on either clock. Afterwards it
        dies so much later as the venue is ahead, which trading.services.lookups adds. Entries stay denied (clock offset).
        """
        self._misdated, self._call = False, Call.READ
        placing, self._placing = self._placing, None
        try:
            asked = self._client.milliseconds()
            theirs = int(self._client.fetch_time())
            ours = (asked + self._client.milliseconds()) / 2
        except (ccxt.BaseError, VenueError, *UNREADABLE) as error:
            log.warning("%s did not tell its time: %s", self._venue.name, error_map.short(error))
            return
        finally:
            self._placing = placing
        self._client.options["timeDifference"] = round(ours - theirs)
        log.warning("%s refused our time: signed %d ms later from now on", self._venue.name, theirs - ours)

    def _stop(self, error: str, detail: str) -> None:
        raise NotSent(venue=self._venue.name, error=error, detail=detail)

    def _remember(
        self, code: int, reason: str, url: str, method: str, response_headers: Any, response_body: str, *_: Any
    ) -> str:
        """Ccxt's hook on every answer: keep status and body, the proof that a rejection needs."""
        self._status, self._body, self._headers = code, response_body, response_headers
        secs = pause_secs(code, response_headers, response_body)
        if secs and error_map.venue_code(response_body) not in error_map.OF_ACCOUNT:
            self._meter.banned(secs)
        return response_body.strip()

    # what was answered ----------------------------------------------------------------------

    @contextmanager
    def _translated(self, translate: Translator, *, proves_it_works: bool = True) -> Iterator[None]:
        """Foreign errors end here and nowhere else; how each call went is told to the meter."""
        if self._misdated:
            self._follow_clock()
        self._status, self._body, self._headers, self._written = 0, "", None, False
        self._call = PURPOSE[translate]
        if self._placing is not None and not self._placing.opens_position:
            self._call = Call.EXIT
        try:
            yield
        except ccxt.BaseError as error:
            raise self._told(error, translate, self._body) from error
        except UNREADABLE as error:
            unclear = ccxt.BadResponse(f"the answer cannot be read: {type(error).__name__}: {error}")
            raise self._told(unclear, translate, "") from error
        else:
            if proves_it_works:  # a status page answers while nothing else does
                self._meter.ended(self._call, ok=True)

    def _told(self, error: ccxt.BaseError, translate: Translator, body: str) -> VenueError:
        """The error in our words, once the meter knows whether it was the venue's failure."""
        code = error_map.venue_code(body)
        self._misdated = code in error_map.MISDATED
        if code in error_map.OF_ACCOUNT:
            self._slowed(code)
        elif isinstance(error, ccxt.RateLimitExceeded) and self._status not in SLOW_DOWN:
            self._meter.banned(SLOW_DOWN[429])  # some venues ask for fewer calls with status 200
        ok = error_map.answered(error, status=self._status)
        if ok is not None:
            self._meter.ended(self._call, ok=ok)
        return translate(error, venue=self._venue.name, answer=error_map.Answer(self._status, body, self._written))

    def _slowed(self, code: str) -> None:
        """This account alone asked too often, or placed too many orders."""
        if code in error_map.LIMITED:
            return self._meter.slowed(ORDERS_SECS, calls={Call.ENTRY})
        now_ms = self._client.milliseconds() + self._ahead / timedelta(milliseconds=1)
        return self._meter.slowed(reset_secs(self._headers, now_ms=now_ms), calls={Call.READ, Call.ENTRY})

    @contextmanager
    def _marked(self, request: OrderRequest) -> Iterator[None]:
        """While an order is being placed, the socket check knows which."""
        self._placing = request
        try:
            yield
        finally:
            self._placing = None

    def _unless_set(self, call: Callable[..., Any], *words: Any) -> None:
        """Call; the venue's "no need to change" is success."""
        try:
            call(*words)
        except ccxt.ExchangeError:
            if error_map.venue_code(self._body) not in self._venue.no_change_codes:
                raise


def signed_at(url: str, body: Any, headers: Any = None) -> datetime | None:
    """The timestamp of a signed request, from header, query or body; None where the venue signs otherwise."""
    told = next((headers[name] for name in SIGNED_HEADERS if name in headers), "") if headers else ""
    if told:
        return reports.when(told)
    found = SIGNED_AT.search(url) or SIGNED_AT.search(body if isinstance(body, str) else "")
    return reports.when(found.group(1)) if found else None
