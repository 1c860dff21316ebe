"""The command line."""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trading.paper.control.faults import read_plan
from trading.paper.control.latency import read_delays
from trading.paper.core import atoms
from trading.paper.core.fees import BPS, LADDER, Discount, Tier
from trading.paper.market.frames import BadFrames
from trading.paper.market.instruments import FOLDER
from trading.paper.market.player import Recording, recordings

HOST = "127.0.0.1"

MOST_SPEED = 3_000

MARKETS = ("frames", "live", "manual", "replay", "synthetic")

ABOUT = """An exchange of its own: Binance spot and USD-M futures, Bybit and KuCoin futures over HTTP and sockets, with a real
book and a ledger that survives kill -9. Nothing it does moves money. Its status page is its address in a browser."""

EXAMPLES = """examples:
  python -m trading.paper --data DIR                            candles replayed, an hour a minute
  python -m trading.paper --data DIR --market synthetic --seed 7 --speed 10
  python -m trading.paper --data DIR --market frames            recorded books and trades, the bundled half minute
  python -m trading.paper --data DIR --market frames --frames binance_spot_btcusdt.gz
  python -m trading.paper --data DIR --market live:binance      another venue's prices as they happen (needs ccxt)
  python -m trading.paper --data DIR --market manual            for tests: prices come from POST /_control/price
  python -m trading.paper --data DIR --keys keys.json --faults plan.jsonl --latency delays.jsonl

a key file:      [{"key": "abc", "secret": "def", "account": "me"}]
a fault plan:    {"match": {"method": "POST", "path": "/api/v3/order"}, "action": "timeout_after_accept", "times": 2}
delays:          {"match": {"path": "/api/v3/*"}, "median_ms": 40, "sigma": 0.5}

docs/paper-exchange.md tells the rest."""


@dataclass(frozen=True, slots=True)
class Options:
    """How this exchange was started; amounts and rates in atoms."""

    port: int
    kucoin_port: int
    data: Path
    keys: Path | None
    deposit: dict[str, int]
    futures_deposit: int
    market: str
    venue: str
    live_url: str
    frames: tuple[Recording, ...]
    speed: int
    seed: int
    start: int | None
    hold: bool
    fee: int
    control_token: str
    faults: list[dict[str, Any]]
    latency: list[dict[str, Any]]
    tiers: tuple[Tier, ...] = ()
    discount: Discount | None = None

    @property
    def manual(self) -> bool:
        """True if prices are set by hand."""
        return self.market == "manual"


def parse(arguments: list[str] | None = None) -> Options:
    """Options from the command line; exits with a message where they make no sense."""
    parser = _parser()
    given = parser.parse_args(arguments)
    market, _, venue = given.market.partition(":")
    return Options(
        port=given.port,
        kucoin_port=given.kucoin_port,
        data=given.data,
        keys=given.keys,
        deposit=given.deposit,
        futures_deposit=given.futures_deposit,
        market=market,
        venue=venue or "binance",
        live_url=given.live_url,
        frames=_recordings(parser, given.frames) if market == "frames" else (),
        speed=given.speed,
        seed=given.seed,
        start=given.start,
        hold=given.hold,
        fee=given.fee_bps * BPS,
        control_token=given.control_token,
        faults=given.faults,
        latency=given.latency,
        tiers=LADDER if given.fee_ladder else (),
        discount=given.discount_coin,
    )


def _recordings(parser: argparse.ArgumentParser, paths: list[Path]) -> tuple[Recording, ...]:
    try:
        return recordings(paths or sorted(FOLDER.glob("*-frames.xz")))
    except (OSError, BadFrames) as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trading.paper",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for group, add in (("where", _where), ("market", _market), ("customers", _customers), ("trouble", _trouble)):
        add(parser.add_argument_group(group).add_argument)
    return parser


def _where(add: Callable[..., Any]) -> None:
    port = int(os.environ.get("WINDLASS_PAPER_PORT", "8082"))
    kucoin = int(os.environ.get("WINDLASS_PAPER_KUCOIN_PORT", "0"))
    add("--port", type=int, default=port, help="port on 127.0.0.1 (%(default)s)")
    add("--kucoin-port", type=int, default=kucoin, help="port that speaks KuCoin futures; 0 = none (%(default)s)")
    add("--data", type=Path, required=True, help="folder of the ledger, made if it is missing")
    token = os.environ.get("WINDLASS_PAPER_CONTROL_TOKEN", "")
    add("--control-token", default=token, help="guards /_control/ and the status page; a browser asks for it")


def _market(add: Callable[..., Any]) -> None:
    told = f"{', '.join(MARKETS)}; live takes a venue of ccxt's, live:kraken (%(default)s)"
    add("--market", type=_market_name, default="replay", metavar="MARKET", help=told)
    add("--replay", dest="market", action="store_const", const="replay", help="the same as --market replay")
    add("--manual", dest="market", action="store_const", const="manual", help="the same as --market manual")
    add("--speed", type=_speed, default=0, help="source seconds a wall second (replay, synthetic 60; frames 1)")
    add("--seed", type=int, default=1, help="seed of paths and chances (%(default)s)")
    add("--start", type=int, help="first candle of a replay on a fresh --data; by default the one of data/README.md")
    add("--hold", action="store_true", help="on a fresh --data the replay waits for POST /_control/start")
    add("--frames", type=Path, nargs="+", default=[], metavar="FILE", help="recordings (.gz, .xz, plain), one a market")
    add("--live-url", default="", metavar="URL", help="where the live venue is, instead of its own addresses")


def _customers(add: Callable[..., Any]) -> None:
    add("--keys", type=Path, help='JSON list of {"key", "secret", "account"}')
    add("--deposit", type=deposit, default="USDT=10000", help="first deposit of an account (%(default)s)")
    wallet = "first deposit of a futures wallet, USDT (%(default)s)"
    add("--futures-deposit", type=_amount, default="10000", help=wallet)
    add("--fee-bps", type=int, default=10, help="maker and taker fee of spot (%(default)s)")
    add("--fee-ladder", action="store_true", help="fees fall with the volume of thirty days, down to a maker's rebate")
    coin = "who holds this coin and wishes so pays fees with it, so many percent cheaper, such as BNB=25"
    add("--discount-coin", type=_discount, metavar="COIN=PERCENT", help=coin)


def _trouble(add: Callable[..., Any]) -> None:
    add("--faults", type=_file(read_plan), default=[], metavar="FILE", help="fault plan: one JSON rule a line")
    add("--latency", type=_file(read_delays), default=[], metavar="FILE", help="delays by path: one JSON rule a line")


def _market_name(text: str) -> str:
    name, _, venue = text.partition(":")
    if name not in MARKETS or (venue and name != "live"):
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(MARKETS)}, live:VENUE")
    return text


def deposit(text: str) -> dict[str, int]:
    """Amounts from "USDT=10000,BTC=0.5"."""
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {asset: _amount(amount) for asset, _, amount in pairs}


def _amount(text: str) -> int:
    try:
        return atoms.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount such as 10000 or 0.5") from error


def _discount(text: str) -> Discount:
    asset, _, percent = text.partition("=")
    if not (asset and percent.isdigit() and 0 < int(percent) <= 100):
        raise argparse.ArgumentTypeError(f"{text!r} is not a coin and a percentage from 1 to 100, such as BNB=25")
    return Discount(asset, int(percent) * 100)


def _file(read: Callable[[Path], list[dict[str, Any]]]) -> Callable[[str], list[dict[str, Any]]]:
    """Reads a plan's file, and says what is wrong with it."""

    def opened(text: str) -> list[dict[str, Any]]:
        try:
            return read(Path(text))
        except (OSError, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return opened


def _speed(text: str) -> int:
    speed = int(text)
    if not 1 <= speed <= MOST_SPEED:
        raise argparse.ArgumentTypeError(f"the speed must lie between 1 and {MOST_SPEED}")
    return speed
