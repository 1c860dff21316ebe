"""What the formats of other platforms share."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.formats.fields import Fields
from signals.formats.vendor import as_pct, asks_nothing, leaving, leftovers, shares
from signals.intent import Action, Size, SizeKind


@pytest.mark.parametrize(
    ("ratios", "parts"),
    [
        ([], []),
        (["1"], ["100"]),
        (["1", "2"], ["33.33333333", "66.66666667"]),  # 1 of 3, rounded down; the rest
        (["1", "1", "1"], ["33.33333333", "33.33333333", "33.33333334"]),
    ],
)
def test_shares(ratios: list[str], parts: list[str]) -> None:
    assert shares([Decimal(ratio) for ratio in ratios]) == [Decimal(part) for part in parts]


@given(st.lists(st.decimals("0.001", 10**9, places=3), min_size=1, max_size=20))
def test_shares_make_a_hundred_and_none_is_negative(ratios: list[Decimal]) -> None:
    parts = shares(ratios)
    assert sum(parts) == 100
    assert min(parts) >= 0


@given(st.decimals(0, 1, places=18))
def test_a_fraction_becomes_its_percentage_to_the_last_digit(fraction: Decimal) -> None:
    assert as_pct(fraction) == fraction.scaleb(2)


@pytest.mark.parametrize(
    "value", [None, False, Decimal(0), "", " none ", "OFF", "0", [], {}, {"enabled": "false", "a": Decimal(1)}]
)
def test_what_asks_for_nothing(value: object) -> None:
    assert asks_nothing(value)


@pytest.mark.parametrize("value", [True, Decimal(1), "on", "0.1", [None], {"a": None}, {"enabled": True}])
def test_what_asks_for_something(value: object) -> None:
    assert not asks_nothing(value)


@pytest.mark.parametrize(
    ("size", "action"),
    [
        (None, Action.EXIT),
        (Size(SizeKind.PCT_POSITION, Decimal(100)), Action.EXIT),
        (Size(SizeKind.PCT_POSITION, Decimal("99.9")), Action.REDUCE),
        (Size(SizeKind.BASE, Decimal(100)), Action.REDUCE),
    ],
)
def test_an_exit_of_a_part_is_a_reduction(size: Size | None, action: Action) -> None:
    assert leaving(size)[0] is action


def test_leftovers_are_kept_flat_without_secrets_and_lists() -> None:
    fields = Fields({"note": "x", "deep": {"a": Decimal(1), "secret": "y", "b": {"c": True}}, "rows": [1], "known": 1})
    kept = leftovers(fields, {"known"}, {})
    assert kept == (("note", "x"), ("deep.a", Decimal(1)), ("deep.b.c", True))
    assert fields.errors == []


def test_a_secret_by_another_spelling_is_no_misspelling() -> None:
    fields = Fields({"TOKEN": "***"})
    assert (leftovers(fields, {"token"}, {}), fields.errors) == ((), [])


def test_too_many_leftovers_are_refused() -> None:
    fields = Fields({f"note{n}": "x" for n in range(101)})
    leftovers(fields, (), {})
    assert [error.code for error in fields.errors] == ["TOO_MANY"]
