"""What a figure is given: how large it shall be, where it lives, which ports are its own."""

import os
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from project.services import ports
from project.services.options import PORTS

OWN_PORTS = range(27000, 28000)


@dataclass(frozen=True, slots=True)
class Bench:
    """One figure's surroundings: a fresh database, an empty broker, a folder."""

    quick: bool
    home: Path
    ports: Mapping[str, int]

    def size(self, full: int, quick: int) -> int:
        """How many, or how long."""
        return quick if self.quick else full


def free_ports() -> dict[str, int]:
    """A free port of ours for each part of the stack, drawn at random so that parallel runs seldom meet."""
    draws = random.SystemRandom().sample(OWN_PORTS, k=len(OWN_PORTS))
    free = (port for port in draws if ports.is_free(port))
    return {part.name: next(free) for part in PORTS}


def of_environment(*, quick: bool) -> Bench:
    """The surroundings as the run has set them up."""
    chosen = {part.name: int(os.environ[part.variable]) for part in PORTS}
    return Bench(quick=quick, home=Path(os.environ["WINDLASS_HOME"]), ports=chosen)


def say(text: str) -> None:
    """A line of progress; standard output carries only results."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
