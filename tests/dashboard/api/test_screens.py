"""What the screens do, the API does: the table of docs/api.md names every page of the menu and every operation there is."""

import re

from django.urls import resolve

from dashboard import menu, sealed
from dashboard.api import schema
from docs.facts import ROOT, text
from tests.dashboard.api.writes import PATHS

PAGE = text(ROOT / "docs/api.md")
TABLE = PAGE[PAGE.index("## Every screen's routes") :].split("\n\n")[2]
ROWS = {line.split("|")[1].strip(): re.findall(r"`(\w+)`", line) for line in TABLE.splitlines()[2:]}
OPERATIONS = {
    operation["operationId"] for operations in schema.document()["paths"].values() for operation in operations.values()
}
NOT_OURS = {"Admin"}
# Django's own pages.


def test_every_page_of_the_menu_has_its_routes() -> None:
    titles = {page.title for _, pages in menu.MENU for page in pages}
    assert set(ROWS) == titles - NOT_OURS


def test_every_operation_belongs_to_a_page() -> None:
    assert {name for names in ROWS.values() for name in names} == OPERATIONS


def test_what_passes_under_the_seal_is_what_the_document_says() -> None:
    told = PAGE[PAGE.index("| passes | and is |") :].split("\n\n")[0]
    named = {name: resolve(re.sub(r"\{\w+\}", "1", path)).view_name for name, (_, path) in PATHS.items()}
    assert set(re.findall(r"`([a-z]\w+)`", told)) == {name for name, view in named.items() if view in sealed.FREE}
