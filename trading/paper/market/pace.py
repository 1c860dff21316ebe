"""How a market's own time runs beside the wall clock: faster, and not while it is paused. Pure: the clock is an argument."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """At wall time anchor_ms the source stands at source_ms, and goes on `speed` times as fast; 0 = it stands still."""

    anchor_ms: int
    source_ms: int
    speed: int

    def source(self, wall_ms: int) -> int:
        """The source's time at a wall time."""
        return self.source_ms + (wall_ms - self.anchor_ms) * self.speed

    def wall(self, source_ms: int) -> int:
        """The wall time at which the source reaches a time; of a source that stands still, when it stopped."""
        return self.anchor_ms + (source_ms - self.source_ms) // self.speed if self.speed else self.anchor_ms

    def changed(self, *, wall_ms: int, speed: int) -> "Pace":
        """Another speed from this wall time on, without a jump."""
        return Pace(anchor_ms=wall_ms, source_ms=self.source(wall_ms), speed=speed)
