"""Many seeds: in chunks, by several processes, resumable; what was checked, what was violated, how fast."""

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulator.judge import Findings

CHUNK = 250
# Seeds that a process takes at a time; a resumed campaign repeats at most one chunk a process.
SHOWN = 20
# Violating seeds that are printed; the file has them all.
OFTEN = 20
# So often everything shall have happened everywhere.


@dataclass
class Tally:
    """What a campaign knows so far. violations: the seed, and what is wrong with it."""

    begin: int
    seeds: int
    done: list[int] = field(default_factory=list)  # first seeds of the chunks that are done
    ran: int = 0
    secs: float = 0.0
    cpu_secs: float = 0.0
    checked: dict[str, int] = field(default_factory=dict)
    violations: list[tuple[int, str]] = field(default_factory=list)
    befell: dict[str, int] = field(default_factory=dict)  # what happened, and where the process stood

    def take(self, chunk: "Chunk") -> None:
        self.cpu_secs += chunk.cpu_secs
        self.done.append(chunk.first)
        self.ran += chunk.ran
        self.checked = dict(Counter(self.checked) + chunk.found.checked)
        self.befell = dict(Counter(self.befell) + chunk.found.befell)
        self.violations += chunk.violations

    @property
    def idle(self) -> list[str]:
        """Invariants that looked at nothing: a checker that checked nothing has failed."""
        from tests.simulator.judge import INVARIANTS

        return [name for name in INVARIANTS if not self.checked.get(name)]

    @property
    def held(self) -> bool:
        return not self.violations and not self.idle and self.ran == self.seeds

    @property
    def rate(self) -> int:
        """Seeds a minute, all processes together."""
        return round(60 * self.ran / self.secs) if self.secs else 0

    @property
    def rate_a_core(self) -> int:
        """Seeds a minute of processor time: what a core does that nobody else uses."""
        return round(60 * self.ran / self.cpu_secs) if self.cpu_secs else 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """What some seeds in a row came to."""

    first: int
    ran: int
    found: "Findings"
    violations: list[tuple[int, str]]
    cpu_secs: float


def run_chunk(chunk: tuple[int, int]) -> Chunk:
    """Some seeds in a row."""
    from tests.simulator.judge import Findings
    from tests.simulator.world import World

    first, count = chunk
    begun, everything, violations = time.process_time(), Findings(), []
    for seed in range(first, first + count):
        found = World(seed).run()
        everything.add(found)
        violations += [(seed, words) for words in found.violations[:3]]
    return Chunk(first, count, everything, violations, time.process_time() - begun)


def campaign(
    *, begin: int, seeds: int, processes: int, resume: Path | None = None, say: Callable[[str], object] = str
) -> Tally:
    """Run the seeds that are not done yet."""
    tally = _resumed(resume, begin, seeds)
    todo = [chunk for chunk in _chunks(begin, seeds) if chunk[0] not in set(tally.done)]
    before, started, said = tally.secs, time.monotonic(), time.monotonic()
    for result in _results(todo, processes):
        tally.take(result)
        tally.secs = before + time.monotonic() - started
        if resume is not None:
            _keep(resume, tally)
        if time.monotonic() - said > 10:
            said = time.monotonic()
            say(f"{tally.ran} of {seeds} seeds, {tally.rate} a minute, {len(tally.violations)} violations")
    return tally


def _chunks(begin: int, seeds: int) -> list[tuple[int, int]]:
    return [(first, min(CHUNK, begin + seeds - first)) for first in range(begin, begin + seeds, CHUNK)]


def _results(todo: list[tuple[int, int]], processes: int) -> Iterator[Chunk]:
    if processes <= 1:
        yield from map(run_chunk, todo)
        return
    with multiprocessing.get_context("spawn").Pool(processes, initializer=ready) as pool:
        yield from pool.imap_unordered(run_chunk, todo)


def ready() -> None:
    """The services import models, so the apps are loaded; no database is ever asked."""
    import django

    django.setup()


def _resumed(resume: Path | None, begin: int, seeds: int) -> Tally:
    if resume is None or not resume.exists():
        return Tally(begin, seeds)
    kept: dict[str, Any] = json.loads(resume.read_text(encoding="utf-8"))
    if (kept["begin"], kept["seeds"]) != (begin, seeds):
        raise SystemExit(f"{resume} belongs to a campaign of {kept['seeds']} seeds from {kept['begin']}")
    kept["violations"] = [(seed, words) for seed, words in kept["violations"]]
    return Tally(**kept)


def _keep(resume: Path, tally: Tally) -> None:
    """Whole or not at all: a campaign that is killed while it writes goes on from the last chunk but one."""
    fresh = resume.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(tally)), encoding="utf-8")
    fresh.replace(resume)


def summary(tally: Tally) -> str:
    """The last words of a campaign."""
    lines = [
        f"{tally.ran} seeds from {tally.begin} in {tally.secs:.0f} s: {tally.rate} a minute, {tally.rate_a_core} a core.",
        "checked: " + ", ".join(f"{name} {count}" for name, count in sorted(tally.checked.items())),
    ]
    seldom = sorted((count, what) for what, count in tally.befell.items() if count < OFTEN)
    lines += [
        f"befell: {sum(tally.befell.values())} times, in {len(tally.befell)} ways, {len(seldom)} of them less than {OFTEN} times"
    ]
    lines += [f"  {count:>3} {what}" for count, what in seldom]
    lines += [f"{name} checked nothing" for name in tally.idle]
    for seed, words in sorted(tally.violations)[:SHOWN]:
        lines += [f"seed {seed}: {words}", f"  replay: python -m tests.simulator --show {seed}"]
    lines.append("held" if tally.held else f"NOT held: {len(tally.violations)} violations")
    return "\n".join(lines)


def as_json(tally: Tally) -> str:
    """The result for other programs."""
    facts = {"held": tally.held, "seeds": tally.ran, "from": tally.begin, "secs": round(tally.secs, 1)}
    facts |= {
        "seeds_a_minute": tally.rate,
        "seeds_a_minute_a_core": tally.rate_a_core,
        "checked": tally.checked,
        "idle": tally.idle,
        "befell": dict(sorted(tally.befell.items())),
    }
    return json.dumps(facts | {"violations": tally.violations}, indent=1)
