"""One figure in a process of its own: `python -m benchmarks.one door`. The run sets its environment."""

import argparse
import faulthandler
import json
import sys
from dataclasses import asdict

import django

from benchmarks.bench import of_environment
from benchmarks.registry import BY_NAME


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one")
    parser.add_argument("name", choices=BY_NAME)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    faulthandler.dump_traceback_later(BY_NAME[given.name].secs - 3)  # where it stood when it was given up
    django.setup()
    measured = BY_NAME[given.name].load()(of_environment(quick=given.quick))
    sys.stdout.write(json.dumps([asdict(figure) for figure in measured]) + "\n")


if __name__ == "__main__":
    main()
