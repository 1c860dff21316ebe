"""From the journal to a service and back: real rows, real threads, a real webhook on loopback."""

import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings, settings
from django.db import connections
from django.utils import timezone

from dashboard.notices import channels, collect, courier, daily, outbox, sealing, tasks
from dashboard.notices.models import Channel, Notice, Place
from project.accounts.models import Role, User
from tests.browser.server import ROOT, database_url
from tests.dashboard import rows
from tests.dashboard.notices.conftest import Happened, made
from tests.support import receivers
from trading.models import SettingOverride
from trading.services import rotate

pytestmark = pytest.mark.django_db(transaction=True)
FILL = {"side": "BUY", "qty": "0.1", "price": "60000", "fee": "0.0001", "fee_currency": "BTC"}


def tell(*, hung: float = 30.0) -> None:
    """Read the journal and send everything that is due."""
    collect.collect(now=timezone.now())
    courier.serve(clock=timezone.now, linger_secs=0, hung_secs=hung)


def states() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("state", flat=True))


def test_an_entry_is_told_once_however_often_the_journal_is_read(
    channel: Channel, hook: receivers.Webhook, happened: Happened
) -> None:
    happened("fill", "order:1", **FILL)
    tell()
    Place.objects.update(last_xid=-1, last_entry_id=-1)  # as after a crash before the place was kept
    tell()
    assert hook.texts() == ["PAPER paper-1: Fills | filled: buy 0.1 at 60,000, fee 0.0001 BTC"]
    assert states() == ["SENT"]


def test_a_webhook_gets_an_id_to_know_a_repeat_by(
    channel: Channel, hook: receivers.Webhook, happened: Happened
) -> None:
    happened("lost.found", "lost:1", words="No alert of BTC/USDT.")
    tell()
    assert hook.bodies.get(timeout=60)["id"] == f"windlass-{channel.pk}-{Notice.objects.get().pk}"


def test_a_burst_becomes_a_digest(channel: Channel, hook: receivers.Webhook, happened: Happened) -> None:
    Channel.objects.update(most=2)
    for number in range(6):
        happened("fill", f"order:{number}", **FILL)
    happened("group.closed", "group:1", reason="TARGETS_TAKEN", realised_pnl="41.2")
    tell()
    assert [text.partition(" | ")[0] for text in hook.texts()] == ["Windlass: 1 group closed +41.20, 6 fills"]
    assert sorted(set(states())) == ["FOLDED", "SENT"]


def test_a_service_that_fails_is_tried_again_and_says_why_without_its_secret(
    channel: Channel, hook: receivers.Webhook, happened: Happened
) -> None:
    hook.status = 404
    happened("lost.found", "lost:1", words="No alert of BTC/USDT.")
    tell()
    row = Channel.objects.get()
    assert "knows no such address" in row.last_error
    assert "sssss" not in row.last_error
    assert (row.failures, states()) == (1, ["WAITING"])
    hook.status = 200
    Channel.objects.update(retry_at=timezone.now())
    tell()
    row.refresh_from_db()
    assert (row.failures, row.last_error, states()) == (0, "", ["SENT"])
    assert len(hook.texts()) == 2  # told once, tried twice


def test_what_nobody_takes_is_given_up_and_holds_back_nothing(
    channel: Channel, hook: receivers.Webhook, happened: Happened
) -> None:
    hook.status = 500
    happened("lost.found", "lost:1", words="First.")
    collect.collect(now=timezone.now())
    Notice.objects.update(attempts=7)
    tell()
    assert states() == ["GIVEN_UP"]


def test_a_channel_that_hangs_keeps_no_other_waiting(
    channel: Channel, owner: User, hook: receivers.Webhook, happened: Happened, now: datetime
) -> None:
    stuck = made(owner, f"{hook.url}/hang", now=now, name="stuck")
    happened("lost.found", "lost:1", words="No alert.")
    tell(hung=0.5)
    assert hook.hanging.is_set()
    assert len(hook.texts()) == 1  # the other one has it
    stuck.refresh_from_db()
    assert "did not answer in time" in stuck.last_error
    hook.release.set()
    for thread in [row for row in threading.enumerate() if row.name.startswith("channel-")]:
        thread.join(60)  # it writes once more: not into the next test


def test_a_private_address_is_refused_at_the_socket(
    channel: Channel, hook: receivers.Webhook, happened: Happened, settings: LazySettings
) -> None:
    """Its name was checked when it was made; what it resolves to is asked when it is used."""
    settings.NOTICES_PRIVATE = False
    happened("lost.found", "lost:1", words="No alert.")
    tell()
    assert "WINDLASS_NOTICES_PRIVATE=1" in Channel.objects.get().last_error
    assert hook.paths == []


def test_a_mail_arrives(owner: User, happened: Happened, now: datetime, settings: LazySettings) -> None:
    settings.NOTICES_PRIVATE = True
    with receivers.mail_server() as (port, messages):
        address = {"to": "you@example.org", "from": "w@example.org", "host": "127.0.0.1", "port": str(port)}
        asked = channels.Wanted("mail", {**address, "security": "none"}, {}, "UTC", None, None, True, 5, 10, 23, False)
        channels.make(owner, "email", asked, private=True, now=now)
        happened("lost.found", "lost:1", words="No alert of BTC/USDT.")
        tell()
    assert Channel.objects.get().last_error == ""
    assert "PAPER paper-1: Lost alerts" in messages[0]
    assert "you@example.org" in messages[0]


def test_a_test_goes_out_at_once_and_its_answer_is_kept(channel: Channel, owner: User, hook: receivers.Webhook) -> None:
    Channel.objects.update(retry_at=timezone.now() + timedelta(hours=1), enabled=False)
    assert [channels.test(channel, operator=owner, now=timezone.now()) for _ in range(2)] == [True, False]
    tell()
    assert hook.texts() == ["Windlass: Test | This is a test from Windlass: notifications arrive here."]
    assert Notice.objects.get().answer == "taken"


def test_everybody_hears_of_what_is_his(
    channel: Channel, hook: receivers.Webhook, happened: Happened, now: datetime
) -> None:
    other, admin = rows.user("otto"), rows.user("ada", Role.ADMIN)
    for user, everyones in ((other, False), (admin, True)):
        made(user, f"{hook.url}/{user.username}", now=now, name=user.username, everyones=everyones)
    happened("lost.found", "lost:1", words="An account's.")
    happened("mode.changed", "mode", account=None, **{"from": "NORMAL", "to": "PAUSED", "operator": "mira"})
    happened("token.made", "token:1", account=None, operator="otto", name="x")
    collect.collect(now=timezone.now())
    told = Notice.objects.order_by("channel_id", "id").values_list("channel__user__username", "klass")
    assert list(told) == [
        ("mira", "lost"), ("mira", "risk"), ("otto", "risk"), ("otto", "access"),
        ("ada", "lost"), ("ada", "risk"), ("ada", "access"),
    ]  # fmt: skip


def test_a_class_that_is_off_and_the_past_are_not_told(channel: Channel, happened: Happened) -> None:
    Channel.objects.update(ways={"fills": "off"})
    happened("fill", "order:1", **FILL)
    Channel.objects.update(since=timezone.now() + timedelta(minutes=1))
    happened("lost.found", "lost:1", words="Before its time.")
    collect.collect(now=timezone.now())
    assert states() == []


def test_a_sealed_profile_hides_fills_here_too(channel: Channel, happened: Happened) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    happened("fill", "order:1", **FILL)
    collect.collect(now=timezone.now())
    assert states() == []


def test_the_first_channel_does_not_read_years_of_journal(
    owner: User, happened: Happened, hook: receivers.Webhook
) -> None:
    happened("fill", "order:1", **FILL)
    made(owner, f"{hook.url}/x", now=timezone.now())
    place = Place.objects.get()
    assert place.last_entry_id > 0


def test_yesterday_is_summed_up_once(channel: Channel, owner: User) -> None:
    now = timezone.now().replace(hour=9)
    desk = rows.Desk(owner.accounts.get(), now)
    market = rows.instrument("BTC", now=now)
    yesterday = now - timedelta(days=1)
    closed = {"closed_at": yesterday, "close_reason": "TARGETS_TAKEN", "status": "CLOSED"}
    for result in ("50.10", "-8.90"):
        desk.group(market, minutes=60 * 30, realised_pnl=result, timeframe_secs=900, **closed)
    early = now - timedelta(days=3)
    Channel.objects.update(daily_hour=8, since=early, summed_to=early.date())
    for _ in range(2):
        daily.note(collect.listening(), now=now)
    # 50.10 − 8.90 = 41.20
    assert [row.text for row in Notice.objects.all()] == ["PAPER paper-1: 2 groups closed +41.20 USDT (1 won)"]


def test_a_late_thread_does_not_undo_what_a_later_one_wrote(channel: Channel, happened: Happened) -> None:
    happened("lost.found", "lost:1", words="No alert.")
    now = timezone.now()
    collect.collect(now=now)
    late = outbox.claim(channel.pk, now=now)
    assert outbox.claim(channel.pk, now=now) is None  # it is taken
    later = outbox.claim(channel.pk, now=now + outbox.CLAIM_SPAN + timedelta(seconds=1))  # the first one died
    assert late is not None
    assert later is not None
    outbox.sent(later, words="taken", now=now)
    outbox.failed(late, words="never mind", now=now)
    assert (Channel.objects.get().last_error, states()) == ("", ["SENT"])


def test_addresses_survive_a_new_key(channel: Channel, hook: receivers.Webhook) -> None:
    before = bytes(channel.sealed_address)
    rotate.rotate(operator="root")
    row = Channel.objects.get()
    assert bytes(row.sealed_address) != before
    assert sealing.address(row).endswith("/hook/" + "s" * 20)


def test_the_bell_of_nobody_asks_one_question(now: datetime, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        tasks.send_notices()
    assert tasks.ended()


def test_the_process_itself(channel: Channel, hook: receivers.Webhook, happened: Happened) -> None:
    happened("lost.found", "lost:1", words="No alert.")
    env = os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "project.settings.test"}
    env |= {"WINDLASS_HOME": str(settings.WINDLASS.home), "WINDLASS_NOTICES_PRIVATE": "1"}
    words = [sys.executable, str(ROOT / "manage.py"), "send_notices", "--linger", "0.5"]
    subprocess.run(words, env=env, cwd=ROOT, timeout=120, check=True)
    connections.close_all()
    assert (len(hook.texts()), Channel.objects.get().last_error) == (1, "")
