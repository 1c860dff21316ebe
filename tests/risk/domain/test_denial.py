"""Every denial is a sentence with its numbers and an advice."""

from decimal import Decimal

import pytest

from risk.domain.denial import WORDS, DenialCode, deny, missing

D = Decimal


@pytest.mark.parametrize("code", DenialCode)
def test_every_code_has_words_and_advice(code: DenialCode) -> None:
    denial = deny(code, subject="BTC/USDT", value=D("12.50"), limit=D("10.00"))
    sentence = denial.sentence()
    assert "BTC/USDT" in sentence
    assert sentence.endswith(WORDS[code].advice)
    assert denial.advice.endswith(".")
    assert "{" not in sentence


def test_codes_are_their_names_and_fit_their_column() -> None:
    assert all(code.value == code.name and len(code) <= 30 for code in DenialCode)
    assert list(DenialCode) == sorted(DenialCode)


@pytest.mark.parametrize(
    ("code", "unit", "sentence"),
    [
        (
            DenialCode.SYMBOL_EXPOSURE,
            "USDT",
            "BTC/USDT would stand at 1250.5 USDT, the limit is 1000 USDT. "
            "Lower the capital per pyramid, close something, or raise the limit under Settings, risk.",
        ),
        (
            DenialCode.LEVERAGE,
            None,
            "BTC/USDT would stand at 1250.5 ×, the limit is 1000 ×. Lower the leverage or the capital per pyramid.",
        ),
        (
            DenialCode.POOL_FULL,
            "",
            "All 1000 slots of BTC/USDT are taken (1250.5 open groups). "
            "Wait for a group to close or raise max_open_groups.",
        ),
    ],
)
def test_sentences(code: DenialCode, unit: str | None, sentence: str) -> None:
    denial = deny(code, subject="BTC/USDT", value=D("1250.50"), limit=D("1E+3"), unit=unit)
    assert denial.sentence() == sentence


def test_missing_data_is_named() -> None:
    denial = missing("equity", subject="BTC/USDT")
    assert denial.code is DenialCode.DATA_MISSING
    assert denial.sentence().startswith("equity of BTC/USDT is not known")
