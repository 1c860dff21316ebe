"""What has left memory is found as if it had stayed: the same orders, fills, bookings and lists, by every question."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.paper.core import test_conservation as spot
from tests.trading.paper.core.perps import test_conservation as perps
from tests.trading.paper.core.perps.worlds import BTC as PERPETUAL
from tests.trading.paper.core.worlds import BTC, carry_out
from trading.paper.core import shelves
from trading.paper.core.fees import FeeRates
from trading.paper.core.orders import Order
from trading.paper.core.perps.events import PerpDeposited
from trading.paper.core.perps.state import Perps
from trading.paper.core.perps.state import opened as perps_opened
from trading.paper.core.shelves import ALL_TIMES, Window
from trading.paper.core.state import State, opened
from trading.paper.ledger.archive import SqliteArchive


@pytest.fixture(scope="module", autouse=True)
def short_memory() -> Iterator[None]:
    """Two ended rows stay, so that nearly everything comes from the archive."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelves, "KEEP", 2)
        patch.setattr(shelves, "BATCH", 2)
        yield


windows = st.builds(
    Window,
    first=st.integers(0, 30),
    before=st.integers(0, 40) | st.just(10**25),
    times=st.just(ALL_TIMES) | st.just(range(3, 10**25)),
    most=st.integers(1, 10),
    last=st.booleans(),
)
numbers = st.integers(0, 40) | st.just(10**30)


def shown(order: Order | None) -> tuple[object, ...] | None:
    if order is None:
        return None
    fills = [
        (fill.trade_id, fill.at_ms, fill.price, fill.qty, fill.fee, fill.fee_asset, fill.maker) for fill in order.fills
    ]
    return (order.id, order.account, order.client_id, order.side, order.type, order.status, order.filled, *fills)


def told(state: State | Perps, window: Window, number: int) -> list[object]:
    """What the tables say of orders and fills."""
    desks = [(name, "BTCUSDT") for name in ("ann", "bob", "nobody")]
    everything = [shown(order) for order in state.orders.values()]
    names = [(order.account, order.client_id) for order in state.orders.values()]
    return [
        len(state.orders),
        everything,
        shown(state.orders.get(number)),
        number in state.orders,
        [shown(state.orders.named((account, "BTCUSDT"), name)) for account, name in names],
        [[shown(order) for order in state.orders.page(desk, window)] for desk in desks],
        [[shown(one) for one in state.orders.search(desk, window, lambda one: one.id % 2 > 0)] for desk in desks],
        [[(fill.order.id, fill.trade_id) for fill in state.fills(desk, window)] for desk in desks],
    ]


def spot_world(folder: Path | None) -> State:
    archive = SqliteArchive(folder) if folder else None
    state = opened([BTC], depth=spot.DEPTH, fees=FeeRates(), archive=archive)
    state.markets["BTCUSDT"].price = 60_000 * 10**8
    for event in [one for name in ("ann", "bob") for one in spot.world().deposits[name]]:
        carry_out(state, [event])
    return state


@settings(max_examples=60, deadline=None)
@given(spot.steps, windows, numbers)
def test_spot_remembers_what_it_has_put_away(script: list[spot.Step], window: Window, number: int) -> None:
    with TemporaryDirectory() as folder:
        both = [spot_world(Path(folder)), spot_world(None)]
        ledgers = [[batch for step in script if (batch := spot.carry_on(state, step))] for state in both]
        assert ledgers[0] == ledgers[1]
        assert told(both[0], window, number) == told(both[1], window, number)
        lists = [[(one.listed, [order.id for order in one.orders]) for one in state.lists.values()] for state in both]
        assert lists[0] == lists[1]


def perps_world(folder: Path | None) -> Perps:
    made = perps_opened([PERPETUAL], depth=perps.DEPTH, archive=SqliteArchive(folder) if folder else None)
    made.markets["BTCUSDT"].price = 60_000 * 10**8
    perps.carry_out(made, [PerpDeposited(0, name, 10_000 * 10**8) for name in perps.NAMES])
    return made


def algos(state: Perps) -> list[object]:
    return [(one.id, one.stage, one.extreme, one.actual.id if one.actual else 0) for one in state.algos.values()]


@settings(max_examples=60, deadline=None)
@given(perps.steps, windows, numbers)
def test_futures_remember_what_they_have_put_away(script: list[perps.Step], window: Window, number: int) -> None:
    with TemporaryDirectory() as folder:
        both = [perps_world(Path(folder)), perps_world(None)]
        ledgers = [[batch for step in script if (batch := perps.carry_on(state, step))] for state in both]
        assert ledgers[0] == ledgers[1]
        assert told(both[0], window, number) == told(both[1], window, number)
        assert algos(both[0]) == algos(both[1])
        assert both[0].accounts == both[1].accounts
        searched = [
            [state.accounts[name].incomes.search(window, lambda one: one.kind == "COMMISSION") for name in perps.NAMES]
            for state in both
        ]
        assert searched[0] == searched[1]


def test_an_archive_begins_empty_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = SqliteArchive(tmp_path)
    first.put("shelf", [shelves.Row(1, ("ann",), ("ann",), "one", 5, [1, "x"])])
    assert first.get("shelf", 1) == [1, "x"]
    again = SqliteArchive(tmp_path)  # the first was killed, say
    assert again.get("shelf", 1) is None
    assert (tmp_path / "history.sqlite3").stat().st_mode & 0o077 == 0
    again.close()
    assert list(tmp_path.iterdir()) == []
    first.close()
