"""What `make up` reads from the environment, and what it refuses."""

from pathlib import Path

import pytest

from project.services import options
from project.services.errors import BadSetting
from project.services.options import BASE_DIR, PORTS


def test_the_defaults() -> None:
    found = options.from_environ({})
    assert found.home == BASE_DIR / ".windlass"
    assert found.ports == {
        "door": 8081,
        "flower": 5555,
        "paper": 8082,
        "postgres": 15432,
        "valkey": 16379,
        "web": 8080,
    }
    assert (found.demo, found.demo_speed, found.database_url, found.redis_url) == (True, 60, "", "")


def test_everything_can_be_set(tmp_path: Path) -> None:
    environ = {"WINDLASS_HOME": str(tmp_path), "WINDLASS_WEB_PORT": "9000", "DEMO": "0", "DEMO_SPEED": "1"}
    found = options.from_environ(environ)
    assert (found.home, found.ports["web"], found.demo, found.demo_speed) == (tmp_path, 9000, False, 1)


def test_the_owner_is_the_given_database_user_unless_named() -> None:
    given = {"DATABASE_URL": "postgresql://app@db/windlass"}
    assert options.from_environ(given).database_owner_url == "postgresql://app@db/windlass"
    named = given | {"DATABASE_OWNER_URL": "postgresql://owner@db/windlass"}
    assert options.from_environ(named).database_owner_url == "postgresql://owner@db/windlass"


def test_a_given_server_needs_no_port_of_ours() -> None:
    found = options.from_environ({"DATABASE_URL": "postgresql://db/windlass"})
    assert [port.name for port in PORTS if not found.needs(port)] == ["postgres"]


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("WINDLASS_WEB_PORT", "0", "a whole number from 1 to 65535"),
        ("WINDLASS_WEB_PORT", "65536", "a whole number from 1 to 65535"),
        ("WINDLASS_PG_PORT", "eighty", "a whole number from 1 to 65535"),
        ("WINDLASS_PG_PORT", "٣", "a whole number from 1 to 65535"),
        ("DEMO_SPEED", "0", "a whole number from 1 to 3600"),
        ("DEMO_SPEED", "1.5", "a whole number from 1 to 3600"),
        ("DEMO", "perhaps", "1 or 0"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(variable: str, value: str, wanted: str) -> None:
    with pytest.raises(BadSetting) as refused:
        options.from_environ({variable: value})
    assert str(refused.value).startswith(f"{variable} is {value!r}; it must be {wanted}.")
