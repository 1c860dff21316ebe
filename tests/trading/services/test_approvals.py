"""Two people for what loosens a live account: who may say yes, until when, and what holds meanwhile."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from project.accounts.models import Environment, ExchangeAccount, Role, User
from project.journal.models import JournalEntry
from tests.dashboard import rows
from trading.domain.sealing import WAIT
from trading.models import SettingOverride, SettingRequest, SettingVersion
from trading.models.setting_version import How
from trading.services import approvals, sealing, setting_versions
from trading.services.approvals import OPEN_FOR
from trading.services.overrides import Place, Wish
from trading.services.overrides_submit import Submitted, submit
from trading.services.setting_versions import ChangedSince, Said

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def mira() -> User:
    """She asks; the live account is hers."""
    return rows.user("mira", Role.ADMIN)


@pytest.fixture
def vera() -> User:
    """The second person."""
    return rows.user("vera", Role.ADMIN)


@pytest.fixture
def live(mira: User) -> ExchangeAccount:
    SettingOverride.objects.create(name="approvals", value="on")
    return rows.account(mira, "real money", environment=Environment.LIVE)


def asked(now: datetime, at: Place = Place(), **values: str | None) -> Submitted:  # noqa: B008 - a frozen value
    wishes = [Wish(name, at, text) for name, text in values.items()]
    return submit(wishes, Said("mira", "more room"), now=now)


def held() -> dict[str, object]:
    return dict(SettingOverride.objects.exclude(name="approvals").values_list("name", "value"))


def test_what_loosens_waits_and_what_tightens_holds_at_once(live: ExchangeAccount, now: datetime) -> None:
    found = asked(now, max_leverage="5", max_heat="0.4")
    assert held() == {"max_heat": "0.4"}
    assert found.version is not None
    assert found.request is not None
    assert [one.name for one in approvals.changes_of(found.request)] == ["max_leverage"]
    assert "another admin" in found.words


@pytest.mark.parametrize("reaches", ["everybody", "user", "account", "pair", "somebody else", "paper"])
def test_only_what_reaches_a_live_account_waits(live: ExchangeAccount, now: datetime, reaches: str) -> None:
    paper = rows.account(live.user, "paper")
    places = {
        "everybody": Place(),
        "user": Place(live.user_id),
        "account": Place(account_id=live.pk),
        "pair": Place(account_id=live.pk, symbol="BTC/USDT"),
        "somebody else": Place(rows.user("otto").pk),
        "paper": Place(account_id=paper.pk),
    }
    waits = asked(now, places[reaches], max_leverage="5").request is not None
    assert waits is (reaches not in ("somebody else", "paper"))


def test_without_approvals_or_without_a_live_account_nothing_waits(mira: User, now: datetime) -> None:
    assert asked(now, max_leverage="5").request is None
    SettingOverride.objects.create(name="approvals", value="on")
    assert asked(now, max_leverage="6").request is None


def test_to_switch_approvals_off_is_such_a_change_and_to_seal_is_none(live: ExchangeAccount, now: datetime) -> None:
    assert asked(now, approvals="off").request is not None
    assert asked(now, profile="sealed").request is None


def test_another_admin_says_yes_and_it_holds_as_a_version(live: ExchangeAccount, vera: User, now: datetime) -> None:
    request = asked(now, max_leverage="5").request
    assert request is not None
    answer = approvals.approve(request.pk, vera, reason="looked at it", now=now + MINUTE)
    assert (answer.done, held()) == (True, {"max_leverage": "5"})
    version = SettingVersion.objects.get()
    assert (version.how, version.operator, version.reason) == (How.APPROVAL, "mira", "more room (approved by vera)")
    request.refresh_from_db()
    assert (request.ending, request.ended_by, request.version) == ("APPROVED", "vera", version)
    journalled = JournalEntry.objects.filter(subject=f"setting-request:{request.pk}").order_by("id")
    assert [(e.kind, e.payload["operator"]) for e in journalled] == [
        ("setting.asked", "mira"),
        ("setting.answered", "vera"),
    ]


def test_nobody_approves_his_own(live: ExchangeAccount, mira: User, now: datetime) -> None:
    request = asked(now, max_leverage="5").request
    assert request is not None
    mira.username = "another-name"
    mira.save()
    assert approvals.approve(request.pk, mira, reason="me again", now=now).text == approvals.YOURS
    assert held() == {}


def test_it_is_answered_once(live: ExchangeAccount, mira: User, vera: User, now: datetime) -> None:
    request = asked(now, max_leverage="5").request
    assert request is not None
    answers = [approvals.refuse(request.pk, mira, reason="rather not", now=now).done]
    answers += [approvals.approve(request.pk, vera, reason="fine", now=now).done]
    answers += [approvals.refuse(request.pk, vera, reason="no", now=now).done]
    request.refresh_from_db()
    assert (answers, request.ending, held()) == ([True, False, False], "WITHDRAWN", {})


def test_a_day_later_it_is_too_late(live: ExchangeAccount, vera: User, now: datetime) -> None:
    request = asked(now, max_leverage="5").request
    assert request is not None
    late = now + OPEN_FOR
    assert (approvals.open_ones(now=late - MINUTE).count(), approvals.open_ones(now=late).count()) == (1, 0)
    assert not approvals.approve(request.pk, vera, reason="late", now=late).done
    assert [approvals.expire(now=at) for at in (late - MINUTE, late, late)] == [0, 1, 0]
    assert held() == {}


def test_what_changed_meanwhile_is_not_overwritten(live: ExchangeAccount, vera: User, now: datetime) -> None:
    request = asked(now, max_leverage="5").request
    assert request is not None
    asked(now, max_leverage="2")
    answer = approvals.approve(request.pk, vera, reason="fine", now=now)
    request.refresh_from_db()
    assert (answer.done, request.ending, held()) == (False, "OVERTAKEN", {"max_leverage": "2"})
    assert "max_leverage was changed" in answer.text


def test_a_way_back_is_held_to_the_same_rule(live: ExchangeAccount, now: datetime) -> None:
    version = asked(now, max_leverage="2").version
    assert version is not None
    found = submit(setting_versions.undoing(version), Said("mira", "", How.ROLLBACK, version.pk), now=now)
    assert (found.request is not None, held()) == (True, {"max_leverage": "2"})


def test_under_the_seal_it_waits_for_the_day_and_then_for_the_person(
    live: ExchangeAccount, vera: User, now: datetime
) -> None:
    """Sealing takes nobody's yes: it must not be the way past one."""
    asked(now, Place(vera.pk), profile="sealed")
    found = asked(now, max_leverage="100", approvals="off")
    assert (len(found.waits), len(found.both), found.request) == (2, 2, None)
    assert "then another admin has to say yes" in found.words
    assert asked(now, Place(vera.pk), profile=None).both == ()  # no live account of hers: the day alone
    assert sealing.apply_due(now=now + WAIT) == 3
    assert (held(), approvals.needed()) == ({}, True)
    request = SettingRequest.objects.get()
    assert (request.asker, {one.name for one in approvals.changes_of(request)}) == (
        live.user,
        {"max_leverage", "approvals"},
    )
    assert approvals.approve(request.pk, vera, reason="looked at it", now=now + WAIT).done
    assert (held(), approvals.needed()) == ({"max_leverage": "100"}, False)


def test_under_the_seal_what_reaches_no_live_account_waits_for_the_day_alone(
    live: ExchangeAccount, now: datetime
) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    paper = Place(account_id=rows.account(live.user, "paper").pk)
    found = asked(now, paper, max_leverage="5")
    assert (len(found.waits), found.both) == (1, ())
    assert (sealing.apply_due(now=now + WAIT), held()["max_leverage"]) == (1, "5")


@pytest.mark.parametrize(
    ("before", "after", "asks"),
    [
        ("standard", "strict", False),
        ("own", "strict", False),
        ("strict", "standard", True),
        ("standard", "sealed", False),
        ("strict", "sealed", True),  # the strict defaults would go
    ],
)
def test_a_profile_is_judged_by_the_limits_it_brings(
    live: ExchangeAccount, now: datetime, before: str, after: str, asks: bool
) -> None:
    SettingOverride.objects.create(name="profile", value=before)
    assert (asked(now, profile=after).request is not None) is asks


def test_what_was_seen_must_still_be_there(now: datetime) -> None:
    setting_versions.write([Wish("max_heat", Place(), "0.3")], Said("vera"))
    with pytest.raises(ChangedSince) as caught:
        submit([Wish("max_heat", Place(), "0.4")], Said("mira"), now=now, seen={("max_heat", Place()): None})
    assert caught.value.moved == (("max_heat", Place()),)
    assert caught.value.changes[0].before == "0.3"
    assert held() == {"max_heat": "0.3"}


def test_where_a_part_contradicts_without_the_rest_all_of_it_waits(live: ExchangeAccount, now: datetime) -> None:
    """One leg each: 5 pyramids have 5 targets, 1 pyramid has 1. To break even after the 2nd there must be 2."""
    for name, value in (("legs", "(0, 100, 1)"), ("breakeven_after_target", "2")):
        SettingOverride.objects.create(name=name, value=value)
    found = asked(now, max_pyramids="1", breakeven_after_target="1")  # fewer pyramids only protect; the other waits
    assert found.version is None
    assert found.request is not None
    assert {one.name for one in approvals.changes_of(found.request)} == {"max_pyramids", "breakeven_after_target"}
