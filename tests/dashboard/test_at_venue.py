"""What the page says of orders whose place at the venue is not plain, and of stops: kind, price, distance."""

from datetime import datetime, timedelta
from decimal import Decimal as Dec

import pytest
from django.test import Client

from dashboard import live
from dashboard.figures import distance_pct
from dashboard.snapshot import GroupRow
from signals.models import Instrument
from tests.dashboard import rows
from trading.models import ForeignOrder, Order, PositionGroup


@pytest.mark.parametrize(
    ("level", "price", "pct"),
    [("90", "100", "-10"), ("103", "100", "3"), ("100", "100", "0"), (None, "100", None), ("90", None, None)],
)
def test_the_distance_is_in_percent_of_the_price(level: str | None, price: str | None, pct: str | None) -> None:
    level_, price_, pct_ = (None if said is None else Dec(said) for said in (level, price, pct))
    assert distance_pct(level_, price=price_) == pct_


# orders ------------------------------------------------------------------------------------------


def test_an_unknown_order_says_when_it_is_looked_up_again(day: rows.Desk, trader: Client, now: datetime) -> None:
    Order.objects.filter(state="UNKNOWN").update(next_poll_at=now + timedelta(seconds=30), polls=2, code="TIMEOUT")
    (row,) = live.gather(None, now=now).unknown
    assert (row.market.symbol, row.qty, row.polls) == ("BTC/USDT", Dec("0.00332"), 2)
    page = trader.get("/").content.decode()
    assert "looked for 2 times, not found yet; next look-up" in page
    assert "<code>TIMEOUT</code>" in page


def test_the_panels_are_empty_while_nothing_is_to_be_told(day: rows.Desk, trader: Client) -> None:
    Order.objects.filter(state="UNKNOWN").update(state="NOT_PLACED")
    page = trader.get("/").content.decode()
    assert 'data-part="unknown"></ul>' in page
    assert 'data-part="foreign"></tbody>' in page


def test_orders_that_are_not_ours_are_listed_while_they_rest(day: rows.Desk, trader: Client, now: datetime) -> None:
    btc = Instrument.objects.get(base="BTC")
    for number, gone_at in (("77", None), ("78", now)):
        ForeignOrder.objects.create(
            account=day.account, instrument=btc, venue_order_id=number, side="SELL", type="LIMIT", price="70000",
            qty="0.25", filled_qty="0.05", seen_at=now, gone_at=gone_at,
        )  # fmt: skip
    assert [row.venue_order_id for row in live.gather(None, now=now).foreign] == ["77"]
    page = trader.get("/").content.decode()
    assert "70,000.00" in page
    assert "0.05000 filled" in page


# stops -------------------------------------------------------------------------------------------


def watching(day: rows.Desk, now: datetime, *stops: tuple[str, str | None]) -> GroupRow:
    row = PositionGroup.objects.get(instrument__symbol="ETH/USDT", closed_at=None)
    row.watch = [{"kind": kind, "trigger_price": price, "note": ""} for kind, price in stops]
    row.save()
    return next(group for group in live.gather(None, now=now).groups if group.id == row.pk)


def test_the_row_shows_the_stop_that_the_price_reaches_first(day: rows.Desk, now: datetime, root: Client) -> None:
    seen = watching(day, now, ("STOP_EMERGENCY", "2377.00"), ("STOP_FIXED", "2502.414"), ("AGGREGATE_TARGET", "2700"))
    # 2,502.414 ÷ 2,634.12 − 1 = −5.0 %; the target 2,668.21 ÷ 2,634.12 − 1 = +1.294 %
    assert (seen.stop.words, seen.stop.trigger_price) == ("fixed stop", Dec("2502.414"))
    assert (seen.stop_distance_pct, round(seen.target_distance_pct, 3)) == (Dec("-5"), Dec("1.294"))
    assert 'fixed <span class="figure">2,502.41 \u2212\u202f5.0\u202f%' in root.get("/").content.decode()


@pytest.mark.parametrize("stops", [(), (("STOP_ATR", None),), (("TIME_EXIT", None), ("AGGREGATE_TARGET", "2700"))])
def test_without_a_priced_stop_there_is_none(
    day: rows.Desk, now: datetime, stops: tuple[tuple[str, str | None], ...]
) -> None:
    seen = watching(day, now, *stops)
    assert (seen.stop, seen.stop_distance_pct) == (None, None)


def test_a_short_stops_above(day: rows.Desk, now: datetime) -> None:
    PositionGroup.objects.filter(instrument__symbol="ETH/USDT").update(side="SHORT")
    seen = watching(day, now, ("STOP_EMERGENCY", "2900"), ("STOP_FIXED", "2700"))
    assert seen.stop.trigger_price == Dec(2700)


def test_a_stop_that_rests_at_the_venue_counts(day: rows.Desk, now: datetime) -> None:
    group = PositionGroup.objects.get(instrument__symbol="ETH/USDT", closed_at=None)
    day.order(group, None, "STOP", "OPEN", trigger_price=Dec(2500), price=Dec(2500))
    seen = watching(day, now, ("STOP_EMERGENCY", "2377"))
    assert seen.stop.words == "stop at the venue"
