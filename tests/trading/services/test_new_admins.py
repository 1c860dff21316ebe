"""Who is a second person: nobody whom somebody else has just made an admin, or handed a way in as one."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts.models import Role
from project.journal.record import record
from tests.dashboard import rows
from trading.models import SettingRequest
from trading.services import approvals, new_admins

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.mark.parametrize(
    ("kind", "said", "may"),
    [
        ("user.made", {"role": "admin"}, False),
        ("user.made", {"role": "viewer"}, True),
        ("user.joined", {"role": "admin"}, False),
        ("user.role", {"role": "admin"}, False),
        ("user.role", {"role": "trader"}, True),
        ("user.password_set", {}, False),
        ("user.second_factor_reset", {}, False),
        ("user.password_changed", {}, True),
    ],
)
def test_an_admin_of_a_moment_ago_says_yes_to_nothing(
    now: datetime, kind: str, said: dict[str, str], may: bool
) -> None:
    mira, vera, ann = (rows.user(name, Role.ADMIN) for name in ("mira", "vera", "ann"))
    with transaction.atomic():
        record(kind, subject=f"user:{vera.pk}", payload={"operator": "mira"} | said)
    asked = SettingRequest.objects.create(
        asker=mira, asked_by="mira", asked_at=now, reason="more", expires_at=now + timedelta(hours=1), changes=[]
    )
    assert (approvals.why_not(asked, vera, now=now) == "") is may
    assert approvals.why_not(asked, ann, now=now) == ""
    assert new_admins.why_not(vera, now=now + timedelta(hours=25)) == ""
