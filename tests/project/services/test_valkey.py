"""The built-in Valkey: a password, a configuration nobody else reads, bells kept across restarts."""

import stat
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from project.services import valkey
from tests.support.plugin import SERVERS


def settings(path: Path) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in path.read_text().splitlines())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("appendfsync", "everysec"),
        ("appendonly", "yes"),
        ("bind", "127.0.0.1"),
        ("maxmemory-policy", "noeviction"),
        ("port", "20001"),
    ],
)
def test_the_configuration(tmp_path: Path, name: str, value: str) -> None:
    valkey.prepare(tmp_path, program=Path("/valkey"), port=20001)
    assert settings(tmp_path / "valkey.conf")[name] == value


def test_the_password_stays_and_is_on_no_command_line(tmp_path: Path) -> None:
    first = valkey.prepare(tmp_path, program=Path("/valkey"), port=20001)
    second = valkey.prepare(tmp_path, program=Path("/valkey"), port=20002)
    assert first.password == second.password
    assert first.password not in " ".join(valkey.launch(first).argv)
    assert stat.S_IMODE((tmp_path / "valkey.conf").stat().st_mode) == 0o600


def test_nobody_enters_without_the_password() -> None:
    stranger = redis.Redis(host="127.0.0.1", port=SERVERS.keyspace.port, retry=Retry(NoBackoff(), 0))
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
