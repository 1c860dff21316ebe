"""Strict JSON: what it reads, what it refuses, and that it never does anything else."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.strict_json import MAX_BYTES, MAX_DEPTH, JsonRefused, loads, shown, text_of

NUMBERS = st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, allow_infinity=False, places=8)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | WORDS | st.integers(-(10**15), 10**15),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": Decimal(1)}),
        ('{"a": 0.1}', {"a": Decimal("0.1")}),
        ('{"a": -1.5e3}', {"a": Decimal("-1500")}),
        ('{"a": "\\u20bf"}', {"a": "₿"}),
        ('["a", true, null]', ["a", True, None]),
        ("1e19", Decimal("1e19")),
        ("0", Decimal(0)),
        (nested(MAX_DEPTH), json.loads(nested(MAX_DEPTH))),
        ("[" + "{}," * 40 + "{}]", [{}] * 41),  # many, not deep
    ],
)
def test_what_is_read(text, value):
    assert loads(text) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "NOT_JSON"),
        ("{", "NOT_JSON"),
        ("{'a': 1}", "NOT_JSON"),
        ('{"a": 1,}', "NOT_JSON"),
        ('{"a": 1} 2', "NOT_JSON"),
        ('{"a": "\n"}', "NOT_JSON"),
        ('{"a": 01}', "NOT_JSON"),
        ('{"a": 1, "a": 1}', "DUPLICATE_KEY"),
        ('{"b": [{"a": 1, "\\u0061": 2}]}', "DUPLICATE_KEY"),
        ("NaN", "NUMBER_NOT_FINITE"),
        ('{"a": Infinity}', "NUMBER_NOT_FINITE"),
        ('{"a": -Infinity}', "NUMBER_NOT_FINITE"),
        ("1e999", "NUMBER_OUT_OF_RANGE"),
        ("1e-999", "NUMBER_OUT_OF_RANGE"),
        ("0e999", "NUMBER_OUT_OF_RANGE"),
        ("1e20", "NUMBER_OUT_OF_RANGE"),
        ("1" * 41, "NUMBER_TOO_LONG"),
        ("0." + "1" * 39, "NUMBER_TOO_LONG"),
        ('"\\ud800"', "BROKEN_TEXT"),
        ('{"\\udc00": 1}', "BROKEN_TEXT"),
        ('["\\u0000"]', "BROKEN_TEXT"),
        (nested(MAX_DEPTH + 1), "TOO_DEEP"),
        ("[" * 60_000, "TOO_DEEP"),
        ("[" * 30_000 + "]" * 30_000, "TOO_DEEP"),
    ],
)
def test_what_is_refused(text, code):
    with pytest.raises(JsonRefused) as refused:
        loads(text)
    assert refused.value.code == code
    assert str(refused.value) == refused.value.message


def test_a_refusal_carries_its_numbers():
    with pytest.raises(JsonRefused) as refused:
        loads('{"price": 1e999}')
    assert (refused.value.limit, refused.value.value) == ("below 1e20", "1e999")
    with pytest.raises(JsonRefused) as refused:
        loads('{"price": 1, "price": 2}')
    assert refused.value.field == "price"


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"x" * (MAX_BYTES + 1), "BODY_TOO_LARGE"), (b"\xff", "NOT_UTF8"), (b"a\0b", "BROKEN_TEXT")],
)
def test_bytes_that_are_no_text(raw, code):
    with pytest.raises(JsonRefused) as refused:
        text_of(raw)
    assert refused.value.code == code


@pytest.mark.parametrize(("raw", "text"), [(b"\xef\xbb\xbf{}", "{}"), (b"x" * MAX_BYTES, "x" * MAX_BYTES)])
def test_bytes_that_are_text(raw, text):
    assert text_of(raw) == text


@pytest.mark.parametrize(
    ("value", "quoted"), [("a" * 50, "a" * 39 + "…"), ("line\nbreak", "line\\nbreak"), (Decimal("1.50"), "1.50")]
)
def test_values_are_quoted_short_and_printable(value, quoted):
    assert shown(value) == quoted


@given(VALUES)
def test_what_json_writes_comes_back(value):
    assert loads(json.dumps(value)) == value


@given(NUMBERS)
def test_numbers_come_back_to_the_last_digit(value):
    assert loads(format(value, "f")).as_tuple() == value.as_tuple()


@given(st.text(max_size=200) | st.text(alphabet='{}[]":,\\u0123456789.eE-+aNInfity', max_size=60))
def test_any_text_is_read_or_refused_with_a_code(text):
    with suppress(JsonRefused):
        loads(text)
