"""The command line."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trading.paper.control.faults import read_plan
from trading.paper.core import atoms
from trading.paper.core.fees import BPS

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Options:
    """How this exchange was started; amounts and rates in atoms."""

    port: int
    kucoin_port: int
    data: Path
    keys: Path | None
    deposit: dict[str, int]
    futures_deposit: int
    speed: int
    seed: int
    start: int | None
    manual: bool
    hold: bool
    fee: int
    control_token: str
    faults: list[dict[str, Any]]


def parse(arguments: list[str] | None = None) -> Options:
    """Options from the command line; exits with a message where they make no sense."""
    given = _parser().parse_args(arguments)
    return Options(
        port=given.port,
        kucoin_port=given.kucoin_port,
        data=given.data,
        keys=given.keys,
        deposit=given.deposit,
        futures_deposit=given.futures_deposit,
        speed=given.speed,
        seed=given.seed,
        start=given.start,
        manual=given.manual,
        hold=given.hold,
        fee=given.fee_bps * BPS,
        control_token=given.control_token,
        faults=given.faults,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trading.paper", description=__doc__)
    add = parser.add_argument
    port = int(os.environ.get("WINDLASS_PAPER_PORT", "8082"))
    add("--port", type=int, default=port, help="port on 127.0.0.1 (%(default)s)")
    kucoin = int(os.environ.get("WINDLASS_PAPER_KUCOIN_PORT", "0"))
    add("--kucoin-port", type=int, default=kucoin, help="port that speaks KuCoin futures; 0 = none (%(default)s)")
    add("--data", type=Path, required=True, help="folder of the ledger")
    add("--keys", type=Path, help='JSON list of {"key", "secret", "account"}')
    add("--deposit", type=deposit, default="USDT=10000", help="first deposit of an account (%(default)s)")
    add(
        "--futures-deposit", type=_amount, default="10000", help="first deposit of a futures wallet, USDT (%(default)s)"
    )
    add("--speed", type=_speed, default=60, help="source seconds per wall second (%(default)s)")
    add("--seed", type=int, default=1, help="seed of the price paths (%(default)s)")
    add("--start", type=int, help="first candle of a replay on a fresh --data; by default the one of data/README.md")
    add("--hold", action="store_true", help="on a fresh --data the replay waits for POST /_control/start")
    add("--fee-bps", type=int, default=10, help="maker and taker fee (%(default)s)")
    add("--control-token", default=os.environ.get("WINDLASS_PAPER_CONTROL_TOKEN", ""), help="guards /_control/")
    add("--faults", type=_plan, default=[], help="fault plan from the start: one JSON rule a line")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--replay", dest="manual", action="store_false", help="replay bundled candles (default)")
    mode.add_argument("--manual", dest="manual", action="store_true", help="prices come from /_control/price")
    parser.set_defaults(manual=False)
    return parser


def deposit(text: str) -> dict[str, int]:
    """Amounts from "USDT=10000,BTC=0.5"."""
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {asset: _amount(amount) for asset, _, amount in pairs}


def _amount(text: str) -> int:
    try:
        return atoms.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount such as 10000 or 0.5") from error


def _plan(text: str) -> list[dict[str, Any]]:
    try:
        return read_plan(Path(text))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _speed(text: str) -> int:
    speed = int(text)
    if not 1 <= speed <= 3_000:
        raise argparse.ArgumentTypeError("the speed must lie between 1 and 3000")
    return speed
