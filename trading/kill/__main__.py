"""python -m trading.kill: watch the button and the latch. `manage.py run_killswitch` and the supervisor start it."""

import argparse
import logging
import signal
import sys
import threading

from project.accounts import latch as latches
from project.logging import Line
from project.settings import dotenv
from trading.kill import drill, journal, keep, places, sequence, state, turn
from trading.kill.options import Surroundings, from_environment
from trading.kill.pins import Pins
from trading.kill.watch import TOLD_BY, NoBoard, Watch, pressed_latch

log = logging.getLogger("trading.kill")

PINS = ("none", "gpio")
# Never guessed: a board without a button reads as a cut wire, and that is a press.


def arguments() -> argparse.Namespace:
    """The words on the command line."""
    parser = argparse.ArgumentParser(prog="manage.py run_killswitch", description="The kill switch.")
    parser.add_argument("--pins", choices=PINS, default="", help="the board's pins (default: WINDLASS_KILL_PINS)")
    parser.add_argument("--ready", action="store_true", help="keep ccxt loaded: 20 MB for a faster press on a small Pi")
    parser.add_argument("--drill", action="store_true", help="try and time every step, trade nothing, then end")
    parser.add_argument("--once", action="store_true", help="bring the standing emergency to its end, then end")
    parser.add_argument(
        "--now", action="store_true", help="press and bring it to its end, with or without a latch, then end"
    )
    parser.add_argument("--keep-markets", action="store_true", help="keep the venues' markets for a kill, then end")
    parser.add_argument("--reach", action="store_true", help="name what does not let this process in, then end")
    parser.add_argument("--wait", action="store_true", help="where another watches, wait until it has ended")
    parser.add_argument("--door", default="", help="the remote layout: the URL of the engine's door")
    parser.add_argument("--secret-file", default="", help="the remote layout: the secret shared with the engine")
    return parser.parse_args()


def main() -> int:
    """Do what was asked; the status for the shell."""
    _log()
    dotenv.apply()
    asked = arguments()
    around = from_environment(door_url=asked.door, secret_file=asked.secret_file)
    if asked.drill:
        return _drill(around)
    if asked.keep_markets:
        return keep.keep_markets(around)
    if asked.reach:
        return _reach(around)
    if asked.once or asked.now:
        return _once(around, now=asked.now)
    asked.pins = asked.pins or around.pins
    if asked.wait:
        turn.wait(around.home)
    elif asked.pins == "gpio":
        turn.take(around.home)
    with places.only_watcher(around.home) as alone:
        if not alone:
            log.error("another kill process watches %s already", around.home)
            return 1
        return _watch(around, asked)


def _log() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Line("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _watch(around: Surroundings, asked: argparse.Namespace) -> int:
    moved = threading.Event()
    pins = Pins(moved=moved) if asked.pins == "gpio" else None
    watch = Watch(around, pins or NoBoard(), moved=moved)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watch.end())
    signal.signal(signal.SIGUSR1, lambda *_: watch.told())
    signal.signal(signal.SIGUSR2, lambda *_: watch.yield_when_idle())
    if asked.ready:
        keep.load_ccxt()
    keep.in_background(around, watch.stop)
    state.in_background(around, pins, watch.stop)
    watch.run()
    return 0


def _reach(around: Surroundings) -> int:
    """A line for each that did not let us in."""
    missed = [step for step in drill.reach(around) if step.trouble]
    sys.stdout.writelines(f"{step.name}: {step.words}\n" for step in missed)
    return 1 if missed else 0


def _once(around: Surroundings, *, now: bool) -> int:
    """Without a watcher, the command does the work itself. now: though there may be no latch, for the disk took none."""
    standing = pressed_latch(around.home, operator=TOLD_BY) if now else latches.read(around.home)
    if standing is None:
        log.error("there is no latch in %s: nothing was done", around.home)
        return 1
    done = journal.is_done(around.home, standing.id) or sequence.run(around, standing, to_disk=True)
    return 0 if done else 1


def _drill(around: Surroundings) -> int:
    trouble = False
    for step in drill.run(around):
        trouble |= step.trouble
        mark = "!" if step.trouble else " "
        sys.stdout.write(f"{mark} {step.name:<24} {step.ms:>9.1f} ms  {step.words}\n")
    sys.stdout.write("A drill: nothing was traded, cancelled or stopped.\n")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
