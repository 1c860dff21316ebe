"""How long things stand still in a round, by timing profile.

At production timing longer than an order and its signature live, and than an owner is waited for: who goes on then goes
on too late, and somebody else has taken his order over.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds, from and to where something is drawn; resumed_secs: when whatever stands still is let go, from the start."""

    hang_ms: int
    resumed_secs: tuple[float, ...]
    frozen_secs: tuple[float, float]
    frozen_server_secs: tuple[float, float]


WAITS: Mapping[str, Waits] = {
    "fast": Waits(2_500, (2.0, 4.0, 6.0), (0.5, 5.0), (0.5, 3.0)),
    # What stops, stops within some seconds of the start, and stands for a minute.
    "production": Waits(20_000, (65.0, 68.0, 71.0), (20.0, 60.0), (3.0, 20.0)),
}
