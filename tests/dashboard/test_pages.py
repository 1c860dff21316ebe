"""The pages over HTTP: what they hold, who may do what, what they may load."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from project.accounts import mode
from project.journal.models import JournalEntry
from project.services.ports import free_port
from tests.dashboard import rows

HOME = "/"


def test_the_page_has_its_numbers_before_any_script(root: Client) -> None:
    page = root.get(HOME).content.decode()
    assert "10,823.96" in page
    assert "target resting" in page
    assert "SYMBOL_EXPOSURE" in page
    assert "PAPER" in page


def test_a_stranger_is_sent_to_the_login(day: rows.Desk) -> None:
    answer = Client().get(HOME)
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/")


def test_our_pages_run_no_inline_script_and_no_foreign_one(root: Client) -> None:
    answer = root.get(HOME)
    policy, page = answer["Content-Security-Policy"], answer.content.decode()
    assert "unsafe" not in policy
    assert "connect-src 'self' ws://testserver wss://testserver" in policy
    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" src=')


def test_the_admin_has_a_policy_of_its_own(root: Client) -> None:
    policy = root.get(reverse("admin:index"))["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy


def test_an_empty_installation_says_what_comes_first(db: None, client: Client) -> None:
    client.force_login(rows.admin())
    assert "No exchange account yet" in client.get(HOME).content.decode()


def test_a_second_account_brings_a_switcher(day: rows.Desk, root: Client) -> None:
    other = rows.account(day.account.user, "second", environment="testnet")
    page = root.get(HOME, {"account": other.pk}).content.decode()
    assert 'aria-label="Accounts"' in page
    assert '<span class="pill testnet">TESTNET</span>' in page


# the mode ----------------------------------------------------------------------------------------


def test_a_trader_pauses_with_a_reason(trader: Client) -> None:
    answer = trader.post("/mode", {"wanted": "PAUSED", "reason": "news at noon"}, follow=True)
    row = mode.current()
    assert (row.mode, row.operator, row.reason) == ("PAUSED", "mira", "news at noon")
    assert JournalEntry.objects.filter(kind="mode.changed", payload__operator="mira").count() == 1
    assert "Resume…" in answer.content.decode()


def test_and_resumes(trader: Client) -> None:
    mode.change("PAUSED", operator="root", reason="lunch")
    trader.post("/mode", {"wanted": "NORMAL", "reason": "back again"})
    assert mode.current().mode == "NORMAL"


@pytest.mark.parametrize(
    ("reason", "status"), [("", 422), ("  x ", 422), ("y" * 201, 422), ("because", 302)]
)  # fmt: skip
def test_a_reason_is_needed(trader: Client, reason: str, status: int) -> None:
    assert trader.post("/mode", {"wanted": "PAUSED", "reason": reason}).status_code == status


def test_a_viewer_looks_and_does_not_act(viewer: Client) -> None:
    answer = viewer.post("/mode", {"wanted": "PAUSED", "reason": "please"})
    assert (answer.status_code, mode.current().mode) == (403, "NORMAL")
    assert "takes the role trader or admin" in answer.content.decode()


@pytest.mark.parametrize("wanted", ["PAUSED", "NORMAL"])
def test_an_emergency_is_not_left_by_a_button(trader: Client, wanted: str) -> None:
    mode.change("EMERGENCY", operator="root", reason="red button")
    answer = trader.post("/mode", {"wanted": wanted, "reason": "let me out"})
    assert (answer.status_code, mode.current().mode) == (409, "EMERGENCY")


def test_pausing_twice_is_pausing_once(trader: Client) -> None:
    mode.change("PAUSED", operator="root", reason="first")
    assert trader.post("/mode", {"wanted": "PAUSED", "reason": "second"}).status_code == 302
    assert mode.current().reason == "first"


@pytest.mark.parametrize("wanted", ["EMERGENCY", "nonsense", ""])
def test_an_emergency_is_not_one_of_the_steps(trader: Client, wanted: str) -> None:
    trader.post("/mode", {"wanted": wanted, "reason": "anything"})
    assert mode.current().mode == "NORMAL"


def test_the_form_is_a_page_for_browsers_without_scripts(trader: Client) -> None:
    assert "Pause trading" in trader.get("/mode?wanted=PAUSED").content.decode()


def test_the_mode_is_guarded_against_foreign_forms(day: rows.Desk) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(day.account.user)
    assert browser.post("/mode", {"wanted": "PAUSED", "reason": "forged"}).status_code == 403


# login -------------------------------------------------------------------------------------------


def test_login_and_logout(day: rows.Desk, client: Client) -> None:
    answer = client.post("/login", {"username": "root", "password": rows.PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    assert client.get("/logout").status_code == 405  # a link must not log out
    assert client.post("/logout")["Location"] == "/login"
    assert client.get(HOME).status_code == 302


def test_a_wrong_password_is_told_gently(day: rows.Desk, client: Client) -> None:
    answer = client.post("/login", {"username": "root", "password": "nonsense"})
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (200, True)


def test_guessing_has_to_wait(day: rows.Desk, client: Client) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post("/login", {"username": "root", "password": "nonsense"})
    answer = client.post("/login", {"username": "Root", "password": rows.PASSWORD})
    assert (answer.status_code, 0 < int(answer["Retry-After"]) <= 300) == (429, True)
    assert "Wait 5 minutes" in answer.content.decode()
    assert client.post("/login", {"username": "other", "password": "nonsense"}).status_code == 200


def test_a_login_does_not_lead_elsewhere(day: rows.Desk, client: Client) -> None:
    form = {"username": "root", "password": rows.PASSWORD, "next": "https://evil.example/"}
    assert client.post("/login", form)["Location"] == HOME


# health ------------------------------------------------------------------------------------------


def test_live(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


def test_ready(day: rows.Desk, client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, set(answer.json()["parts"].values())) == (200, {"ok"})


def test_not_ready_while_no_worker_answers(db: None, client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["parts"]["workers"]) == (503, "no answer yet")


def test_not_ready_without_valkey(day: rows.Desk, client: Client, settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["parts"]["valkey"]) == (503, "Valkey does not answer (ConnectionError)")


@pytest.fixture
def no_database(django_db_blocker) -> Iterator[None]:
    """The connection looks for its server on a port where nobody listens."""
    with django_db_blocker.unblock():
        right = connection.settings_dict["PORT"]
        connection.close()
        connection.settings_dict["PORT"] = str(free_port())
        yield
        connection.settings_dict["PORT"] = right
        connection.close()


def test_not_ready_without_a_database(no_database: None, client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["parts"]["database"] == "the database does not answer (OperationalError)"
    assert client.get("/health/live").status_code == 200


def test_without_a_database_the_page_says_so(no_database: None, client: Client) -> None:
    client.cookies["sessionid"] = "anything"
    answer = client.get(HOME)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The database does not answer" in answer.content.decode()
