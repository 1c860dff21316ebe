"""Flower behind our login: its pages come through, its commands do not, and without it a page says what that means."""

import asyncio
import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from project.accounts.models import Role
from project.services import ready
from project.services.options import BASE_DIR
from project.services.ports import HOST, free_port
from project.services.stack import CELERY
from tests.dashboard import rows
from trading.models import SettingOverride

FORM = "application/x-www-form-urlencoded"
LOGIN = "admin:a-login-of-its-own"


def at(port: int, home: Path) -> object:
    (home / "flower-login").write_text(LOGIN + "\n", encoding="utf-8")
    return replace(settings.WINDLASS, flower_port=port, home=home)


@pytest.fixture(scope="module")
def flower_port() -> Iterator[int]:
    """A real Flower, as the stack starts it."""
    port = free_port()
    words = f"{CELERY} flower --address={HOST} --port={port} --url-prefix=flower --logging=warning"
    environ = {**os.environ, "FLOWER_BASIC_AUTH": LOGIN, "REDIS_URL": settings.REDIS_URL}
    with subprocess.Popen([sys.executable, *words.split()], cwd=BASE_DIR, env=environ) as flower:
        asks = functools.partial(ready.http_answers, f"http://{HOST}:{port}/flower/healthcheck")
        assert asyncio.run(ready.wait(asks, seconds=120)) == ""
        yield port
        flower.kill()


@pytest.fixture
def shown(flower_port: int, tmp_path: Path, settings: object) -> None:
    settings.WINDLASS = at(flower_port, tmp_path)  # type: ignore[attr-defined]


def test_pages_scripts_and_lists_come_through(day: rows.Desk, viewer: Client, shown: None) -> None:
    page = viewer.get("/flower/workers")
    assert (page.status_code, "Flower" in page.content.decode()) == (200, True)
    assert "'unsafe-eval'" not in page.headers["Content-Security-Policy"]
    script = viewer.get("/flower/static/js/flower.js")
    assert (script.status_code, "javascript" in script.headers["content-type"]) == (200, True)
    assert viewer.get("/flower/api/workers").status_code == 200
    assert viewer.get("/flower/no-such-page").status_code == 404


def test_commands_are_not_passed_on(day: rows.Desk, admin_client: Client, shown: None) -> None:
    assert admin_client.post("/flower/api/worker/shutdown/exits@here").status_code == 405


def test_the_list_of_tasks_is_asked_for_with_a_form(day: rows.Desk, shown: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(rows.user("vera", Role.VIEWER))
    form = {"draw": "1", "start": "0", "length": "15", "search[value]": "", "order[0][column]": "0"}
    form |= {"order[0][dir]": "desc", "columns[0][data]": "name"}
    assert browser.post("/flower/tasks/datatable", urlencode(form), content_type=FORM).json()["data"] == []


def test_under_the_seal_the_list_is_still_shown_and_nothing_else_goes_through(
    day: rows.Desk, admin_client: Client, tmp_path: Path, settings: object
) -> None:
    settings.WINDLASS = at(free_port(), tmp_path)  # type: ignore[attr-defined]
    SettingOverride.objects.create(name="profile", value="sealed")
    asked = ("tasks/datatable", "api/worker/shutdown/exits@here", "api/tasks/datatable")
    assert [admin_client.post(f"/flower/{rest}").status_code for rest in asked] == [503, 403, 403]  # 503: none runs


def test_a_stranger_is_sent_to_the_login(day: rows.Desk, shown: None) -> None:
    answer = Client().get("/flower/workers")
    assert (answer.status_code, answer.headers["location"]) == (302, "/login?next=/flower/workers")


def test_without_flower_a_page_says_what_that_means(
    day: rows.Desk, viewer: Client, tmp_path: Path, settings: object
) -> None:
    settings.WINDLASS = at(free_port(), tmp_path)  # type: ignore[attr-defined]
    answer = viewer.get("/flower/")
    assert (answer.status_code, "Flower does not answer" in answer.content.decode()) == (503, True)
