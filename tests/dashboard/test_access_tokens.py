"""Access tokens as others would forge or bend them: the algorithm is ours, the claims are all there, clocks may differ a little."""

from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest

from dashboard import tokens
from dashboard.roles import Scope
from dashboard.tokens import CLAIMS, SKEW, NotAllowed
from project.accounts.models import User
from tests.dashboard import rows

SECOND = timedelta(seconds=1)


@pytest.fixture
def mira(db: None) -> User:
    return rows.user("mira")


def code(text: str) -> str:
    """Why it opens nothing; empty: it opens."""
    try:
        tokens.open_access(text)
    except NotAllowed as error:
        return error.code
    return ""


def signed_anew(text: str, *, algorithm: str = tokens.ALGORITHM, key: Any = None, **claims: Any) -> str:
    """The same token with other claims; None takes one out."""
    old = jwt.decode(text, options={"verify_signature": False}) | claims
    kept = {name: value for name, value in old.items() if value is not None}
    return jwt.encode(kept, tokens._signing_key() if key is None else key, algorithm=algorithm)


@pytest.mark.parametrize(
    ("age", "wanted"),
    [
        (timedelta(0), ""),
        (tokens.ACCESS_FOR - SECOND, ""),
        (tokens.ACCESS_FOR + SKEW + SECOND, "ACCESS_EXPIRED"),
        (-(SKEW - SECOND - SECOND), ""),  # made by a clock that goes ahead
        (-(SKEW + timedelta(minutes=1)), "TOKEN_UNKNOWN"),
    ],
)
def test_it_opens_for_ten_minutes_and_forgives_a_clock_a_little(
    mira: User, now: datetime, age: timedelta, wanted: str
) -> None:
    assert code(tokens.log_in(mira, scope=Scope.READ, now=now - age).access) == wanted


@pytest.mark.parametrize(("algorithm", "key"), [("HS512", None), ("HS384", None), ("none", ""), ("HS256", "x" * 32)])
def test_another_algorithm_or_key_opens_nothing(mira: User, now: datetime, algorithm: str, key: Any) -> None:
    good = tokens.log_in(mira, scope=Scope.READ, now=now).access
    assert code(signed_anew(good, algorithm=algorithm, key=key)) == "TOKEN_UNKNOWN"


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_has_to_be_there(mira: User, now: datetime, claim: str) -> None:
    good = tokens.log_in(mira, scope=Scope.READ, now=now).access
    assert (code(signed_anew(good)), code(signed_anew(good, **{claim: None}))) == ("", "TOKEN_UNKNOWN")


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "ey", "wlr_x", "ä.ö.ü"])
def test_what_is_no_token_opens_nothing(db: None, text: str) -> None:
    assert code(text) == "TOKEN_UNKNOWN"


def test_a_token_of_another_installation_opens_nothing(mira: User, now: datetime, settings: Any) -> None:
    good = tokens.log_in(mira, scope=Scope.READ, now=now).access
    settings.SECRET_KEY = "another one"
    assert code(good) == "TOKEN_UNKNOWN"
