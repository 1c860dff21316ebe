"""How many questions an answer costs: 12 at the most, with fifty rows on the page."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from project.journal.models import JournalEntry
from signals.models import Instrument
from tests.dashboard import rows
from tests.dashboard.api.test_routes import BY_QUERY, LISTS, query_of
from tests.dashboard.api.world import get
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import Purpose
from trading.models import Fill, PnlPoint, PositionGroup, QueuedSignal

MOST = 12
COMPUTED = {"offset": 25, "risk": 25, "risk/limits": 25, "why": 25}
# The account as offsets and the gate see it: a question for each thing that counts, however many rows there are.
ROWS = 50


@pytest.fixture
def many(desk: rows.Desk, now: datetime) -> rows.Desk:
    """Fifty and more of what grows."""
    markets = {base: Instrument.objects.get(base=base) for base in ("BTC", "XRP")}
    for number in range(ROWS):
        closed = now - timedelta(minutes=number)
        group = desk.group(markets["XRP"], minutes=number + 9, status="CLOSED", closed_at=closed)
        leg = desk.pyramid(group, [("100", "4", "101")])[0]
        desk.order(group, leg, Purpose.ENTRY, OrderState.FILLED)
        rows.queued(desk, "BTC", minutes=number, timeframe_secs=60 * (number + 1))
    points = (
        PnlPoint(account=desk.account, at=now, realised_pnl=1, unrealised_pnl=0, open_groups=1) for _ in range(ROWS)
    )
    PnlPoint.objects.bulk_create(points)
    JournalEntry.objects.bulk_create(
        JournalEntry(kind="test.happened", subject="test:1", account_id=desk.account.pk) for _ in range(ROWS)
    )
    return desk


def cost(client: Client, address: str, **query: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert get(client, address, **query).status_code == 200
    return len(asked)


def test_no_answer_costs_more_than_twelve_questions(many: rows.Desk, mine: Client) -> None:
    queries = {address: query_of(address) for address in BY_QUERY}
    costs = {
        address: cost(mine, address, **queries.get(address, {})) for address in (*LISTS, *BY_QUERY, "kill", "tasks")
    }
    assert {address: asked for address, asked in costs.items() if asked > COMPUTED.get(address, MOST)} == {}
    assert min(model.objects.count() for model in (PositionGroup, Fill, PnlPoint, QueuedSignal)) >= ROWS


def test_one_group_with_everything_in_it_costs_no_more(many: rows.Desk, mine: Client) -> None:
    whole = PositionGroup.objects.filter(closed_at=None).order_by("pk").last()
    assert whole is not None
    assert cost(mine, f"groups/{whole.pk}") <= MOST
