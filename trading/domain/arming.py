"""What an account needs before it may open positions, and what its first day allows. Pure; the clock is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

FIRST_DAY = timedelta(days=1)
LIVE = "live"


class ArmingCondition(StrEnum):
    """What arming waits for."""

    LIVE_FLAG = "LIVE_FLAG"
    DOCTOR_GREEN = "DOCTOR_GREEN"
    CONFIRMATION = "CONFIRMATION"
    FIRST_DAY_CAP = "FIRST_DAY_CAP"


@dataclass(frozen=True, slots=True)
class ArmingRequest:
    """An account that somebody wants to arm. environment: paper, testnet or live; None: nobody knows, which is not yes.

    doctor_green: the pre-flight doctor found nothing wrong with this account. typed: what the person typed.
    """

    account_name: str
    environment: str
    live_flag: bool
    doctor_green: bool | None
    typed: str
    live_start_cap_quote: Decimal | None


@dataclass(frozen=True, slots=True)
class MissingCondition:
    """One thing that is missing, and what to do about it."""

    code: ArmingCondition
    advice: str


def missing_conditions(request: ArmingRequest) -> tuple[MissingCondition, ...]:
    """What is missing, all at once and in the order in which it is done; empty when the account may be armed.

    Paper and testnet accounts move no money: nothing is asked of them.
    """
    if request.environment != LIVE:
        return ()
    cap = request.live_start_cap_quote
    met = {
        ArmingCondition.LIVE_FLAG: request.live_flag,
        ArmingCondition.DOCTOR_GREEN: request.doctor_green is True,
        ArmingCondition.FIRST_DAY_CAP: cap is not None and cap > 0,
        ArmingCondition.CONFIRMATION: request.typed.strip() == request.account_name,
    }
    return tuple(MissingCondition(code, _advice(code, request)) for code, is_met in met.items() if not is_met)


def _advice(code: ArmingCondition, request: ArmingRequest) -> str:
    """What to do, in words."""
    return {
        ArmingCondition.LIVE_FLAG: "Start Windlass with WINDLASS_LIVE=1.",
        ArmingCondition.DOCTOR_GREEN: "Run the doctor on the account's page until every line is green.",
        ArmingCondition.FIRST_DAY_CAP: "Set live_start_cap_quote above 0: what the account may use on its first day.",
        ArmingCondition.CONFIRMATION: f"Type the account's name, {request.account_name}, to confirm.",
    }[code]


def starts_armed(environment: str) -> bool:
    """Whether a new account may trade at once: on paper only."""
    return environment == "paper"


def first_day_cap(*, environment: str, armed_at: datetime | None, now: datetime, cap_quote: Decimal) -> Decimal | None:
    """What a live account may use in all while its first day lasts, quote; None when there is no such cap.

    armed_at: when it was armed for the first time; not known counts as just now.
    """
    if environment != LIVE:
        return None
    return cap_quote if armed_at is None or now - armed_at < FIRST_DAY else None
