"""Arming: a live account needs four things, and its first day is capped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from trading.domain.arming import ArmingCondition, ArmingRequest, first_day_cap, missing_conditions, starts_armed

D = Decimal
C = ArmingCondition
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
READY = ArmingRequest("main", "live", live_flag=True, doctor_green=True, typed=" main ", live_start_cap_quote=D(200))


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, []),
        ({"live_flag": False}, [C.LIVE_FLAG]),
        ({"doctor_green": False}, [C.DOCTOR_GREEN]),
        ({"doctor_green": None}, [C.DOCTOR_GREEN]),  # it did not run
        ({"typed": "Main"}, [C.CONFIRMATION]),
        ({"typed": ""}, [C.CONFIRMATION]),
        ({"live_start_cap_quote": D(0)}, [C.FIRST_DAY_CAP]),
        ({"live_start_cap_quote": None}, [C.FIRST_DAY_CAP]),
        (
            {"live_flag": False, "doctor_green": None, "typed": "", "live_start_cap_quote": None},
            [C.LIVE_FLAG, C.DOCTOR_GREEN, C.FIRST_DAY_CAP, C.CONFIRMATION],
        ),
    ],
)
def test_what_a_live_account_still_needs(changed: dict[str, object], missing: list[C]) -> None:
    found = missing_conditions(replace(READY, **changed))
    assert [condition.code for condition in found] == missing
    assert all(condition.advice.endswith(".") for condition in found)


@pytest.mark.parametrize("environment", ["paper", "testnet"])
def test_accounts_without_money_need_nothing(environment: str) -> None:
    assert missing_conditions(ArmingRequest("x", environment, False, None, "", None)) == ()


def test_only_paper_accounts_start_armed() -> None:
    assert [starts_armed(name) for name in ("paper", "testnet", "live", "")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("environment", "armed_at", "cap"),
    [
        ("live", NOON, D(200)),
        ("live", NOON - timedelta(hours=23, minutes=59), D(200)),
        ("live", NOON - timedelta(hours=24), None),
        ("live", None, D(200)),
        ("testnet", NOON, None),
        ("paper", NOON, None),
    ],
)
def test_the_first_day_is_capped(environment: str, armed_at: datetime | None, cap: Decimal | None) -> None:
    assert first_day_cap(environment=environment, armed_at=armed_at, now=NOON, cap_quote=D(200)) == cap
