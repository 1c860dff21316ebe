"""The red button's pins: a normally closed switch, two alarm contacts, three lights. Knows pins and no trading.

Each input is held at 3.3 V through a closed contact and pulled down by the board: pressed, opened or cut it falls.
The only importer of gpiozero. Its factory is chosen by GPIOZERO_PIN_FACTORY (`lgpio` on a Pi, `mock` on a PC).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

KILL_PIN = 17
TAMPER_PIN = 27
CASE_PIN = 6
GREEN_PIN, YELLOW_PIN, RED_PIN = 22, 23, 24
# BCM numbers, as the wiring diagram in docs/kill-switch.md shows them.

SETTLE_SECS = 0.02
# A contact bounces for some milliseconds; what has been open for longer is no bounce. MockFactory has no bounce time.
BLINK_SECS = 0.25


class Light(StrEnum):
    """What a lamp does."""

    OFF = "OFF"
    ON = "ON"
    BLINK = "BLINK"


@dataclass(frozen=True, slots=True)
class Lights:
    """The three lamps."""

    green: Light = Light.OFF
    yellow: Light = Light.OFF
    red: Light = Light.OFF


@dataclass(slots=True)
class Debounce:
    """Turns the level of a normally closed contact into one event per opening. Pure: the time is an argument."""

    settle_secs: float = SETTLE_SECS
    opened: bool = False  # the settled state
    _since: float | None = field(default=None)  # since when the level differs from it

    @property
    def settling(self) -> bool:
        """Whether the contact moved and has not settled yet: look again soon."""
        return self._since is not None

    def feed(self, *, low: bool, now: float) -> bool:
        """Take one look, `now` in seconds of a steady clock; True once, when the contact has opened for good."""
        if low == self.opened:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        if now - self._since < self.settle_secs:
            return False
        self.opened, self._since = low, None
        return low


@dataclass(slots=True)
class _Contact:
    """One input with its debounce."""

    name: str
    device: Any
    debounce: Debounce = field(default_factory=Debounce)


class Panel:
    """The board: `poll` names what was opened since the last look, `show` sets the lamps. `moved` is called on edges."""

    def __init__(self, *, moved: Callable[[], None]) -> None:
        import gpiozero

        pins = {"kill": KILL_PIN, "tamper": TAMPER_PIN, "case": CASE_PIN}
        self._contacts = [_Contact(name, gpiozero.DigitalInputDevice(pin, pull_up=False)) for name, pin in pins.items()]
        self._lamps = [gpiozero.LED(pin) for pin in (GREEN_PIN, YELLOW_PIN, RED_PIN)]
        self._shown: Lights | None = None
        for contact in self._contacts:
            contact.device.when_activated = contact.device.when_deactivated = moved

    @property
    def settling(self) -> bool:
        """Whether an input has moved and must be looked at again within milliseconds."""
        return any(contact.debounce.settling for contact in self._contacts)

    def poll(self, now: float) -> tuple[str, ...]:
        """`kill`, `tamper`, `case`: what has opened for good. One that is open at the start counts: a wire may be cut."""
        looks = [(c, c.debounce.feed(low=not c.device.value, now=now)) for c in self._contacts]
        return tuple(contact.name for contact, opened in looks if opened)

    def show(self, lights: Lights) -> None:
        """Set the lamps; the same again leaves a blinking one in its rhythm."""
        if lights == self._shown:
            return
        self._shown = lights
        for lamp, light in zip(self._lamps, (lights.green, lights.yellow, lights.red), strict=True):
            if light is Light.BLINK:
                lamp.blink(on_time=BLINK_SECS, off_time=BLINK_SECS)
            else:
                lamp.value = light is Light.ON

    def close(self) -> None:
        """Give the pins back."""
        for device in (*(contact.device for contact in self._contacts), *self._lamps):
            device.close()
