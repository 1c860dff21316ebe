"""The sheet: what a batch holds back is what would have been written one by one, and the desk knows it already."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.utils import timezone

from project.journal.models import JournalEntry
from project.journal.record import Event
from signals.market import instruments
from signals.models import Alert, Signal
from tests.support.factories import Desk, make_desk
from tests.support.paper import PaperExchange
from trading import locks
from trading.domain.vocabulary import PositionSide
from trading.models import Order, PositionGroup, QueuedSignal
from trading.services import decide
from trading.services import desk as desks
from trading.services.sheet import Sheet

PAIRS = (("BTCUSDT", "60010"), ("ETHUSDT", "3001"), ("SOLUSDT", "150"))


@pytest.fixture
def futures(paper_process: PaperExchange, db: None) -> Iterator[Desk]:
    yield make_desk(paper_process, venue="binanceusdm")


def held(made: Desk) -> desks.Desk:
    """A desk that has decided three entries and written none of them."""
    alerts = [made.alert(symbol=symbol, action="buy", price=price, interval="60") for symbol, price in PAIRS]
    read = decide.fetch_prices(made.account.pk, alerts, gateway=lambda: made.gateway, clock=timezone.now)
    desk = desks.Desk(locks.account(made.account.pk), timezone.now())
    for alert, meaning in read:
        verdict = decide._decide_held(desk, alert, meaning)
        assert verdict.outcome == "ENTERED", verdict.reason
    return desk


def compare(made: Desk) -> None:
    """What the gate would be told of each pair, before the sheet is written and after it was read back."""
    listed = instruments.listed(made.account.venue, made.account.environment).by_symbol
    with transaction.atomic():
        desk = held(made)
        assert not PositionGroup.objects.exists()
        before = {symbol: desk.snapshot(one, PositionSide.LONG) for symbol, one in listed.items()}
        waiting = (desk.available_quote, desk.free_slots, desk.taken_slots)
        after = desk.renewed()
        assert {symbol: after.snapshot(one, PositionSide.LONG) for symbol, one in listed.items()} == before
        assert (after.available_quote, after.free_slots, after.taken_slots) == waiting
    assert PositionGroup.objects.count() == len(PAIRS)


def test_a_desk_takes_in_entries_as_if_it_had_read_them_on_spot(desk: Desk) -> None:
    compare(desk)


def test_a_desk_takes_in_entries_as_if_it_had_read_them_on_futures(futures: Desk) -> None:
    compare(futures)


def test_entries_of_a_batch_are_written_together(desk: Desk, django_assert_max_num_queries: object) -> None:
    with transaction.atomic():
        made = held(desk)
        with django_assert_max_num_queries(8):  # type: ignore[operator]
            made.sheet.write()
    assert Order.objects.count() == 5 * len(PAIRS)
    assert set(Order.objects.values_list("state", flat=True)) == {"NEW"}


def test_the_journal_keeps_the_order_of_the_decisions(desk: Desk) -> None:
    desk.setting("max_open_groups", 1)
    desk.buy(price="60010")
    for fields in ({"action": "buy", "price": "3001"}, {"action": "buy", "price": "3000"}, {"action": "exit"}):
        desk.alert(symbol="ETHUSDT", interval="60", **fields)
    desk.decide()
    row = QueuedSignal.objects.get()
    assert (row.state, row.replacement_count) == ("REMOVED", 1)
    kinds = JournalEntry.objects.filter(subject=f"queued:{row.pk}").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["queue.waiting", "queue.replaced", "queue.removed"]


def test_a_pyramid_of_the_same_batch_sees_the_group_before_it(desk: Desk) -> None:
    for price in ("60010", "60010"):
        desk.alert(symbol="BTCUSDT", action="buy", price=price, interval="60")
    desk.decide()
    assert list(Alert.objects.order_by("id").values_list("outcome", flat=True)) == ["ENTERED", "TOO_SOON"]
    assert PositionGroup.objects.count() == 1


def test_an_exit_of_the_same_batch_closes_what_was_just_entered(desk: Desk) -> None:
    for fields in ({"action": "buy", "price": "60010"}, {"action": "exit"}):
        desk.alert(symbol="BTCUSDT", interval="60", **fields)
    desk.decide()
    assert PositionGroup.objects.get().closing_at is not None


def test_a_cleared_sheet_writes_nothing(db: None) -> None:
    sheet = Sheet()
    sheet.add(Signal(meaning="ENTRY", symbol="BTC/USDT", position_side="LONG"))
    sheet.note(Event("test", "x:1", {}, 1))
    sheet.clear()
    before = len(connection.queries_log)
    sheet.write()
    assert len(connection.queries_log) == before
    assert not Signal.objects.exists()


def test_ids_are_never_given_twice(db: None) -> None:
    one, other = Sheet(), Sheet()
    drawn = [sheet.next_id(Order) for sheet in (one, other) for _ in range(40)]
    assert len(set(drawn)) == 80
