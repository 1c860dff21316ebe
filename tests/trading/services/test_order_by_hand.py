"""Orders by hand: one alert for each key, decided like any other, with a target of its own; looking leaves nothing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal as Dec

import pytest
from django.db import connections
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from signals.formats import FormatRefused
from signals.models import Alert, Source
from tests.dashboard import rows
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading.models import Order, PositionGroup
from trading.selectors import alert_facts
from trading.services import order_by_hand, replay
from trading.services.explain import Explanation
from trading.services.order_by_hand import CannotSend, Ticket

KEY = "0" * 32
BUY: Mapping[str, object] = {"symbol": "BTCUSDT", "action": "buy", "market_position": "long", "interval": "60"}


def ticket(desk: Desk, source_id: int | None = None, note: str = "", **said: object) -> Ticket:
    return Ticket(desk.account.pk, {**BUY, **said}, source_id, note)


def sent(desk: Desk, asked: Ticket, key: str = KEY) -> Alert:
    alert = order_by_hand.send(asked, key=key, operator="mira", now=timezone.now()).alert
    desk.decide()
    alert.refresh_from_db()
    return alert


def looked(desk: Desk, asked: Ticket) -> Explanation:
    return order_by_hand.preview(asked, gateway=lambda: desk.gateway, clock=timezone.now)


def test_it_is_one_alert_through_the_inbox(desk: Desk) -> None:
    alert = sent(desk, ticket(desk, note="the news", size="200 USDT"))
    assert (alert.outcome, alert.source.name, "by hand, mira: the news" in alert.raw) == (
        "ENTERED",
        "by hand, paper",
        True,
    )
    assert PositionGroup.objects.get().timeframe_secs == 3600
    asked = JournalEntry.objects.get(kind="alert.by_hand")
    assert (asked.subject, asked.payload["operator"], asked.payload["note"]) == (
        f"alert:{alert.pk}",
        "mira",
        "the news",
    )


def test_a_second_press_is_the_same_order(desk: Desk) -> None:
    first = sent(desk, ticket(desk))
    again = order_by_hand.send(ticket(desk, size="9 USDT"), key=KEY, operator="otto", now=timezone.now())
    assert (again.alert.pk, again.fresh, again.same, Alert.objects.count()) == (first.pk, False, False, 1)
    assert order_by_hand.send(ticket(desk), key=KEY, operator="mira", now=timezone.now()).same
    assert JournalEntry.objects.filter(kind="alert.by_hand").count() == 1


def test_presses_at_the_same_time_are_one_order(desk: Desk) -> None:
    def press(_: int) -> int:
        try:
            return order_by_hand.send(ticket(desk), key=KEY, operator="mira", now=timezone.now()).alert.pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as hands:
        pressed = list(hands.map(press, range(4)))
    assert (len(set(pressed)), Alert.objects.count(), Source.objects.filter(token_hash=None).count()) == (1, 1, 1)


def test_looking_shows_what_sending_does_and_leaves_nothing(desk: Desk) -> None:
    desk.refresh()
    asked = ticket(desk, size="200 USDT")
    told = JournalEntry.objects.count()
    seen = looked(desk, asked)
    left = [model.objects.count() for model in (Alert, Order, PositionGroup, Source)]
    assert (seen.verdict.outcome, left, JournalEntry.objects.count()) == ("ENTERED", [0, 0, 0, 1], told)
    sent(desk, asked)
    placed = [(order.price, order.qty) for order in Order.objects.order_by("id")]
    assert [(order.price, order.qty) for order in seen.orders] == placed


def test_a_pair_that_nobody_watched_gets_its_price_first(desk: Desk) -> None:
    assert looked(desk, ticket(desk)).verdict.outcome == "ENTERED"


# exits -------------------------------------------------------------------------------------------


def test_its_target_is_one_of_the_whole_group(desk: Desk) -> None:
    one_leg(desk)
    sent(desk, ticket(desk, take_profit="3%", price="60100", order_type="limit"))
    desk.settle()
    group, target = PositionGroup.objects.get(), Order.objects.get(purpose="TARGET")
    # 3 % above the average entry, on the tick that gives no less
    assert group.tp_mode == "AGGREGATE"
    assert Dec(0) <= target.price - group.average_entry * Dec("1.03") < Dec("0.05")


@pytest.mark.parametrize(
    ("source", "key", "code"),
    [("test", None, "NOT_SUPPORTED"), (None, KEY, "ENTERED")],
    ids=["a sender's alert", "by hand"],
)
def test_a_senders_alert_brings_no_target(desk: Desk, source: str | None, key: str | None, code: str) -> None:
    asked = {**BUY, "take_profit": "3%"}
    alert = sent(desk, Ticket(desk.account.pk, asked)) if key else desk.alert(**asked)
    desk.decide()
    alert.refresh_from_db()
    assert alert.outcome == code


def test_a_group_keeps_the_targets_it_was_opened_with(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    found = looked(desk, ticket(desk, take_profit="3%"))
    assert (found.verdict.outcome, "take_profit" in found.verdict.reason) == ("NOT_SUPPORTED", True)


def test_a_target_at_a_price_is_refused_by_name(desk: Desk) -> None:
    assert looked(desk, ticket(desk, take_profit="65000")).verdict.outcome == "NOT_SUPPORTED"


def test_its_stop_stands(desk: Desk) -> None:
    found = looked(desk, ticket(desk, stop_loss="5%"))
    assert "STOP_ALERT" in {post.kind for post in found.stages.standing[0].watch}


# refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"size": "100"}, "size"),
        ({"size": "a lot"}, "size"),
        ({"leverage": "0"}, "leverage"),
        ({"stop_loss": "-5%"}, "stop_loss"),
        ({"price": "-1"}, "price"),
        ({"symbol": ""}, "symbol"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(desk: Desk, said: dict[str, object], field: str) -> None:
    with pytest.raises(FormatRefused) as refused:
        order_by_hand.send(ticket(desk, **said), key=KEY, operator="mira", now=timezone.now())
    assert field in {wrong.field for wrong in refused.value.errors}
    assert (Alert.objects.count(), Source.objects.count()) == (0, 1)


@pytest.mark.parametrize(("change", "said"), [({"enabled": False}, "switched off"), ({"live": False}, "shadow mode")])
def test_a_source_that_is_off_sends_nothing(desk: Desk, change: dict[str, bool], said: str) -> None:
    Source.objects.update(**change)
    with pytest.raises(CannotSend, match=said):
        sent(desk, ticket(desk, source_id=desk.source.pk))
    assert order_by_hand.sources(desk.account) == []


def test_another_accounts_source_is_none_of_this_ones(desk: Desk) -> None:
    with pytest.raises(CannotSend, match="no such strategy"):
        sent(desk, ticket(desk, source_id=desk.source.pk + 1))


def test_in_a_sources_name_it_keeps_to_that_sources_pairs(desk: Desk) -> None:
    Source.objects.update(pair_whitelist=["ETH/USDT"])
    asked = ticket(desk, source_id=desk.source.pk)
    assert sent(desk, asked).outcome == "NOT_WHITELISTED"
    assert sent(desk, replace(asked, source_id=None), key="1" * 32).outcome == "ENTERED"


def test_a_long_account_name_is_told_by_its_number(desk: Desk) -> None:
    desk.account.name = "n" * 40
    assert order_by_hand.own_names(desk.account) == (f"by hand, {desk.account.pk}",)


def test_an_account_takes_no_source_of_one_that_had_its_name(desk: Desk) -> None:
    theirs = Source.objects.create(
        user=desk.account.user, account=rows.account(desk.account.user, "renamed"), name="by hand, paper"
    )
    asked = ticket(desk, note="mine")
    looked(desk, asked)
    alerts = [sent(desk, asked, key=key * 32) for key in "01"]
    assert {(alert.source.account_id, alert.source.name) for alert in alerts} == {
        (desk.account.pk, f"by hand, {desk.account.pk}")
    }
    assert theirs.alerts.count() == 0
    assert alerts[0].source not in order_by_hand.sources(desk.account)


def test_sent_again_it_keeps_its_target(desk: Desk) -> None:
    ExchangeAccount.objects.update(armed=False)
    first = sent(desk, ticket(desk, take_profit="3%"))
    once = replay.replay(first.pk, operator="mira", now=timezone.now())
    ExchangeAccount.objects.update(armed=True)
    desk.decide()
    twice = replay.replay(once.pk, operator="mira", now=timezone.now())
    once.refresh_from_db()
    assert (first.outcome, once.outcome) == ("NOT_ARMED", "ENTERED")
    assert [alert_facts(alert).by_hand for alert in (first, once, twice)] == [True] * 3
