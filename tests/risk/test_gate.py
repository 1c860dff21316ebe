"""The gate as a deed: every decision is a row with all its numbers, allowed or not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from project.accounts.models import ExchangeAccount
from risk import gate
from risk.domain.checks import Snapshot
from risk.models import RiskDecision
from tests.risk.domain.test_checks import BOOK, LIMITS, PLAN
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> ExchangeAccount:
    return ExchangeAccount.objects.create(user=make_user(), name="main")


def decided(account: ExchangeAccount, book: Snapshot) -> RiskDecision:
    _, row = gate.decide(replace(PLAN, account_id=account.pk), book, LIMITS, signal_id=None)
    row.save()
    return RiskDecision.objects.get()


def test_an_allowed_plan_keeps_every_checks_numbers(account: ExchangeAccount) -> None:
    row = decided(account, BOOK)
    assert (row.allowed, row.code, row.account) == (True, "", account)
    assert row.sentence == f"All {len(row.checks)} checks passed."
    assert all(line["ok"] for line in row.checks)
    exposure = next(line for line in row.checks if line["name"] == "symbol_exposure")
    assert (exposure["value"], exposure["limit"]) == ("1000", "1000")  # 900 + 100, 10 % of 10 000
    assert exposure["layer"] == "portfolio"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"mode": "PAUSED"}, "MODE"),
        ({"mode": None}, "DATA_MISSING"),
        ({"armed": False}, "NOT_ARMED"),
        ({"price_age_secs": Decimal("10.001")}, "STALE_PRICE"),
        ({"price_age_secs": None}, "DATA_MISSING"),
        ({"min_qty": Decimal(1)}, "BELOW_MINIMUM"),
        ({"min_notional": Decimal("20.01")}, "BELOW_MINIMUM"),
        ({"free_slots": 0}, "POOL_FULL"),
        ({"symbol_exposure_quote": Decimal("900.01")}, "SYMBOL_EXPOSURE"),
        ({"equity": None}, "DATA_MISSING"),
        ({"available_quote": Decimal("99.99")}, "RESERVED_FUNDS"),
        ({"available_quote": None}, "DATA_MISSING"),
    ],
)
def test_a_denial_ends_the_gate_and_is_kept_in_words(
    account: ExchangeAccount, changed: dict[str, Any], code: str
) -> None:
    row = decided(account, replace(BOOK, **changed))
    assert (row.allowed, row.code) == (False, code)
    assert [line["ok"] for line in row.checks] == [True] * (len(row.checks) - 1) + [False]
    assert len(row.sentence) > 20


def test_numbers_are_kept_as_text_not_as_floats(account: ExchangeAccount) -> None:
    row = decided(account, BOOK)
    numbers = [line[name] for line in row.checks for name in ("value", "limit")]
    assert not [number for number in numbers if isinstance(number, float)]
