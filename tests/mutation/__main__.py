"""python -m tests.mutation: change the order, slot and exit rules one by one, and see that a test notices.

--modules order_state,ladder   these only
--resume FILE                  what was killed stays killed while the module's source is the same; the others are tried again
--json                         figures and survivors for programs
--match TEXT                   only mutants whose name holds this text; nothing is written down
"""

import argparse
import os
import sys
from pathlib import Path

from tests.mutation import report
from tests.mutation.children import BROKEN
from tests.mutation.notes import Line, Notes
from tests.mutation.rooms import MODULES
from tests.mutation.server import serve

FILE = Path(".windlass-mutation/mutants.jsonl")
LEAST_PCT = 95.0
NICE = 15


def main() -> int:
    """Try them; 1 when less than 95 % of a module's mutants were killed, or one survives without a reason."""
    given = _arguments()
    modules = given.modules.split(",") if given.modules else list(MODULES)
    if unknown := sorted(set(modules) - set(MODULES)):
        sys.stderr.write(f"no module {', '.join(unknown)}; there are: {', '.join(MODULES)}\n")
        return 2
    os.nice(given.nice)
    with Notes(Path(os.devnull) if given.match else given.resume) as notes:
        for module in modules:
            done = notes.killed(module)
            serve(
                module,
                want=lambda mutant: given.match in mutant.id and mutant.id not in done,
                processes=given.processes,
                tell=notes.note,
            )
    lines = notes.of(modules)
    sys.stdout.write(report.as_json(lines) if given.json else report.text(lines))
    return _status(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", default="", metavar="NAME,…", help=", ".join(MODULES))
    parser.add_argument("--resume", type=Path, default=FILE, metavar="FILE", help="mutants so far (%(default)s)")
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2), help="at a time (%(default)s)")
    parser.add_argument("--nice", type=int, default=NICE, help="let others go first (%(default)s)")
    parser.add_argument("--match", default="", metavar="TEXT", help="mutants with this in their name")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _status(lines: list[Line]) -> int:
    weak = [row for row in report.rows(lines) if row.pct < LEAST_PCT]
    unexplained = [line for line in report.survivors(lines) if line.id not in report.WHY or line.status == BROKEN]
    return int(bool(weak or unexplained))


if __name__ == "__main__":
    sys.exit(main())
