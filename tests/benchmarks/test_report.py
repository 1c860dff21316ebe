"""What a run says about the machine it was made on."""

from typing import NamedTuple

from benchmarks import report


class Times(NamedTuple):
    """As psutil gives them, in seconds."""

    user: float
    idle: float
    steal: float


class OnMacOS(NamedTuple):
    """Another system's, which does not know what its host took."""

    user: float
    idle: float


def test_the_time_that_the_host_took_is_told() -> None:
    words = report.stolen(Times(10, 10, 1), Times(50, 40, 21))
    assert words == "; the host gave 22% of the processors' time to others"


def test_little_or_unknown_is_not_worth_a_word() -> None:
    assert report.stolen(Times(10, 10, 1), Times(50, 60, 1.5)) == ""
    assert report.stolen(OnMacOS(10, 10), OnMacOS(50, 60)) == ""
    assert report.stolen(Times(10, 10, 1), Times(10, 10, 1)) == ""
