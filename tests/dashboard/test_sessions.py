"""Where somebody is logged in: the list, ending one and all others, sockets that end with their session, and the lock."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from asgiref.sync import sync_to_async
from axes.models import AccessAttempt
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client

from dashboard import session_watch, users_sessions
from dashboard.consumers import NOT_LOGGED_IN
from dashboard.users_models import BrowserSession
from project.accounts.models import User
from project.asgi import application
from project.journal.models import JournalEntry
from project.journal.publish import GROUP, PRICES
from project.settings import environment
from tests.dashboard import people, rows
from tests.dashboard.socket import Socket

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/140.0", "Edge on Windows"),
        ("curl/8.5", "curl/8.5"),
        ("", "a program"),
        ("\u202eevil", "evil"),
    ],
)
def test_what_a_browser_is_called(agent: str, words: str) -> None:
    assert users_sessions.agent_words(agent) == words


def test_the_list_and_its_ends(day: rows.Desk, client: Client) -> None:
    form = {"username": "root", "password": rows.PASSWORD}
    client.post("/login", form, headers={"User-Agent": FIREFOX})
    phone, third = Client(), Client()
    for browser in (phone, third):
        browser.post("/login", form, headers={"User-Agent": PHONE})
    page = client.get("/profile").content.decode()
    assert (page.count("Safari on iPhone"), page.count("this one")) == (2, 1)
    one = BrowserSession.objects.get(session_key=phone.cookies["sessionid"].value)
    client.post(f"/profile/sessions/{one.pk}/end")
    assert [browser.get("/").status_code for browser in (client, phone, third)] == [200, 302, 200]
    client.post("/profile/sessions/end-others")
    assert [browser.get("/").status_code for browser in (client, phone, third)] == [200, 302, 302]
    assert [row["sessions"] for row in people.journal("user.sessions_ended")] == [1, 1]


def test_nobody_ends_somebody_elses(trader: Client, root: Client) -> None:
    theirs = BrowserSession.objects.get(session_key=root.cookies["sessionid"].value)
    trader.post(f"/profile/sessions/{theirs.pk}/end")
    assert root.get("/").status_code == 200


def test_what_is_over_is_forgotten_at_the_next_log_in(day: rows.Desk, now: datetime) -> None:
    old = people.browser(day.account.user)
    Session.objects.filter(session_key=old.cookies["sessionid"].value).update(expire_date=now - timedelta(hours=1))
    people.browser(day.account.user)
    assert BrowserSession.objects.filter(user=day.account.user).count() == 1
    assert not Session.objects.filter(session_key=old.cookies["sessionid"].value).exists()


def test_a_browser_is_seen_now_and_then(root: Client, now: datetime) -> None:
    BrowserSession.objects.update(seen_at=now - timedelta(hours=2))
    root.get("/profile")
    assert BrowserSession.objects.filter(seen_at__lt=now - timedelta(hours=1)).exists()  # noted minutes ago
    users_sessions._seen.clear()
    root.get("/profile")
    assert not BrowserSession.objects.filter(seen_at__lt=now - timedelta(hours=1)).exists()


def test_everywhere_means_sessions_that_no_list_tells_of_too(root: Client, day: rows.Desk, trader: Client) -> None:
    other = people.browser(day.account.user)
    BrowserSession.objects.all().delete()
    here = other.cookies["sessionid"].value
    assert users_sessions.end(day.account.user, operator="ann", but=here) == 1
    assert [browser.get("/").status_code for browser in (root, other, trader)] == [302, 200, 200]
    assert users_sessions.end(day.account.user, operator="ann") == 1
    assert [browser.get("/").status_code for browser in (other, trader)] == [302, 200]


def test_a_session_lasts_a_week_unless_said_otherwise() -> None:
    assert settings.SESSION_COOKIE_AGE == 7 * 24 * 3600


# sockets -----------------------------------------------------------------------------------------


@pytest.fixture
async def settled() -> AsyncIterator[None]:
    """Threads that served the socket give their connections back, or the test database could not be emptied."""
    yield
    await database_sync_to_async(connections.close_all)()


def _socket(client: Client, *, origin: bytes = b"http://localhost", query: str = "") -> Socket:
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    headers = [(b"origin", origin), (b"host", b"localhost"), (b"cookie", cookie)]
    return Socket(application, path=f"/ws/live{query}", headers=headers)


def a_command(user: User) -> None:
    """As manage.py changepassword does it: no session is looked for."""
    user.set_password("another staple")
    user.save()


def switched_off(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", [partial(users_sessions.end, operator="root"), a_command, switched_off])
async def test_a_socket_ends_with_its_session_its_password_and_its_user(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, settled: None, end: Callable[[User], object]
) -> None:
    monkeypatch.setattr(session_watch, "LOOK_EVERY_SECS", 0.05)
    user: User = await sync_to_async(rows.user)()
    client = await sync_to_async(people.browser)(user)
    socket = _socket(client)
    assert await socket.connect()
    await sync_to_async(end)(user)
    assert await socket.until_closed() == NOT_LOGGED_IN
    await socket.disconnect()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("origin", [b"https://evil.example", b"http://localhost:9999", b"null"])
async def test_a_socket_of_a_foreign_page_is_refused(transactional_db: None, settled: None, origin: bytes) -> None:
    user = await sync_to_async(rows.user)()
    client = await sync_to_async(people.browser)(user)
    assert not await _socket(client, origin=origin).connect()


@pytest.mark.django_db(transaction=True)
async def test_no_browser_names_what_it_listens_to(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, settled: None
) -> None:
    layer, names = get_channel_layer(), set()
    join = layer.group_add

    async def noted(group: str, channel: str) -> None:
        names.add(group)
        await join(group, channel)

    monkeypatch.setattr(layer, "group_add", noted, raising=False)
    client = await sync_to_async(people.browser)(await sync_to_async(rows.user)())
    socket = _socket(client, query="?account=7&view=bar&group=user.1&room=everything")
    assert await socket.connect()
    await socket.receive()
    await socket.disconnect()
    assert names <= {GROUP, PRICES}


@pytest.mark.parametrize("hosts", ["*", "windlass.example,*"])
def test_any_host_is_no_host(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("WINDLASS_HOSTS", hosts)
    with pytest.raises(SystemExit, match="name the hosts"):
        environment.hosts()


# the lock ----------------------------------------------------------------------------------------


def test_the_lock_survives_the_process_and_an_admin_lifts_it(root: Client, day: rows.Desk) -> None:
    mira = rows.user("mira")
    wrong, right = {"username": "mira", "password": "nonsense"}, {"username": "MIRA", "password": rows.PASSWORD}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login", wrong)
    assert Client().post("/login", right).status_code == 429
    assert Client(REMOTE_ADDR="10.9.8.7").post("/login", {**right, "username": "mira"}).status_code == 302
    assert AccessAttempt.objects.filter(username="mira").exists()
    assert "locked" in root.get("/users").content.decode()
    root.post(f"/users/{mira.pk}/unlock", {"reason": "it was her"})
    assert Client().post("/login", {**right, "username": "mira"}).status_code == 302
    assert people.journal("user.unlocked")[0]["operator"] == "root"


def test_a_long_name_is_unlocked_too(root: Client, day: rows.Desk) -> None:
    """A name may be longer than a subject of the journal."""
    long = rows.user("m" * 150)
    assert root.post(f"/users/{long.pk}/unlock", {"reason": "it was her"}).status_code == 302
    said = JournalEntry.objects.get(kind="user.unlocked")
    assert (said.subject, said.payload["user"]) == (f"user:{long.pk}", long.username)


def test_what_is_kept_of_a_failure_holds_no_password(day: rows.Desk, client: Client) -> None:
    client.post("/login", {"username": "root", "password": "nearly my password", "next": "/risk"})
    row = AccessAttempt.objects.get()
    assert "nearly" not in row.post_data + row.get_data


def test_behind_a_trusted_proxy_the_senders_own_address_counts(day: rows.Desk, client: Client, monkeypatch) -> None:
    from dataclasses import replace

    monkeypatch.setattr(settings, "WINDLASS", replace(settings.WINDLASS, trusted_proxies=("127.0.0.1",)))
    client.post("/login", {"username": "root", "password": "x"}, headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    assert AccessAttempt.objects.get().ip_address == "203.0.113.9"
