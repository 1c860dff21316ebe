"""What a kill process knows of its surroundings. The environment is read in project/settings/environment.py. No Django."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from project.accounts import envelope
from project.settings import environment
from trading.domain.order_state import TIMING_PROFILES, TimingProfile
from trading.kill.remote import Door

FALLBACK_DATABASE = "postgresql://windlass_app@127.0.0.1:15432/windlass"


def _find_database() -> str:
    return environment.service_url("DATABASE_URL", "database_url", FALLBACK_DATABASE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The data folder, how long things may take, and whom to tell. door: the engine's, when this is the remote Pi."""

    home: Path
    timing: TimingProfile
    live_allowed: bool
    kek: str
    door: Door | None = None
    pins: str = "none"
    find_database: Callable[[], str] = _find_database
    find_broker: Callable[[], str] = environment.broker_url

    @property
    def database_url(self) -> str:
        """As it is now: the stack, whose file holds the password, may have started long after this process.

        Raises OSError where the disk gives that file no more.
        """
        return self.find_database()

    @property
    def redis_url(self) -> str:
        """The broker's, likewise."""
        return self.find_broker()

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
        door=Door(door_url, Path(secret_file).read_text(encoding="ascii").strip()) if door_url else None,
        pins=found.kill_pins,
    )
