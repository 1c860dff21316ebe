"""ccxt's exceptions to our three kinds. Rejected needs proof: a listed class *and* the venue's code in the body."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ccxt
from urllib3.exceptions import NewConnectionError

from trading.errors import InMaintenance, KeysRefused, NotReached, NotSent, OrderNotOpen, Rejected, Unknown, VenueError

CODE_FIELDS = ("code", "retCode", "ret_code", "error_code", "err-code", "error")

# Classes after which the venue cannot have placed the order, provided that it said so itself with a code.
PROVEN = (
    ccxt.AuthenticationError,
    ccxt.BadRequest,
    ccxt.BadSymbol,
    ccxt.InsufficientFunds,
    ccxt.InvalidNonce,
    ccxt.InvalidOrder,
    ccxt.OperationRejected,
    ccxt.PermissionDenied,
    ccxt.RateLimitExceeded,
)
# Listed classes may be parents of these, which prove nothing: the order exists, or existed.
UNPROVEN = (ccxt.DuplicateOrderId, ccxt.OrderNotFound, ccxt.OrderNotCached)
DUPLICATE = re.compile(r"duplicat|clientOid|orderLinkId", re.IGNORECASE)
# Whatever a venue has against our order id: an order of that name may stand there.
KEYS_REFUSED = frozenset({"-2015"})
# Of keys that worked before ccxt says that the venue is busy.
LIMITED = frozenset({"-1003", "-1015"})
# Too many requests, too many orders: refused unread, though ccxt says of any 429 and 418 that the venue is busy.
REFUSES: Mapping[str, frozenset[str]] = {
    "binance": KEYS_REFUSED | LIMITED,
    # an account in liquidation, an inactive one, leverage that may not fall, a contract that wants an agreement signed
    "binanceusdm": KEYS_REFUSED | LIMITED | {"-2023", "-4109", "-4161", "-4411"},
    # settlement under way, no trading now, above the most that may be held, a contract that is not live
    "bybit": frozenset({"110063", "110066", "110074", "110090"}),
    "kucoinfutures": frozenset(
        # invalid parameters (of a question it says: no such order), orders suspended, above the risk limit; leverage,
        # counts of orders, risk limits, not to be filled at once, post only, sides
        {"100001", "200001", "200005"}
        | {"200002", "200003", "300001", "300004", "300005", "300008", "300016", "300018", "330011", "50002"}
    ),
}
# Codes that prove a refusal though ccxt has no class for them, or a wrong one, by venue.
MISDATED = frozenset({"-1021", "10002", "400002"})
# The signed time is too far from the venue's.
OF_ACCOUNT = frozenset({"-1015", "10006"})
# Limits that hold for one account; every other holds for an address.
UNDECIDED: Mapping[str, frozenset[str]] = {
    "bybit": frozenset({"170146"}),  # order creation timeout
    "kucoinfutures": frozenset({"408000"}),  # network timeout, please try again later
}
# Codes after which the order may stand there though ccxt has a listed class for them, by venue.
NOT_OPEN: Mapping[str, frozenset[str]] = {"kucoinfutures": frozenset({"100004"})}
# Codes that mean: no such open order, where ccxt says something else.
SAYS_NOTHING = (
    ccxt.AuthenticationError,
    ccxt.DDoSProtection,
    ccxt.NotSupported,
    ccxt.OnMaintenance,
    ccxt.RateLimitExceeded,
)
SERVER_ERRORS = 500  # a status from here on proves nothing, whatever the body says


@dataclass(frozen=True, slots=True)
class Answer:
    """The last HTTP answer: status 0 where none came; written: whether a request reached the socket at all."""

    status: int
    body: str
    written: bool = True


def venue_code(body: str) -> str:
    """The venue's own error code in a body; empty when it carries none."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(parsed, dict):
        return ""
    return next((str(parsed[field]) for field in CODE_FIELDS if parsed.get(field) not in (None, "", 0, "0")), "")


def causes(error: BaseException) -> Iterator[object]:
    """An error, what it wraps, and so on down: requests hides the socket's own error two levels deep."""
    seen: object = error
    while isinstance(seen, BaseException):
        yield seen
        wrapped = [arg for arg in seen.args if isinstance(arg, BaseException)]
        seen = getattr(seen, "reason", None) or seen.__cause__ or (wrapped[0] if wrapped else None)


def never_left(error: BaseException) -> bool:
    """Whether no connection could be opened at all: then no byte of the request was written."""
    return any(isinstance(cause, NewConnectionError) for cause in causes(error))


def short(error: BaseException) -> str:
    """The error's own words, on one line, without the query (which carries the signature)."""
    return re.sub(r"\?\S+", "?…", " ".join(str(error).split()))[:300]


def answered(error: ccxt.BaseError, *, status: int) -> bool | None:
    """Whether the venue did its work: a refusal is work done. None where the call says nothing of that.

    Too many calls, refused keys and announced maintenance are not the venue's failure, and prove nothing else.
    """
    if isinstance(error, SAYS_NOTHING):
        return None
    if status >= SERVER_ERRORS or isinstance(error, (ccxt.BadResponse, ccxt.ExchangeNotAvailable, ccxt.RequestTimeout)):
        return False
    if status:
        return True
    return False if isinstance(error, ccxt.NetworkError) else None  # ccxt itself refused: nobody was asked


def for_order(error: ccxt.BaseError, *, venue: str, answer: Answer) -> VenueError:
    """What a failed `create_order` means: rejected (proven), not sent (proven), or unknown."""
    code = venue_code(answer.body)
    fields = {"venue": venue, "error": code or type(error).__name__, "detail": short(error)}
    if not answer.written or (not answer.status and never_left(error)):
        return NotSent(**fields)
    refused = code in REFUSES.get(venue, ())
    listed = refused or (isinstance(error, PROVEN) and not isinstance(error, UNPROVEN))
    doubtful = code in UNDECIDED.get(venue, ()) or DUPLICATE.search(answer.body)
    proven = listed and not doubtful
    if proven and code and answer.status < SERVER_ERRORS:
        return Rejected(**fields)
    return Unknown(**fields)


def for_cancel(error: ccxt.BaseError, *, venue: str, answer: Answer) -> VenueError:
    """What a failed cancel means: no such open order, or not known."""
    code = venue_code(answer.body)
    fields = {"venue": venue, "error": code or type(error).__name__, "detail": short(error)}
    gone = isinstance(error, ccxt.OrderNotFound) or code in NOT_OPEN.get(venue, ())
    return OrderNotOpen(**fields) if gone else Unknown(**fields)


def for_question(error: ccxt.BaseError, *, venue: str, answer: Answer) -> VenueError:
    """What a failed read means: the keys are refused, or the venue could not be asked."""
    code = venue_code(answer.body)
    fields = {"venue": venue, "error": code or type(error).__name__, "detail": short(error)}
    if isinstance(error, ccxt.OnMaintenance):
        return InMaintenance(**fields, since="now")
    refused = isinstance(error, ccxt.AuthenticationError) or code in KEYS_REFUSED
    return KeysRefused(**fields) if refused else NotReached(**fields)
