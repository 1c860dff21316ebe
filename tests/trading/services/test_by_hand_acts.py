"""What a person does to one row: test a connection, replay an alert, take back an order, block a group."""

import pytest
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from project.accounts.vault import seal_credentials
from project.journal.models import JournalEntry
from signals.models import Alert, Source
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading.domain.order_state import OrderState
from trading.models import Order, PositionGroup
from trading.services import block, connect, probe, replay, withdraw

KEYS_THAT_NOBODY_HAS = {"apiKey": "k" * 32, "secret": "s" * 32}


# the connection ----------------------------------------------------------------------------------


def test_a_good_connection_answers_every_question(desk: Desk) -> None:
    answers = probe.probe(desk.account, clock=timezone.now)
    assert [(answer.name, answer.well) for answer in answers] == [
        ("connection", True),
        ("keys", True),
        ("markets", True),
    ]
    assert "10000 USDT held, 10000 free" in answers[1].said


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"venue": "nowhere"}, "UNSUPPORTED_VENUE"),
        ({"base_url": ""}, "UNSAFE_ENDPOINT"),
        ({"base_url": "http://127.0.0.1:9"}, "VENUE_NOT_REACHED"),
        ({"environment": "live", "base_url": ""}, "LIVE_NOT_ALLOWED"),
    ],
)
def test_a_bad_one_stops_at_the_first_question_with_its_code(desk: Desk, fields: dict[str, str], code: str) -> None:
    account = desk.account
    vars(account).update(fields)
    seal_credentials(account, KEYS_THAT_NOBODY_HAS)
    connect.forget()
    assert [(answer.name, answer.well) for answer in probe.probe(account, clock=timezone.now)] == [(code, False)]


def test_keys_that_the_venue_refuses_are_told_apart_from_its_silence(desk: Desk) -> None:
    seal_credentials(desk.account, KEYS_THAT_NOBODY_HAS)
    connect.forget()
    answers = probe.probe(desk.account, clock=timezone.now)
    assert [(answer.name, answer.well) for answer in answers] == [("connection", True), ("KEYS_REFUSED", False)]
    assert not any(secret in answer.said for answer in answers for secret in KEYS_THAT_NOBODY_HAS.values())


def test_keys_of_another_vault_stay_closed(desk: Desk) -> None:
    ExchangeAccount.objects.filter(pk=desk.account.pk).update(sealed_credentials=b"not an envelope")
    desk.account.refresh_from_db()
    connect.forget()
    assert [answer.name for answer in probe.probe(desk.account, clock=timezone.now)] == ["keys"]


# replay ------------------------------------------------------------------------------------------


def test_a_replay_is_a_new_alert_with_an_outcome_of_its_own(desk: Desk) -> None:
    first = one_leg(desk).buy(price="60100")
    again = replay.replay(first.pk, operator="mira", now=timezone.now())
    desk.decide()
    again.refresh_from_db()
    assert (again.raw, again.outcome != "", again.pk > first.pk) == (first.raw, True, True)
    assert JournalEntry.objects.get(kind="alert.replayed").payload == {"operator": "mira", "of": first.pk}


def test_a_replay_can_be_replayed_and_is_told_apart(desk: Desk) -> None:
    first = one_leg(desk).buy(price="60100")
    again = replay.replay(first.pk, operator="mira", now=timezone.now())
    third = replay.replay(again.pk, operator="mira", now=timezone.now())
    assert [replay.is_replay(alert) for alert in (first, again, third)] == [False, True, True]
    assert third.client_id == f"replay:{again.pk}"


@pytest.mark.parametrize(
    ("model", "fields", "said"),
    [(Alert, {"format": ""}, "refused at the door"), (Source, {"enabled": False}, "switched off")],
)
def test_what_cannot_be_replayed_says_why(
    desk: Desk, model: type[Alert | Source], fields: dict[str, object], said: str
) -> None:
    first = one_leg(desk).buy(price="60100")
    model.objects.update(**fields)
    with pytest.raises(replay.CannotReplay, match=said):
        replay.replay(first.pk, operator="mira", now=timezone.now())
    assert Alert.objects.count() == 1


# one order, one group ----------------------------------------------------------------------------


def test_a_resting_entry_is_taken_back_at_the_venue(desk: Desk) -> None:
    desk.buy(price="60000")
    entry = Order.objects.filter(purpose="ENTRY", state=OrderState.OPEN).latest("id")
    assert withdraw.withdraw_by_hand(entry.pk, operator="mira", now=timezone.now())
    assert not withdraw.withdraw_by_hand(entry.pk, operator="mira", now=timezone.now())
    desk.settle()
    entry.refresh_from_db()
    assert (entry.state, entry.code) == (OrderState.CANCELED, "BY_HAND")
    assert JournalEntry.objects.get(kind="order.withdrawn_by_hand").payload["operator"] == "mira"


def test_a_target_is_not(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    target = Order.objects.get(purpose="TARGET")
    assert not withdraw.withdraw_by_hand(target.pk, operator="mira", now=timezone.now())


def test_a_blocked_group_takes_no_pyramid_until_it_is_unblocked(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    group = PositionGroup.objects.get()
    assert block.set_blocked(group.pk, to=True, operator="mira")
    assert not block.set_blocked(group.pk, to=True, operator="mira")
    again = desk.alert(symbol="BTCUSDT", action="buy", price="60100", interval="60")
    desk.decide()
    again.refresh_from_db()
    assert (again.outcome, "blocked by hand" in again.reason) == ("TOO_SOON", True)
    assert block.set_blocked(group.pk, to=False, operator="mira")
    assert [entry.payload["blocked"] for entry in JournalEntry.objects.filter(kind="group.blocked").order_by("id")] == [
        True,
        False,
    ]


def test_a_replay_is_never_stale(desk: Desk) -> None:
    first = one_leg(desk).alert(
        symbol="BTCUSDT", action="buy", price="60100", interval="60", timestamp="2020-01-01T00:00:00Z"
    )
    desk.decide()
    again = replay.replay(first.pk, operator="mira", now=timezone.now())
    desk.decide()
    outcomes = [Alert.objects.get(pk=alert.pk).outcome for alert in (first, again)]
    assert outcomes == ["STALE", "ENTERED"]


def test_a_blocked_pair_takes_nothing_new_and_still_exits(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    assert block.set_pair_blocked(desk.account.pk, "BTC/USDT", to=True, operator="mira")
    assert not block.set_pair_blocked(desk.account.pk, "BTC/USDT", to=True, operator="mira")
    again = desk.alert(symbol="BTCUSDT", action="buy", price="60100", interval="15")
    other = desk.alert(symbol="ETHUSDT", action="buy", price="3010", interval="15")
    out = desk.alert(symbol="BTCUSDT", action="exit")
    desk.decide()
    outcomes = [Alert.objects.get(pk=alert.pk).outcome for alert in (again, other, out)]
    assert outcomes == ["PAIR_BLOCKED", "ENTERED", "EXITED"]


def test_blocking_a_pair_is_journalled_as_the_setting_it_is(desk: Desk) -> None:
    for to in (True, False):
        assert block.set_pair_blocked(desk.account.pk, "BTC/USDT", to=to, operator="mira")
    changed = JournalEntry.objects.filter(kind="setting.changed", subject="setting:blocked").order_by("id")
    assert [(row.payload["before"], row.payload["after"]) for row in changed] == [(None, "on"), ("on", "off")]
