"""python -m tests.faults: hurt whole stacks, round by round, and check every promise. `make faults` runs it.

--rounds 40 --minutes 20       whichever ends first; the file is continued, so a campaign may take many evenings
--seeds 100000                 so many seeds of the simulator before it, unless --only or a single round is asked for
--only kill_worker,point_kill  these kinds only; --only recovery prints how soon a killed stack is back
--broken blind_resend          a wrong engine on purpose: the checkers must catch it, and the status says so
"""

import argparse
import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults import campaign, kinds, records, recovery
from tests.faults.campaign import Asked
from tests.faults.inject.wrong_engines import ENGINES
from tests.faults.waits import WAITS

FILE = Path(".windlass-faults/rounds.jsonl")
SEEDS = 100_000
RECOVERY = "recovery"


def main() -> int:
    """Play; 1 when a promise was broken (or when a broken engine was not caught)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)  # in the background a shell would have SIGINT ignored
    given = arguments()
    only = asked(given).only
    if only == (RECOVERY,):
        return recovery.main(rounds=min(given.rounds, 5))
    if unknown := sorted(set(only) - kinds.KINDS.keys()):
        sys.stderr.write(f"no kind {', '.join(unknown)}; there are: {', '.join([*kinds.KINDS, RECOVERY])}\n")
        return 2
    status = 0 if given.rounds == 1 or only or not given.simulate else simulated(given.seeds)
    lines = campaign.Campaign(asked(given)).run()
    sys.stdout.write("\n" + campaign.table(lines))
    broken = any(line.get("broken") for line in lines)
    return int(not broken) if given.broken else status or int(broken)


def _stop(number: int, _: object) -> None:
    """The stack is ended on the way out; what was played is in the file."""
    raise SystemExit(128 + number)


def asked(given: argparse.Namespace) -> Asked:
    """What a campaign is told. A wrong engine's rounds, and those of a plan, belong to no file."""
    path = Path("/dev/null") if given.broken or given.points else given.resume
    only = tuple(given.only.split(",")) if given.only else ()
    return Asked(path, given.rounds, given.minutes, given.seed, only, given.points, given.broken, given.timing)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command's words."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="at most so many (%(default)s)")
    parser.add_argument("--minutes", type=float, default=15.0, help="begin no round after so many (%(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the campaign, or of one round")
    parser.add_argument("--only", default="", metavar="KIND,…", help=f"{', '.join(kinds.KINDS)}, {RECOVERY}")
    parser.add_argument("--resume", type=Path, default=FILE, metavar="FILE", help="rounds so far (%(default)s)")
    parser.add_argument("--points", default="", metavar="PLAN", help="of a point_ kind: this plan, as it was printed")
    parser.add_argument("--timing", default="fast", choices=WAITS, help="how long orders stay valid (%(default)s)")
    parser.add_argument("--broken", default="", choices=("", *ENGINES), help="the checkers' own test")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of the simulator, before the rounds (%(default)s)")
    parser.add_argument("--no-simulate", dest="simulate", action="store_false", help="leave the simulator out")
    return parser.parse_args(words)


def simulated(seeds: int, folder: Path = FILE.parent) -> int:
    """The simulator's seeds, as a stage of the campaign, where there is a simulator.

    What was played of a commit is kept in a file, so that Ctrl-C loses little of it and nothing is played twice; of code
    that is no commit's only until it is through, for then it may be other code under the same name.
    """
    if importlib.util.find_spec("tests.simulator.__main__") is None:
        return 0
    code = records.code()
    path = folder / f"simulated-{code}-{seeds}.json"
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tests.simulator", "--seeds", str(seeds), "--resume", str(path)]
    status = subprocess.run(words, check=False).returncode
    if not code or code.endswith("+"):
        path.unlink(missing_ok=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
