"""ccxt's own tests out of its wheel, by name: which there are, what they take, and how they are called."""

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.trading.paper.clients.left_out import UNTOLD
from tests.trading.paper.clients.venues import VENUES

SYNC, ASYNC, STREAMS = "ccxt.test.exchange.sync", "ccxt.test.exchange.async", "ccxt.pro.test.Exchange"

PATIENCE_MS = 4_000
# How much later each look at the clock is: a stream's test that would listen for fifteen seconds hears five messages.


def names(package: str) -> list[str]:
    """Every test of a package, without its "test_"."""
    return sorted(module.name.removeprefix("test_") for module in pkgutil.iter_modules(import_module(package).__path__))


def the_test(package: str, name: str) -> Callable[..., Any]:
    """A test as a function."""
    found: Callable[..., Any] = getattr(import_module(f"{package}.test_{name}"), f"test_{name}")
    return found


def arguments(function: Callable[..., Any], label: str, name: str) -> list[Any]:
    """The properties to skip, then what the test asks for by the names of its parameters."""
    symbol = VENUES[label].symbol
    known = {"symbol": symbol, "symbols": [symbol], "code": "USDT"}
    untold, why = UNTOLD.get(label, {}).get(name, ((), ""))
    skipped = dict.fromkeys(untold, why)
    return [skipped, *(known[one] for one in list(inspect.signature(function).parameters)[2:])]


def has(client: Any, name: str) -> bool:
    """Whether ccxt says that its client can do this; tests of no single method always apply."""
    return bool(client.has.get(_camel(name), name in ("after_construct", "features", "load_markets", "proxies")))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join("OHLCV" if word == "ohlcv" else word.capitalize() for word in rest)


def applying(package: str, label: str, left_out: dict[str, Any]) -> list[str]:
    """The names of the tests that apply to a dialect."""
    client = getattr(import_module("ccxt.pro" if package == STREAMS else "ccxt"), VENUES[label].ccxt_id)()
    return [name for name in names(package) if has(client, name) and name not in left_out[label]]


class Hasty:
    """A client as a test sees it, with a clock that runs ahead a little more at each look."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def milliseconds(self) -> int:
        """Later than it is."""
        self._looks += 1
        return int(self._client.milliseconds()) + PATIENCE_MS * max(0, self._looks - 2)
