"""What an explanation says of one check."""

from decimal import Decimal

import pytest

from risk.domain.checks import CheckLine
from trading.services.explain_words import check_words

D = Decimal


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (CheckLine("mode", "NORMAL", "NORMAL", "", True), "mode: NORMAL"),
        (CheckLine("mode", "CLOSE_ONLY", "NORMAL", "", False), "mode: CLOSE_ONLY, should be NORMAL"),
        (CheckLine("price_age", None, None, "", False), "price age: not known"),
        (CheckLine("price_age", D("1.25"), D(60), "s", True), "price age: 1.25 of 60 s"),
        (
            CheckLine("symbol_exposure", D("1234.5"), D(4000), "USDT", True),
            "symbol exposure: 1,234.50 of 4,000.00 USDT",
        ),
        (CheckLine("slots", 3, 5, "", True), "slots: 3 of 5"),
    ],
)
def test_a_check(check: CheckLine, said: str) -> None:
    assert check_words(check, "USDT") == said
