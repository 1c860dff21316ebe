"""The campaign: rounds on whole stacks, each kind of fault in turn, a JSON line a round, so that it can go on later."""

import random
import shlex
import statistics
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from project import failpoints_table
from tests.faults import faketime, kinds, lab, moments, records, rounds, scarce, traffic
from tests.faults.lab import Lab
from tests.faults.moments import Tally
from tests.faults.rounds import Round

ROUNDS_A_STACK = 30
# The checks read a stack's whole history, so a fresh one keeps the rounds short.
COMMAND = (".venv/bin/python", "-m", "tests.faults")
# As the documents write it.

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """How much, of what, from which seed, and where it is written. `broken` names a wrong engine (inject/)."""

    path: Path
    rounds: int
    minutes: float
    seed: int
    only: tuple[str, ...] = ()
    points: str = ""
    broken: str = ""
    timing: str = "fast"


@dataclass(slots=True)
class Campaign:
    """A campaign in progress: the stack that is up, and how many rounds it has seen."""

    asked: Asked
    began: float = field(default_factory=time.monotonic)
    _stack: ExitStack = field(default_factory=ExitStack)
    _lab: Lab | None = None
    _played: int = 0
    _tally: Tally = field(default_factory=Tally)

    def run(self) -> list[Json]:
        """Play what is asked for; every line of the file, old ones too."""
        done = records.read(self.asked.path)
        self._tally = Tally.of(done)
        first = max((line["number"] for line in done), default=-1) + 1
        try:
            for number in range(first, first + self.asked.rounds):
                if time.monotonic() - self.began > self.asked.minutes * 60:
                    break
                done.append(self._round(number, done))
        finally:
            self._close()
        return done

    def _round(self, number: int, done: Sequence[Json]) -> Json:
        """One round, written down before the next begins."""
        kind, seed = drawn(self.asked, number, done)
        if reason := scarce.missing(kind):
            return self._write({"number": number, "seed": seed, "kind": kind, "skipped": reason})
        scarcely = scarce.needs(kind)
        played = rounds.play(self._ready(kind), number=number, kind=kind, seed=seed, points=self.asked.points)
        self._played += 1
        line = self._write(played.as_json())
        if not played.ok:
            told(self.asked, played, self._lab)
        if not played.ok or scarcely or self._played >= ROUNDS_A_STACK:
            self._close(keep=not played.ok)
        return line

    def _ready(self, kind: str) -> Lab:
        """The stack that is up, or a fresh one."""
        if scarce.needs(kind):
            self._close()
        if self._lab is None:
            given = {"FAULTS_BROKEN": self.asked.broken} if self.asked.broken else {}
            given |= {"WINDLASS_TIMING": self.asked.timing}
            given |= {faketime.ASKED: "1"} if kind == faketime.KIND else {}
            place = self._stack.enter_context(scarce.place()) if scarce.needs_disk(kind) else None
            self._lab = self._stack.enter_context(lab.opened(place=place, **given))
            traffic.warm_up(self._lab)
        self._lab.tally = self._tally
        return self._lab

    def _close(self, *, keep: bool = False) -> None:
        if self._lab is not None:
            self._lab.keep = keep
        self._stack.close()
        self._lab, self._played = None, 0

    def _write(self, line: Json) -> Json:
        line = records.append(self.asked.path, line)
        self._tally.take(line)
        sys.stdout.write(short(line) + "\n")
        sys.stdout.flush()
        return line


def drawn(asked: Asked, number: int, done: Sequence[Json]) -> tuple[str, int]:
    """Kind and seed of a round: every kind once before any comes again, whatever evening it was, in an order of the seed's."""
    names, chance = set(asked.only or kinds.KINDS), random.Random(f"{asked.seed}/{number}")
    kind, seed = chance.choice(sorted(names - had(names, done))), chance.getrandbits(32)
    return kind, asked.seed if asked.points or asked.rounds == 1 else seed


def had(names: Collection[str], done: Sequence[Json]) -> set[str]:
    """Those of the kinds that have had their turn since all of them had it last."""
    found: set[str] = set()
    for line in done:
        found |= {line["kind"]} & set(names)
        if found == set(names):
            found = set()
    return found


# words -------------------------------------------------------------------------------------------


def short(line: Json) -> str:
    """A round in one line."""
    head = f"round {line['number']:>4}  {line['kind']:<16}"
    if "skipped" in line:
        return f"{head} skipped: {line['skipped']}"
    words = "ok" if not line["broken"] else f"BROKEN {len(line['broken'])}"
    return f"{head} {words:<10} {line['secs']:>5.1f} s  {line['deliveries']} sent  {'; '.join(line['fired'] or line['deeds'])[:110]}"


def told(asked: Asked, played: Round, where: Lab | None) -> None:
    """What broke, how to play it again, and where its folder is."""
    home = where.stack.home.parent if where else ""
    text = "".join(f"    {words}\n" for words in played.broken)
    sys.stdout.write(f"  seed {played.seed}\n{text}  again:  {again(asked, played)}\n  kept:   {home}\n")


def again(asked: Asked, played: Round) -> str:
    """The command that plays a round again, with the plan that was drawn: the next stack has seen other points."""
    words = [*COMMAND, "--rounds", "1", "--only", played.kind, "--seed", str(played.seed), "--timing", asked.timing]
    words += ["--broken", asked.broken] if asked.broken else []
    plan = next((words for words in played.deeds if "=" in words and played.kind.startswith("point_")), "")
    return shlex.join([*words, *(["--points", plan] if plan else [])])


def table(lines: Sequence[Json]) -> str:
    """The campaign by kind."""
    head = f"{'kind':<17}{'rounds':>7}{'lost':>6}{'doubled':>9}{'phantom':>9}{'stuck':>7}{'broken':>8}{'median s':>10}{'worst s':>9}\n"
    return head + "".join(_rows(lines)) + _totals(lines) + moments.table(Tally.of(lines))


def _rows(lines: Sequence[Json]) -> Iterator[str]:
    for kind in sorted({line["kind"] for line in lines}):
        of = [line for line in lines if line["kind"] == kind]
        played = [line for line in of if "skipped" not in line]
        if not played:
            yield f"{kind:<17}{0:>7}  skipped: {of[0]['skipped']}\n"
            continue
        yield _row(kind, played)


def _row(kind: str, of: Sequence[Json]) -> str:
    sums = [sum(line[name] for line in of) for name in ("lost", "doubled", "phantom", "stuck")]
    broken, secs = sum(bool(line["broken"]) for line in of), [line["secs"] for line in of]
    numbers = f"{len(of):>7}{sums[0]:>6}{sums[1]:>9}{sums[2]:>9}{sums[3]:>7}{broken:>8}"
    return f"{kind:<17}{numbers}{statistics.median(secs):>10.1f}{max(secs):>9.1f}\n"


def _totals(lines: Sequence[Json]) -> str:
    played = [line for line in lines if "skipped" not in line]
    total = _row("all", played) if played else ""
    alerts, wall = sum(line["deliveries"] for line in played), sum(line["secs"] for line in played)
    named, moments = max((tuple(line.get("reached", (0, 0))) for line in played), default=(0, 0))
    points = f"{named} of {len(failpoints_table.all_named())} named points, {moments} moments"
    return f"{total}{len(played)} rounds, {alerts} deliveries, {wall:.0f} s of rounds; one stack reached {points}.\n"
