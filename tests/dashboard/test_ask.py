"""A question before a deed: what was typed comes back with what is wrong with it."""

import pytest
from django.test import Client

from tests.dashboard import rows
from trading.models import Order


@pytest.fixture
def address(day: rows.Desk) -> str:
    """The question about an order whose number at the venue is known already."""
    order = Order.objects.filter(account=day.account)[0]
    Order.objects.filter(pk=order.pk).update(state="NEEDS_HUMAN", venue_order_id="known-771")
    return f"/orders/{order.pk}/settle/filled"


def test_a_question_begins_with_what_is_known(address: str, trader: Client) -> None:
    assert 'value="known-771"' in trader.get(address).content.decode()


def test_what_was_typed_is_not_lost_to_a_refusal(address: str, trader: Client) -> None:
    answer = trader.post(address, {"venue_order_id": 'typed-772"', "reason": "no"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert [words in page for words in ('value="typed-772&quot;"', 'value="no"', "known-771")] == [True, True, False]
