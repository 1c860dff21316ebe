"""The page of tasks: queues with what waits, bells, and the way to Flower."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from redis import Redis

from celery_app import BEAT, ROUTES
from dashboard.task_queues import queues
from project.services.ports import free_port
from tests.dashboard import rows

PAGE = "/tasks"


@pytest.fixture
def three_wait() -> Iterator[None]:
    """Three messages in a queue that no test serves."""
    with Redis.from_url(settings.REDIS_URL) as client:
        client.delete("sweeps")
        client.rpush("sweeps", "1", "2", "3")
        yield
        client.delete("sweeps")


def test_every_route_and_bell_is_shown(day: rows.Desk, viewer: Client) -> None:
    page = viewer.get(PAGE).content.decode()
    for name in (
        *(task.removeprefix("trading.") for task in ROUTES),
        *(bell["args"][0] for bell in BEAT.values() if bell["args"]),
    ):
        assert f"<code>{name}</code>" in page


def test_what_waits_is_counted(three_wait: None) -> None:
    assert {row.name: row.waiting for row in queues()}["sweeps"] == 3


def test_without_valkey_it_is_not_known(day: rows.Desk, viewer: Client, settings: object) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert "not known" in viewer.get(PAGE).content.decode()


def test_the_way_to_flower_is_behind_this_login(day: rows.Desk, viewer: Client) -> None:
    assert 'href="/flower/"' in viewer.get(PAGE).content.decode()


def test_a_stranger_is_sent_to_the_login(day: rows.Desk) -> None:
    assert Client().get(PAGE).status_code == 302
