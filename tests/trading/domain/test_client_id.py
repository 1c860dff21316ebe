"""Client order ids fit every venue and are always the same for the same attempt."""

import re

from hypothesis import given
from hypothesis import strategies as st

from trading.domain.client_id import client_order_id, mark, mark_of

IDS = st.integers(min_value=1, max_value=2**63 - 1)


def test_it_is_what_it_was() -> None:
    # The first letters of SHA-256("desk") and of SHA-256("desk:1:0") in base 32: who sent it, and which it is.
    assert client_order_id("desk", 1, 0) == "wjg7eclq5tza3o5ykf"


def test_a_copy_has_the_same_mark_and_other_ids() -> None:
    here, there = (client_order_id("desk", 7, 0, engine=engine) for engine in ("attic", "cellar"))
    assert mark_of(here) == mark_of(there) == mark("desk")
    assert here != there


@given(st.text(max_size=40), IDS, st.integers(min_value=0, max_value=1000))
def test_a_letter_and_seventeen_base_32_characters(installation: str, order_id: int, attempt: int) -> None:
    assert re.fullmatch(r"[a-z][a-z2-7]{17}", client_order_id(installation, order_id, attempt))


@given(st.lists(st.tuples(IDS, st.integers(min_value=0, max_value=5)), unique=True, max_size=50))
def test_orders_and_attempts_have_ids_of_their_own(orders: list[tuple[int, int]]) -> None:
    assert len({client_order_id("desk", order, attempt) for order, attempt in orders}) == len(orders)
