"""How often a kill asks: quickly at first and whenever something happens, less while nothing does, not when told so."""

import pytest

from trading.kill.pace import EARLY_SECS, MOST_SECS, PAUSE_SECS, SILENCE_SECS, Pace, Silence

LONG = 100.0


def pauses(*seen: str, crowd: int = 1, flat: bool = False, window_secs: float = 0.0) -> list[float]:
    pace = Pace(crowd)
    return [round(pace.after(one, flat=flat, window_secs=window_secs), 3) for one in seen]


@pytest.mark.parametrize(
    ("seen", "given", "expected"),
    [
        ("aaaaaaaa", {}, [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]),  # refused again and again
        ("abaabb", {}, [0.2, 0.2, 0.2, 0.4, 0.2, 0.4]),
        ("aaaaa", {"window_secs": LONG}, [0.2, 0.4, 0.8, 1.0, 1.0]),  # something may still come in
        ("aaa", {"flat": True}, [0.2, 0.2, 0.2]),  # three looks that find nothing, one after the other
        ("aaaa", {"flat": True, "window_secs": 0.5}, [0.2, 0.4, 0.5, 0.5]),  # and never slept past the window
        ("aaa", {"crowd": 3}, [0.6, 1.2, 2.4]),  # three accounts share the venue's limit
        ("aa", {"crowd": 20, "flat": True}, [1.0, 1.0]),
    ],
)
def test_the_pauses(seen: str, given: dict[str, float], expected: list[float]) -> None:
    assert pauses(*seen, **given) == expected  # type: ignore[arg-type]


def test_the_limits_keep_flat_within_five_seconds_of_the_window() -> None:
    assert (PAUSE_SECS, EARLY_SECS, MOST_SECS) == (0.2, 1.0, 5.0)


@pytest.mark.parametrize(
    ("asked", "after", "left"), [([10.0], 4.0, 6.0), ([10.0, 2.0], 4.0, 6.0), ([10.0], 11.0, 0.0), ([9e9], 20.0, 100.0)]
)
def test_a_venue_is_left_alone_as_long_as_it_asked_and_never_for_hours(
    asked: list[float], after: float, left: float
) -> None:
    now = [0.0]
    silence = Silence(lambda: now[0])
    for secs in asked:
        silence.banned(secs)
    now[0] = after
    assert (silence.secs, SILENCE_SECS) == (left, 120.0)
