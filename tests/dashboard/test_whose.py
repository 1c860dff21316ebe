"""Who logs in may look at every account; acting on one takes its owner, or the role admin. Every address is walked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from dashboard import logs, then
from dashboard.access import NOT_YOURS, may_act_on
from dashboard.urls import urlpatterns
from project.accounts.models import ExchangeAccount, Role
from signals.models import Alert, LostAlert, Source
from tests.dashboard import rows
from tests.dashboard.api import world
from trading.models import Disagreement, Order, PositionGroup, QueuedSignal

ROWS: dict[str, Any] = {
    "account_id": ExchangeAccount,
    "alert_id": Alert,
    "group_id": PositionGroup,
    "lost_id": LostAlert,
    "order_id": Order,
    "queued_id": QueuedSignal,
    "row_id": Disagreement,
    "source_id": Source,
}
WORDS = {
    "settle_difference": {"choice": "theirs"},
    "settle_lost": {"choice": "replay"},
    "settle": {"ending": "filled"},
}
NOT_A_DEED = {"flower", "withdraw_change", "revoke_token", "group", "account", "signal"}
# A page to look at, one's own token, and what is everybody's.
KEPT = ("accounts", "journal", "risk", "signals", "trading")


def deeds() -> list[str]:
    """Every address about a row that has an account."""
    named = (found for found in urlpatterns if getattr(found.pattern, "converters", None))
    about_a_row = (found.name for found in named if ROWS.keys() & found.pattern.converters.keys())
    return sorted({name for name in about_a_row if name} - NOT_A_DEED)


def told() -> dict[str, list[Any]]:
    """Every row there is."""
    models = (model for label in KEPT for model in apps.get_app_config(label).get_models())
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def address(name: str) -> Iterator[str]:
    """The addresses of the first row and the last one of what it is about."""
    (found,) = (one for one in urlpatterns if getattr(one, "name", "") == name)
    (key,) = ROWS.keys() & found.pattern.converters.keys()
    for row in (ROWS[key].objects.earliest("pk"), ROWS[key].objects.latest("pk")):
        yield reverse(f"dashboard:{name}", kwargs={key: row.pk, **WORDS.get(name, {})})


@pytest.fixture
def desk(db: None, now: datetime) -> rows.Desk:
    """A trader's account with something of everything."""
    made = world.world(rows.user("mira", Role.TRADER), now=now)
    order = Order.objects.earliest("pk")
    about = {"account": made.account, "instrument": order.instrument, "order": order}
    Disagreement.objects.create(**about, kind="FILL_CHANGED", seen_at=now)
    return made


def browser(name: str, role: Role) -> Client:
    client = Client()
    client.force_login(rows.user(name, role))
    return client


def test_the_walk_meets_what_it_should() -> None:
    known = {"adopt", "replay", "block_group", "close_group", "cancel_order", "run_offset", "skip_offset", "settle"}
    assert known | {"add_to_group", "edit_group_exits", "promote", "remove", "write_off_dust"} <= set(deeds())


def test_nobody_acts_on_the_page_on_what_is_not_his(desk: rows.Desk) -> None:
    other = browser("otto", Role.TRADER)
    before = told()
    posted = {
        place: other.post(place, {"why": "because", "reason": "because"}) for name in deeds() for place in address(name)
    }
    done = {place: answer.status_code for place, answer in posted.items() if answer.status_code not in (403, 404)}
    assert done == {reverse("dashboard:shadow_import", args=[Source.objects.get().pk]): 302}
    assert told() == before


def test_who_may_not_act_is_told_whose_it_is(desk: rows.Desk) -> None:
    other, place = (
        browser("otto", Role.TRADER),
        reverse("dashboard:block_group", args=[PositionGroup.objects.earliest("pk").pk]),
    )
    assert NOT_YOURS.replace("'", "&#x27;") in other.get(place).content.decode()


@pytest.mark.parametrize(("name", "role"), [("mira", Role.TRADER), ("root", Role.ADMIN)])
def test_the_owner_and_an_admin_may(desk: rows.Desk, name: str, role: Role) -> None:
    user = desk.account.user if role is Role.TRADER else rows.user(name, role)
    assert may_act_on(user, desk.account.pk)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00", "9999-12-31"])
def test_a_time_beyond_all_years_is_no_time(text: str) -> None:
    assert (logs.moment(text, end=True), then.moment("9999-12-31T23:59:00")) == (None, None)


def test_the_pages_of_the_logs_and_of_a_group_stand_any_time(desk: rows.Desk) -> None:
    other, at = browser("otto", Role.TRADER), {"at": "0001-01-01T00:00+05:00", "from": "9999-12-31T23:59-05:00"}
    place = reverse("dashboard:group", args=[PositionGroup.objects.earliest("pk").pk])
    assert [other.get(address, at).status_code for address in (place, "/logs", "/logs.csv")] == [200, 200, 200]
