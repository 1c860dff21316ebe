"""`python -m benchmarks`: every figure beside its baseline, in one run on this machine."""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import psutil

from benchmarks import report
from benchmarks.bench import say
from benchmarks.figure import Figure
from benchmarks.lab import Lab
from benchmarks.registry import BY_NAME, ENTRIES, Entry
from project.services.options import BASE_DIR


class Failed(Exception):
    """A figure could not be measured."""


def main() -> int:
    """Run what was asked for; 1 when a figure could not be measured (a missed goal is no failure)."""
    given = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # what was started is ended then, too
    chosen = [BY_NAME[given.only]] if given.only else list(ENTRIES)
    figures, failed = _measured(chosen, quick=given.quick)
    if given.json:
        sys.stdout.write(json.dumps([figure.as_json() for figure in figures], indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write((report.markdown if given.markdown else report.table)(figures) + "\n")
    for name in failed:
        say(f"NOT MEASURED: {name}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of {name, value, unit, baseline, …}")
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/performance.md")
    parser.add_argument("--only", choices=BY_NAME, help="one group of figures")
    parser.add_argument("--quick", action="store_true", help="small: does it work at all, in under 2 minutes")
    return parser


def _measured(entries: Sequence[Entry], *, quick: bool) -> tuple[list[Figure], list[str]]:
    figures: list[Figure] = []
    failed: list[str] = []
    company = report.company()  # before we are at work ourselves
    with Lab() as lab:
        say(f"{report.machine()}\n{company}\nPostgreSQL says {lab.durability()}")
        say("Sources have no rate limit, and ccxt runs without its limiter, as it does against the paper exchange.")
        for entry in entries:
            try:
                figures += _one(entry, lab.fresh(entry.name), quick=quick)
            except Failed as error:
                say(f"{entry.name}: {error}")
                failed.append(entry.name)
    return figures, failed


def _one(entry: Entry, env: Mapping[str, str], *, quick: bool) -> list[Figure]:
    """One group in a process of its own, ended with everything below it when it takes too long."""
    say(f"{entry.name} …")
    words = [sys.executable, "-m", "benchmarks.one", entry.name, *["--quick"] * quick]
    started, before = time.monotonic(), psutil.cpu_times()
    child = subprocess.Popen(words, cwd=BASE_DIR, env=env, stdout=subprocess.PIPE, start_new_session=True)
    try:
        output, _ = child.communicate(timeout=entry.secs)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done within {entry.secs} s") from None
    finally:
        _end_tree(child)
    if child.returncode:
        raise Failed(f"ended with status {child.returncode}")
    say(f"{entry.name}: {time.monotonic() - started:.0f} s{report.stolen(before, psutil.cpu_times())}")
    return [Figure(**fields) for fields in json.loads(output.splitlines()[-1])]


def _end_tree(child: "subprocess.Popen[bytes]") -> None:
    """End a process that still runs, and its descendants, by id."""
    if child.poll() is not None:
        return
    family = [*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)]
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    child.wait()


if __name__ == "__main__":
    sys.exit(main())
