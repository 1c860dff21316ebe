"""How long requests take inside, and what fees the command line asks for."""

import pytest

from trading.paper.core.fees import LADDER, Discount
from trading.paper.server import options, pace
from trading.paper.server.pace import Pace


def test_nothing_has_been_asked_yet() -> None:
    assert Pace().ms(99) == 0.0


@pytest.mark.parametrize(("percent", "ms"), [(0, 1), (50, 51), (99, 100), (100, 100)])
def test_the_duration_that_so_many_percent_did_not_exceed(percent: int, ms: float) -> None:
    found = Pace()
    for one in range(1, 101):
        found.note(one / 1000)
    assert found.ms(percent) == pytest.approx(ms)


def test_only_the_latest_count() -> None:
    found = Pace()
    for secs in [1.0] * 10 + [0.001] * pace.KEEP:
        found.note(secs)
    assert found.ms(100) == pytest.approx(1)


def test_fees_are_flat_unless_asked_otherwise() -> None:
    found = options.parse(["--data", "x"])
    assert (found.tiers, found.discount) == ((), None)
    found = options.parse(["--data", "x", "--fee-ladder", "--discount-coin", "BNB=25"])
    assert (found.tiers, found.discount) == (LADDER, Discount("BNB", 2_500))


@pytest.mark.parametrize("text", ["BNB", "BNB=", "=25", "BNB=0", "BNB=101", "BNB=half"])
def test_a_discount_that_makes_no_sense_is_refused_in_words(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.parse(["--data", "x", "--discount-coin", text])
    assert "such as BNB=25" in capsys.readouterr().err
