"""The venue's own switch: where only entries rest it is renewed, elsewhere it is taken back, and it is off by default."""

from datetime import timedelta

import pytest
from django.utils import timezone

from signals.market.venues import VENUES
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen
from tests.support.paper import PaperExchange
from trading.errors import NoDeadMan
from trading.services import dead_man

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def futures(paper_process: PaperExchange) -> Desk:
    desk = make_desk(paper_process, venue="binanceusdm")
    chosen(desk, legs=[["-1", "50", "1"], ["-2", "50", "1"]], first_entry="limit", per_symbol_pct="500")
    return desk


def renewed(desk: Desk) -> tuple[str, ...]:
    return dead_man.renew(desk.account, gateway=desk.gateway, now=timezone.now())


def test_it_is_off_unless_somebody_wants_it(futures: Desk) -> None:
    futures.buy()
    assert renewed(futures) == ()


def test_resting_entries_are_guarded_until_a_target_rests(futures: Desk) -> None:
    chosen(futures, dead_man_secs=3600)
    futures.buy()
    assert renewed(futures) == ("BTC/USDT:USDT",)
    futures.price("BTCUSDT", "59300")  # the first leg fills: its target rests beside the second leg
    futures.settle()
    futures.sweep()
    assert renewed(futures) == ()


def test_the_venue_cancels_what_nobody_renews(futures: Desk) -> None:
    futures.buy()
    assert futures.gateway.resting()
    futures.gateway.dead_man("BTC/USDT:USDT", secs=1)
    give_up = timezone.now() + timedelta(seconds=60)
    while futures.gateway.resting():
        assert timezone.now() < give_up


def test_a_venue_without_one_says_so(desk: Desk) -> None:
    with pytest.raises(NoDeadMan, match="binance"):
        desk.gateway.dead_man("BTC/USDT", secs=10)


def test_the_table_says_who_has_one() -> None:
    assert {name for name, venue in VENUES.items() if venue.dead_man_call} == {"binanceusdm"}
