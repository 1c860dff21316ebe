"""Fees in a third currency: priced once, when recorded or by the first price known afterwards; the journal agrees."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.utils import timezone

from project.accounts.models import Balance
from project.journal.models import JournalEntry
from signals.models import Instrument, Ticker
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.levers import entered, found, held
from trading.domain.reconcile import Difference
from trading.domain.vocabulary import Side
from trading.gateways.base import FillReport
from trading.models import Disagreement, Fill, MonthResult, PositionGroup
from trading.services import audit, disagree, fee_prices, fills, market, rebuild, results
from trading.services.invariants import CHECKS

D = Decimal
LEVEL = "59901.37"
HOUR = timedelta(hours=1)
TRADES = count(1)


@pytest.fixture(scope="module")
def generous() -> Iterator[PaperExchange]:
    """An exchange that takes its fees in BNB, a quarter cheaper, from who wishes so."""
    with PaperExchange("--manual", "--discount-coin", "BNB=25", deposit="USDT=10000,BNB=10") as paper:
        yield paper


@pytest.fixture
def burner(transactional_db: None, generous: PaperExchange) -> Desk:
    """An account that pays with BNB at 500, and holds some."""
    generous.price("BNBUSDT", "500")
    desk = one_leg(make_desk(generous))
    desk.gateway._client.sapiPostBnbBurn({"spotBNBBurn": "true"})  # type: ignore[attr-defined]
    return desk


@pytest.fixture
def poor(desk: Desk) -> Desk:
    """An account without any BNB, with an entry on the book."""
    one_leg(desk).buy(price=LEVEL)
    desk.paper.price("BNBUSDT", "500")
    return desk


def broken() -> list[str]:
    return [words for name in ("I1", "I6", "I12") for words in CHECKS[name](timezone.now()).violations]


def bought(desk: Desk, *, fee: str = "0.00002", paid_in: str = "BNB") -> Fill:
    """A hundredth of the entry is executed, as the venue tells it now."""
    order, number = found()[0], f"made-up-{next(TRADES)}"
    report = FillReport(
        venue_order_id=order.venue_order_id,
        venue_trade_id=number,
        side=Side.BUY,
        price=D(LEVEL),
        qty=D("0.00001"),
        cost=D(LEVEL) * D("0.00001"),
        fee=D(fee),
        fee_currency=paid_in,
        maker=True,
        at=timezone.now(),
    )
    fills.apply(order.pk, [report], now=timezone.now())
    return Fill.objects.get(venue_trade_id=number)


def priced(symbol: str = "BNB/USDT", last: str = "500", *, age: timedelta = timedelta()) -> None:
    """Somebody asked for a price, so long ago."""
    at = timezone.now() - age
    instrument = Instrument.objects.get(symbol=symbol)
    facts = {"bid": D(last), "ask": D(last), "last": D(last), "at": at, "wanted_at": at}
    Ticker.objects.update_or_create(instrument=instrument, defaults=facts)


def figures() -> tuple[Decimal, Decimal, Decimal | None]:
    group = PositionGroup.objects.get()
    return group.fees_quote, group.realised_pnl, group.break_even


def worth() -> list[tuple[Decimal | None, bool]]:
    return list(Fill.objects.order_by("id").values_list("fee_price", "unpriced"))


# on an exchange that charges it ------------------------------------------------------------------


def test_a_round_trip_paid_in_bnb_is_in_the_result_to_the_last_digit(burner: Desk) -> None:
    burner.buy(price=LEVEL)
    burner.price("BTCUSDT", "59900")
    burner.settle()
    bnb = D(10) - held(burner, "BNB")
    group = PositionGroup.objects.get()
    assert (group.qty, group.fees_quote) == (found()[0].qty, bnb * 500)
    assert group.break_even is not None
    # its own fee and that of the way out: 0.075 % of the entry and 0.1 % of the exit
    assert round(group.break_even / D(LEVEL), 4) == D("1.0018")
    burner.price("BNBUSDT", "600")
    burner.price("BTCUSDT", "60600")
    burner.settle()
    spent = D(10) - held(burner, "BNB")
    group.refresh_from_db()
    assert (group.status, group.fees_quote) == ("CLOSED", bnb * 500 + (spent - bnb) * 600)
    sold, paid = (sum(f.cost for f in Fill.objects.filter(side=side)) for side in ("SELL", "BUY"))
    assert group.realised_pnl == sold - paid - group.fees_quote
    assert worth() == [(D(500), False), (D(600), False)]
    assert broken() == []


def test_what_it_holds_for_fees_is_watched_before_it_ever_paid_one(burner: Desk) -> None:
    assert "BNB/USDT" in market.watched(burner.account, now=timezone.now())


# recorded without a price ------------------------------------------------------------------------


def test_a_fee_waits_for_its_price_and_gets_the_first_one(poor: Desk) -> None:
    bought(poor)
    assert figures()[:2] == (0, 0)
    poor.refresh()  # now the pair is asked for, and nobody holds any
    poor.sweep()
    # 0.00002 × 500
    assert figures()[:2] == (D("0.01"), D("-0.01"))
    poor.price("BNBUSDT", "900")
    poor.sweep()
    assert (worth(), figures()[0]) == ([(D(500), False)], D("0.01"))
    event = JournalEntry.objects.get(kind="fill.priced")
    assert (D(event.payload["fee_price"]), event.payload["fee_currency"]) == (D(500), "BNB")
    assert rebuild.differences()[1] == ()


def test_the_pair_of_a_fee_is_asked_for_once_one_waits_and_a_day_longer(poor: Desk) -> None:
    assert "BNB/USDT" not in market.watched(poor.account, now=timezone.now())
    bought(poor)
    assert "BNB/USDT" in market.watched(poor.account, now=timezone.now())
    priced(age=timedelta(seconds=2))
    Ticker.objects.filter(instrument__base="BNB").update(wanted_at=timezone.now() - 25 * HOUR)
    assert fills.price_fees(poor.account.pk, now=timezone.now()) == 1
    assert "BNB/USDT" in market.watched(poor.account, now=timezone.now() + 23 * HOUR)
    assert "BNB/USDT" not in market.watched(poor.account, now=timezone.now() + 25 * HOUR)
    assert bought(poor).fee_price == 500  # the next one finds it


@pytest.mark.parametrize(
    ("symbol", "last", "age_secs", "fee_price"),
    [
        ("BNB/USDT", "500", 1, "500"),
        ("BNB/USDT", "500", 59, "500"),
        ("BNB/USDT", "500", 61, None),
        ("BNB/USDT", "500", -120, None),  # from the future
        ("ETH/USDT", "3000", 1, None),
    ],
)
def test_a_fill_is_recorded_with_a_fresh_price_or_with_none(
    poor: Desk, symbol: str, last: str, age_secs: int, fee_price: str | None
) -> None:
    priced(symbol, last, age=timedelta(seconds=age_secs))
    fill = bought(poor)
    assert (fill.fee_price, fill.unpriced) == (None if fee_price is None else D(fee_price), fee_price is None)
    told = JournalEntry.objects.filter(kind="fill").latest("id").payload["fee_price"]
    assert (None if told is None else D(told)) == fill.fee_price
    assert rebuild.differences()[1] == ()


def test_the_market_may_have_them_the_other_way_round(poor: Desk) -> None:
    bnb = Instrument.objects.get(symbol="BNB/USDT")
    bnb.pk, bnb.symbol, bnb.base, bnb.quote = None, "USDT/BNB", "USDT", "BNB"
    bnb.save()
    priced("USDT/BNB", "0.00125")
    assert bought(poor).fee_price == 800  # 1 ÷ 0.00125


def test_prices_of_another_venue_are_none_of_ours(poor: Desk) -> None:
    priced()
    Instrument.objects.filter(symbol="BNB/USDT").update(venue="elsewhere")
    assert bought(poor).unpriced is True


@pytest.mark.parametrize(("fee", "paid_in"), [("0.0000001", "BTC"), ("0.01", "USDT"), ("0", "BNB"), ("0.1", "")])
def test_what_needs_no_price_or_can_have_none_waits_for_none(poor: Desk, fee: str, paid_in: str) -> None:
    priced()
    fill = bought(poor, fee=fee, paid_in=paid_in)
    assert (fill.fee_price, fill.unpriced, fee_prices.waiting(poor.account.pk)) == (None, False, [])


def test_a_closed_groups_month_follows_a_fee_that_was_priced_late(poor: Desk) -> None:
    bought(poor)
    poor.alert(symbol="BTCUSDT", action="sell", price="59900", interval="60")
    poor.decide()
    poor.settle()
    group = PositionGroup.objects.get()
    closed, before = timezone.now() - 70 * 24 * HOUR, group.realised_pnl
    PositionGroup.objects.update(closed_at=closed, closing_at=closed, status="CLOSED")
    results.sweep(poor.account.pk, now=timezone.now())
    assert not MonthResult.objects.filter(stale=True).exists()
    priced()
    fills.price_fees(poor.account.pk, now=timezone.now())
    assert PositionGroup.objects.get().realised_pnl == before - D("0.01")
    stale = MonthResult.objects.filter(stale=True, kind=MonthResult.Kind.ALL)
    assert stale.get().month == closed.date().replace(day=1)


def test_only_so_many_groups_at_once_and_the_others_next_time(poor: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entered(poor, symbol="ETHUSDT", price="2990")
    bought(poor)
    eth = found()[-1]
    Fill.objects.create(
        **{name: getattr(Fill.objects.get(), name) for name in ("account", "side", "price", "qty", "cost", "at")},
        order=eth, instrument=eth.instrument, venue_trade_id="e", fee=1, fee_currency="BNB", unpriced=True,
    )  # fmt: skip
    monkeypatch.setattr(fills, "AT_ONCE", 1)
    priced()
    counts = [fills.price_fees(poor.account.pk, now=timezone.now()) for _ in range(3)]
    assert (counts, fee_prices.waiting(poor.account.pk)) == ([1, 1, 0], [])


def test_nothing_waits_nothing_is_asked(desk: Desk, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert fills.price_fees(desk.account.pk, now=timezone.now()) == 0


def test_an_unknown_coin_keeps_no_other_fee_waiting(poor: Desk) -> None:
    bought(poor, paid_in="POINTS")
    bought(poor)
    priced()
    assert fills.price_fees(poor.account.pk, now=timezone.now()) == 1
    assert (worth(), fee_prices.waiting(poor.account.pk)) == ([(None, True), (D(500), False)], [("POINTS", "USDT")])


def test_a_step_waits_a_while_for_the_price_of_what_it_paid(poor: Desk) -> None:
    order_id, now = bought(poor).order_id, timezone.now()
    assert fee_prices.is_due([order_id], now=now) is True
    assert fee_prices.is_due([order_id], now=now + timedelta(minutes=1)) is False
    assert fee_prices.is_due([order_id + 1], now=now) is False


# a person's word on an execution -----------------------------------------------------------------


def differs(fill: Fill, **theirs: str) -> Disagreement:
    """The venue tells an execution otherwise than our books, or has never heard of it."""
    ours = audit.told(fill)
    names = {
        name: getattr(fill, name) for name in ("account", "instrument", "order", "venue_order_id", "venue_trade_id")
    }
    told = {"ours": ours, "theirs": {**ours, **theirs} if theirs else {}}
    return Disagreement.objects.create(**names, **told, kind=Difference.FILL_CHANGED, seen_at=timezone.now())


@pytest.mark.parametrize(
    ("theirs", "settled", "undone"),
    [
        ({}, (D(500), False), (D(500), False)),  # struck out: nothing is paid, and the price stays for an undo
        ({"fee": "0.00004"}, (D(500), False), (D(500), False)),
        ({"fee_currency": "USDT"}, (None, False), (None, True)),
        ({"fee_currency": "KCS"}, (None, True), (None, True)),  # the price of one coin is none of another's
    ],
)
def test_a_price_belongs_to_its_currency(
    poor: Desk, theirs: dict[str, str], settled: tuple[object, bool], undone: tuple[object, bool]
) -> None:
    priced()
    row = differs(bought(poor), **theirs)
    disagree.settle(row.pk, choice="THEIRS", operator="eve", reason="seen there", now=timezone.now())
    assert (worth(), rebuild.differences()[1]) == ([settled], ())
    disagree.undo(row.pk, operator="eve", now=timezone.now())
    assert (worth(), rebuild.differences()[1]) == ([undone], ())


def test_taking_back_that_ours_were_kept_leaves_the_price(poor: Desk) -> None:
    priced()
    row = differs(bought(poor), fee="0.00004")
    disagree.settle(row.pk, choice="OURS", operator="eve", reason="the venue errs", now=timezone.now())
    disagree.undo(row.pk, operator="eve", now=timezone.now())
    assert (worth(), rebuild.differences()[1]) == ([(D(500), False)], ())


def test_a_price_changed_behind_the_journals_back_is_told(poor: Desk) -> None:
    priced()
    bought(poor)
    Fill.objects.update(fee_price=D(499))
    assert any("trades" in line for line in rebuild.differences()[1])


def test_fees_from_before_have_no_price_and_wait_for_none(poor: Desk) -> None:
    bought(poor)
    Fill.objects.update(unpriced=False)  # as the migration left them
    priced()
    assert fills.price_fees(poor.account.pk, now=timezone.now()) == 0
    assert not Balance.objects.filter(currency="BNB", total__gt=0).exists()
    assert worth() == [(None, False)]
