"""The markets an exchange can have: a line each."""

from collections.abc import Callable
from dataclasses import dataclass

from trading.paper.drivers import frames, live, synthetic
from trading.paper.drivers.base import Driver
from trading.paper.server.exchange import Exchange
from trading.paper.server.market import BUNDLES, ReplayMarket
from trading.paper.server.options import Options

REPLAY_SPEED = 60


def _replay(exchange: Exchange, options: Options) -> Driver:
    speed = options.speed or REPLAY_SPEED
    return ReplayMarket(exchange, speed=speed, seed=options.seed, start=options.start, hold=options.hold)


def _frames(exchange: Exchange, options: Options) -> Driver:
    return frames.FramesMarket(exchange, options.frames, speed=options.speed or frames.SPEED)


def _synthetic(exchange: Exchange, options: Options) -> Driver:
    return synthetic.SyntheticMarket(exchange, seed=options.seed, speed=options.speed or synthetic.SPEED)


def _live(exchange: Exchange, options: Options) -> Driver:
    made = live.client(options.venue, url=options.live_url)
    return live.LiveMarket(exchange, made, name=options.venue)


@dataclass(frozen=True, slots=True)
class Kind:
    """A market: how it is made, and the pairs that trade on it; the others are listed, and closed."""

    make: Callable[[Exchange, Options], Driver]
    traded: Callable[[Options], frozenset[str]]


KINDS = {
    "frames": Kind(_frames, lambda options: frozenset(one.symbol for one in options.frames)),
    "live": Kind(_live, lambda _: frozenset(live.PAIRS)),
    "replay": Kind(_replay, lambda _: frozenset(BUNDLES)),
    "synthetic": Kind(_synthetic, lambda _: frozenset(synthetic.PRICES)),
}


def traded(options: Options) -> frozenset[str] | None:
    """The pairs that trade; None = all, by hand."""
    kind = KINDS.get(options.market)
    return kind.traded(options) if kind else None


def made(exchange: Exchange, options: Options) -> Driver | None:
    """The driver of the market that was chosen, with its past shown; None where prices are set by hand."""
    kind = KINDS.get(options.market)
    if kind is None:
        return None
    driver = kind.make(exchange, options)
    driver.show_history()
    return driver
