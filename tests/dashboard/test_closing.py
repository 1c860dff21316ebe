"""Closing a group by hand: the consequence in numbers, who may, and the deed on a real account."""

from dataclasses import replace
from decimal import Decimal as Dec

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import closing
from dashboard.closing import Consequence
from tests.dashboard import rows
from tests.support.factories import Desk
from trading.domain.vocabulary import PositionSide
from trading.models import Order, PositionGroup


def group(symbol: str) -> PositionGroup:
    return PositionGroup.objects.select_related("instrument").get(instrument__symbol=symbol, closed_at=None)


def test_the_consequence_counts_orders_and_says_what_selling_brings(day: rows.Desk) -> None:
    # entered 0.0380 at 2,641.80 less 0.1 % base = 0.037962 for 100.3884; 0.0379 of it sold at 2,634.12:
    # proceeds 99.833148, cost 100.3884 × 0.0379 ÷ 0.037962 = 100.22444…, fee 0.099833148 → −0.4911…
    found = closing.consequence(group("ETH/USDT"))
    assert (found.resting, found.unsent, found.undecided) == (3, 0, 0)
    assert (found.sold_qty, found.dust_qty, found.price) == (Dec("0.0379"), Dec("0.000062"), Dec("2634.12"))
    assert round(found.result, 4) == Dec("-0.4911")


def test_an_undecided_order_is_waited_for(day: rows.Desk) -> None:
    found = closing.consequence(group("BTC/USDT"))
    assert (found.resting, found.undecided) == (3, 1)


NOTHING = Consequence(0, 0, 0, Dec(0), Dec(0), None, None)
HELD = replace(NOTHING, resting=4, sold_qty=Dec("0.00098"), price=Dec("61688.4"), result=Dec("0.41"))


@pytest.mark.parametrize(
    ("found", "side", "said"),
    [
        (HELD, "LONG", "Cancels 4 resting orders, sells 0.00098 BTC at market, about +\u202f0.41 USDT after fees at 61,688.40."),
        (replace(HELD, resting=1), "SHORT", "Cancels 1 resting order, buys back 0.00098 BTC at market, about +\u202f0.41 USDT after fees at 61,688.40."),
        (replace(HELD, resting=0, price=None, result=None), "LONG", "Sells 0.00098 BTC at market, at a price that is not known now."),
        (replace(NOTHING, unsent=2), "LONG", "Drops 2 unsent orders, sells nothing."),
        (replace(NOTHING, undecided=1), "LONG", "Sells nothing. 1 order is undecided: what is held is sold once that is settled."),
        (replace(NOTHING, dust_qty=Dec("0.00001")), "LONG", "Sells nothing. 0.00001 BTC cannot be sold (below the venue's minimum) and is written off."),
    ],
)  # fmt: skip
def test_the_consequence_in_words(day: rows.Desk, found: Consequence, side: str, said: str) -> None:
    instrument = group("BTC/USDT").instrument
    assert " ".join(closing.sentences(found, instrument=instrument, side=PositionSide(side))) == said


# the page ----------------------------------------------------------------------------------------


def address(of: PositionGroup) -> str:
    return f"/groups/{of.pk}/close"


def test_the_question_names_the_consequence(day: rows.Desk, trader: Client) -> None:
    page = trader.get(address(group("ETH/USDT"))).content.decode()
    assert "Cancels 3 resting orders, sells 0.0379 ETH at market" in page
    assert "data-question" in page


def test_looking_closes_nothing(day: rows.Desk, trader: Client) -> None:
    trader.get(address(group("ETH/USDT")))
    assert group("ETH/USDT").closing_at is None


def test_a_trader_closes_and_is_told(day: rows.Desk, trader: Client) -> None:
    answer = trader.post(address(group("ETH/USDT")), follow=True)
    row = group("ETH/USDT")
    assert answer.redirect_chain == [(f"/?account={day.account.pk}", 302)]
    assert "Closing ETH/USDT LONG" in answer.content.decode()
    assert (row.close_reason, row.status) == ("BY_HAND mira", "CLOSING")
    assert Order.objects.filter(group=row, state="OPEN", cancel_requested=False).count() == 0


def test_from_its_own_page_one_comes_back_to_it(day: rows.Desk, trader: Client) -> None:
    row = group("ETH/USDT")
    assert f"/groups/{row.pk}/close?from=group" in trader.get(f"/groups/{row.pk}").content.decode()
    answer = trader.post(f"{address(row)}?from=group")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/groups/{row.pk}")


def test_closing_twice_is_closing_once(day: rows.Desk, trader: Client) -> None:
    trader.post(address(group("ETH/USDT")))
    before = group("ETH/USDT").closing_at
    answer = trader.post(address(group("ETH/USDT")), follow=True)
    assert "closed or closing already" in answer.content.decode()
    assert group("ETH/USDT").closing_at == before


def test_a_viewer_may_not_close(day: rows.Desk, viewer: Client) -> None:
    answer = viewer.post(address(group("ETH/USDT")))
    assert (answer.status_code, group("ETH/USDT").closing_at) == (403, None)


def test_a_foreign_form_closes_nothing(day: rows.Desk) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(day.account.user)
    assert browser.post(address(group("ETH/USDT"))).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_group_that_is_not_there_is_not_found(day: rows.Desk, trader: Client, method: str) -> None:
    assert getattr(trader, method)("/groups/999999/close").status_code == 404


def test_a_group_that_is_over_says_so(day: rows.Desk, trader: Client) -> None:
    over = PositionGroup.objects.filter(closed_at__isnull=False).first()
    assert "closed already" in trader.get(address(over)).content.decode()


def test_the_button_leads_to_flat_on_the_exchange(desk: Desk, client: Client) -> None:
    desk.buy()
    desk.price("BTCUSDT", "59990")  # through the first leg
    desk.settle()
    client.force_login(desk.account.user)
    held = PositionGroup.objects.get()
    said = closing.consequence(held)
    client.post(address(held))
    desk.settle()
    held.refresh_from_db()
    assert (said.sold_qty > 0, said.resting > 0) == (True, True)
    assert (held.status, held.close_reason) == ("CLOSED", f"BY_HAND {desk.account.user.username}")
    assert desk.gateway.open_orders("BTC/USDT") == []
    assert held.closed_at <= timezone.now()
