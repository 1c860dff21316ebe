"""What a person does: look, explain, flatten, settle, rotate the key."""

import base64
import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from project.accounts import vault
from project.accounts.models import ExchangeAccount
from project.accounts.vault import open_credentials, seal, seal_credentials
from project.journal.models import JournalEntry
from signals.formats import FormatRefused
from signals.models import Alert, Instrument, Source, Ticker
from tests.support.factories import Desk, make_user
from tests.support.levers import chosen, one_leg
from tests.trading.services.levers import at_venue, entered, states
from trading.domain.order_state import OrderState
from trading.gateways.base import Gateway
from trading.models import Order, PositionGroup, Slot
from trading.services import exits, explain, flatten, human, rotate
from trading.services.status import status

BUY = '{"symbol": "BTCUSDT", "action": "buy", "price": "59900", "interval": "60"}'


def test_status_counts_everything_once(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    desk.alert(symbol="NOPE", action="buy")
    desk.decide()
    desk.alert(symbol="BTCUSDT", action="buy")
    told = status(now=timezone.now())
    assert told.alerts == {"ENTERED": 1, "UNKNOWN_SYMBOL": 1, "UNDECIDED": 1}
    assert (told.groups, told.orders) == ({"ACTIVE": 1}, {"FILLED": 1, "OPEN": 1})
    assert (told.slots, told.mode, told.queue) == ({"open": 1, "size": 10}, "NORMAL", 0)
    assert (told.canary_age_secs, told.accounts) == (None, {"paper": "OK"})
    assert told.unsealed_age_secs >= 0


# explain -----------------------------------------------------------------------------------------


def test_an_explanation_tells_outcome_and_orders_and_leaves_nothing(desk: Desk) -> None:
    before = JournalEntry.objects.count()
    told = explain.explain(BUY, source=desk.source, gateway=lambda _: desk.gateway, clock=timezone.now)
    assert (told.format, told.verdict.outcome) == ("windlass", "ENTERED")
    assert [(order.leg, order.side) for order in told.orders] == [(leg, "BUY") for leg in range(5)]
    assert all(order.target_price > order.price for order in told.orders)
    assert [model.objects.count() for model in (Alert, Order, PositionGroup, Slot)] == [0] * 4
    assert JournalEntry.objects.count() == before


def test_an_explanation_gives_the_reason_of_a_denial(desk: Desk) -> None:
    ExchangeAccount.objects.update(armed=False)
    told = explain.explain(BUY, source=desk.source, gateway=lambda _: desk.gateway, clock=timezone.now)
    assert (told.verdict.outcome, told.orders) == ("NOT_ARMED", ())


@pytest.mark.parametrize(("raw", "code"), [("{", "NOT_JSON"), ('{"hello": 1}', "FORMAT_UNKNOWN")])
def test_what_the_door_refuses_cannot_be_explained(desk: Desk, raw: str, code: str) -> None:
    with pytest.raises(FormatRefused) as caught:
        explain.explain(raw, source=desk.source, gateway=lambda _: desk.gateway, clock=timezone.now)
    assert caught.value.code == code


def test_a_body_with_another_secret_than_the_sources_would_be_refused(desk: Desk) -> None:
    desk.source.secret_hash = explain.digest("hush")
    for body in ({"secret": "other"}, {"secret": "hush"}):
        raw = json.dumps({"symbol": "BTCUSDT", "action": "buy", **body})
        refused = pytest.raises(explain.WrongSecret) if body["secret"] == "other" else nullcontext()
        with refused:
            explain.explain(raw, source=desk.source, gateway=lambda _: desk.gateway, clock=timezone.now)


def test_prices_come_from_the_venue_of_the_account_that_the_body_names(desk: Desk) -> None:
    other = ExchangeAccount.objects.create(user=desk.account.user, name="live-1", venue="bybit", armed=True)
    Instrument.objects.filter(symbol="BTC/USDT").update(venue="bybit")
    Ticker.objects.all().delete()
    asked: list[str] = []

    def gateway(account: ExchangeAccount) -> Gateway:
        asked.append(account.name)
        return desk.gateway

    named = BUY.replace("{", f'{{"account": "{other.name}", ', 1)
    explain.explain(named, source=desk.source, gateway=gateway, clock=timezone.now)
    assert set(asked) == {"live-1"}


# flatten -----------------------------------------------------------------------------------------


def test_flatten_ends_groups_orders_and_the_queue(desk: Desk) -> None:
    chosen(one_leg(desk), max_open_groups=2)
    desk.buy("BTCUSDT", price="60100")
    desk.buy("ETHUSDT", price="2990")
    entered(desk, symbol="SOLUSDT", price="149")
    assert flatten.flatten(desk.account.pk, operator="mira", now=timezone.now()) == 2
    assert flatten.flatten(desk.account.pk, operator="mira", now=timezone.now()) == 0
    assert not flatten.left(desk.account).flat
    desk.settle()
    left = flatten.left(desk.account)
    assert (left.groups, left.orders, left.resting_at_venue, left.flat) == (0, 0, 0, True)
    assert {group.close_reason for group in PositionGroup.objects.all()} == {"FLATTEN"}
    assert not Slot.objects.filter(released_at=None).exists()
    assert {order["status"] for order in at_venue(desk)} <= {"FILLED", "CANCELED"}


def test_a_group_is_closed_by_hand_once(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    group = PositionGroup.objects.get()
    assert exits.close_by_hand(group.pk, operator="mira", now=timezone.now())
    assert not exits.close_by_hand(group.pk, operator="mira", now=timezone.now())
    desk.settle()
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("CLOSED", "BY_HAND mira")


# what only a person can decide -------------------------------------------------------------------


def stuck(desk: Desk) -> Order:
    entered(one_leg(desk))
    Order.objects.update(state="NEEDS_HUMAN")
    return Order.objects.get()


@pytest.mark.parametrize("to", human.CHOICES)
def test_a_person_ends_what_the_venue_cannot_prove(desk: Desk, to: OrderState) -> None:
    order = stuck(desk)
    number = "4711" if to in human.PLACED else ""
    seen = {"reason": "seen at the venue", "venue_order_id": number}
    human.settle(order.pk, to=to, operator="mira", now=timezone.now(), **seen)
    order.refresh_from_db()
    assert (order.state, order.code) == (to, "BY_HAND")
    assert order.detail == "mira: seen at the venue"


def test_a_placed_order_needs_its_number(desk: Desk) -> None:
    with pytest.raises(human.NumberMissing):
        human.settle(stuck(desk).pk, to=OrderState.FILLED, operator="mira", reason="seen", now=timezone.now())
    assert states() == ["NEEDS_HUMAN"]


@pytest.mark.parametrize(
    ("symbol", "price", "refused"),
    [("BTCUSDT", "59800", pytest.raises(human.NumberTaken)), ("ETHUSDT", "2990", nullcontext())],
)
def test_a_number_is_taken_by_an_order_of_the_same_pair(desk: Desk, symbol: str, price: str, refused: Any) -> None:
    """A venue may count the orders of each pair by themselves."""
    order = stuck(desk)
    entered(desk, symbol=symbol, price=price, interval="240")
    Order.objects.exclude(pk=order.pk).update(venue_order_id="4711")
    seen = {"reason": "seen", "venue_order_id": "4711"}
    with refused:
        human.settle(order.pk, to=OrderState.CANCELED, operator="mira", now=timezone.now(), **seen)


def test_an_order_that_waits_for_nobody_is_left_alone(desk: Desk) -> None:
    entered(one_leg(desk))
    with pytest.raises(human.NotWaiting, match="only one in state NEEDS_HUMAN"):
        human.settle(Order.objects.get().pk, to=OrderState.CANCELED, operator="mira", reason="", now=timezone.now())
    assert states() == ["NEW"]


# the key -----------------------------------------------------------------------------------------


@pytest.fixture
def own_home(settings: Any, tmp_path: Path) -> Path:
    settings.WINDLASS = replace(settings.WINDLASS, home=tmp_path, kek="")
    return tmp_path


@pytest.mark.django_db
def test_a_rotation_seals_everything_anew(own_home: Path) -> None:
    account, source = owned()
    before, old = vault.kek_path().read_text(), bytes(account.sealed_credentials)
    assert rotate.rotate(operator="mira") == 2
    after = vault.kek_path().read_text()
    account.refresh_from_db()
    source.refresh_from_db()
    assert after != before
    assert len(after.split()) == 1
    assert bytes(account.sealed_credentials)[:5] != old[:5]
    assert open_credentials(account) == {"apiKey": "k", "secret": "s"}
    assert vault.open_sealed(bytes(source.hmac_sealed or b""), aad=f"source:{source.pk}".encode()) == b"hmac"
    assert JournalEntry.objects.get(kind="kek.rotated").payload == {"operator": "mira", "envelopes": 2}


@pytest.mark.django_db
def test_a_rotation_that_was_cut_short_is_finished_by_the_next(own_home: Path) -> None:
    account, _ = owned()
    rotate._prepend_new_key()  # and the process dies here
    assert open_credentials(account) == {"apiKey": "k", "secret": "s"}
    new = vault.kek_path().read_text().split()[0]
    rotate.rotate(operator="mira")
    account.refresh_from_db()
    assert vault.kek_path().read_text().split() == [new]
    assert open_credentials(account) == {"apiKey": "k", "secret": "s"}


@pytest.mark.django_db
def test_a_key_from_the_environment_is_rotated_there(settings: Any) -> None:
    one = base64.urlsafe_b64encode(bytes(range(32))).decode()
    settings.WINDLASS = replace(settings.WINDLASS, kek=one)
    account, _ = owned()
    with pytest.raises(rotate.KeyFromEnvironment, match="WINDLASS_KEK"):
        rotate.rotate(operator="mira")
    two = base64.urlsafe_b64encode(bytes(32)).decode()
    settings.WINDLASS = replace(settings.WINDLASS, kek=f"{two},{one}")
    assert rotate.rotate(operator="mira") == 2
    settings.WINDLASS = replace(settings.WINDLASS, kek=two)
    account.refresh_from_db()
    assert open_credentials(account) == {"apiKey": "k", "secret": "s"}


def owned() -> tuple[ExchangeAccount, Source]:
    """An account with keys and a source with an HMAC key."""
    account = ExchangeAccount.objects.create(user=make_user(), name="main")
    seal_credentials(account, {"apiKey": "k", "secret": "s"})
    account.save()
    source = Source.objects.create(user=account.user, account=account, name="pine", pair_whitelist=[])
    source.hmac_sealed = seal(b"hmac", aad=f"source:{source.pk}".encode())
    source.save()
    return account, source
