"""What a dialect is to the server."""

from collections.abc import Callable
from dataclasses import dataclass

from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request
from trading.paper.server.sockets import House

MOST_DIGITS = 19
# Of a whole number that a client sends: what 64 bits hold. Python refuses to read thousands of digits.


@dataclass(frozen=True, slots=True)
class Dialect:
    """A venue's protocol: the path prefixes it answers, and how; its sockets, if it has any."""

    name: str
    prefixes: tuple[str, ...]
    answer: Callable[[Exchange, Request], Reply]
    sockets: Callable[[Exchange], House] | None = None
