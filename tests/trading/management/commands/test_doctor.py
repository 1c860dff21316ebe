"""`manage.py doctor` and `manage.py up` as a person types them."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from project.services import doctor as services_doctor
from project.services import options
from project.services.doctor import Level, Patient
from project.services.stackfile import StackRecord
from trading.management.commands import doctor
from trading.models.system import Canary
from trading.services.socket_guard import latch_path

RECORD = StackRecord(
    pid=1,
    pid_created=0.0,
    started_at="2026-01-01T12:00:00+00:00",
    ports={},
    database_url="",
    database_owner_url="",
    redis_url="",
    demo=False,
)


def patient(stack: StackRecord | None = RECORD) -> Patient:
    return Patient(options.from_environ({}), {}, stack)


def findings() -> str:
    """What the doctor prints; he may find something to mend, such as a stack that is not running."""
    out = io.StringIO()
    try:
        call_command("doctor", stdout=out, no_color=True)
    except SystemExit as ended:
        assert ended.code == 1  # noqa: PT017
    return out.getvalue()


@pytest.mark.django_db
def test_every_check_has_its_line() -> None:
    report = findings()
    names = [name for name, _ in services_doctor.CHECKS] + [name for name, _ in doctor.DATABASE_CHECKS]
    assert not [name for name in names if f"  {name:<14} " not in report]


@pytest.mark.django_db
def test_a_wrong_public_address_fails() -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", public_url="http://name.example:8081", stdout=out)
    assert "TradingView calls ports 80 and 443 only, not 8081" in out.getvalue()


@pytest.mark.django_db
def test_the_tests_database_is_migrated() -> None:
    assert doctor.migrations(patient()).level is Level.OK


@pytest.mark.django_db
@pytest.mark.parametrize(("age_secs", "level"), [(0, Level.OK), (29, Level.OK), (31, Level.FAIL), (-3600, Level.FAIL)])
def test_the_canary_must_be_young(age_secs: int, level: Level) -> None:
    Canary.objects.create(answered_at=timezone.now() - timedelta(seconds=age_secs))
    assert doctor.canary(patient()).level is level


@pytest.mark.django_db
def test_a_canary_never_heard() -> None:
    assert doctor.canary(patient()).level is Level.WARN
    assert doctor.canary(patient(stack=None)).level is Level.SKIP


def test_the_kill_latch_is_shown(tmp_path: Path, settings: object) -> None:
    latch = latch_path()
    latch.touch()
    try:
        assert doctor.latch(patient()).level is Level.WARN
    finally:
        latch.unlink()
    assert doctor.latch(patient()).level is Level.OK
