"""What a kill process knows of its surroundings. The environment is read in project/settings/environment.py. No Django."""

from dataclasses import dataclass
from pathlib import Path

from project.accounts import envelope
from project.settings import environment
from trading.domain.order_state import TIMING_PROFILES, TimingProfile
from trading.kill.remote import Door

FALLBACK_DATABASE = "postgresql://windlass_app@127.0.0.1:15432/windlass"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The data folder, how long things may take, and whom to tell. door: the engine's, when this is the remote Pi."""

    home: Path
    timing: TimingProfile
    live_allowed: bool
    kek: str
    database_url: str
    redis_url: str
    door: Door | None = None
    pins: str = "none"

    def keys(self) -> list[bytes]:
        """The key-encryption keys, newest first. Raises VaultError; FileNotFoundError where the engine never ran."""
        texts = self.kek.split(",") if self.kek else (self.home / "kek").read_text(encoding="ascii").split()
        return [envelope.decoded(text) for text in texts]


def from_environment(*, door_url: str = "", secret_file: str = "") -> Surroundings:
    """Read everything. A remote Pi names the engine's door and the file that holds the secret they share."""
    found = environment.windlass()
    return Surroundings(
        home=found.home,
        timing=TIMING_PROFILES[found.timing],
        live_allowed=found.live_allowed,
        kek=found.kek,
        database_url=environment.service_url("DATABASE_URL", "database_url", FALLBACK_DATABASE),
        redis_url=environment.broker_url(),
        door=Door(door_url, Path(secret_file).read_text(encoding="ascii").strip()) if door_url else None,
        pins=found.kill_pins,
    )
