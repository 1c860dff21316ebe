"""The same generated requests at a web process as it is run, over HTTP, by a client of its own; many of them, so only when asked for.

`WINDLASS_FUZZ_EXAMPLES=50 python -m pytest tests/dashboard/api/test_schema_served.py`
"""

import os
from collections.abc import Iterator
from datetime import datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from dashboard import tokens
from dashboard.roles import Scope
from tests.browser.server import WebProcess, web_process
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.test_schema import EXAMPLES, NAMES, TRUTHS

ASKED = "WINDLASS_FUZZ_EXAMPLES" in os.environ
pytestmark = pytest.mark.skipif(not ASKED, reason="takes minutes: name a number in WINDLASS_FUZZ_EXAMPLES")


@pytest.fixture
def served(transactional_db: None) -> Iterator[WebProcess]:
    """A web process on the test's database."""
    with web_process() as server:
        yield server


def test_a_web_process_answers_as_the_schema_says(served: WebProcess, now: datetime) -> None:
    boss = rows.admin("boss")
    world.world(boss, now=now)
    described = schemathesis.openapi.from_url(f"{served.url}/api/v1/schema")
    wrong = {}
    for name in NAMES:
        key = tokens.make(boss, name=f"fuzz {name}"[:60], scope=Scope.ADMIN, days=1, now=now)  # each its own purse
        _try(described.find_operation_by_id(name), {"Authorization": f"Bearer {key[1]}"}, name, wrong)
        key[0].delete()
    assert wrong == {}


def _try(operation: object, headers: dict[str, str], name: str, wrong: dict[str, str]) -> None:
    """So many requests; the first that is answered otherwise ends those of its operation."""

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def fits(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=TRUTHS, headers=headers)

    try:
        fits()
    except BaseExceptionGroup as error:
        wrong[name] = "\n".join(str(one) for one in error.exceptions)[:1500]
    except AssertionError as error:
        wrong[name] = str(error)[:1500]
