"""The whole error taxonomy on one screen. A docstring is the message; its fields are arguments; the advice is in it."""

from typing import Any, ClassVar


class WindlassError(Exception):
    """Something went wrong in Windlass."""

    code: ClassVar[str] = "WINDLASS_ERROR"

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        template = (type(self).__doc__ or "").split("\n\n")[0]
        super().__init__(" ".join(template.split()).format_map(_Forgiving(fields)))


class _Forgiving(dict[str, Any]):
    """A message is shown even when a field is missing."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


# What a venue did with an order ------------------------------------------------------------------


class VenueError(WindlassError):
    """{venue} answered {error}: {detail}"""

    code = "VENUE_ERROR"


class Rejected(VenueError):
    """{venue} refused the order: {detail} ({error})"""

    code = "REJECTED"


class Unknown(VenueError):
    """{venue} did not say what became of the order ({error}); it is looked up, never sent again"""

    code = "UNKNOWN_OUTCOME"


TOO_LATE = "TOO_LATE"
# What NotSent carries as its error when an order's validity was over before it could leave.


class NotSent(VenueError):
    """The order was stopped before it left this machine: {detail}"""

    code = "NOT_SENT"


class OrderNotOpen(VenueError):
    """{venue} has no such open order any more; its end is looked up"""

    code = "ORDER_NOT_OPEN"


class NotReached(VenueError):
    """{venue} could not be asked ({error}): {detail}. Nothing was changed; asked again at the next sweep"""

    code = "VENUE_NOT_REACHED"


class KeysRefused(NotReached):
    """{venue} refused the account's keys ({error}). Enter them again under Accounts and check their rights and IP list"""

    code = "KEYS_REFUSED"


class InMaintenance(NotReached):
    """{venue} is in maintenance since {since}. Entries wait in the queue, exits are kept; both go on when it answers again"""

    code = "MAINTENANCE"


class Postponed(NotReached):
    """The request budget of {venue} is used up ({detail}). The question is asked again at the next sweep"""

    code = "POSTPONED"


# What we were asked to do ------------------------------------------------------------------------


class UnsupportedVenue(WindlassError):
    """{venue} is not in the capability table: add it to signals/market/venues.py before trading there"""

    code = "UNSUPPORTED_VENUE"


class NoTestnet(UnsupportedVenue):
    """{venue} has no test network: choose paper to practise there"""


class NoDeadMan(WindlassError):
    """{venue} has no switch that cancels orders by itself: set dead_man_secs to off for this account"""

    code = "NO_DEAD_MAN"


class UnknownHoldings(WindlassError):
    """The engine left no word of which coins of {account} are ours: its orders are cancelled; sell what is yours by hand"""

    code = "UNKNOWN_HOLDINGS"


class LockedKeys(WindlassError):
    """The keys of {account} cannot be opened ({why}). Close its positions at the venue by hand, then enter the keys again"""

    code = "LOCKED_KEYS"


class UnsafeEndpoint(WindlassError):
    """A {environment} account may not use {url}: paper accounts have a local address, others none of their own"""

    code = "UNSAFE_ENDPOINT"


class LiveNotAllowed(WindlassError):
    """Account {account} moves real money, which this installation does not allow: start it with WINDLASS_LIVE=1"""

    code = "LIVE_NOT_ALLOWED"


class IllegalTransition(WindlassError):
    """Order {order} cannot go from {state} to {to}"""

    code = "ILLEGAL_TRANSITION"
