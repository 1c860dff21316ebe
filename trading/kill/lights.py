"""What the three lamps say of the engine. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from risk.hardware import Light, Lights

LATE_SECS = 10.0
# The engine writes its heartbeat every 2 s; so long without one, the lamp blinks.

COLOUR: Mapping[str, str] = MappingProxyType(
    {"NORMAL": "green", "PAUSED": "yellow", "REDUCED": "yellow", "EMERGENCY": "red"}
)


def lights(mode: str, *, latched: bool, beat_age_secs: float | None, alarm: bool = False) -> Lights:
    """The lamp of the mode, red while latched; it blinks while the engine is late, red blinks after an alarm.

    mode "" or beat_age_secs None: the engine was never heard of, and yellow blinks.
    """
    colour = "red" if latched else COLOUR.get(mode, "yellow")
    late = beat_age_secs is None or beat_age_secs > LATE_SECS
    shown = {colour: Light.BLINK if late and not latched else Light.ON}
    return Lights(**(shown | ({"red": Light.BLINK} if alarm else {})))
