"""The synthetic market on a turned clock: the same seed gives the same ledger, customers push, restarts go on."""

from pathlib import Path

import pytest

from tests.trading.paper.drivers.houses import Clock, house, ledger, order, pass_time
from trading.paper.core import atoms
from trading.paper.core.orders import Side, Status
from trading.paper.drivers.base import CannotTurn
from trading.paper.drivers.synthetic import SyntheticMarket
from trading.paper.market.synthetic import Shape
from trading.paper.server.exchange import Exchange

LOOKS = (50, 950, 3_000, 2_000)


def market(exchange: Exchange, *, seed: int = 7, shape: Shape | None = None) -> SyntheticMarket:
    driver = SyntheticMarket(exchange, seed=seed, speed=60, shape=shape)
    for stall in driver.stalls.values():
        stall.told = stall.printer.market.price = stall.flow.price
    return driver


def price(exchange: Exchange, symbol: str = "BTCUSDT") -> int:
    return exchange.state.market(symbol).price


def played(folder: Path, seed: int) -> bytes:
    clock = Clock()
    exchange = house(folder, clock)
    driver = market(exchange, seed=seed)
    order(exchange, Side.BUY, "0.5", "59990")
    pass_time(driver, clock, *LOOKS)
    order(exchange, Side.SELL, "0.5")
    pass_time(driver, clock, *LOOKS)
    return ledger(exchange, folder)


def test_the_same_seed_gives_the_same_ledger_byte_for_byte(tmp_path: Path) -> None:
    first, again, other = (played(tmp_path / name, seed) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert first == again
    assert first != other


def test_it_does_not_matter_how_often_one_looks(tmp_path: Path) -> None:
    found = []
    for name, looks in (("often", (50,) * 100), ("once", (5_000,))):
        clock = Clock()
        exchange = house(tmp_path / name, clock)
        pass_time(market(exchange), clock, *looks)
        tape = exchange.tapes.by_symbol["ETHUSDT"].trades
        found.append([(one.at_ms, one.price, one.qty) for one in tape])
    assert found[0] == found[1]
    assert len(found[0]) > 20


def test_a_large_order_moves_the_price(tmp_path: Path) -> None:
    calm = Shape(day_volatility=1e-9, strength=1e7)  # no drift, and impact as at a volatility of one in a hundred
    clock = Clock()
    exchange = house(tmp_path, clock)
    driver = market(exchange, shape=calm)
    before = driver.stalls["BTCUSDT"].flow.middle
    order(exchange, Side.BUY, "20")
    after = driver.stalls["BTCUSDT"].flow.middle
    assert after > before
    order(exchange, Side.SELL, "20")
    assert driver.stalls["BTCUSDT"].flow.middle == pytest.approx(before, rel=1e-3)


def test_a_resting_order_fills_part_by_part(tmp_path: Path) -> None:
    clock = Clock()
    exchange = house(tmp_path, clock)
    driver = market(exchange)
    resting = order(exchange, Side.BUY, "40", "59999")
    pass_time(driver, clock, *(500,) * 120)
    assert resting.status is Status.PARTIALLY_FILLED or resting.status is Status.FILLED
    assert len({fill.qty for fill in resting.fills}) > 1


def test_a_pause_stops_it_and_nothing_is_caught_up(tmp_path: Path) -> None:
    clock = Clock()
    exchange = house(tmp_path, clock)
    driver = market(exchange)
    pass_time(driver, clock, *LOOKS)
    driver.pause(on=True)
    before, trades = price(exchange), len(exchange.tapes.by_symbol["BTCUSDT"].trades)
    pass_time(driver, clock, 60_000)
    assert (price(exchange), len(exchange.tapes.by_symbol["BTCUSDT"].trades)) == (before, trades)
    assert driver.standing().paused
    driver.pause(on=False)
    pass_time(driver, clock, 5_000)
    more = len(exchange.tapes.by_symbol["BTCUSDT"].trades) - trades
    assert 5 <= more <= 80  # about forty entries in five seconds, not five hundred


def test_a_price_set_by_hand_is_where_it_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    exchange = house(tmp_path, clock)
    driver = market(exchange)
    exchange.set_price("BTCUSDT", atoms.parse("30000"), qty=None)
    pass_time(driver, clock, *LOOKS)
    assert abs(price(exchange) - atoms.parse("30000")) < atoms.parse("900")


def test_a_restart_goes_on_from_the_last_price_and_its_past_leads_there(tmp_path: Path) -> None:
    clock = Clock()
    exchange = house(tmp_path, clock)
    driver = market(exchange)
    pass_time(driver, clock, *LOOKS)
    last = price(exchange)
    ledger(exchange, tmp_path)
    again = house(tmp_path, clock)
    assert price(again) == last
    SyntheticMarket(again, seed=7, speed=60).show_history()
    tape = again.tapes.by_symbol["BTCUSDT"]
    assert abs(tape.trades[-1].price - last) <= again.state.market("BTCUSDT").instrument.tick_size
    assert len(tape.bars("1m", first_ms=0, last_ms=clock.now_ms)) >= 119
    assert again.futures.perps.markets["BTCUSDT"].price == last - last % atoms.parse("0.1")


@pytest.mark.parametrize("speed", [0, -1, 3_001])
def test_the_speed_has_bounds(tmp_path: Path, speed: int) -> None:
    driver = market(house(tmp_path, Clock()))
    with pytest.raises(CannotTurn, match="between 1 and 3000"):
        driver.set_speed(speed)
    driver.set_speed(600)
    assert driver.standing().speed == 600
