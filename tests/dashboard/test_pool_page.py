"""The page "Pool": slots drawn, who waits and what it would bring, few questions."""

from decimal import Decimal as Dec

import pytest
from django.test import Client

from dashboard import pool
from tests.dashboard import rows
from trading.domain import settings
from trading.models import SettingOverride

QUERIES = 13
# The queue's order is decided by the engine's own desk, which reads settings, prices, groups and balances.


def test_the_slots_of_a_day(root: Client) -> None:
    page = root.get("/pool").context["page"]
    assert (page.taken, page.size, len(page.slots)) == (3, 10, 10)
    assert [slot.symbol for slot in page.slots[:4]] == ["SOL/USDT", "ETH/USDT", "BTC/USDT", ""]
    assert page.slots[0].result is not None


def test_a_pool_that_was_lowered_shows_who_is_beyond_it(day: rows.Desk, root: Client) -> None:
    SettingOverride.objects.create(account=day.account, name="max_open_groups", value="2")
    slots = root.get("/pool").context["page"].slots
    assert [slot.beyond for slot in slots] == [False, False, True]


def test_who_waits_and_what_it_would_bring(day: rows.Desk, root: Client) -> None:
    rows.queued(day, "XRP", minutes=5, price="0.5427", replacement_count=2)
    page = root.get("/pool")
    (hope,) = page.context["page"].waiting
    text = page.content.decode()
    assert (hope.row.rank, hope.row.why) == (1, "the only one")
    assert hope.capital is not None
    assert hope.expected is not None
    assert all(said in text for said in ("replaced 2×", "Promote…", "Remove…", "in our favour"))


def test_expected_by_hand() -> None:
    grid = settings.resolve([{"legs": [["0", "60", "1"], ["-1", "40", "0.5"]]}]).grid
    # 1,000 × (60 % × (1 % − 0.1 % × 2.01) + 40 % × (0.5 % − 0.1 % × 2.005))
    # = 1,000 × (0.6 × 0.00799 + 0.4 × 0.002995) = 4.794 + 1.198 = 5.992
    assert pool.expected(grid, capital=Dec(1000), fee=Dec("0.001")) == Dec("5.992")


def test_nobody_waits(root: Client) -> None:
    assert "Nobody waits" in root.get("/pool").content.decode()


@pytest.mark.parametrize("waiting", [1, 3])
def test_few_questions(day: rows.Desk, root: Client, waiting: int, django_assert_max_num_queries) -> None:
    for base in ("XRP", "SOL", "BTC")[:waiting]:
        rows.queued(day, base, minutes=5, timeframe_secs=60)
    with django_assert_max_num_queries(QUERIES):
        root.get("/pool")
