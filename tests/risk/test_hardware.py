"""The pins: a contact that opens for good is one event, a bounce is none, a cut wire is a press. On mock pins."""

import threading
from collections.abc import Iterator

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from risk.hardware import CASE_PIN, KILL_PIN, SETTLE_SECS, TAMPER_PIN, Debounce, Light, Lights, Panel

HIGH, LOW = False, True


def events(looks: list[tuple[bool, float]]) -> int:
    contact = Debounce()
    return sum(contact.feed(low=low, now=now) for low, now in looks)


@pytest.mark.parametrize(
    ("looks", "presses"),
    [
        ([(HIGH, 0.0), (LOW, 1.0), (LOW, 1.005), (LOW, 1.02)], 1),  # open for the whole 20 ms
        ([(HIGH, 0.0), (LOW, 1.0), (LOW, 1.019)], 0),  # not yet
        ([(LOW, 1.0), (HIGH, 1.01), (LOW, 1.02), (HIGH, 1.03)], 0),  # a bounce
        ([(LOW, 1.0), (HIGH, 1.01), (LOW, 1.015), (LOW, 1.035)], 1),  # bounced, then open: counted from the last
        ([(LOW, 0.0), (LOW, 0.02)], 1),  # open from the start: the wire is cut
        ([(LOW, 0.0), (LOW, 0.02), (LOW, 5.0), (LOW, 9.0)], 1),  # held: once
        ([(LOW, 0.0), (LOW, 0.02), (HIGH, 1.0), (HIGH, 1.02), (LOW, 2.0), (LOW, 2.02)], 2),  # released, pressed again
        ([(LOW, 0.0), (LOW, 0.02), (HIGH, 1.0), (LOW, 1.01), (LOW, 2.0)], 1),  # a wobble while held is no second press
    ],
)
def test_one_event_for_each_opening(looks: list[tuple[bool, float]], presses: int) -> None:
    assert events(looks) == presses


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0001, SETTLE_SECS * 0.9)), max_size=40))
def test_a_contact_that_never_rests_never_presses(steps: list[tuple[bool, float]]) -> None:
    now, level, looks = 0.0, HIGH, []
    for _, wait in steps:
        now, level = now + wait, not level
        looks.append((level, now))
    assert events(looks) == 0


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    kept, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()
    for number in (KILL_PIN, TAMPER_PIN, CASE_PIN):
        gpiozero.Device.pin_factory.pin(number)
    yield gpiozero.Device.pin_factory
    gpiozero.Device.pin_factory = kept


@pytest.fixture
def moved() -> threading.Event:
    return threading.Event()


@pytest.fixture
def panel(pins: MockFactory, moved: threading.Event) -> Iterator[Panel]:
    made = Panel(moved=moved.set)
    for number in (KILL_PIN, TAMPER_PIN, CASE_PIN):  # closed contacts, held at 3.3 V
        pins.pin(number).drive_high()
    moved.clear()
    yield made
    made.close()


@pytest.mark.parametrize(("number", "name"), [(KILL_PIN, "kill"), (TAMPER_PIN, "tamper"), (CASE_PIN, "case")])
def test_each_input_has_its_name(
    panel: Panel, pins: MockFactory, moved: threading.Event, number: int, name: str
) -> None:
    assert panel.poll(1.0) == ()
    pins.pin(number).drive_low()
    assert moved.is_set()  # the edge wakes whoever looks
    assert (panel.poll(2.0), panel.settling) == ((), True)
    assert panel.poll(2.02) == (name,)
    assert (panel.poll(2.04), panel.settling) == ((), False)


def test_an_unwired_board_reads_as_a_press(pins: MockFactory, moved: threading.Event) -> None:
    made = Panel(moved=moved.set)
    assert [made.poll(0.0), made.poll(0.02)] == [(), ("kill", "tamper", "case")]
    made.close()


def test_the_lamps_do_what_they_are_told(panel: Panel, pins: MockFactory) -> None:
    panel.show(Lights(green=Light.ON))
    assert [pins.pin(n).state for n in (22, 23, 24)] == [1, 0, 0]
    panel.show(Lights(red=Light.ON))
    assert [pins.pin(n).state for n in (22, 23, 24)] == [0, 0, 1]
    panel.show(Lights(yellow=Light.BLINK))
    assert pins.pin(24).state == 0
