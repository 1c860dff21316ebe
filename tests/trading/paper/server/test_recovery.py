"""The same exchange again from its ledger alone: tables, archive and all, also after a kill in the middle of the work."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.paper import PaperExchange
from trading.paper.control import views
from trading.paper.core import atoms, shelves
from trading.paper.core.orders import OrderType, Request, Side, TimeInForce
from trading.paper.core.perps.orders import PerpRequest
from trading.paper.core.refusals import Refused
from trading.paper.core.shelves import Window
from trading.paper.ledger.journal import FILE_NAME
from trading.paper.server import options, run
from trading.paper.server.exchange import Exchange

BTC = atoms.SCALE


@pytest.fixture(autouse=True)
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four ended rows stay in memory, so that most of what is asked for comes from the archive."""
    monkeypatch.setattr(shelves, "KEEP", 4)
    monkeypatch.setattr(shelves, "BATCH", 2)


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Callable[[], Exchange]]:
    """Builds the exchange of one folder; building it again lets go of the one before."""
    running: list[Exchange] = []

    def build() -> Exchange:
        close(running)
        running.append(built_in(tmp_path))
        return running[-1]

    yield build
    close(running)


def built_in(folder: Path) -> Exchange:
    return run.build(options.parse(["--data", str(folder), "--manual"]))


def close(running: list[Exchange]) -> None:
    while running:
        journal = running.pop().journal
        journal.flush()
        journal.close()


def busy(exchange: Exchange) -> None:
    """Orders of two accounts that trade, rest and are cancelled, on both sides."""
    for name in ("ann", "bob"):
        exchange.open_account(name)
        exchange.futures.open_account(name)
        exchange.deposit(name, {"BTC": 10 * BTC})
    exchange.set_price("BTCUSDT", 60_000 * BTC, qty=None)
    exchange.futures.set_price("BTCUSDT", 60_000 * BTC, qty=None)
    for number in range(12):
        shared: dict[str, Any] = {
            "account": ("ann", "bob")[number % 2],
            "symbol": "BTCUSDT",
            "side": (Side.BUY, Side.SELL)[number % 2],
            "type": OrderType.LIMIT,
            "time_in_force": (TimeInForce.GTC, TimeInForce.IOC)[number % 3 == 2],
            "price": (60_000 + number % 4 - 2) * BTC,
            "qty": BTC // 100,
            "client_id": f"n{number}",
        }
        for place in (lambda: exchange.place(Request(**shared)), lambda: exchange.futures.place(PerpRequest(**shared))):
            try:
                place()
            except Refused:
                continue
    for order in [one for one in exchange.state.orders.values() if one.open][:2]:
        exchange.cancel(order)


def told(exchange: Exchange) -> dict[str, Any]:
    """Everything the evidence page shows, and some questions about history."""
    desk = ("ann", "BTCUSDT")
    pages = [
        [order.id for order in side.orders.page(desk, Window(most=3, last=last))]
        for side in (exchange.state, exchange.state.perps)
        for last in (False, True)
    ]
    names = [getattr(exchange.state.orders.named(desk, f"n{number}"), "id", None) for number in range(12)]
    return views.ledger(exchange) | {"pages": pages, "names": names}


def test_the_ledger_alone_gives_everything_back(built: Callable[[], Exchange]) -> None:
    first = built()
    busy(first)
    before = told(first)
    assert len(before["accounts"]["ann"]["orders"]) > shelves.KEEP
    assert told(built()) == before


@pytest.mark.parametrize("lost", [1, 2, 60, 150, 333, 700])
def test_a_ledger_cut_anywhere_gives_whole_commands(lost: int, tmp_path: Path) -> None:
    exchange = built_in(tmp_path)
    busy(exchange)
    close([exchange])
    path = tmp_path / FILE_NAME
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - lost)
    whole_lines = path.read_bytes().rpartition(b"\n")[0] + b"\n"
    again = built_in(tmp_path)
    accounts = again.state.accounts.values()
    locked = sum(order.locked for order in again.state.orders.values() if order.open)
    assert locked == sum(one.locked for account in accounts for one in account.balances.values())
    close([again])
    assert path.read_bytes().startswith(whole_lines)


def test_the_same_commands_write_the_same_ledger(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        exchange = built_in(tmp_path / name)
        exchange.now_ms = lambda: 1_700_000_000_000
        exchange.futures._now_ms = lambda: 1_700_000_000_000
        busy(exchange)
        close([exchange])
        written.append((tmp_path / name / FILE_NAME).read_bytes())
    assert written[0] == written[1]


def test_a_reset_account_begins_anew_and_stays_so_after_a_kill() -> None:
    with PaperExchange(deposit="USDT=1000") as paper:
        paper.price("BTCUSDT", "60000")
        order = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.001"}
        paper.signed("POST", "/api/v3/order", order | {"type": "MARKET"})
        paper.signed("POST", "/api/v3/order", order | {"type": "LIMIT", "timeInForce": "GTC", "price": "50000"})
        paper.control("reset", {"account": paper.account})
        before = paper.ledger()
        assert before["balances"]["USDT"] == {"free": "1000.00000000", "locked": "0.00000000"}
        assert before["balances"]["BTC"] == {"free": "0.00000000", "locked": "0.00000000"}
        assert {one["status"] for one in before["orders"]} == {"FILLED", "CANCELED"}
        paper.kill()
        paper.start()
        assert paper.ledger() == before
