"""What campaigns and storms have found, a JSON line each, with the code that was hurt: it adds up over evenings and machines.

    python -m tests.faults.records         what the files in tests/faults/records/ come to

A campaign goes on where its file ends (--resume), a storm adds its line (--json, WINDLASS_STORM_FILE).
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.e2e.stack import ROOT

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "records"
STORMS = ("storms", "squalls")
# Of whole stacks, and of the services in one process (tests/engine/test_storm.py).
WRONGS = ("lost", "doubled", "phantom", "stuck")


def append(path: Path, line: Mapping[str, Any]) -> Json:
    """Write down one that is over, with when and of which code it was; what was written."""
    stamped = {**line, "at": datetime.now(UTC).isoformat(timespec="seconds"), "code": code()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(stamped) + "\n")
    return stamped


def read(path: Path) -> list[Json]:
    """The lines of earlier runs; one that was cut off by a kill is left out."""
    if not path.exists():
        return []
    return [line for text in path.read_text(encoding="utf-8").splitlines() if (line := _parsed(text))]


def _parsed(text: str) -> Json | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def code() -> str:
    """The commit, with a plus where its files differ, but for these records themselves; empty outside a checkout."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        return commit + "+" * bool(_git("diff", "--name-only", "HEAD", "--", ".", f":^{FOLDER.relative_to(ROOT)}"))
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*words: str) -> str:
    """What git says; it locks nothing and writes nothing."""
    command = ["git", "--no-optional-locks", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


# sums --------------------------------------------------------------------------------------------


def storms(lines: Sequence[Json]) -> Iterator[str]:
    """A line a venue: how many storms, orders and deliveries, the fault that happened least, and what was wrong."""
    for venue in sorted({line["venue"] for line in lines}):
        of = [line for line in lines if line["venue"] == venue]
        faults: Counter[str] = Counter()
        for line in of:
            faults.update(line["faults"])
        least, times = min(faults.items(), key=lambda pair: pair[1])
        wrong = ", ".join(f"{name} {sum(line[name] for line in of)}" for name in WRONGS)
        broken = sum(bool(line["broken"]) for line in of)
        yield (
            f"{venue:<14}{len(of):>4} storms{sum(line['orders'] for line in of):>8} orders"
            f"{sum(faults.values()):>8} faults, {len(faults)} kinds, each at least {times} times ({least}); "
            f"{wrong}; {broken} with something broken; {sum(line['secs'] for line in of) / 3600:.1f} h\n"
        )


def main() -> int:
    """Print what every file comes to."""
    from tests.faults import campaign

    for path in sorted(FOLDER.glob("*.jsonl")):
        sys.stdout.write(f"{path.name}\n")
        lines = read(path)
        sys.stdout.write("".join(storms(lines)) if path.stem in STORMS else campaign.table(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
