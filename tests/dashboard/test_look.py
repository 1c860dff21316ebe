"""The admin's navigation leads to every page of ours, once."""

from django.contrib import admin
from django.test import Client, RequestFactory

from dashboard import look
from tests.dashboard import rows

OURS = {"accounts", "journal", "notices", "signals", "risk", "trading", "dashboard"}


def test_every_page_is_in_the_navigation_once() -> None:
    named = [label for _, pages in look.PAGES for _, _, label in pages]
    registered = {model._meta.label for model in admin.site._registry if model._meta.app_label in OURS}
    assert len(named) == len(set(named))
    assert set(named) == registered


def test_every_link_opens(day: rows.Desk, root: Client, rf: RequestFactory) -> None:
    items = [item for group in look.sidebar(rf.get("/admin/")) for item in group["items"]]
    assert {root.get(item["link"]).status_code for item in items} == {200}
