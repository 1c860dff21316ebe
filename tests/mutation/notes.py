"""What became of each mutant, in a file of one JSON line each, so that a run can be continued."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from tests.mutation.children import CIRCLES, KILLED
from tests.mutation.rooms import source_of
from tests.mutation.server import Verdict

DEAD = (KILLED, CIRCLES)


@dataclass(frozen=True, slots=True)
class Line:
    """A mutant's end; by: the test that noticed; seconds: CPU; source: a digest of the module's text."""

    id: str
    module: str
    line: int
    operator: str
    status: str
    by: str
    seconds: float
    source: str

    @property
    def dead(self) -> bool:
        """Whether a test noticed."""
        return self.status in DEAD


class Notes:
    """The file, opened for more; a later line about a mutant counts instead of an earlier one."""

    def __init__(self, path: Path) -> None:
        known = path.read_text("utf-8").splitlines() if path.is_file() else []
        self._lines = {line.id: line for line in (Line(**json.loads(text)) for text in known)}
        self._sources: dict[str, str] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def __enter__(self) -> "Notes":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def killed(self, module: str) -> set[str]:
        """Mutants of the module as it is now that a test has noticed; others of it are forgotten."""
        source = self._sources[module] = hashlib.sha256(source_of(module).read_bytes()).hexdigest()[:16]
        mine = [line for line in self._lines.values() if line.module == module]
        for line in mine:
            if line.source != source:
                del self._lines[line.id]
        return {line.id for line in mine if line.dead and line.source == source}

    def note(self, verdict: Verdict) -> None:
        """Take it down; who survives is shown at once."""
        mutant = verdict.mutant
        about = (mutant.id, mutant.module, mutant.line, mutant.operator)
        line = Line(*about, verdict.status, verdict.by, verdict.seconds, self._sources[mutant.module])
        self._lines[line.id] = line
        self._file.write(json.dumps(asdict(line)) + "\n")
        self._file.flush()
        if not line.dead:
            sys.stderr.write(f"{line.status}: {line.id} (line {line.line}, {line.seconds} s)\n")

    def of(self, modules: Sequence[str]) -> list[Line]:
        """All that is known of these modules, in the order of their source."""
        known = (line for line in self._lines.values() if line.module in modules)
        return sorted(known, key=lambda line: (line.module, line.line))
