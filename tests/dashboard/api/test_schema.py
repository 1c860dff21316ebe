"""The OpenAPI schema is valid and says the truth: generated requests meet no server error and no undocumented answer."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from dashboard import tokens
from dashboard.api import schema
from dashboard.roles import Scope
from project.accounts.models import User
from tests.dashboard import rows
from tests.dashboard.api import world

DOCUMENT = schema.document()
OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}
# What asks a venue, or stops everything on this machine, is tried by tests of its own.
LEFT_OUT = {
    "accounts_adopt",
    "accounts_adopt_get",
    "accounts_test",
    "alerts_preview_get",
    "groups_add",
    "groups_offset",
}
LEFT_OUT |= {"groups_offset_get", "kill_press", "preview", "orders_settle"}
TRUTHS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
EXAMPLES = int(os.environ.get("WINDLASS_FUZZ_EXAMPLES", "2"))
# Of each operation as the schema allows it, and as many as it does not allow.
NAMES = sorted(set(OPERATIONS) - LEFT_OUT)


def test_the_schema_is_valid_and_nothing_in_it_was_guessed() -> None:
    GENERATOR_STATS.reset()
    validate_schema(schema.document())
    assert dict(GENERATOR_STATS._warn_cache) == dict(GENERATOR_STATS._error_cache) == {}


def test_every_operation_says_what_it_does_and_how_it_refuses() -> None:
    assert [name for name, operation in OPERATIONS.items() if not operation.get("description")] == []
    assert [
        name
        for name, operation in OPERATIONS.items()
        if not {"401", "403", "422", "429"} <= set(operation["responses"])
    ] == []


def test_the_schema_is_served_to_anybody(db: None) -> None:
    answer = world.get(Client(), "schema")
    assert (answer.status_code, answer.json()["info"]["title"]) == (200, "Windlass")


@pytest.fixture
def kept_open(db: None) -> Iterator[None]:
    """Requests leave the test's connection alone, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_generated_requests_are_answered_as_the_schema_says(kept_open: None, owner: User, now: datetime) -> None:
    world.world(owner, now=now)
    key = tokens.make(rows.admin("boss"), name="fuzz", scope=Scope.ADMIN, days=1, now=now)[1]
    described = schemathesis.openapi.from_wsgi("/api/v1/schema", get_wsgi_application())
    for name in NAMES:
        _try(described.find_operation_by_id(name), {"Authorization": f"Bearer {key}"})


def _try(operation: Any, headers: dict[str, str]) -> None:
    """So many requests, valid and not; each in a transaction of its own that is taken back."""

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def fits(case: Any) -> None:
        with transaction.atomic():
            case.call_and_validate(checks=TRUTHS, headers=headers)
            transaction.set_rollback(True)

    fits()
