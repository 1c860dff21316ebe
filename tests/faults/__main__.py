"""python -m tests.faults: hurt whole stacks, round by round, and check every promise. `make faults` runs it.

--rounds 40 --minutes 20       whichever ends first; the file is continued, so a campaign may take many evenings
--only kill_worker,point_kill  these kinds only; --only recovery prints how soon a killed stack is back
--broken blind_resend          a broken engine on purpose: the checker must catch it, and the status says so
"""

import argparse
import importlib.util
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.faults import campaign, kinds, recovery
from tests.faults.campaign import Asked

FILE = Path(".windlass-faults/rounds.jsonl")
SIMULATED_SEEDS = 2000
RECOVERY = "recovery"
BROKEN = ("", "blind_resend")
TIMINGS = ("fast", "production")


def main() -> int:
    """Play; 1 when a promise was broken (or when a broken engine was not caught)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)  # in the background a shell would have SIGINT ignored
    given = _arguments()
    only = tuple(given.only.split(",")) if given.only else ()
    if only == (RECOVERY,):
        return recovery.main(rounds=min(given.rounds, 5))
    if unknown := sorted(set(only) - kinds.KINDS.keys()):
        sys.stderr.write(f"no kind {', '.join(unknown)}; there are: {', '.join([*kinds.KINDS, RECOVERY])}\n")
        return 2
    status = 0 if given.rounds == 1 or only or not given.simulate else _simulated()
    path = Path("/dev/null") if given.broken or given.points else given.resume
    lines = campaign.Campaign(
        Asked(path, given.rounds, given.minutes, given.seed, only, given.points, given.broken, given.timing)
    ).run()
    sys.stdout.write("\n" + campaign.table(lines))
    broken = any(line.get("broken") for line in lines)
    return int(not broken) if given.broken else status or int(broken)


def _stop(number: int, _: object) -> None:
    """The stack is ended on the way out; what was played is in the file."""
    raise SystemExit(128 + number)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="at most so many (%(default)s)")
    parser.add_argument("--minutes", type=float, default=15.0, help="begin no round after so many (%(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the campaign, or of one round")
    parser.add_argument("--only", default="", metavar="KIND,…", help=f"{', '.join(kinds.KINDS)}, {RECOVERY}")
    parser.add_argument("--resume", type=Path, default=FILE, metavar="FILE", help="rounds so far (%(default)s)")
    parser.add_argument("--points", default="", metavar="PLAN", help="of a point_ kind: this plan, as it was printed")
    parser.add_argument("--timing", default="fast", choices=TIMINGS, help="how long orders stay valid (%(default)s)")
    parser.add_argument("--broken", default="", choices=BROKEN, help="the checker's own test")
    parser.add_argument("--no-simulate", dest="simulate", action="store_false", help="leave the simulator out")
    return parser.parse_args()


def _simulated() -> int:
    """The simulator's seeds, as a stage of the campaign, where there is a simulator."""
    if importlib.util.find_spec("tests.simulator.__main__") is None:
        return 0
    words = [sys.executable, "-m", "tests.simulator", "--seeds", str(SIMULATED_SEEDS)]
    return subprocess.run(words, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
