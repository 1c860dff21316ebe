"""The diagram of the database: every table is in it, and every reference leads to one that is."""

import os
import re

import pytest
from django.apps import apps

from docs import diagram, tables

EDGE = re.compile(r"^    (\w+) (\|\||\|o)--(o\||o\{) (\w+) : (\w+)$")
MODELS = {model.__name__ for label in diagram.APPS for model in apps.get_app_config(label).get_models()}


def test_every_line_of_the_overview_is_a_reference_between_tables() -> None:
    body = diagram.overview().splitlines()[2:-1]
    found = [EDGE.match(line) for line in body]
    assert all(found)
    assert {name for edge in found for name in (edge[1], edge[4])} <= MODELS


def test_reading_the_models_leaves_the_environment_alone() -> None:
    before = dict(os.environ) | {"PYTEST_CURRENT_TEST": ""}
    diagram.overview()
    assert dict(os.environ) | {"PYTEST_CURRENT_TEST": ""} == before


@pytest.mark.parametrize("label", diagram.APPS)
def test_an_app_lists_and_draws_all_its_tables(label: str) -> None:
    drawn = diagram.of_app(label)
    for model in apps.get_app_config(label).get_models():
        assert f"    {model.__name__} {{" in drawn
    assert len(diagram.listed(label)) == drawn.count(" {\n")


@pytest.mark.parametrize(
    "line",
    [
        "bigint account_id FK",
        "numeric qty",
        "timestamp closed_at",
        "jsonb settings",
        "bigint id PK",
        "PositionGroup ||--o{ Order : group",
        "Leg |o--o{ Order : leg",
    ],
)
def test_columns_and_references_are_told_apart(line: str) -> None:
    assert f"    {line}\n" in diagram.of_app("trading")


def test_one_to_one_is_drawn_as_such_and_arrays_as_arrays() -> None:
    drawn = diagram.of_app("signals")
    assert "Instrument ||--o| Ticker : instrument" in drawn
    assert "varchar[] allowed_ips" in drawn


def test_the_table_of_codes_is_sorted_and_explains_each() -> None:
    codes = [line.split(" | ") for line in tables.every_code().splitlines()[2:]]
    assert codes == sorted(codes)
    assert all(len(cells) == 4 and cells[2] for cells in codes)
