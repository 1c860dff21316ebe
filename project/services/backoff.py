"""How long a process that ended waits before it is started again. Pure."""

from dataclasses import dataclass, replace

FIRST_SECS = 0.5
LONGEST_SECS = 10.0
# While the exits worker or the pump waits nothing is sold and nothing is decided; a start costs a second of a core.
HEALTHY_SECS = 60.0
# A process that ran this long was well; its next end is a first one again.


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often in a row a process ended young."""

    ended_young: int = 0

    @property
    def delay_secs(self) -> float:
        """Pause before the next start: 0.5 s, doubled each time, 10 s at most."""
        return min(LONGEST_SECS, FIRST_SECS * 2.0 ** max(0, min(self.ended_young - 1, 10)))

    def after(self, *, ran_secs: float) -> "Backoff":
        """The state after one more end."""
        return Backoff(1) if ran_secs >= HEALTHY_SECS else replace(self, ended_young=self.ended_young + 1)
