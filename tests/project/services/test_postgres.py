"""The built-in PostgreSQL: made once, two roles with their rights, and what is refused."""

import os
import stat
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from project.services import binaries, postgres, roles
from project.services.errors import PasswordsLost, WrongVersion
from project.services.postgres import Access, Cluster, Passwords
from tests.support.plugin import SERVERS

BIN_DIR = binaries.postgres_bin(os.environ)


@pytest.fixture
def notes() -> None:
    """A table the owner made, in a database of its own."""
    with psycopg.connect(SERVERS.cluster.url("owner", database="postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS rights")
        connection.execute("CREATE DATABASE rights")
    with psycopg.connect(SERVERS.cluster.url("owner", database="rights")) as connection:
        connection.execute("CREATE TABLE notes (id bigserial PRIMARY KEY, text text)")


def as_app(statement: str) -> None:
    with psycopg.connect(SERVERS.cluster.url("app", database="rights")) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO notes (text) VALUES ('a')",
        "SELECT * FROM notes",
        "UPDATE notes SET text = 'b'",
        "DELETE FROM notes",
    ],
)
@pytest.mark.usefixtures("notes")
def test_the_app_role_reads_and_writes_the_owners_tables(statement: str) -> None:
    as_app(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE notes",
        "DROP TABLE notes",
        "ALTER TABLE notes ADD COLUMN more text",
        "CREATE TABLE mine (id int)",
        "CREATE ROLE friend",
    ],
)
@pytest.mark.usefixtures("notes")
def test_the_app_role_changes_no_structure(statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        as_app(statement)


@pytest.mark.usefixtures("notes")
def test_a_revoked_right_stays_revoked_when_the_roles_are_made_again() -> None:
    with psycopg.connect(SERVERS.cluster.url("owner", database="rights")) as connection:
        connection.execute("REVOKE UPDATE, DELETE ON notes FROM windlass_app")
    roles.create(SERVERS.cluster.access, owner_may_create_databases=True)
    with pytest.raises(errors.InsufficientPrivilege):
        as_app("UPDATE notes SET text = 'b'")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TimeZone", "UTC"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("listen_addresses", "127.0.0.1"),
        ("log_min_error_statement", "panic"),  # a statement may hold a secret
        ("server_encoding", "UTF8"),
        ("unix_socket_directories", ""),
    ],
)
def test_the_server_is_set_up(name: str, value: str) -> None:
    with psycopg.connect(SERVERS.cluster.url("engine")) as connection:
        assert connection.execute(f"SHOW {name}").fetchone() == (value,)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_no_role_enters_without_its_password(password: str) -> None:
    port = SERVERS.cluster.access.port
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://engine:{password}@127.0.0.1:{port}/postgres")


def test_a_durable_server_syncs(tmp_path: Path) -> None:
    cluster = Cluster(BIN_DIR, tmp_path, Access(1, Passwords("a", "b", "c")), None, durable=True)
    words = postgres.launch(cluster).argv
    assert "synchronous_commit=on" in words
    assert not {word for word in words if word.startswith(("fsync", "full_page_writes"))}


def test_the_data_folder_is_made_once(reachable: Path) -> None:
    first = postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)
    made = (first.data / "PG_VERSION").stat().st_mtime_ns
    second = postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)
    assert second == first
    assert (second.data / "PG_VERSION").stat().st_mtime_ns == made
    assert stat.S_IMODE((first.data.parent / "passwords.json").stat().st_mode) == 0o600


def test_a_folder_of_another_version_is_refused_with_the_mend(reachable: Path) -> None:
    cluster = postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)
    (cluster.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(WrongVersion, match="written by PostgreSQL 15, but PostgreSQL 18 is at hand"):
        postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)


def test_lost_passwords_are_not_drawn_anew(reachable: Path) -> None:
    cluster = postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)
    (cluster.data.parent / "passwords.json").unlink()
    with pytest.raises(PasswordsLost, match="Put it back from a backup"):
        postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)


def test_a_half_made_folder_is_made_again(reachable: Path) -> None:
    (reachable / "pg" / "data.new").mkdir(parents=True)
    (reachable / "pg" / "data.new" / "half").touch()
    cluster = postgres.prepare(reachable / "pg", bin_dir=BIN_DIR, port=1, durable=False)
    assert not (cluster.data / "half").exists()
