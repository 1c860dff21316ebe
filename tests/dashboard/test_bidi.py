"""Marks that turn the direction of writing are shown, on every page, in whatever template they come."""

import unicodedata

import pytest
from django.template import engines
from django.test import Client

from dashboard import bidi
from project.accounts.models import ExchangeAccount
from tests.dashboard import rows

DIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
EVERY = [chr(code) for code in range(0x10000) if unicodedata.bidirectional(chr(code)) in DIRECTIONAL]


@pytest.mark.parametrize("mark", [*EVERY, "\u200e", "\u200f", "\u061c"], ids=ascii)
def test_a_mark_is_shown_and_the_text_around_it_stays(mark: str) -> None:
    assert bidi.told(f"12{mark}34 שלום") == "12�34 שלום"


def test_a_template_of_a_text_is_shown_as_safely_and_escaped_once() -> None:
    template = engines["django"].from_string("{{ word }} {{ tag }}")
    assert template.render({"word": "a\u202eb", "tag": "<b>"}) == "a�b &lt;b&gt;"


def test_an_accounts_name_turns_no_page(day: rows.Desk, root: Client) -> None:
    ExchangeAccount.objects.update(name="paper\u202etxt")
    page = root.get("/").content.decode()
    assert "paper�txt" in page
    assert bidi.MARKS.search(page) is None
