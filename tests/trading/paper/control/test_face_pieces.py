"""The page's small parts: nothing unescaped, numbers as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.paper.control.face.html import Html, inner, row, table, tag
from trading.paper.control.face.numbers import clock, count, part, places, shown, trimmed
from trading.paper.core import atoms


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    made = str(tag("td", text, title=text))
    assert made.count("<") == 2
    assert '"' not in made.partition(' title="')[2].partition('">')[0]


@pytest.mark.parametrize(
    ("made", "html"),
    [
        (tag("a", "x", href="/?a=1&b=2", cls="on"), '<a href="/?a=1&amp;b=2" class="on">x</a>'),
        (tag("input", name="n", required=True, disabled=False, value=None), '<input name="n" required>'),
        (tag("p", ["a", Html("<b>b</b>")], None, "<c>"), "<p>a<b>b</b>&lt;c&gt;</p>"),
        (inner("a", "b"), "ab"),
        (table("t", [("a", "")], [], empty="none yet"), '<p class="empty">none yet</p>'),
        (row(("1", "num"), ("2", "")), '<tr><td class="num">1</td><td>2</td></tr>'),
    ],
)
def test_elements(made: Html, html: str) -> None:
    assert made == html


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        ("61837.63", "0.01", "61\u2009837.63"),
        ("61837.63", "0.1", "61\u2009837.6"),
        ("1234567", "1", "1\u2009234\u2009567"),
        ("0.00001", "0.00001", "0.00001"),
    ],
)
def test_amounts_have_the_precision_of_their_step(value: str, step: str, text: str) -> None:
    assert shown(atoms.parse(value), atoms.parse(step)) == text
    assert shown(-atoms.parse(value), atoms.parse(step)) == f"\u2212{text}"


@pytest.mark.parametrize(
    ("value", "text"), [("10000", "10\u2009000.00"), ("0.5", "0.50"), ("0.00000001", "0.00000001")]
)
def test_balances_have_as_many_decimals_as_they_need(value: str, text: str) -> None:
    assert trimmed(atoms.parse(value)) == text


def test_other_numbers() -> None:
    assert [places(atoms.parse(one)) for one in ("1", "0.1", "0.00001", "5")] == [0, 1, 5, 0]
    assert (count(1234567), clock(1_700_000_000_000)) == ("1\u2009234\u2009567", "22:13:20")
    assert [part(1, 3), part(-1, 8), part(0, 5), part(1, 0)] == ["33.33", "\u221212.50", "0.00", "–"]
