"""Foreign errors in our three kinds: a rejection needs proof, everything else is unknown."""

import ccxt
import pytest
import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ReadTimeoutError

from trading.errors import KeysRefused, NotReached, NotSent, OrderNotOpen, Rejected, Unknown, VenueError
from trading.gateways import error_map
from trading.gateways.error_map import Answer, for_cancel, for_order, for_question, venue_code

CODED = '{"code": -2010, "msg": "Account has insufficient balance for requested action."}'
DUPLICATE = '{"code": -2010, "msg": "Duplicate order sent."}'


def caused(error: ccxt.BaseError, cause: Exception) -> ccxt.BaseError:
    """As ccxt raises it: from requests' error, which wraps urllib3's."""
    error.__cause__ = requests.exceptions.ConnectionError(cause)
    return error


REFUSED = MaxRetryError(None, "/", NewConnectionError(None, "Connection refused"))  # type: ignore[arg-type]
RESET = ConnectionResetError(104, "Connection reset by peer")
READ_TIMEOUT = ReadTimeoutError(None, "/", "Read timed out.")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status", "body", "kind"),
    [
        # class and code
        (ccxt.InsufficientFunds("x"), 400, CODED, Rejected),
        (ccxt.InvalidOrder("x"), 400, '{"code": -1013, "msg": "Filter failure: LOT_SIZE"}', Rejected),
        (ccxt.BadSymbol("x"), 400, '{"code": -1121, "msg": "Invalid symbol."}', Rejected),
        (ccxt.AuthenticationError("x"), 401, '{"code": -2015, "msg": "Invalid API-key"}', Rejected),
        (ccxt.RateLimitExceeded("x"), 429, '{"code": -1003, "msg": "Too many requests"}', Rejected),
        (ccxt.InvalidOrder("x"), 200, '{"retCode": 10001, "retMsg": "params error"}', Rejected),
        # the class alone proves nothing
        (ccxt.InsufficientFunds("x"), 0, "", Unknown),
        (ccxt.InvalidOrder("x"), 400, "<html>bad request</html>", Unknown),
        (ccxt.InvalidOrder("x"), 200, '{"code": 0}', Unknown),
        (ccxt.BadRequest("x"), 400, '["code", -1]', Unknown),
        # the code alone proves nothing
        (ccxt.ExchangeError("x"), 400, CODED, Unknown),
        (ccxt.ExchangeNotAvailable("x"), 418, CODED, Unknown),
        (ccxt.RequestTimeout("x"), 0, "", Unknown),
        (ccxt.NetworkError("x"), 0, "", Unknown),
        (ccxt.BadResponse("x"), 200, "not json", Unknown),
        # a server's error never
        (ccxt.InsufficientFunds("x"), 500, CODED, Unknown),
        (ccxt.InvalidOrder("x"), 503, CODED, Unknown),
        # "it exists": go and look
        (ccxt.DuplicateOrderId("x"), 400, CODED, Unknown),
        (ccxt.InvalidOrder("x"), 400, DUPLICATE, Unknown),
        (ccxt.OrderNotFound("x"), 400, '{"code": -2013, "msg": "Order does not exist."}', Unknown),
        # no connection: no byte was written
        (caused(ccxt.NetworkError("x"), REFUSED), 0, "", NotSent),
        (caused(ccxt.ExchangeNotAvailable("x"), REFUSED), 0, "", NotSent),
        # a connection that broke may have carried it
        (caused(ccxt.NetworkError("x"), RESET), 0, "", Unknown),
        (caused(ccxt.RequestTimeout("x"), READ_TIMEOUT), 0, "", Unknown),
    ],
)
def test_what_a_failed_order_means(error: ccxt.BaseError, status: int, body: str, kind: type[VenueError]) -> None:
    assert type(for_order(error, venue="binance", answer=Answer(status, body))) is kind


@pytest.mark.parametrize(
    ("venue", "error", "body", "kind"),
    [
        ("kucoinfutures", ccxt.InvalidOrder("x"), '{"code": "300000", "msg": "Request parameter illegal."}', Rejected),
        ("kucoinfutures", ccxt.InvalidOrder("x"), '{"code": "300000", "msg": "The clientOid is in use."}', Unknown),
        ("kucoinfutures", ccxt.ExchangeError("x"), '{"code": "300018", "msg": "Would take."}', Rejected),
        ("kucoinfutures", ccxt.BadRequest("x"), '{"code": "408000", "msg": "Network timeout, try later"}', Unknown),
        ("binance", ccxt.BadRequest("x"), '{"code": "408000", "msg": "another venue\'s word"}', Rejected),
        ("bybit", ccxt.InvalidOrder("x"), '{"retCode": 170146, "retMsg": "Order creation timeout"}', Unknown),
        ("bybit", ccxt.InvalidOrder("x"), '{"retCode": 170213, "retMsg": "No such order"}', Rejected),
        ("bybit", ccxt.ExchangeError("x"), '{"retCode": 110063, "retMsg": "Settlement in progress"}', Rejected),
        ("bybit", ccxt.ExchangeError("x"), '{"retCode": 110066, "retMsg": "No trading now"}', Rejected),
        ("bybit", ccxt.ExchangeError("x"), '{"retCode": 110090, "retMsg": "Above the limit"}', Rejected),
        ("binanceusdm", ccxt.ExchangeError("x"), '{"code": -4109, "msg": "Account inactive"}', Rejected),
        ("binanceusdm", ccxt.ExchangeError("x"), '{"code": -4411, "msg": "Please sign"}', Rejected),
        ("binanceusdm", ccxt.ExchangeError("x"), '{"code": -4161, "msg": "No lower leverage"}', Rejected),
        ("binanceusdm", ccxt.OperationFailed("x"), '{"code": -2023, "msg": "In liquidation"}', Rejected),
        ("binance", ccxt.OperationFailed("x"), '{"code": -2023, "msg": "no word of spot"}', Unknown),
        ("kucoinfutures", ccxt.OrderNotFound("x"), '{"code": "100001", "msg": "Invalid parameters"}', Rejected),
        ("kucoinfutures", ccxt.OrderNotFound("x"), '{"code": "100001", "msg": "clientOid in use"}', Unknown),
        ("kucoinfutures", ccxt.ExchangeError("x"), '{"code": "200005", "msg": "Insufficient balance"}', Rejected),
    ],
)
def test_a_venue_has_codes_of_its_own(venue: str, error: ccxt.BaseError, body: str, kind: type[VenueError]) -> None:
    assert type(for_order(error, venue=venue, answer=Answer(200, body))) is kind


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, -1003, Rejected),
        (429, -1015, Rejected),
        (418, -1003, Rejected),
        (400, -2015, Rejected),
        (503, -1003, Unknown),  # a server's error proves nothing
    ],
)
def test_what_was_refused_unread_is_no_doubt(status: int, code: int, kind: type[VenueError]) -> None:
    answer = Answer(status, f'{{"code": {code}, "msg": "x"}}')
    assert type(for_order(ccxt.DDoSProtection("x"), venue="binance", answer=answer)) is kind
    bare = Answer(429, "<html>too many</html>")
    assert type(for_order(ccxt.DDoSProtection("x"), venue="binance", answer=bare)) is Unknown


def test_keys_that_worked_before_are_refused_all_the_same() -> None:
    answer = Answer(400, '{"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}')
    assert type(for_question(ccxt.DDoSProtection("x"), venue="binance", answer=answer)) is KeysRefused


def test_where_the_venue_answered_a_connection_that_failed_afterwards_proves_nothing() -> None:
    error = caused(ccxt.NetworkError("x"), REFUSED)
    assert type(for_order(error, venue="binance", answer=Answer(307, ""))) is Unknown


def test_a_connection_that_was_never_opened_in_time_was_never_written_to() -> None:
    slow = MaxRetryError(None, "/", ConnectTimeoutError(None, "timed out"))  # type: ignore[arg-type]
    found = for_order(caused(ccxt.RequestTimeout("x"), slow), venue="binance", answer=Answer(0, ""))
    assert type(found) in (NotSent, Unknown)  # Unknown costs a look-up, never a second order


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ccxt.OrderNotFound("x"), OrderNotOpen),
        (ccxt.RequestTimeout("x"), Unknown),
        (ccxt.ExchangeError("x"), Unknown),
        (ccxt.InvalidOrder("x"), Unknown),
    ],
)
def test_what_a_failed_cancel_means(error: ccxt.BaseError, kind: type[VenueError]) -> None:
    assert type(for_cancel(error, venue="binance", answer=Answer(400, CODED))) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ccxt.AuthenticationError("x"), KeysRefused),
        (ccxt.PermissionDenied("x"), KeysRefused),
        (ccxt.RequestTimeout("x"), NotReached),
        (ccxt.ExchangeNotAvailable("x"), NotReached),
        (ccxt.BadResponse("x"), NotReached),
    ],
)
def test_what_a_failed_question_means(error: ccxt.BaseError, kind: type[VenueError]) -> None:
    assert type(for_question(error, venue="binance", answer=Answer(400, CODED))) is kind


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"code": -2010}', "-2010"),
        ('{"code": 0, "retCode": 10001}', "10001"),
        ('{"code": "0"}', ""),
        ('{"error": "EOrder:Insufficient funds"}', "EOrder:Insufficient funds"),
        ('{"msg": "no"}', ""),
        ("[]", ""),
        ("", ""),
        ("not json", ""),
    ],
)
def test_the_venues_own_code(body: str, code: str) -> None:
    assert venue_code(body) == code


def test_the_signature_stays_out_of_the_words() -> None:
    error = ccxt.NetworkError("GET https://x/order?timestamp=1&signature=abcdef failed\nagain")
    assert error_map.short(error) == "GET https://x/order?… failed again"


@pytest.mark.parametrize("kind", [Rejected, Unknown, NotSent, NotReached, KeysRefused, OrderNotOpen])
def test_every_kind_says_who_and_why(kind: type[VenueError]) -> None:
    said = str(kind(venue="binance", error="-2010", detail="no funds"))
    assert "<" not in said
    assert "binance" in said or "no funds" in said
