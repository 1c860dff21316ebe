"""Every address that a list names is there: a name that a page has lost would free, hide or ask for nothing."""

from collections.abc import Collection

import pytest
from django.urls import get_resolver

from dashboard import menu, past, sealed, security, users_sealed
from tests.dashboard.api import writes
from tests.dashboard.test_sealed import names

KNOWN = frozenset(dict(names(get_resolver().url_patterns)))
MENU = [page for _, pages in menu.MENU for page in pages]


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(sealed.FREE, id="open under the seal"),
        pytest.param(users_sealed.FREE, id="log-ins under the seal"),
        pytest.param([f"dashboard:{page}" for page in sealed.POSITIONS], id="closed by the seal"),
        pytest.param(sealed.POSITION_ROWS, id="rows closed by the seal"),
        pytest.param(security.FRESH_PAGES, id="confirmed afresh"),
        pytest.param(security.FRESH_DEEDS, id="some of it confirmed afresh"),
        pytest.param([page.address for page in MENU], id="menu"),
        pytest.param([f"dashboard:{name}" for page in MENU for name in page.also], id="below a page of the menu"),
    ],
)
def test_every_name_is_that_of_an_address(named: Collection[str]) -> None:
    assert [name for name in named if name not in KNOWN] == []


@pytest.mark.parametrize("tables", [sealed.POSITION_TABLES, sealed.OPEN_TABLES], ids=["closed", "open"])
def test_the_admin_has_the_tables_that_the_seal_names(tables: tuple[str, ...]) -> None:
    assert [table for table in tables if not any(name.startswith(table) for name in KNOWN)] == []


def test_the_api_has_the_words_that_the_seal_closes() -> None:
    words = {word for path in writes.DOCUMENT["paths"] for word in path.split("/")}
    assert sealed.POSITION_WORDS - words == set()


def test_history_has_the_sheets_that_the_seal_leaves_open() -> None:
    assert set(past.SHEETS) >= sealed.PAST_SHEETS
