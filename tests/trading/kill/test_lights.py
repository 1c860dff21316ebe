"""The lamps by mode, latch and heartbeat."""

import pytest

from risk.hardware import Light, Lights
from trading.kill.lights import LATE_SECS, lights

ON, BLINK = Light.ON, Light.BLINK


@pytest.mark.parametrize(
    ("mode", "latched", "age", "alarm", "shown"),
    [
        ("NORMAL", False, 1.0, False, Lights(green=ON)),
        ("PAUSED", False, 1.0, False, Lights(yellow=ON)),
        ("REDUCED", False, 1.0, False, Lights(yellow=ON)),
        ("EMERGENCY", False, 1.0, False, Lights(red=ON)),
        ("NORMAL", True, 1.0, False, Lights(red=ON)),
        ("NORMAL", True, None, False, Lights(red=ON)),  # the engine may be dead: what counts is the latch
        ("NORMAL", False, LATE_SECS, False, Lights(green=ON)),
        ("NORMAL", False, LATE_SECS + 0.1, False, Lights(green=BLINK)),
        ("", False, None, False, Lights(yellow=BLINK)),
        ("NORMAL", False, 1.0, True, Lights(green=ON, red=BLINK)),
        ("NORMAL", True, 1.0, True, Lights(red=BLINK)),
    ],
)
def test_what_the_lamps_show(mode: str, latched: bool, age: float | None, alarm: bool, shown: Lights) -> None:
    assert lights(mode, latched=latched, beat_age_secs=age, alarm=alarm) == shown
