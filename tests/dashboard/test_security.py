"""The content policy, the door to the admin, what is scrubbed, and Django's own check of production settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from project.accounts.models import ExchangeAccount, Role
from tests.dashboard import people, rows

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ("/login", "/invite/nothing", "/api", "/users", "/profile", "/profile/app/add", "/profile/passkeys/add")


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}


@pytest.mark.parametrize("path", PUBLIC)
def test_no_page_of_ours_runs_anything_inline(root: Client, path: str) -> None:
    answer = root.get(path, follow=True)
    policy, page = answer["Content-Security-Policy"], answer.content.decode()
    assert "unsafe" not in directives(policy).get("script-src", [""])[0]
    assert "'unsafe-inline'" not in directives(policy).get("script-src", [])
    scripts = [tag for tag in page.split("<script")[1:] if "application/json" not in tag.split(">")[0]]
    assert all("src=" in tag.split(">")[0] for tag in scripts)
    assert " onclick=" not in page


def test_a_page_names_its_nonce(root: Client) -> None:
    answer = root.get("/users")
    nonces = [word for word in directives(answer["Content-Security-Policy"])["script-src"] if "nonce" in word]
    assert len(nonces) == 1
    value = nonces[0].strip("'").removeprefix("nonce-")
    assert f'nonce="{value}"' in answer.content.decode()
    assert root.get("/users")["Content-Security-Policy"] != answer["Content-Security-Policy"]


# the door to the admin ---------------------------------------------------------------------------


def test_a_demo_opens_the_admin_and_says_what_comes(root: Client) -> None:
    page = root.get(reverse("admin:index"))
    assert (page.status_code, "with a password alone" in page.content.decode()) == (200, True)


@pytest.mark.parametrize("why", ["live", "production"])
def test_the_admin_wants_a_second_factor(root: Client, day: rows.Desk, settings, why: str) -> None:
    settings.ADMIN_NEEDS_TWO_FACTOR = why == "production"
    ExchangeAccount.objects.filter(pk=day.account.pk).update(environment={"live": "live"}.get(why, "paper"))
    answer = root.get(reverse("admin:trading_order_changelist"), follow=True)
    assert answer.request["PATH_INFO"] == "/profile"
    assert "The admin pages want a second factor" in answer.content.decode()
    people.app(day.account.user)
    assert root.get(reverse("admin:trading_order_changelist")).status_code == 200


def test_there_is_one_log_in(db: None, client: Client) -> None:
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/login"
    assert client.get("/admin/login/?next=/admin/trading/")["Location"] == "/login?next=%2Fadmin%2Ftrading%2F"
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER])
def test_the_admin_is_for_admins(day: rows.Desk, role: Role) -> None:
    answer = people.browser(rows.user("ann", role)).get(reverse("admin:index"), follow=True)
    assert answer.request["PATH_INFO"] != reverse("admin:index")


# production --------------------------------------------------------------------------------------


def test_the_production_settings_pass_djangos_own_check(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("WINDLASS_")}
    env |= {
        "DJANGO_SETTINGS_MODULE": "project.settings.production",
        "WINDLASS_HOME": str(tmp_path),
        "WINDLASS_HOSTS": "windlass.example",
        "WINDLASS_HSTS_PRELOAD": "1",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, "no issues (0 silenced)" in done.stdout + done.stderr) == (0, True), done.stderr
