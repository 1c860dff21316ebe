"""The table of processes: who gets which words, and who never learns the owner's password."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from project.services import options, stack
from project.services.stack import PARTS, Servers
from project.services.supervisor import Program, Stage
from project.settings.environment import BASE_DIR

SERVERS = Servers(
    database_url="postgresql://app@127.0.0.1/windlass",
    database_owner_url="postgresql://owner@127.0.0.1/windlass",
    redis_url="redis://127.0.0.1/0",
)
ENVIRON = {"PATH": "/bin", "DATABASE_OWNER_URL": "postgresql://owner@127.0.0.1/windlass"}


def programs(home: str = "/data", **changed: str) -> dict[str, Program]:
    chosen = options.from_environ({"WINDLASS_HOME": home} | changed)
    return stack.programs(chosen, stack.environment(chosen, SERVERS, ENVIRON), flower_login="admin:secret")


def words(name: str, **changed: str) -> str:
    return " ".join(programs(**changed)[name].launch.argv[1:])


APPS = {name: program.launch.argv[-1] for name, program in programs().items() if "uvicorn" in program.launch.argv}


@pytest.mark.parametrize("name", ["door", "web"])
def test_what_is_served_loads_in_a_process_of_its_own(name: str) -> None:
    """Where nothing is forked, and in a benchmark, Django is not ready yet when the module is read."""
    module, _, app = APPS[name].partition(":")
    run = [sys.executable, "-c", f"import {module} as loaded; assert callable(loaded.{app})"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings.test"}
    done = subprocess.run(run, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("beat", "beat -l WARNING"),
        ("door", "--port 8081"),
        ("entries", "-Q entries "),
        ("exits", "-Q kill,exits "),
        (
            "feed",
            "--token-file /data/demo-source.json --futures-token-file /data/demo-futures-source.json --pyramids --speed 60",
        ),
        ("flower", "--port=5555"),
        ("kill", "-m trading.kill "),
        ("paper", "--port 8082 --data /data/paper --speed 60"),
        ("pump", "manage.py pump"),
        ("sweeps", "-Q sweeps,market,misc "),
        ("web", "--port 8080"),
    ],
)
def test_the_words_of_a_process(name: str, expected: str) -> None:
    assert expected in words(name) + " "


def test_every_process_is_in_the_table_above() -> None:
    assert sorted(programs()) == sorted(part.name for part in PARTS)
    assert len(PARTS) == 11


def test_a_path_with_spaces_stays_one_word() -> None:
    assert "/my data/paper" in programs(home="/my data")["paper"].launch.argv


def test_without_demo_there_is_no_feed() -> None:
    assert "feed" not in programs(DEMO="0")


def test_no_queue_is_served_twice_and_exits_stand_alone() -> None:
    served = [argv[argv.index("-Q") + 1] for p in programs().values() if "-Q" in (argv := p.launch.argv)]
    queues = sorted(queue for group in served for queue in group.split(","))
    assert queues == ["entries", "exits", "kill", "market", "misc", "sweeps"]
    assert "kill,exits" in served


def test_everything_listens_on_loopback_only() -> None:
    listening = {"door": "--host 127.0.0.1", "web": "--host 127.0.0.1", "flower": "--address=127.0.0.1"}
    assert all(expected in words(name) for name, expected in listening.items())


def test_nobody_but_migrations_learns_the_owners_url() -> None:
    for program in programs().values():
        assert "DATABASE_OWNER_URL" not in program.launch.env
        assert program.launch.env["DATABASE_URL"] == SERVERS.database_url
    chosen = options.from_environ({})
    env = stack.owner_environment(stack.environment(chosen, SERVERS, ENVIRON), SERVERS)
    assert env["DATABASE_URL"] == SERVERS.database_owner_url


def test_no_secret_is_on_a_command_line() -> None:
    flower = programs()["flower"].launch
    assert "secret" not in " ".join(flower.argv)
    assert flower.env["FLOWER_BASIC_AUTH"] == "admin:secret"


def test_what_takes_alerts_in_is_stopped_before_what_works_on_them() -> None:
    stages = {name: program.stage for name, program in programs().items()}
    assert stages["door"] > stages["entries"] > stages["paper"] > Stage.BROKER > Stage.DATABASE


def test_a_path_is_shown_the_short_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert stack.shown(tmp_path / "data" / "first-login") == "data/first-login"
    assert stack.shown(Path("/x")) == "/x"
